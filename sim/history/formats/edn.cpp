#include "sim/history/formats/edn.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "sim/history/history_error.hpp"

namespace sim {
namespace {

constexpr std::string_view kEndsToken = " \t\r\n,\f\v()[]{}\";";
constexpr int kDepthMax = 200;  // no history nests deeper; guards the stack against hostile input

// For each byte whether it ends a token: quicker than to look it up in the text each time.
constexpr std::array<bool, 256> kEnds = [] {
  std::array<bool, 256> ends{};
  for (const char c : kEndsToken) ends[static_cast<unsigned char>(c)] = true;
  return ends;
}();

bool is_blank(char c) { return c == ' ' || c == ',' || (c >= '\t' && c <= '\r'); }
bool closes(char c) { return c == ')' || c == ']' || c == '}'; }

void reset(Edn& into, Edn::Kind kind, std::size_t line) {
  into.kind = kind;
  into.integer = 0;
  into.text.clear();
  into.items.clear();
  into.line = line;
}

// Whether two values without items are equal.
bool same_atom(const Edn& a, const Edn& b) {
  return a.kind == b.kind && a.integer == b.integer && a.text == b.text && a.items.empty() && b.items.empty();
}

}  // namespace

void EdnReader::fail(const std::string& what) const { throw HistoryError(file_, line_, what); }

void EdnReader::fail_unclosed(char closing, std::size_t line) const {
  fail(std::string(rest_.empty() ? "the text ends" : "found another bracket") + "; expected '" + closing +
       "' for what opened on line " + std::to_string(line));
}

void EdnReader::drop(std::size_t count) {
  for (const char c : rest_.substr(0, count)) line_ += c == '\n';
  rest_.remove_prefix(count);
}

void EdnReader::skip_blanks() {
  while (!rest_.empty()) {
    const char c = rest_.front();
    if (is_blank(c)) {
      line_ += c == '\n';
      rest_.remove_prefix(1);
    } else if (c == ';') {
      drop(std::min(rest_.find('\n'), rest_.size()));
    } else {
      return;
    }
  }
}

bool EdnReader::take(char c) {
  skip_blanks();
  if (!rest_.starts_with(c)) return false;
  drop(1);
  return true;
}

bool EdnReader::find_value(Edn& skipped) {
  for (;;) {
    skip_blanks();
    if (rest_.empty() || closes(rest_.front())) return false;
    if (rest_.starts_with("#_")) {
      drop(2);
      required(skipped, "a value to leave out after #_");
    } else if (rest_.front() == '^') {
      drop(1);
      required(skipped, "metadata after ^");
    } else {
      return true;
    }
  }
}

bool EdnReader::next(Edn& into) {
  if (!find_value(into)) return false;
  value(into);
  return true;
}

void EdnReader::required(Edn& into, const std::string& what) {
  if (++depth_ > kDepthMax) fail("nested too deeply");
  if (!next(into)) fail("the text ends or a bracket closes; expected " + what);
  --depth_;
}

void EdnReader::value(Edn& into) {
  switch (rest_.front()) {
    case '(': return collection(into, Edn::Kind::list, 1, ')');
    case '[': return collection(into, Edn::Kind::vector, 1, ']');
    case '{': return collection(into, Edn::Kind::map, 1, '}');
    case '"': return string(into);
    case '\\': return character(into);
    case '#': return dispatch(into);
    default: return atom(into);
  }
}

// Reuses the items that `into` has: events are alike, so nothing needs to be allocated for most of them.
void EdnReader::collection(Edn& into, Edn::Kind kind, std::size_t opening, char closing) {
  if (++depth_ > kDepthMax) fail("nested too deeply");
  into.kind = kind;
  into.integer = 0;
  into.text.clear();
  into.line = line_;
  drop(opening);
  std::size_t count = 0;
  for (;; ++count) {
    if (count == into.items.size()) into.items.emplace_back();
    if (!next(into.items[count])) break;
  }
  into.items.resize(count);
  if (!rest_.starts_with(closing)) fail_unclosed(closing, into.line);
  drop(1);
  --depth_;
  if (kind == Edn::Kind::map && count % 2 != 0) fail("a key without a value in a map");
  if (kind == Edn::Kind::map || kind == Edn::Kind::set) require_distinct(into);
}

// EDN forbids it: a reader that takes the last (or first) of two values may judge another history.
void EdnReader::require_distinct(const Edn& collection) const {
  constexpr std::size_t few = 24;
  const bool is_map = collection.kind == Edn::Kind::map;
  const std::size_t step = is_map ? 2 : 1;
  const auto refuse = [&](const Edn& item) {
    fail((is_map ? "the map has two values for " : "the set has twice ") + edn_text(item).substr(0, 80));
  };
  const auto& items = collection.items;
  const auto simple = [](const Edn& item) { return item.items.empty(); };
  if (items.size() <= few && std::ranges::all_of(items, [&](const Edn& item) {
        return simple(item) || (is_map && (&item - items.data()) % 2 != 0);
      })) {
    for (std::size_t i = step; i < items.size(); i += step) {
      for (std::size_t k = 0; k < i; k += step) {
        if (same_atom(items[i], items[k])) refuse(items[i]);
      }
    }
    return;
  }
  std::vector<std::pair<std::string, const Edn*>> texts;
  for (std::size_t i = 0; i < items.size(); i += step) texts.emplace_back(edn_text(items[i]), &items[i]);
  std::ranges::sort(texts);
  const auto twice = std::ranges::adjacent_find(texts, {}, [](const auto& entry) { return entry.first; });
  if (twice != texts.end()) refuse(*twice->second);
}

std::string_view EdnReader::token() {
  std::size_t end = 1;
  while (end < rest_.size() && !kEnds[static_cast<unsigned char>(rest_[end])]) ++end;
  const std::string_view found = rest_.substr(0, end);
  rest_.remove_prefix(found.size());
  return found;
}

// Reads a form that begins with `#`.
void EdnReader::dispatch(Edn& into) {
  if (rest_.starts_with("#{")) return collection(into, Edn::Kind::set, 2, '}');
  if (rest_.starts_with("##")) {
    reset(into, Edn::Kind::number, line_);
    into.text = token();
    const bool known = into.text == "##NaN" || into.text == "##Inf" || into.text == "##-Inf";
    if (!known) fail("found \"" + into.text + "\"; expected ##NaN, ##Inf or ##-Inf");
    return;
  }
  if (rest_.starts_with("#:")) return namespaced_map(into);
  if (rest_.starts_with("#<")) return unreadable(into);
  if (rest_.starts_with("#\"")) return regular_expression(into);
  const std::string tag(token().substr(1));
  if (tag.empty()) fail("found '#' alone; expected a tag or a set");
  const std::size_t line = line_;
  if (into.items.empty()) into.items.emplace_back();
  required(into.items.front(), "a value after the tag #" + tag);
  into.items.resize(1);
  into.kind = Edn::Kind::tagged;
  into.integer = 0;
  into.text = tag;
  into.line = line;
}

// #:jepsen{:a 1, :_/b 2} is {:jepsen/a 1, :b 2}.
void EdnReader::namespaced_map(Edn& into) {
  const std::string prefix(token().substr(2));
  skip_blanks();
  if (!rest_.starts_with('{')) fail("expected a map after #:" + prefix);
  collection(into, Edn::Kind::map, 1, '}');
  for (std::size_t i = 0; i < into.items.size(); i += 2) {
    Edn& key = into.items[i];
    if (key.kind != Edn::Kind::keyword) continue;
    if (key.text.starts_with("_/")) {
      key.text.erase(0, 2);
    } else if (key.text.find('/') == std::string::npos) {
      key.text.insert(0, prefix + '/');
    }
  }
}

// #<SocketTimeoutException ...: Read timed out>, as old Clojure prints values without a notation.
void EdnReader::unreadable(Edn& into) {
  reset(into, Edn::Kind::unreadable, line_);
  std::size_t open = 0;
  for (std::size_t i = 0; i < rest_.size(); ++i) {
    open += rest_[i] == '<' ? 1 : 0;
    if (rest_[i] != '>' || --open > 0) continue;
    into.text = rest_.substr(0, i + 1);
    return drop(i + 1);
  }
  fail("the text ends within #<...>");
}

void EdnReader::regular_expression(Edn& into) {
  reset(into, Edn::Kind::unreadable, line_);
  std::size_t end = 2;
  while (end < rest_.size() && rest_[end] != '"') end += rest_[end] == '\\' ? 2 : 1;
  if (end >= rest_.size()) fail("the text ends within a regular expression");
  into.text = rest_.substr(0, end + 1);
  drop(end + 1);
}

void EdnReader::string(Edn& into) {
  reset(into, Edn::Kind::string, line_);
  rest_.remove_prefix(1);
  for (;;) {
    std::size_t plain = 0;
    while (plain < rest_.size() && rest_[plain] != '"' && rest_[plain] != '\\') ++plain;
    into.text.append(rest_.substr(0, plain));
    drop(plain);
    if (rest_.empty()) fail("the text ends within a string that opened on line " + std::to_string(into.line));
    if (rest_.front() == '"') break;
    escape(into.text);
  }
  rest_.remove_prefix(1);
  if (!is_utf8(into.text)) fail("a string that is no UTF-8");
}

void EdnReader::escape(std::string& text) {
  constexpr std::string_view names = "nrtbf\"\\'";
  constexpr std::string_view meant = "\n\r\t\b\f\"\\'";
  rest_.remove_prefix(1);
  if (rest_.empty()) fail("the text ends within a string");
  const char c = rest_.front();
  if (const auto at = names.find(c); at != std::string_view::npos) {
    text.push_back(meant[at]);
    rest_.remove_prefix(1);
  } else if (c == 'u') {
    add_utf8(text, unicode_escape());
  } else if (c >= '0' && c <= '7') {
    unsigned code = 0;
    const auto most = std::min<std::size_t>(rest_.size(), 3);
    const auto end = std::from_chars(rest_.data(), rest_.data() + most, code, 8).ptr;
    if (code > 0377) fail("found an octal escape beyond \\377 in a string");
    add_utf8(text, code);
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
  } else {
    fail(std::string("found the escape \\") + c +
         " in a string; expected \\n, \\r, \\t, \\b, \\f, \\\\, \\\", \\uXXXX or an octal number");
  }
}

// Reads from its `u` on; two halves of a surrogate pair are one character.
char32_t EdnReader::unicode_escape() {
  const auto four = [&]() -> char32_t {
    unsigned code = 0;
    const std::string_view digits = rest_.substr(0, 5).substr(std::min<std::size_t>(rest_.size(), 1));
    const auto end = std::from_chars(digits.data(), digits.data() + digits.size(), code, 16).ptr;
    if (digits.size() != 4 || end != digits.data() + 4) fail("expected four hexadecimal digits after \\u");
    rest_.remove_prefix(5);
    return code;
  };
  const char32_t first = four();
  if (first < 0xD800 || first > 0xDFFF) return first;
  if (first <= 0xDBFF && rest_.starts_with("\\u")) {
    rest_.remove_prefix(1);
    const char32_t second = four();
    if (second >= 0xDC00 && second <= 0xDFFF) return 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
  }
  fail("found half of a surrogate pair after \\u");
}

void EdnReader::character(Edn& into) {
  using Named = std::pair<std::string_view, char>;
  static constexpr Named named[] = {{"newline", '\n'}, {"space", ' '},     {"tab", '\t'},
                                    {"return", '\r'},  {"formfeed", '\f'}, {"backspace", '\b'}};
  reset(into, Edn::Kind::character, line_);
  rest_.remove_prefix(1);
  if (rest_.empty()) fail("the text ends; expected a character after \\");
  // One character, even a bracket or a blank, and those that follow up to the next of these.
  std::size_t length = 1;
  while (length < rest_.size() && (static_cast<unsigned char>(rest_[length]) & 0xC0U) == 0x80U) ++length;
  const std::size_t end = std::min(rest_.find_first_of(kEndsToken, length), rest_.size());
  const std::string_view word = rest_.substr(0, end);
  const auto known = std::ranges::find(named, word, &Named::first);
  if (word.size() == length) {
    into.text = word;
  } else if (known != std::end(named)) {
    into.text.push_back(known->second);
  } else if (word.size() == 5 && word.front() == 'u') {
    add_utf8(into.text, unicode_escape());
    return;
  } else if (unsigned code = 0; word.front() == 'o' && word.size() <= 4 &&
                                std::from_chars(word.data() + 1, word.data() + word.size(), code, 8).ptr ==
                                    word.data() + word.size()) {
    add_utf8(into.text, code);
  } else {
    fail("found \"\\" + std::string(word.substr(0, 40)) +
         "\"; expected a character such as \\a or \\newline");
  }
  drop(end);
  if (!is_utf8(into.text)) fail("a character that is no UTF-8");
}

void EdnReader::atom(Edn& into) {
  reset(into, Edn::Kind::nil, line_);
  const std::string_view word = token();
  const char first = word.front();
  const char second = word.size() > 1 ? word[1] : ' ';
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  if (first == ':') {
    into.kind = Edn::Kind::keyword;
    into.text = word.substr(1);
    if (into.text.empty()) fail("found ':' alone; expected a keyword");
  } else if (digit(first) || ((first == '-' || first == '+') && digit(second))) {
    read_edn_number(word, into);
  } else if (word == "true" || word == "false") {
    into.kind = Edn::Kind::boolean;
    into.integer = word == "true";
  } else if (word != "nil") {
    into.kind = Edn::Kind::symbol;
    into.text = word;
  }
  if (!into.text.empty() && !is_utf8(into.text)) fail("a word that is no UTF-8");
}

const Edn* Edn::find(std::string_view name) const {
  if (kind == Kind::tagged) return items.front().find(name);
  for (std::size_t i = 0; kind == Kind::map && i + 1 < items.size(); i += 2) {
    const bool names = items[i].kind == Kind::keyword || items[i].kind == Kind::string;
    if (names && items[i].text == name) return &items[i + 1];
  }
  return nullptr;
}

void read_edn_events(std::string_view text, const std::string& file,
                     const std::function<void(const Edn&, std::string_view)>& take,
                     const EdnShortcut& shortcut) {
  EdnReader reader(text, file);
  Edn event;
  reader.find_value(event);
  const std::size_t first_line = reader.line();
  const bool is_vector = reader.take('[');
  const bool wrapped = is_vector || reader.take('(');
  while (reader.find_value(event)) {
    if (const std::size_t taken = shortcut ? shortcut(reader.rest(), reader.line()) : 0; taken > 0) {
      reader.pass(taken);
      continue;
    }
    reader.next(event);
    const Edn* history = event.find("process") == nullptr ? event.find("history") : nullptr;
    if (history == nullptr || !history->is_sequence()) {
      take(event, reader.rest());
    } else {
      for (const Edn& item : history->items) take(item, reader.rest());
    }
  }
  if (wrapped) {
    const char closing = is_vector ? ']' : ')';
    if (!reader.take(closing)) reader.fail_unclosed(closing, first_line);
    if (reader.next(event)) reader.fail("something follows behind the history");
  }
  if (!reader.at_end()) reader.fail(std::string("unexpected '") + reader.rest().front() + "'");
}

}  // namespace sim
