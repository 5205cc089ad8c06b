#include "sim/history/event_pairing.hpp"

#include <algorithm>
#include <utility>

namespace sim {

EventPairing::EventPairing(History& history, std::string file) : history_(history), file_(std::move(file)) {
  history_.times_are_lines = true;
}

// Several events may stand on one line; their order must not be lost, hence at least one step each.
void EventPairing::at_line(std::size_t line) {
  line_ = line;
  now_ = std::max(now_ + 1, static_cast<std::int64_t>(line));
}

void EventPairing::fail(const std::string& expectation) const {
  throw HistoryError(file_, line_, expectation);
}

void EventPairing::invoke(std::int64_t process, Operation op) {
  const std::string name = "process " + std::to_string(process);
  if (process < 0 || process > 65'535) fail(name + "; expected a number from 0 to 65535");
  if (lost_.contains(process))
    fail(name + " acts again after its operation's outcome became unknown (:info)");
  if (!open_.emplace(process, history_.operations.size()).second)
    fail(name + " already has an operation open");
  op.client.value = static_cast<std::uint16_t>(process);
  op.call = Time{Duration{now_}};
  history_.clients = std::max(history_.clients, static_cast<std::uint32_t>(process) + 1);
  history_.operations.push_back(std::move(op));
}

Operation& EventPairing::completing(std::int64_t process, Action action) {
  const auto open = open_.find(process);
  if (open == open_.end()) fail("process " + std::to_string(process) + " completes what it never invoked");
  Operation& op = history_.operations[open->second];
  if (op.action != action) {
    fail("process " + std::to_string(process) + " completes a " + std::string(action_name(action)) +
         "; expected the " + std::string(action_name(op.action)) + " that it invoked");
  }
  return op;
}

void EventPairing::complete(std::int64_t process, Outcome outcome) {
  Operation& op = history_.operations[open_.at(process)];
  op.outcome = outcome;
  op.ret = Time{Duration{now_}};
  open_.erase(process);
}

void EventPairing::lose(std::int64_t process) {
  open_.erase(process);
  lost_.insert(process);
}

}  // namespace sim
