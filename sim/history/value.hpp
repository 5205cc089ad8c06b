// Values read and written. Nearly always a number or nothing: such a value takes 16 bytes, and copying it
// takes no call. Lists and texts lie elsewhere, and copies of a list share its elements (list.hpp).
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>

#include "sim/history/list.hpp"
#include "sim/kernel/rng.hpp"

namespace sim {

using Nil = std::monostate;

/// Nothing yet, a number, a list of numbers (append), or text (imported histories only).
class Value {
 public:
  enum class Kind : std::uint8_t { nil, number, list, text };

  Value() = default;
  Value(Nil) {}                                                       // NOLINT: values convert by design
  Value(std::int64_t number) : kind_(Kind::number), held_(number) {}  // NOLINT
  Value(List list);                                                   // NOLINT
  Value(std::string text);                                            // NOLINT
  Value(const Value& other) : kind_(other.kind_), held_(other.held_) {
    if (other.lies_elsewhere()) copy();
  }
  Value(Value&& other) noexcept : kind_(std::exchange(other.kind_, Kind::nil)), held_(other.held_) {}
  Value& operator=(const Value& other) {
    if (lies_elsewhere() || other.lies_elsewhere()) return *this = Value(other);
    kind_ = other.kind_;
    held_ = other.held_;
    return *this;
  }
  Value& operator=(Value&& other) noexcept {
    std::swap(kind_, other.kind_);
    std::swap(held_, other.held_);
    return *this;
  }
  ~Value() {
    if (lies_elsewhere()) destroy();
  }

  Kind kind() const { return kind_; }
  bool is_nil() const { return kind_ == Kind::nil; }
  /// nullptr when it is none.
  const std::int64_t* as_number() const { return kind_ == Kind::number ? &held_.number : nullptr; }
  std::int64_t* as_number() { return kind_ == Kind::number ? &held_.number : nullptr; }
  const List* as_list() const { return kind_ == Kind::list ? held_.list : nullptr; }
  List* as_list() { return kind_ == Kind::list ? held_.list : nullptr; }
  const std::string* as_text() const { return kind_ == Kind::text ? held_.text : nullptr; }
  std::string* as_text() { return kind_ == Kind::text ? held_.text : nullptr; }

  /// Calls `f` with the content: `Nil`, a number, a list or a text.
  template <class F> decltype(auto) visit(F&& f) const {
    switch (kind_) {
      case Kind::number: return f(held_.number);
      case Kind::list: return f(*held_.list);
      case Kind::text: return f(*held_.text);
      case Kind::nil: break;
    }
    return f(Nil{});
  }

  bool operator==(const Value& other) const {
    if (kind_ != other.kind_ || lies_elsewhere()) return kind_ == other.kind_ && equals(other);
    return kind_ == Kind::nil || held_.number == other.held_.number;
  }

 private:
  union Held {
    constexpr Held(std::int64_t n) : number(n) {}  // NOLINT
    std::int64_t number;
    List* list;
    std::string* text;
  };
  bool lies_elsewhere() const { return kind_ > Kind::number; }
  void copy();
  void destroy();
  bool equals(const Value& other) const;

  Kind kind_ = Kind::nil;
  Held held_ = 0;
};

/// A value in 64 bits. Equal values have equal fingerprints, others nearly never.
inline std::uint64_t fingerprint(const Value& value) {
  std::uint64_t hash = mix(static_cast<std::uint64_t>(value.kind()) + kGolden);
  const auto add = [&](std::uint64_t bits) { hash = mix(hash ^ mix(bits + kGolden)); };
  if (const auto* number = value.as_number()) add(static_cast<std::uint64_t>(*number));
  if (const auto* list = value.as_list()) {
    for (const std::int64_t element : *list) add(static_cast<std::uint64_t>(element));
  }
  if (const auto* text = value.as_text()) {
    for (const char c : *text) add(static_cast<unsigned char>(c));
  }
  return hash;
}

}  // namespace sim
