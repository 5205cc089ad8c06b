// The events that kv texts consist of, nearly without exception:
//   {:process 1, :type :invoke, :f :put, :key "3", :value "x 1 7 y"}
// with these five fields in this order, a numeric key, and a plain text or nil as the value. They are read at
// a third of the cost of a PlainEvent, with the same result. Anything else is left to that reader.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "sim/history/operation.hpp"

namespace sim {

struct KvEvent {
  std::size_t line = 0;
  std::size_t length = 0;  ///< Characters, none of them a line end.
  std::int64_t process = 0;
  bool invoked = false;                     ///< Else answered.
  std::string_view f{};                     ///< "get", "put" or "append",
  Action action{};                          ///< which means this.
  std::uint32_t key = 0;                    ///< As the text "3", not as the number 3.
  std::optional<std::string_view> value{};  ///< Nothing for nil.
};

/// The event at the front of `text`, which stands on `line`; nothing if it has another form.
std::optional<KvEvent> read_kv_event(std::string_view text, std::size_t line);

}  // namespace sim
