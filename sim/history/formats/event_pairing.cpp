#include "sim/history/formats/event_pairing.hpp"

#include <algorithm>
#include <utility>

#include "sim/history/history_error.hpp"
#include "sim/history/vocabulary.hpp"

namespace sim {

EventPairing::EventPairing(History& history, std::string file) : history_(history), file_(std::move(file)) {
  history_.times_are_lines = true;
}

// Several events may stand on one line; their order must not be lost, hence at least one step each.
void EventPairing::at_line(std::size_t line) {
  line_ = line;
  before_ = now_;
  now_ = std::max(now_ + 1, static_cast<std::int64_t>(line));
  f_ = {};
}

void EventPairing::fail(const std::string& expectation) const {
  throw HistoryError(file_, line_, f_.empty() ? expectation : ":f :" + std::string(f_) + ": " + expectation);
}

// A large number, or one that wasn't seen before.
std::size_t EventPairing::other_client_of(std::int64_t process) {
  if (process < 0) fail("process " + std::to_string(process) + "; expected a number from 0 on");
  const bool small = process < kSmall;
  const auto at = static_cast<std::size_t>(process);
  if (small && at >= small_.size()) small_.resize(at + 1, -1);
  if (const auto known = large_.find(process); !small && known != large_.end()) return known->second;
  const std::size_t client = processes_.size();
  if (client == static_cast<std::size_t>(kSmall)) fail("more than 65536 processes; expected fewer");
  if (small) {
    small_[at] = static_cast<std::int32_t>(client);
  } else {
    large_.emplace(process, client);
  }
  processes_.push_back(process);
  open_.push_back(kNone);
  return client;
}

Operation& EventPairing::invoke(std::int64_t process, Operation&& op) {
  const std::size_t client = client_of(process);
  if (open_[client] != kNone) fail("process " + std::to_string(process) + " already has an operation open");
  open_[client] = history_.operations.size();
  op.client.value = static_cast<std::uint16_t>(client);
  op.call = Time{Duration{now_}};
  return history_.operations.emplace_back(std::move(op));
}

bool EventPairing::has_open(std::int64_t process) { return open_[client_of(process)] != kNone; }

void EventPairing::fail_on_unasked(std::int64_t process) const {
  fail("process " + std::to_string(process) + " completes an operation that it never invoked");
}

Operation& EventPairing::completing(std::int64_t process, Action action) {
  Operation& op = open(process);
  if (op.action != action) {
    fail("process " + std::to_string(process) + " completes a " + std::string(action_name(action)) +
         "; expected the " + std::string(action_name(op.action)) + " that it invoked");
  }
  return op;
}

void EventPairing::complete(std::int64_t process, Outcome outcome) {
  Operation& op = open(process);
  op.outcome = outcome;
  op.ret = Time{Duration{now_}};
  open_[client_of(process)] = kNone;
}

void EventPairing::lose(std::int64_t process) { open_[client_of(process)] = kNone; }

void EventPairing::finish() {
  std::vector<std::int64_t> ascending = processes_;
  std::ranges::sort(ascending);
  const bool small = ascending.empty() || ascending.back() < kSmall;
  std::vector<std::uint16_t> number;  // of each client, for good
  for (const std::int64_t process : processes_) {
    const auto rank = std::ranges::lower_bound(ascending, process) - ascending.begin();
    number.push_back(static_cast<std::uint16_t>(small ? process : rank));
  }
  for (Operation& op : history_.operations) op.client.value = number[op.client.value];
  const auto up_to_the_last = ascending.empty() ? 0 : static_cast<std::size_t>(ascending.back() + 1);
  history_.clients = static_cast<std::uint32_t>(small ? up_to_the_last : ascending.size());
  if (!small) history_.names.clients = std::move(ascending);
}

}  // namespace sim
