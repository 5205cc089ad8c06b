#include "sim/history/formats/plain_event.hpp"

#include <array>
#include <cstdint>
#include <cstring>

#include "sim/history/formats/plain_text.hpp"

namespace sim {
namespace plain_event {  // apart from other readers' things of the same names
namespace {

enum Field : std::uint8_t { process, type, f, value, key, index, time, error, none };

constexpr std::array<bool, 256> kBlank = [] {
  std::array<bool, 256> blank{};
  for (const char c : {' ', ','}) blank[static_cast<unsigned char>(c)] = true;
  return blank;
}();

// Characters of a plain word: none of these ends a token, and none makes it anything but a word.
constexpr std::array<bool, 256> kInWord = [] {
  std::array<bool, 256> in{};
  for (unsigned char c = 'a'; c <= 'z'; ++c) in[c] = true;
  for (unsigned char c = 'A'; c <= 'Z'; ++c) in[c] = true;
  for (unsigned char c = '0'; c <= '9'; ++c) in[c] = true;
  for (const char c : std::string_view("-_/.")) in[static_cast<unsigned char>(c)] = true;
  return in;
}();

class Cursor {
 public:
  Cursor(std::string_view text, std::size_t line) : at_(text.data()), end_(at_ + text.size()), line_(line) {}

  const char* at() const { return at_; }

  bool take(char c) {
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }

  void skip_blanks() { run(kBlank); }

  // The name of the field that follows, and the blank behind it.
  Field field() {
    const std::size_t left = static_cast<std::size_t>(end_ - at_);
    switch (left > 2 ? at_[1] : ' ') {
      case 'p': return named(":process ", process);
      case 'f': return named(":f ", f);
      case 'v': return named(":value ", value);
      case 'k': return named(":key ", key);
      case 'i': return named(":index ", index);
      case 'e': return named(":error ", error);
      case 't': return at_[2] == 'y' ? named(":type ", type) : named(":time ", time);
      default: return none;
    }
  }

  // `:word`; empty if there is none.
  std::string_view keyword() {
    if (!take(':')) return {};
    const std::string_view found = run(kInWord);
    return ends_token() ? found : std::string_view();
  }

  bool read(Edn& into, int depth) {
    if (at_ == end_) return false;
    switch (*at_) {
      case '"': return text(into);
      case ':': return keyword(into);
      case '[': return depth > 0 && vector(into, depth - 1);
      case 'n': return word("nil", into, Edn::Kind::nil, 0);
      case 't': return word("true", into, Edn::Kind::boolean, 1);
      case 'f': return word("false", into, Edn::Kind::boolean, 0);
      default: return whole(into);
    }
  }

 private:
  template <std::size_t N> Field named(const char (&name)[N], Field meant) {
    constexpr std::size_t length = N - 1;
    if (static_cast<std::size_t>(end_ - at_) < length || std::memcmp(at_, name, length) != 0) return none;
    at_ += length;
    return meant;
  }

  // A place of its own stays in a register; at_ would be loaded and stored for each character.
  std::string_view run(const std::array<bool, 256>& allowed) {
    const char* begin = at_;
    const char* const end = end_;
    const char* at = begin;
    while (at != end && allowed[static_cast<unsigned char>(*at)]) ++at;
    at_ = at;
    return {begin, static_cast<std::size_t>(at - begin)};
  }

  // A token that ends with the text would be an error for its map; the strict reader reports it.
  bool ends_token() const {
    return at_ != end_ && (kBlank[static_cast<unsigned char>(*at_)] || *at_ == '}' || *at_ == ']');
  }

  void become(Edn& into, Edn::Kind kind, std::int64_t integer) const {
    into.kind = kind;
    into.integer = integer;
    into.text.clear();
    into.items.clear();
    into.line = line_;
  }

  bool word(std::string_view expected, Edn& into, Edn::Kind kind, std::int64_t integer) {
    if (run(kInWord) != expected || !ends_token()) return false;
    become(into, kind, integer);
    return true;
  }

  bool keyword(Edn& into) {
    const std::string_view name = keyword();
    if (name.empty()) return false;
    become(into, Edn::Kind::keyword, 0);
    into.text = name;
    return true;
  }

  bool text(Edn& into) {
    take('"');
    const std::string_view found = run(kPlainText);
    if (!take('"')) return false;
    become(into, Edn::Kind::string, 0);
    into.text = found;
    return true;
  }

  // Up to 18 digits surely fit.
  bool whole(Edn& into) {
    const bool negative = take('-');
    const char* const begin = at_;
    const char* const stop = end_ - begin < 18 ? end_ : begin + 18;
    const char* at = begin;
    std::int64_t number = 0;
    for (; at != stop && *at >= '0' && *at <= '9'; ++at) number = number * 10 + (*at - '0');
    at_ = at;
    const auto digits = at - begin;
    if (digits == 0 || (*begin == '0' && digits > 1) || !ends_token()) return false;
    become(into, Edn::Kind::integer, negative ? -number : number);
    return true;
  }

  bool vector(Edn& into, int depth) {
    take('[');
    std::size_t count = 0;
    for (skip_blanks(); !take(']'); skip_blanks()) {
      if (count == into.items.size()) into.items.emplace_back();
      if (!read(into.items[count++], depth)) return false;
    }
    into.items.resize(count);
    into.kind = Edn::Kind::vector;
    into.integer = 0;
    into.text.clear();
    into.line = line_;
    return true;
  }

  const char* at_;
  const char* end_;
  std::size_t line_;
};

}  // namespace
}  // namespace plain_event

std::size_t PlainEvent::read(std::string_view text, std::size_t line) {
  using enum plain_event::Field;
  using plain_event::Cursor, plain_event::Field;
  constexpr int deepest = 4;
  constexpr unsigned needed = 1U << process | 1U << type | 1U << f;
  event_ = {.line = line};
  unsigned seen = 0;
  const auto value_into = [&](Cursor& cursor, Edn& into, const Edn*& found) {
    found = &into;
    return cursor.read(into, deepest);
  };
  const auto content = [&](Cursor& cursor, Field field) {
    const Edn* unused = nullptr;
    switch (field) {
      case process:
        return value_into(cursor, process_, event_.process) && process_.kind == Edn::Kind::integer;
      case type: return !(event_.type = cursor.keyword()).empty();
      case f: return !(event_.f = cursor.keyword()).empty();
      case value: return value_into(cursor, value_, event_.value);
      case key: return value_into(cursor, key_, event_.key);
      case index: return value_into(cursor, index_, event_.index);
      default: return value_into(cursor, skipped_, unused);
    }
  };
  Cursor cursor(text, line);
  if (!cursor.take('{')) return 0;
  for (cursor.skip_blanks(); !cursor.take('}'); cursor.skip_blanks()) {
    const Field field = cursor.field();
    if (field == none || (seen >> field & 1) != 0) return 0;
    seen |= 1U << field;
    cursor.skip_blanks();
    if (!content(cursor, field)) return 0;
  }
  return (seen & needed) == needed ? static_cast<std::size_t>(cursor.at() - text.data()) : 0;
}

}  // namespace sim
