// How a Byzantine node alters a message of any protocol: one small change that leaves it well formed.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "sim/history/record.hpp"
#include "sim/kernel/ids.hpp"
#include "sim/kernel/rng.hpp"
#include "sim/kernel/short_list.hpp"
#include "sim/kernel/time.hpp"
#include "sim/protocol/reflect.hpp"
#include "sim/workload/command.hpp"

namespace sim {
namespace detail {

template <class T> constexpr bool is_list = false;
template <class T> constexpr bool is_list<std::vector<T>> = true;
template <class T> constexpr bool is_list<std::deque<T>> = true;
template <class T, std::size_t N> constexpr bool is_list<ShortList<T, N>> = true;
template <> inline constexpr bool is_list<List> = true;
template <class T> constexpr bool is_array = false;
template <class T, std::size_t N> constexpr bool is_array<std::array<T, N>> = true;
template <class T> constexpr bool is_optional = false;
template <class T> constexpr bool is_optional<std::optional<T>> = true;
template <class T> constexpr bool is_variant = false;
template <class... Ts> constexpr bool is_variant<std::variant<Ts...>> = true;
template <class T> constexpr bool is_span_of_time = false;
template <class R, class P> constexpr bool is_span_of_time<std::chrono::duration<R, P>> = true;
template <class C, class D> constexpr bool is_span_of_time<std::chrono::time_point<C, D>> = true;
// Names of clients and versions can't be changed: nobody would take the result for real.
template <class T> constexpr bool is_name = std::is_same_v<T, ClientId> || std::is_same_v<T, Version>;

/// Visits the changeable parts of a value: numbers, truths, times, names of replicas, and lists, which can
/// lose their last element. A value whose inside only its own functions understand (a signed statement, a
/// copy of a service, a set) is left whole.
template <class T, class F> void for_each_leaf(T& value, F& f) {
  if constexpr (std::is_integral_v<T> || std::is_same_v<T, NodeId> || is_span_of_time<T>) {
    f(value);
  } else if constexpr (std::is_same_v<T, Command>) {
    f(value.argument);
  } else if constexpr (std::is_same_v<T, Change>) {
    f(value.value);
  } else if constexpr (std::is_same_v<T, Value>) {
    if (auto* number = value.as_number()) f(*number);
    if (auto* list = value.as_list()) for_each_leaf(*list, f);
  } else if constexpr (is_list<T>) {
    if (value.empty()) return;
    f(value);
    for (auto& element : value) for_each_leaf(element, f);
  } else if constexpr (is_array<T>) {
    for (auto& element : value) for_each_leaf(element, f);
  } else if constexpr (is_optional<T>) {
    if (value) for_each_leaf(*value, f);
  } else if constexpr (is_variant<T>) {
    std::visit([&](auto& held) { for_each_leaf(held, f); }, value);
  } else if constexpr (PlainStruct<T> && !is_name<T>) {
    for_each_field(value, [&](auto& field) { for_each_leaf(field, f); });
  }
}

/// Reads a message's leaves: how many there are, and a hash of them.
struct LeafCounter {
  std::uint64_t count = 0;
  std::uint64_t hash = 0;
  template <class T> void operator()(const T& leaf) {
    ++count;
    hash = mix(hash ^ (bits_of(leaf) + count * kGolden));
  }
  template <class T> static std::uint64_t bits_of(const T& leaf) {
    if constexpr (std::is_integral_v<T>) return static_cast<std::uint64_t>(leaf);
    if constexpr (std::is_same_v<T, NodeId>) return leaf.value;
    if constexpr (is_list<T>) return leaf.size();
    return 0;
  }
};

/// Changes the leaf whose turn it is.
struct LeafChanger {
  std::uint64_t skip;
  std::uint64_t bits;
  std::size_t replicas;
  bool wild;  ///< Any value of that type will do, not only a slightly different one.

  static constexpr Duration kStep = 1ms;
  static constexpr Duration kFar = std::chrono::hours{24 * 365 * 100};  // such as "never"

  template <class T> void operator()(T& leaf) {
    if (skip-- != 0) return;
    wild ? change_wildly(leaf) : change(leaf);
  }
  template <class T> void change_wildly(T& leaf) const {
    const std::uint64_t drawn = mix(bits + kGolden);
    if constexpr (std::is_same_v<T, bool> || std::is_same_v<T, NodeId>) {
      change(leaf);
    } else if constexpr (std::is_integral_v<T>) {
      const T most = std::numeric_limits<T>::max();
      const std::array<T, 4> extremes{T{0}, most, static_cast<T>(most - 1), static_cast<T>(most / 2)};
      leaf = bits % 2 == 0 ? extremes[drawn % 4] : static_cast<T>(drawn >> drawn % 64);
    } else if constexpr (is_list<T>) {
      std::vector<typename T::value_type> longer(leaf.begin(), leaf.end());
      const auto last = longer.back();
      longer.resize(bits % 2 == 0 ? 0 : longer.size() + drawn % 20, last);
      leaf = T(longer.begin(), longer.end());
    } else {
      leaf = bits % 3 == 0 ? T{} : bits % 3 == 1 ? T{kFar} : T{-kFar};
    }
  }
  template <class T> void change(T& leaf) const {
    const std::uint64_t little = 1 + bits % 3;
    const bool down = (bits >> 8) % 2 == 0;
    if constexpr (std::is_same_v<T, bool>) {
      leaf = !leaf;
    } else if constexpr (std::is_integral_v<T>) {
      const bool reaches = std::is_signed_v<T> || static_cast<std::uint64_t>(leaf) >= little;
      const auto wide = static_cast<std::uint64_t>(leaf);
      leaf = static_cast<T>(down && reaches ? wide - little : wide + little);
    } else if constexpr (std::is_same_v<T, NodeId>) {
      if (replicas > 1)
        leaf = NodeId{static_cast<std::uint16_t>((leaf.value + 1 + bits % (replicas - 1)) % replicas)};
    } else if constexpr (is_list<T>) {
      leaf.pop_back();
    } else {
      leaf = down || leaf > T{kFar} ? leaf - kStep : leaf + kStep;
    }
  }
};

}  // namespace detail

/// Changes one field of a message a little. The field and the change follow from the message and `salt`
/// alone: nodes that share a salt tell one lie. Changes that are `wild` are not little. Messages without a
/// field stay as they are.
template <class Message>
void alter(Message& message, std::uint64_t salt, std::size_t replicas, bool wild = false) {
  detail::LeafCounter leaves{.hash = salt};
  detail::for_each_leaf(message, leaves);
  if (leaves.count == 0) return;
  const std::uint64_t bits = mix(leaves.hash + kGolden);
  detail::LeafChanger changer{below(bits, leaves.count), mix(bits + kGolden), replicas, wild};
  detail::for_each_leaf(message, changer);
}

}  // namespace sim
