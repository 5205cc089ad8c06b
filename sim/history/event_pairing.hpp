// Joins the two halves of an operation. Other testers record events (a process invokes; later that process
// completes) in their true order; we keep intervals.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "sim/history/history.hpp"

namespace sim {

class EventPairing {
 public:
  /// `history` receives the operations; `file` is for errors.
  EventPairing(History& history, std::string file);

  /// Where the next event stands; its line number serves as its time.
  void at_line(std::size_t line);

  /// A process begins an operation. It must have none open and must not have been lost before.
  void invoke(std::int64_t process, Operation op);

  /// The operation that `process` has open. It's an error if there is none, or one that does something else.
  Operation& completing(std::int64_t process, Action action);

  /// Closes the open operation: answered, or known not to have happened.
  void complete(std::int64_t process, Outcome outcome);

  /// Leaves the operation open for ever; the process never acts again.
  void lose(std::int64_t process);

  [[noreturn]] void fail(const std::string& expectation) const;

 private:
  History& history_;
  std::string file_;
  std::size_t line_ = 0;
  std::int64_t now_ = 0;
  std::map<std::int64_t, std::size_t> open_;  // process -> place in history_.operations
  std::set<std::int64_t> lost_;
};

}  // namespace sim
