// The effects of clients on the world: they wait, and their operations go on record.
#include "sim/kernel/append.hpp"
#include "sim/world/world.hpp"

namespace sim {

void World::wake(ClientId client, Wake why, std::uint32_t number, Time at) {
  const Event event{.kind = Event::Kind::client_timer,
                    .tag = static_cast<std::uint8_t>(why),
                    .node = client.value,
                    .number = number};
  // Timers of one kind all take the same time, except clients' calls and pings: each has a time of its own.
  if (why == Wake::call || why == Wake::ping) return queue_.push(at, Rank::timer, event);
  queue_.push_in_line(static_cast<std::size_t>(why) - static_cast<std::size_t>(Wake::retry), at, Rank::timer,
                      event);
}

std::uint32_t World::called(const Request& request) {
  const auto index = static_cast<std::uint32_t>(record_.operations.size());
  const Command& asked = request.command;
  Operation& operation = append(record_.operations);
  operation.client = request.id.client;
  operation.action = asked.action;
  operation.key = asked.key;
  if (takes_argument(asked.action)) operation.argument = asked.argument;
  if (asked.action == Action::cas && !asked.expects_nil) operation.expected = asked.expected;
  operation.call = now_;
  append(record_.asked, fingerprint(request));
  append(record_.reached_primary, kNever);
  append(oldest_pending_, request.oldest_pending);
  append(record_.operation_of[operation.client.value], index);
  if (tracer_ != nullptr) tracer_->called(now_, index, operation);
  return index;
}

void World::returned(std::uint32_t index, const Value& output, std::uint8_t hops) {
  Operation& operation = record_.operations[index];
  operation.outcome = Outcome::ok;
  operation.ret = now_;
  operation.output = output;
  record_.hops_of_answers += hops;
  if (tracer_ != nullptr) tracer_->returned(now_, index, operation);
}

void World::gave_up(std::uint32_t index) {
  if (tracer_ != nullptr) tracer_->returned(now_, index, record_.operations[index]);
}

}  // namespace sim
