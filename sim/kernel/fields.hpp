// One description, four uses. A struct of options states once its fields' names, meanings and ranges. From
// this follow reading it from a scenario, writing it back, printing the schema, and finding the nearest name
// to a misspelt key.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "sim/kernel/time.hpp"

namespace sim {

struct DurationRange {
  Duration min = 0ns;
  Duration max = std::chrono::hours{24 * 365};
};
struct NumberRange {
  double min = 0;
  double max = std::numeric_limits<double>::max();
};
struct CountRange {
  std::int64_t min = 0;
  std::int64_t max = 1'000'000'000'000;
};

/// Visits the fields of a struct. Each call names a field, binds its variable (which holds the default), says
/// what it means in a sentence, and which values are allowed.
class Fields {
 public:
  virtual void flag(std::string_view name, bool& value, std::string_view about) = 0;
  virtual void number(std::string_view name, double& value, NumberRange range, std::string_view about) = 0;
  virtual void count(std::string_view name, std::int64_t& value, CountRange range,
                     std::string_view about) = 0;
  virtual void duration(std::string_view name, Duration& value, DurationRange range,
                        std::string_view about) = 0;
  /// A duration, or `false` for "off" (an empty optional).
  virtual void switchable(std::string_view name, std::optional<Duration>& value, DurationRange range,
                          std::string_view about) = 0;

  /// An object within the object; `T` has `void describe(Fields&)`.
  template <class T> void group(std::string_view name, T& value, std::string_view about) {
    begin_group(name, about);
    value.describe(*this);
    end_group();
  }

  template <class E> using Names = std::vector<std::pair<std::string_view, E>>;
  /// One of some named values of an enumeration.
  template <class E>
  requires std::is_enum_v<E>
  void choice(std::string_view name, E& value, const Names<E>& names, std::string_view about) {
    std::vector<std::string_view> labels;
    std::size_t chosen = 0;
    for (const auto& [label, meaning] : names) {
      if (meaning == value) chosen = labels.size();
      labels.push_back(label);
    }
    choose(name, chosen, labels, about);
    value = names[chosen].second;
  }

 protected:
  ~Fields() = default;
  virtual void begin_group(std::string_view name, std::string_view about) = 0;
  virtual void end_group() = 0;
  /// `chosen` is the place of the current value in `labels`, and becomes that of the new one.
  virtual void choose(std::string_view name, std::size_t& chosen, const std::vector<std::string_view>& labels,
                      std::string_view about) = 0;
};

}  // namespace sim
