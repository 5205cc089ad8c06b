// Reads the text of a result's row, value by value, in the order in which it was written.
#pragma once

#include <charconv>
#include <concepts>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "sim/report/run_result.hpp"

namespace sim {

/// Thrown when a text is not the expected one.
struct NoRow : std::invalid_argument {
  NoRow() : std::invalid_argument("no row of a sweep") {}
};

/// The reading counterpart of the writers in result_json.cpp: the same calls, in the same order. It knows
/// what comes next, so it builds no tree; anything else is refused with NoRow.
class RowReader {
 public:
  explicit RowReader(std::string_view row) : rest_(row) { expect("{"); }

  template <class T> void value(const char* key, T& v) {
    name(key);
    take(v);
  }
  template <class T> void value(const char* key, std::optional<T>& v) {
    name(key);
    if (skipped("null")) return v.reset();
    take(v.emplace());
  }
  template <class T> void list(const char* key, std::vector<T>& items) {
    name(key);
    expect("[");
    items.clear();
    if (skipped("]")) return;
    do take(items.emplace_back());
    while (skipped(","));
    expect("]");
  }
  void begin(const char* key) {
    name(key);
    expect("{");
    first_ = true;
  }
  void end() {
    expect("}");
    first_ = false;
  }
  /// Whether `key` comes next; it is then read by the next call.
  bool has(std::string_view key) const;
  /// Passes over a value of any kind, as it was written. Returns its text.
  std::string_view any(const char* key) {
    name(key);
    return json_text();
  }
  /// Nothing may follow the row.
  void finish() {
    expect("}");
    if (!rest_.empty()) throw NoRow();
  }

 private:
  void expect(std::string_view text) {
    if (!skipped(text)) throw NoRow();
  }
  bool skipped(std::string_view text) {
    if (!rest_.starts_with(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }
  void name(std::string_view key) {
    if (!first_) expect(",");
    first_ = false;
    expect("\"");
    expect(key);
    expect("\":");
  }

  void take(bool& v) {
    v = skipped("true");
    if (!v) expect("false");
  }
  template <class T>
  requires std::unsigned_integral<T> || std::floating_point<T>
  void take(T& v) {
    const char* const begin = rest_.data();
    const auto [end, error] = std::from_chars(begin, begin + rest_.size(), v);
    if (error != std::errc{} || !is_json_number(begin, end)) throw NoRow();
    rest_.remove_prefix(static_cast<std::size_t>(end - begin));
  }
  void take(std::string& v);
  void take(Json& v);
  static bool is_json_number(const char* begin, const char* end);
  static void take_json(std::string_view text, Json& v);
  std::string_view json_text();

  std::string_view rest_;
  bool first_ = true;  // of an object: no comma before its name
};

}  // namespace sim
