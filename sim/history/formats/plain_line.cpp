#include "sim/history/formats/plain_line.hpp"

#include <array>
#include <charconv>
#include <cstdint>
#include <limits>

#include "sim/history/formats/plain_text.hpp"
#include "sim/history/names.hpp"
#include "sim/history/vocabulary.hpp"

namespace sim {
namespace {

enum Field : std::uint8_t { client, f, key, value, expected, output, call, ret, outcome, fields };
constexpr std::array<std::string_view, fields> kFieldNames{"client", "f",    "key",    "value",  "expected",
                                                           "output", "call", "return", "outcome"};

constexpr std::int64_t kLatest = std::numeric_limits<std::int64_t>::max() - 1;

class PlainLine {
 public:
  explicit PlainLine(std::string_view line) : at_(line.data()), end_(at_ + line.size()) {}

  std::optional<Operation> read() {
    if (!take('{')) return std::nullopt;
    do {
      if (!read_field()) return std::nullopt;
    } while (take(','));
    if (!take('}') || at_ != end_ || !complete()) return std::nullopt;
    return std::move(op_);
  }

 private:
  bool take(char c) {
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }

  bool take(std::string_view word) {
    if (static_cast<std::size_t>(end_ - at_) < word.size() || std::string_view(at_, word.size()) != word) {
      return false;
    }
    at_ += word.size();
    return true;
  }

  std::optional<std::string_view> text() {
    if (!take('"')) return std::nullopt;
    const char* begin = at_;
    while (at_ != end_ && stands_for_itself(*at_)) ++at_;
    const std::string_view found(begin, static_cast<std::size_t>(at_ - begin));
    if (!take('"')) return std::nullopt;
    return found;
  }

  bool whole(std::int64_t& number) {
    const char* digits = at_ != end_ && *at_ == '-' ? at_ + 1 : at_;
    const auto [after, error] = std::from_chars(at_, end_, number);
    if (error != std::errc{} || (*digits == '0' && after - digits > 1) || (number == 0 && digits != at_)) {
      return false;
    }
    at_ = after;
    return true;
  }

  bool whole(std::int64_t& number, std::int64_t max) { return whole(number) && number >= 0 && number <= max; }

  bool any_value(Value& into) {
    if (at_ == end_) return false;
    if (take("null")) return true;
    if (*at_ == '"') {
      const auto found = text();
      if (found) into = std::string(*found);
      return found.has_value();
    }
    if (*at_ == '[') return list(into);
    std::int64_t number = 0;
    if (!whole(number) || is_name(number)) return false;
    into = number;
    return true;
  }

  bool list(Value& into) {
    List found;
    take('[');
    if (!take(']')) {
      do {
        if (!whole(found.emplace_back()) || is_name(found.back())) return false;
      } while (take(','));
      if (!take(']')) return false;
    }
    into = std::move(found);
    return true;
  }

  bool read_field() {
    const auto name = text();
    if (!name || !take(':')) return false;
    std::uint8_t field = 0;
    while (field < fields && kFieldNames[field] != *name) ++field;
    if (field == fields || has(field)) return false;
    seen_ |= 1U << field;
    return read_content(field);
  }

  bool read_content(std::uint8_t field) {
    std::int64_t number = 0;
    switch (field) {
      case client:
        if (!whole(number, 65'535)) return false;
        op_.client.value = static_cast<std::uint16_t>(number);
        return true;
      case key:
        if (!whole(number, std::int64_t{kFirstNamedKey} - 1)) return false;
        op_.key = static_cast<std::uint32_t>(number);
        return true;
      case call:
        if (!whole(number, kLatest)) return false;
        op_.call = Time{Duration{number}};
        return true;
      case ret:
        if (!whole(number, kLatest)) return false;
        op_.ret = Time{Duration{number}};
        return true;
      case value: return any_value(op_.argument);
      case expected: return any_value(op_.expected);
      case output: return read_output();
      case f: return read_action();
      default: return read_outcome();
    }
  }

  bool read_action() {
    const auto name = text();
    const auto action = name ? action_from_name(*name) : std::nullopt;
    if (action) op_.action = *action;
    return action.has_value();
  }

  bool read_outcome() {
    const auto name = text();
    if (!name || (*name != "ok" && *name != "pending")) return false;  // failed ones are rare
    op_.outcome = *name == "ok" ? Outcome::ok : Outcome::pending;
    return true;
  }

  bool read_output() {
    says_truth_ = true;
    if (take("true")) {
      op_.output = std::int64_t{1};
    } else if (take("false")) {
      op_.output = std::int64_t{0};
    } else {
      says_truth_ = false;
      return any_value(op_.output);
    }
    return true;
  }

  // The strict reader's requirements for each action and outcome.
  bool complete() const {
    constexpr unsigned always = 1U << client | 1U << f | 1U << call | 1U << outcome;
    if ((seen_ & always) != always) return false;
    const bool answered = op_.outcome == Outcome::ok;
    if (has(ret) != answered || (answered && op_.ret < op_.call)) return false;
    if (has(value) != takes_argument(op_.action) || has(expected) != (op_.action == Action::cas))
      return false;
    if (op_.action == Action::txn) return false;
    const bool any_argument = op_.action != Action::add;
    if (has(value) && !any_argument && op_.argument.as_number() == nullptr) return false;
    const Output kind = output_of(op_.action);
    if (has(output) != (answered && kind != Output::none)) return false;
    if (!has(output)) return true;
    if (says_truth_ != (kind == Output::truth)) return false;
    return kind != Output::number || op_.output.as_number() != nullptr;
  }

  bool has(std::uint8_t field) const { return (seen_ >> field & 1) != 0; }

  const char* at_;
  const char* end_;
  Operation op_{};
  unsigned seen_ = 0;
  bool says_truth_ = false;
};

}  // namespace

std::optional<Operation> read_plain_line(std::string_view line) { return PlainLine(line).read(); }

}  // namespace sim
