#include "sim/history/formats/kv_event.hpp"

#include <cstring>

#include "sim/history/formats/plain_text.hpp"

namespace sim {
namespace {

class KvCursor {
 public:
  explicit KvCursor(std::string_view text) : at_(text.data()), end_(at_ + text.size()) {}

  const char* at() const { return at_; }

  template <std::size_t N> bool take(const char (&expected)[N]) {
    constexpr std::size_t length = N - 1;
    const bool found =
        static_cast<std::size_t>(end_ - at_) >= length && std::memcmp(at_, expected, length) == 0;
    at_ += found ? length : 0;
    return found;
  }

  // Up to nine digits, without zeros in front.
  bool number(std::uint32_t& into) {
    const char* const begin = at_;
    std::uint32_t number = 0;
    for (; at_ != end_ && *at_ >= '0' && *at_ <= '9' && at_ - begin < 10; ++at_)
      number = number * 10 + static_cast<std::uint32_t>(*at_ - '0');
    into = number;
    const auto digits = at_ - begin;
    return digits > 0 && digits < 10 && (*begin != '0' || digits == 1);
  }

  // What stands before the closing quote.
  std::string_view text() {
    const char* const begin = at_;
    const char* at = begin;
    while (at != end_ && stands_for_itself(*at)) ++at;
    at_ = at;
    return {begin, static_cast<std::size_t>(at - begin)};
  }

 private:
  const char* at_;
  const char* end_;
};

bool read_action(KvCursor& cursor, KvEvent& event) {
  if (cursor.take("get")) {
    event.action = Action::read;
    event.f = "get";
  } else if (cursor.take("put")) {
    event.action = Action::write;
    event.f = "put";
  } else if (cursor.take("append")) {
    event.action = Action::append;
    event.f = "append";
  } else {
    return false;
  }
  return true;
}

bool read_value(KvCursor& cursor, KvEvent& event) {
  if (cursor.take("nil}")) return true;
  if (!cursor.take("\"")) return false;
  event.value = cursor.text();
  return cursor.take("\"}");
}

}  // namespace

std::optional<KvEvent> read_kv_event(std::string_view text, std::size_t line) {
  KvEvent event{.line = line};
  KvCursor cursor(text);
  std::uint32_t process = 0;
  if (!cursor.take("{:process ") || !cursor.number(process) || !cursor.take(", :type :")) return std::nullopt;
  event.process = process;
  event.invoked = cursor.take("invoke");
  if (!event.invoked && !cursor.take("ok")) return std::nullopt;
  if (!cursor.take(", :f :") || !read_action(cursor, event)) return std::nullopt;
  if (!cursor.take(", :key \"") || !cursor.number(event.key)) return std::nullopt;
  if (!cursor.take("\", :value ") || !read_value(cursor, event)) return std::nullopt;
  event.length = static_cast<std::size_t>(cursor.at() - text.data());
  return event;
}

}  // namespace sim
