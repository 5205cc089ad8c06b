// The fields of a plain struct, one after the other. C++20 can't enumerate them, but it can count how many
// initialisers a struct takes and bind a name to each: enough to look into any message.
#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

namespace sim {
namespace detail {

struct Anything {
  template <class T> operator T() const;  // never defined: it only stands for an initialiser of any type
};

template <class T, std::size_t... I> constexpr bool takes(std::index_sequence<I...>) {
  return requires { T{((void)I, Anything{})...}; };
}

/// How many initialisers `T{...}` takes at most: its number of fields, as long as none is a built-in array.
template <class T, std::size_t N = 0> constexpr std::size_t fields_of() {
  if constexpr (takes<T>(std::make_index_sequence<N + 1>{})) return fields_of<T, N + 1>();
  return N;
}

}  // namespace detail

/// A struct without constructors, bases, private members or built-in arrays.
template <class T>
concept PlainStruct = std::is_class_v<T> && std::is_aggregate_v<T>;

/// How many fields a plain struct has.
template <PlainStruct T> constexpr std::size_t field_count = detail::fields_of<T>();

/// Calls `f` with each field in order of declaration. At most twelve fields.
template <class T, class F>
requires PlainStruct<std::remove_const_t<T>>
constexpr void for_each_field(T& object, F&& f) {
  constexpr std::size_t n = field_count<std::remove_const_t<T>>;
  static_assert(n <= 12, "for_each_field knows structs of up to twelve fields");
  const auto each = [&](auto&... fields) { (f(fields), ...); };
  if constexpr (n == 1) {
    auto& [a] = object;
    each(a);
  } else if constexpr (n == 2) {
    auto& [a, b] = object;
    each(a, b);
  } else if constexpr (n == 3) {
    auto& [a, b, c] = object;
    each(a, b, c);
  } else if constexpr (n == 4) {
    auto& [a, b, c, d] = object;
    each(a, b, c, d);
  } else if constexpr (n == 5) {
    auto& [a, b, c, d, e] = object;
    each(a, b, c, d, e);
  } else if constexpr (n == 6) {
    auto& [a, b, c, d, e, g] = object;
    each(a, b, c, d, e, g);
  } else if constexpr (n == 7) {
    auto& [a, b, c, d, e, g, h] = object;
    each(a, b, c, d, e, g, h);
  } else if constexpr (n == 8) {
    auto& [a, b, c, d, e, g, h, i] = object;
    each(a, b, c, d, e, g, h, i);
  } else if constexpr (n == 9) {
    auto& [a, b, c, d, e, g, h, i, j] = object;
    each(a, b, c, d, e, g, h, i, j);
  } else if constexpr (n == 10) {
    auto& [a, b, c, d, e, g, h, i, j, k] = object;
    each(a, b, c, d, e, g, h, i, j, k);
  } else if constexpr (n == 11) {
    auto& [a, b, c, d, e, g, h, i, j, k, l] = object;
    each(a, b, c, d, e, g, h, i, j, k, l);
  } else if constexpr (n == 12) {
    auto& [a, b, c, d, e, g, h, i, j, k, l, m] = object;
    each(a, b, c, d, e, g, h, i, j, k, l, m);
  }
}

}  // namespace sim
