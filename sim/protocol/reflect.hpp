// The fields of a plain struct, one after the other. C++20 can't enumerate them, but it can count how many
// initialisers a struct takes and bind a name to each: enough to look into any message. The names of fields
// and enumerators come from the name that the compiler gives to a template's instance.
#pragma once

#include <array>
#include <cstddef>
#include <cstdlib>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace sim {
namespace detail {

struct Anything {
  // Never called: it only stands for an initialiser of any type.
  template <class T> operator T() const { std::abort(); }
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

/// Calls `f` once with all fields, in order of declaration, and returns what it returns. At most twelve
/// fields.
template <class T, class F>
requires PlainStruct<std::remove_const_t<T>>
constexpr auto with_fields(T& object, F&& f) {
  constexpr std::size_t n = field_count<std::remove_const_t<T>>;
  static_assert(n <= 12, "with_fields knows structs of up to twelve fields");
  if constexpr (n == 1) {
    auto& [a] = object;
    return f(a);
  } else if constexpr (n == 2) {
    auto& [a, b] = object;
    return f(a, b);
  } else if constexpr (n == 3) {
    auto& [a, b, c] = object;
    return f(a, b, c);
  } else if constexpr (n == 4) {
    auto& [a, b, c, d] = object;
    return f(a, b, c, d);
  } else if constexpr (n == 5) {
    auto& [a, b, c, d, e] = object;
    return f(a, b, c, d, e);
  } else if constexpr (n == 6) {
    auto& [a, b, c, d, e, g] = object;
    return f(a, b, c, d, e, g);
  } else if constexpr (n == 7) {
    auto& [a, b, c, d, e, g, h] = object;
    return f(a, b, c, d, e, g, h);
  } else if constexpr (n == 8) {
    auto& [a, b, c, d, e, g, h, i] = object;
    return f(a, b, c, d, e, g, h, i);
  } else if constexpr (n == 9) {
    auto& [a, b, c, d, e, g, h, i, j] = object;
    return f(a, b, c, d, e, g, h, i, j);
  } else if constexpr (n == 10) {
    auto& [a, b, c, d, e, g, h, i, j, k] = object;
    return f(a, b, c, d, e, g, h, i, j, k);
  } else if constexpr (n == 11) {
    auto& [a, b, c, d, e, g, h, i, j, k, l] = object;
    return f(a, b, c, d, e, g, h, i, j, k, l);
  } else if constexpr (n == 12) {
    auto& [a, b, c, d, e, g, h, i, j, k, l, m] = object;
    return f(a, b, c, d, e, g, h, i, j, k, l, m);
  } else {
    return f();
  }
}

/// Calls `f` with each field in order of declaration. At most twelve fields.
template <class T, class F>
requires PlainStruct<std::remove_const_t<T>>
constexpr void for_each_field(T& object, F&& f) {
  with_fields(object, [&](auto&... fields) { (f(fields), ...); });
}

namespace detail {

// An object that is never made: only its fields' addresses are used, while compiling.
template <class T> struct Somewhere { const T value; };
#if defined(__clang__)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wundefined-var-template"
#pragma clang diagnostic ignored "-Wundefined-internal"
#endif
template <class T> extern const Somewhere<T> somewhere;

// Wraps the address in a class, as older compilers take no address of a field as a template's argument.
template <class P> struct Address { P p; };
template <class P> Address(P) -> Address<P>;

template <Address P> constexpr auto spelled_address() {
  return std::string_view(__PRETTY_FUNCTION__);  // "... {&somewhere.value.name}]", "...::name)}...]"
}
template <auto V> constexpr auto spelled_value() {
  return std::string_view(__PRETTY_FUNCTION__);  // "... V = a::E::name; ...]", "... V = (a::E)7]"
}

/// The identifier at the end of `text`; empty when there is none.
constexpr std::string_view last_identifier(std::string_view text) {
  const auto part = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  std::size_t begin = text.size();
  while (begin > 0 && part(text[begin - 1])) --begin;
  const bool number = begin < text.size() && text[begin] >= '0' && text[begin] <= '9';
  return number ? std::string_view{} : text.substr(begin);
}

template <auto P> constexpr std::string_view field_name() {
  constexpr std::string_view text = spelled_address<P>();
  constexpr auto end = text.find_last_of(")}");
  constexpr auto name = text.substr(0, end);
  return last_identifier(name.substr(0, name.find_last_not_of(")}") + 1));
}

template <auto V> constexpr std::string_view value_name() {
  std::string_view text = spelled_value<V>();
  text.remove_prefix(text.find("V = ") + 4);
  return last_identifier(text.substr(0, text.find_first_of(";]")));
}

template <class T, std::size_t... I> constexpr auto find_field_names(std::index_sequence<I...>) {
  [[maybe_unused]] constexpr auto addresses = [] {
    return with_fields(somewhere<T>.value, [](auto&... fields) { return std::tuple{Address{&fields}...}; });
  };
  return std::array<std::string_view, sizeof...(I)>{field_name<std::get<I>(addresses())>()...};
}
template <class E, std::size_t... I> constexpr auto find_value_names(std::index_sequence<I...>) {
  return std::array<std::string_view, sizeof...(I)>{value_name<static_cast<E>(I)>()...};
}
#if defined(__clang__)
#pragma clang diagnostic pop
#endif

}  // namespace detail

/// The names of a plain struct's fields in the source.
template <PlainStruct T>
constexpr auto field_names = detail::find_field_names<T>(std::make_index_sequence<field_count<T>>{});

/// The source's name of an enumeration's value, if the value is small; empty when it has no name.
template <class E>
requires std::is_enum_v<E>
constexpr std::string_view enum_name(E value) {
  constexpr auto names = detail::find_value_names<E>(std::make_index_sequence<32>{});
  const auto place = static_cast<std::size_t>(value);
  return place < names.size() ? names[place] : std::string_view{};
}

}  // namespace sim
