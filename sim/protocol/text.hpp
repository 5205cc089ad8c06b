// Any value in words: a message's content, as a trace or a script shows it. Plain structs are written field
// by field, under the names that the source gives them.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <variant>

#include "sim/kernel/ids.hpp"
#include "sim/kernel/node_set.hpp"
#include "sim/protocol/protocol.hpp"
#include "sim/protocol/reflect.hpp"
#include "sim/workload/text.hpp"
#include "sim/world/world.hpp"

namespace sim {

std::string text_of(const NodeSet& nodes);
/// Large numbers are fingerprints, digests or nonces: the first 16 bits are enough to tell them apart.
std::string text_of(std::uint64_t number);

namespace detail {

template <class T>
concept SignedStatement = requires(const T& t) {
  *t;
  t.operator->();
  { t.signer() } -> std::same_as<NodeId>;
};
template <class T>
concept Listed = requires(const T& t) {
  t.begin();
  t.end();
};
template <class T>
concept Alternatives = requires {
  std::variant_size<T>::value;
};
template <class T>
concept Perhaps = requires(const T& t) {
  t.has_value();
  *t;
};
/// A type with a notation of its own has `std::string text() const`.
template <class T>
concept Worded = requires(const T& t) {
  { t.text() } -> std::same_as<std::string>;
};
/// Written by a function of its own.
template <class T>
concept Known =
    Worded<T> || std::same_as<T, Duration> || std::same_as<T, LocalTime> || std::same_as<T, Value> ||
    std::same_as<T, RequestId> || std::same_as<T, Command> || std::same_as<T, Request> ||
    std::same_as<T, Change> || std::same_as<T, Service> || std::same_as<T, Stamp> || std::same_as<T, NodeSet>;
/// Types left out: nothing of them can be read, or they belong to the observers.
template <class T>
concept Hidden = std::same_as<T, Version> ||
    (std::is_class_v<T> && !Known<T> && !SignedStatement<T> && !Listed<T> && !Alternatives<T> &&
     !Perhaps<T> && !PlainStruct<T> && !requires { std::tuple_size<T>::value; });

class TextWriter {
 public:
  template <class T> void write(const T& value) {
    if constexpr (std::is_same_v<T, bool>) {
      text_ += value ? "true" : "false";
    } else if constexpr (std::is_enum_v<T>) {
      text_ += enum_name(value);
    } else if constexpr (std::is_unsigned_v<T>) {
      text_ += text_of(std::uint64_t{value});
    } else if constexpr (std::is_integral_v<T>) {
      text_ += std::to_string(value);
    } else if constexpr (std::is_convertible_v<T, std::string_view>) {
      text_ += std::string_view(value);
    } else if constexpr (std::is_same_v<T, NodeId>) {
      text_ += std::to_string(value.value);
    } else if constexpr (std::is_same_v<T, ClientId>) {
      text_ += 'c' + std::to_string(value.value);
    } else if constexpr (std::is_same_v<T, LocalTime>) {
      text_ += text_of(value.time_since_epoch());
    } else if constexpr (std::is_same_v<T, Snapshot>) {
      text_ += text_of(value.state);
    } else if constexpr (Worded<T>) {
      text_ += value.text();
    } else if constexpr (Known<T>) {
      text_ += text_of(value);
    } else {
      write_compound(value);
    }
  }

  /// The fields of a message, without braces.
  template <PlainStruct T> void write_fields(const T& value) {
    std::size_t place = 0;
    bool first = true, flagged = false;
    for_each_field(value, [&](const auto& field) {
      const std::string_view name = field_names<T>[place++];
      if (!shows(field, flagged)) return;
      if (!std::exchange(first, false)) text_ += ' ';
      text_ += name;
      if constexpr (!std::is_same_v<decltype(field), const bool&>) {
        text_ += '=';
        write(field);
      }
    });
  }

  std::string take() { return std::move(text_); }

 private:
  template <class T> void write_compound(const T& value) {
    if constexpr (SignedStatement<T>) {
      text_ += '<';
      write_bare(*value);
      text_ += ">_" + std::to_string(value.signer().value);
    } else if constexpr (Perhaps<T>) {
      if (value.has_value()) return write(*value);
      text_ += "none";
    } else if constexpr (Alternatives<T>) {
      std::visit([&](const auto& v) { write_alternative(v); }, value);
    } else if constexpr (Listed<T>) {
      write_list(value);
    } else if constexpr (PlainStruct<T>) {
      text_ += '{';
      write_fields(value);
      text_ += '}';
    } else {
      write_tuple(value);
    }
  }

  template <class T> void write_bare(const T& value) {
    if constexpr (PlainStruct<T> && !Known<T>) {
      write_fields(value);
    } else {
      write(value);
    }
  }

  template <class T> void write_alternative(const T& value) {
    if constexpr (std::is_same_v<T, std::monostate>) {
      text_ += "nil";
    } else {
      if constexpr (PlainStruct<T> && !Known<T>) text_ += type_name<T>();
      write(value);
    }
  }

  template <class T> void write_list(const T& list) {
    text_ += '[';
    bool first = true;
    for (const auto& element : list) {
      if (!std::exchange(first, false)) text_ += ", ";
      write(element);
    }
    text_ += ']';
  }

  template <class T> void write_tuple(const T& tuple) {
    if constexpr (requires { std::tuple_size<T>::value; }) {
      text_ += '(';
      bool first = true;
      const auto each = [&](const auto& element) {
        if (!std::exchange(first, false)) text_ += ' ';
        write(element);
      };
      std::apply([&](const auto&... elements) { (each(elements), ...); }, tuple);
      text_ += ')';
    }
  }

  // Flags are shown only when they are set. A struct with a flag set (such as a log's entry that does
  // nothing) that holds no request does not show the empty one.
  template <class T> static bool shows(const T& field, bool& flagged) {
    if constexpr (std::is_same_v<T, bool>) {
      flagged = flagged || field;
      return field;
    } else if constexpr (std::is_same_v<T, Request>) {
      return !flagged || field != Request{};
    } else {
      return !Hidden<T>;
    }
  }

  std::string text_;
};

}  // namespace detail

/// A message's content: its fields, each with its name.
template <PlainStruct T> std::string fields_of(const T& message) {
  if constexpr (detail::Worded<T>) return message.text();
  detail::TextWriter writer;
  writer.write_fields(message);
  return writer.take();
}

}  // namespace sim
