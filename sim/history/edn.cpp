#include "sim/history/edn.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "sim/history/history.hpp"

namespace sim {
namespace {

constexpr std::string_view kBlank = " \t\r\n,\f";
constexpr std::string_view kEndsToken = " \t\r\n,\f()[]{}\";";
constexpr int kDepthMax = 200;  // no history nests deeper; guards the stack against hostile input

class EdnParser {
 public:
  EdnParser(std::string_view text, const std::string& file) : rest_(text), file_(file) {}

  void events(const std::function<void(const Edn&, std::string_view)>& take) {
    skip_blanks();
    const std::size_t first_line = line_;
    const bool wrapped = rest_.starts_with('[') || rest_.starts_with('(');
    const char closing = rest_.starts_with('[') ? ']' : ')';
    if (wrapped) drop(1);
    while (const auto value = next()) take(*value, rest_);
    if (wrapped) {
      if (!rest_.starts_with(closing)) fail_unclosed(closing, first_line);
      drop(1);
      skip_blanks();
    }
    if (!rest_.empty()) fail(std::string("unexpected '") + rest_.front() + "'");
  }

 private:
  [[noreturn]] void fail_unclosed(char closing, std::size_t line) const {
    fail(std::string(rest_.empty() ? "the text ends" : "found another bracket") + "; expected '" + closing +
         "' for what opened on line " + std::to_string(line));
  }

  [[noreturn]] void fail(const std::string& what) const { throw HistoryError(file_, line_, what); }

  void drop(std::size_t count) {
    for (const char c : rest_.substr(0, count)) line_ += c == '\n';
    rest_.remove_prefix(count);
  }

  void skip_blanks() {
    while (!rest_.empty()) {
      if (kBlank.find(rest_.front()) != std::string_view::npos) {
        drop(1);
      } else if (rest_.front() == ';') {
        drop(std::min(rest_.find('\n'), rest_.size()));
      } else {
        return;
      }
    }
  }

  // The next value, or none before a closing bracket or the end.
  std::optional<Edn> next() {
    for (;;) {
      skip_blanks();
      if (rest_.empty() || std::string_view(")]}").find(rest_.front()) != std::string_view::npos)
        return std::nullopt;
      if (!rest_.starts_with("#_")) return value();
      drop(2);
      required("a value to leave out after #_");
    }
  }

  Edn required(const std::string& what) {
    if (++depth_ > kDepthMax) fail("nested too deeply");
    auto found = next();
    --depth_;
    if (!found) fail("the text ends or a bracket closes; expected " + what);
    return std::move(*found);
  }

  Edn value() {
    switch (rest_.front()) {
      case '(': return collection(Edn::Kind::list, 1, ')');
      case '[': return collection(Edn::Kind::vector, 1, ']');
      case '{': return collection(Edn::Kind::map, 1, '}');
      case '"': return string();
      case '#':
        if (rest_.starts_with("#{")) return collection(Edn::Kind::set, 2, '}');
        token();  // a tag; what it marks is read as plain data
        return required("a value after the tag");
      default: return atom();
    }
  }

  Edn collection(Edn::Kind kind, std::size_t opening, char closing) {
    Edn result{.kind = kind, .text = {}, .items = {}, .line = line_};
    if (++depth_ > kDepthMax) fail("nested too deeply");
    drop(opening);
    while (auto item = next()) result.items.push_back(std::move(*item));
    if (!rest_.starts_with(closing)) fail_unclosed(closing, result.line);
    drop(1);
    --depth_;
    if (kind == Edn::Kind::map && result.items.size() % 2 != 0) fail("a key without a value in a map");
    return result;
  }

  Edn string() {
    Edn result{.kind = Edn::Kind::string, .text = {}, .items = {}, .line = line_};
    drop(1);
    while (!rest_.empty() && rest_.front() != '"') {
      char c = rest_.front();
      if (c == '\\' && rest_.size() > 1) {
        drop(1);
        c = rest_.front();
        if (c == 'n') c = '\n';
        if (c == 't') c = '\t';
        if (c == 'r') c = '\r';
      }
      result.text.push_back(c);
      drop(1);
    }
    if (rest_.empty())
      fail("the text ends within a string that opened on line " + std::to_string(result.line));
    drop(1);
    return result;
  }

  std::string_view token() {
    const auto end = rest_.find_first_of(kEndsToken, 1);
    const std::string_view found = rest_.substr(0, end);
    rest_.remove_prefix(found.size());
    return found;
  }

  Edn atom() {
    Edn result{.text = {}, .items = {}, .line = line_};
    std::string_view word = token();
    if (word == "nil") return result;
    if (word == "true" || word == "false") {
      result.kind = Edn::Kind::boolean;
      result.integer = word == "true";
    } else if (word.front() == ':') {
      result.kind = Edn::Kind::keyword;
      result.text = word.substr(1);
    } else if (!number(word, result)) {
      result.kind = Edn::Kind::symbol;
      result.text = word;
    }
    return result;
  }

  static bool number(std::string_view word, Edn& result) {
    const auto digit = [](char c) { return c >= '0' && c <= '9'; };
    const bool is_signed = word.front() == '-' || word.front() == '+';
    if (!digit(word[is_signed && word.size() > 1 ? 1 : 0])) return false;
    result.text = word;
    if (word.front() == '+') word.remove_prefix(1);
    if (word.ends_with('N')) word.remove_suffix(1);
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), result.integer);
    const bool whole = error == std::errc{} && end == word.data() + word.size();
    result.kind = whole ? Edn::Kind::integer : Edn::Kind::other_number;
    return true;
  }

  std::string_view rest_;
  const std::string& file_;
  std::size_t line_ = 1;
  int depth_ = 0;
};

}  // namespace

const Edn* Edn::find(std::string_view name) const {
  for (std::size_t i = 0; kind == Kind::map && i + 1 < items.size(); i += 2) {
    if (items[i].kind == Kind::keyword && items[i].text == name) return &items[i + 1];
  }
  return nullptr;
}

void read_edn_events(std::string_view text, const std::string& file,
                     const std::function<void(const Edn&, std::string_view)>& take) {
  EdnParser(text, file).events(take);
}

}  // namespace sim
