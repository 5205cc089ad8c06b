// The room that a message takes beyond its own: for its lists, logs and snapshots. An estimate that is the
// same on every machine, for the bound of a run's memory.
#pragma once

#include <cstdint>
#include <optional>
#include <type_traits>
#include <variant>

#include "sim/protocol/reflect.hpp"
#include "sim/workload/service.hpp"

namespace sim {
namespace detail {

template <class T> constexpr bool is_one_of = false;
template <class... Ts> constexpr bool is_one_of<std::variant<Ts...>> = true;
template <class T> constexpr bool may_be_absent = false;
template <class T> constexpr bool may_be_absent<std::optional<T>> = true;

template <class T>
concept Sized = requires(const T& all) {
  typename T::value_type;
  all.size();
  all.begin();
};

}  // namespace detail

/// A value whose inside only its own functions understand counts as nothing.
template <class T> std::uint64_t bytes_elsewhere(const T& value) {
  if constexpr (std::is_trivially_copyable_v<T>) {
    return 0;
  } else if constexpr (std::is_same_v<T, Value>) {
    return value.as_text() != nullptr ? value.as_text()->size() : 0;  // lists share their elements
  } else if constexpr (std::is_same_v<T, Service>) {
    return value.bytes();
  } else if constexpr (detail::is_one_of<T>) {
    return std::visit([](const auto& held) { return bytes_elsewhere(held); }, value);
  } else if constexpr (detail::may_be_absent<T>) {
    return value ? bytes_elsewhere(*value) : 0;
  } else if constexpr (detail::Sized<T>) {
    using Element = typename T::value_type;
    std::uint64_t sum = value.size() * sizeof(Element);
    if constexpr (!std::is_trivially_copyable_v<Element>) {
      for (const auto& element : value) sum += bytes_elsewhere(element);
    }
    return sum;
  } else if constexpr (PlainStruct<T>) {
    std::uint64_t sum = 0;
    if constexpr (field_count<T> <= 12)
      for_each_field(value, [&](const auto& f) { sum += bytes_elsewhere(f); });
    return sum;
  } else {
    return 0;
  }
}

}  // namespace sim
