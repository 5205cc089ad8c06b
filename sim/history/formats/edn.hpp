// EDN, the notation in which Jepsen and Knossos keep histories: enough of it to read data, without evaluating
// tags, and Clojure's additions (characters, ratios, ##NaN, unreadable objects).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace sim {

struct Edn {
  enum class Kind : std::uint8_t {
    nil,
    boolean,
    integer,
    number,  ///< Any other: floating, a ratio, or beyond 64 bits. `text` is the same for equal ones.
    character,
    string,
    keyword,
    symbol,
    unreadable,  ///< Such as `#<Exception ...>` or `017`: may stand anywhere, but can't be compared.
    list,
    vector,
    map,
    set,
    tagged,  ///< `text` is the tag, without `#`; one item.
  };
  Kind kind = Kind::nil;
  std::int64_t integer = 0;  ///< Also 0 or 1 for a boolean.
  std::string text{};        ///< Of a string, character, keyword (without its colon), symbol, number, tag.
  std::vector<Edn> items{};  ///< Elements; of a map, keys and values in turn.
  std::size_t line = 0;      ///< Where it begins, from 1.

  /// The value of `:name` (or `"name"`) in a map, tagged or not; null when absent.
  const Edn* find(std::string_view name) const;

  bool is_sequence() const { return kind == Kind::vector || kind == Kind::list; }
};

/// The value in EDN. Values that are equal by Clojure's `=` give the same text: maps and sets in order of
/// their keys, lists as vectors, numbers in one form.
std::string edn_text(const Edn& edn);

/// Why a value can't be compared, such as "##NaN equals nothing"; empty if it can.
std::string why_incomparable(const Edn& edn);

/// Reads values off the front of a text. Throws HistoryError, naming `file`, where the text isn't EDN.
class EdnReader {
 public:
  EdnReader(std::string_view text, const std::string& file, std::size_t line = 1)
      : rest_(text), file_(file), line_(line) {}

  /// The next value; false before a closing bracket or the end. Reuses the contents of `into`.
  bool next(Edn& into);
  /// Passes over blanks, comments, discarded values and metadata; whether a value follows. `skipped` is
  /// overwritten.
  bool find_value(Edn& skipped);

  /// The rest is blank, but for a closing bracket that `next` stopped at.
  bool at_end() const { return rest_.empty(); }
  /// Takes `c` off the front, if the next value or bracket begins with it.
  bool take(char c);
  /// Takes so many characters off the front, already read elsewhere; there is no line end among them.
  void pass(std::size_t count) { rest_.remove_prefix(count); }
  std::string_view rest() const { return rest_; }
  std::size_t line() const { return line_; }
  [[noreturn]] void fail(const std::string& what) const;
  [[noreturn]] void fail_unclosed(char closing, std::size_t line) const;

 private:
  void drop(std::size_t count);
  void skip_blanks();
  void required(Edn& into, const std::string& what);
  void value(Edn& into);
  void collection(Edn& into, Edn::Kind kind, std::size_t opening, char closing);
  void require_distinct(const Edn& collection) const;
  void dispatch(Edn& into);
  void namespaced_map(Edn& into);
  void unreadable(Edn& into);
  void string(Edn& into);
  void regular_expression(Edn& into);
  void escape(std::string& text);
  char32_t unicode_escape();
  void character(Edn& into);
  void atom(Edn& into);
  std::string_view token();

  std::string_view rest_;
  const std::string& file_;
  std::size_t line_;
  int depth_ = 0;
};

/// Takes an event off the front of `rest`, which begins on `line`, and says how many characters that were,
/// none of them a line end; 0 if it leaves the event to EdnReader.
using EdnShortcut = std::function<std::size_t(std::string_view rest, std::size_t line)>;

/// Calls `take` with each event of a history in EDN: the elements of its vector or list, or all top-level
/// values where it begins with something else; of a map of a whole test, the elements of its `:history`.
/// Reports after each of them what of `text` is left. If there is a `shortcut`, each event is offered to it
/// first.
void read_edn_events(std::string_view text, const std::string& file,
                     const std::function<void(const Edn&, std::string_view rest)>& take,
                     const EdnShortcut& shortcut = {});

/// The meaning of a token that begins like a number: an integer, a number in its one form, or unreadable.
void read_edn_number(std::string_view token, Edn& into);

/// Adds a code point in UTF-8.
void add_utf8(std::string& text, char32_t code);
/// Whether all of it is well-formed UTF-8.
bool is_utf8(std::string_view text);

}  // namespace sim
