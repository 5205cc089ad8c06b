// Joins the two halves of an operation. Other testers record events (a process invokes; later that process
// completes) in their true order; we keep intervals.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "sim/history/history.hpp"

namespace sim {

class EventPairing {
 public:
  /// `history` receives the operations; `file` is for errors.
  EventPairing(History& history, std::string file);

  /// The line of the next event; its number serves as the event's time.
  void at_line(std::size_t line);

  /// The time of the event; a later one where an event stands for several operations.
  Time now() const { return Time{Duration{now_}}; }
  Time later() { return Time{Duration{++now_}}; }
  /// Whether this is the first event after that at `earlier`.
  bool follows(Time earlier) const { return earlier == Time{Duration{before_}}; }

  /// What the event asks for, for errors: `:f :write`. It must last until the next event.
  void of(std::string_view f) { f_ = f; }

  /// A process begins an operation. It must have none open; one whose outcome became unknown doesn't count.
  Operation& invoke(std::int64_t process, Operation&& op);

  /// Whether `process` has an operation open.
  bool has_open(std::int64_t process);

  /// The operation that `process` has open. It's an error if there is none.
  Operation& open(std::int64_t process) {
    const std::size_t place = open_[client_of(process)];
    if (place == kNone) fail_on_unasked(process);
    return history_.operations[place];
  }

  /// The same; also an error if that operation does something else than `action`.
  Operation& completing(std::int64_t process, Action action);

  /// Closes the open operation: answered, or known not to have happened.
  void complete(std::int64_t process, Outcome outcome);

  /// Leaves the operation open for ever. The process may go on: then it has several open.
  void lose(std::int64_t process);

  /// Clients keep the numbers of their processes if those are small; otherwise the history says which is
  /// which.
  void finish();

  [[noreturn]] void fail(const std::string& expectation) const;

 private:
  static constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();
  static constexpr std::int64_t kSmall = 65'536;

  std::size_t client_of(std::int64_t process) {
    const auto at = static_cast<std::size_t>(process);  // of a negative number beyond all
    const bool known = at < small_.size() && small_[at] >= 0;
    return known ? static_cast<std::size_t>(small_[at]) : other_client_of(process);
  }
  std::size_t other_client_of(std::int64_t process);
  [[noreturn]] void fail_on_unasked(std::int64_t process) const;

  History& history_;
  std::string file_;
  std::string_view f_{};
  std::size_t line_ = 0;
  std::int64_t now_ = 0;
  std::int64_t before_ = 0;                      // the event before it
  std::vector<std::int32_t> small_{};            // process -> client, or -1
  std::map<std::int64_t, std::size_t> large_{};  // the same
  std::vector<std::int64_t> processes_{};        // by client
  std::vector<std::size_t> open_{};              // by client: place in history_.operations
};

}  // namespace sim
