#include "sim/workload/clients.hpp"

#include <algorithm>

#include "sim/kernel/math.hpp"

namespace sim {
namespace {

// The draws of one call, always made in this order: a client's n-th call is the same under every protocol.
struct CallDraws {
  std::uint64_t is_read, action, key, value;
};

// When a client asks again. Where a replica may lie, or answers may differ for good (provisional ones,
// immediate reads), it asks everyone once, though its user didn't say so: Castro and Liskov, TOCS 2002,
// sections 2.2 and 5. Otherwise a primary that keeps requests to itself would never be replaced.
std::optional<Duration> asks_again_after(const ClientOptions& o, const ClientPolicy& policy) {
  return o.retry || !policy.retry_everyone ? o.retry : o.timeout / 2;
}

Duration exponential_gap(std::uint64_t bits, double rate) {
  const double u = static_cast<double>((bits >> 11) + 1) * 0x1p-53;  // in (0, 1]
  return Duration{static_cast<std::int64_t>(-exact_log(u) / rate * 1e9)};
}

}  // namespace

Clients::Clients(std::uint64_t seed, const ClientPlan& plan) : plan_(&plan) {
  clients_.reserve(plan.options.count);
  for (std::uint32_t i = 0; i < plan.options.count; ++i) {
    clients_.push_back(Client{.arrivals = Rng(seed, "arrivals", i),
                              .choices = Rng(seed, "choices", i),
                              .samples = Rng(seed, "samples", i)});
    const auto first = [&](ClientPolicy::Target target) {
      const bool last = target == ClientPolicy::Target::last;
      const std::uint32_t own = target == ClientPolicy::Target::own ? i % plan.replicas : 0;
      return NodeId{static_cast<std::uint16_t>(last ? plan.replicas - 1u : own)};
    };
    const auto& policy = plan.policy;
    clients_.back().presumed = {first(policy.target), first(policy.read_target.value_or(policy.target))};
  }
}

void Clients::reseed(std::uint64_t seed) {
  for (std::uint32_t i = 0; i < clients_.size(); ++i) {
    clients_[i].arrivals = Rng(seed, "arrivals", i);
    clients_[i].choices = Rng(seed, "choices", i);
    clients_[i].samples = Rng(seed, "samples", i);
  }
}

void Clients::start(ClientPort& port, Time now) {
  for (std::uint16_t i = 0; i < clients_.size(); ++i) {
    schedule_call(port, ClientId{i}, now);
    if (plan_->options.ping) port.wake(ClientId{i}, ClientPort::Wake::ping, 0, now + *plan_->options.ping);
  }
}

void Clients::on_wake(ClientPort& port, ClientId id, ClientPort::Wake why, std::uint32_t number, Time now) {
  switch (why) {
    case ClientPort::Wake::call: return call(port, id, now);
    case ClientPort::Wake::retry: return retry(port, id, number, now);
    case ClientPort::Wake::retransmit: return retransmit(port, id, number, now);
    case ClientPort::Wake::give_up: return lose_patience(port, id, now);
    case ClientPort::Wake::ping: return ping(port, id, now);
  }
}

void Clients::schedule_call(ClientPort& port, ClientId id, Time now) {
  Client& client = clients_[id.value];
  const auto& o = plan_->options;
  if (stopped_ || (o.operations > 0 && client.next_number >= o.operations)) return;
  Duration gap = o.interval;
  if (o.arrivals == ClientOptions::Arrivals::poisson) gap = exponential_gap(client.arrivals.next(), o.rate);
  // A client that waits for an answer calls after it, and its history must show that: see precedes().
  if (o.arrivals == ClientOptions::Arrivals::closed) gap = std::max(gap, Duration{1});
  port.wake(id, ClientPort::Wake::call, 0, now + gap);
}

void Clients::call(ClientPort& port, ClientId id, Time now) {
  if (stopped_) return;
  Client& client = clients_[id.value];
  send_call(port, id, choose_command(client, {id, client.next_number}), now);
  if (plan_->options.arrivals != ClientOptions::Arrivals::closed) schedule_call(port, id, now);
}

void Clients::call(ClientPort& port, ClientId id, const Command& command, std::optional<NodeId> whom,
                   Time now) {
  if (whom) presumed(clients_[id.value], command) = *whom;
  send_call(port, id, command, now);
}

void Clients::send_call(ClientPort& port, ClientId id, const Command& command, Time now) {
  Client& client = clients_[id.value];
  const auto& o = plan_->options;
  const std::uint32_t number = client.next_number++;
  const auto& policy = plan_->policy;
  Pending& pending = client.pending.emplace_back();
  Request& request = pending.asks.request;
  request.id = {id, number};
  request.command = command;
  request.oldest_pending = client.pending.front().request().id.number;
  pending.operation = port.called(request);
  pending.answers_needed = is_read(command) ? policy.read_answers : policy.write_answers;
  pending.offers_needed = is_read(command) ? policy.read_offers : policy.write_offers;
  pending.first_target = id.value;
  pending.asked = presumed(client, command);
  pending.asked_at = now;
  transmit(port, id, pending);
  pending.gives_up_at = now + o.timeout;
  await_patience(port, id);
  if (const auto after = asks_again_after(o, policy))
    port.wake(id, ClientPort::Wake::retry, number, now + *after);
  if (policy.retransmit && !is_read(command)) {
    port.wake(id, ClientPort::Wake::retransmit, number, now + *policy.retransmit);
  }
}

Command Clients::choose_command(Client& client, RequestId id) const {
  const CallDraws draws{client.choices.next(), client.choices.next(), client.choices.next(),
                        client.choices.next()};
  const auto& o = plan_->options;
  Command command;
  if (unit(draws.is_read) >= o.reads) command.action = plan_->choose_write(draws.action);
  const bool own = unit(mix(draws.key)) < o.locality;
  command.key = own ? plan_->choose_own_key(id.client, draws.key) : plan_->choose_key(draws.key);
  if (is_read(command)) return command;
  command.argument = choose_argument(client, command, id, draws.value);
  if (command.action == Action::cas) expect(client, command, mix(draws.value));
  return command;
}

std::int64_t Clients::choose_argument(const Client& client, const Command& command, RequestId id,
                                      std::uint64_t bits) const {
  const auto& o = plan_->options;
  const bool unique = o.values == 0;
  switch (command.action) {
    case Action::add: return 1;
    case Action::acquire:
    case Action::release: return id.client.value;
    case Action::remove:
    case Action::contains:  // a value of its own would never be in
      if (unique) return last_seen(client, command.key).value_or(0);
      break;
    default: break;
  }
  return unique ? std::int64_t{id.number} * o.count + id.client.value + 1
                : static_cast<std::int64_t>(below(bits, o.values)) + 1;
}

std::optional<std::int64_t> Clients::last_seen(const Client& client, std::uint32_t key) {
  return key < client.last_seen.size() ? client.last_seen[key] : std::nullopt;
}

// Guessing cas with unique values would nearly always fail, so it expects the value that the client saw last.
void Clients::expect(const Client& client, Command& command, std::uint64_t bits) const {
  if (plan_->options.values > 0) {
    command.expected = static_cast<std::int64_t>(below(bits, plan_->options.values)) + 1;
  } else if (const auto seen = last_seen(client, command.key)) {
    command.expected = *seen;
  } else {
    command.expects_nil = true;
  }
}

void Clients::remember(Client& client, const Command& command, const Value& output) const {
  std::optional<std::int64_t> seen;
  if (command.action == Action::write || command.action == Action::insert) seen = command.argument;
  if (command.action == Action::cas && output == Value{std::int64_t{1}}) seen = command.argument;
  if (command.action == Action::read && output.as_number() != nullptr) seen = *output.as_number();
  if (!seen) return;
  if (client.last_seen.empty()) client.last_seen.resize(plan_->keys);
  client.last_seen[command.key] = seen;
}

ClientPolicy::Target Clients::target_of(const Command& command) const {
  const auto& policy = plan_->policy;
  return is_read(command) ? policy.read_target.value_or(policy.target) : policy.target;
}

NodeId& Clients::presumed(Client& client, const Command& command) const {
  return client.presumed[plan_->policy.read_target && is_read(command) ? 1 : 0];
}

void Clients::transmit(ClientPort& port, ClientId id, const Pending& pending) {
  const Request& request = pending.request();
  const bool to_all = request.again && plan_->policy.retry_everyone;
  if (to_all || target_of(request.command) == ClientPolicy::Target::everyone) {
    return send_to_everyone(port, id, pending);
  }
  port.send(id, pending.asked, pending.asks);
}

// Sends to all replicas that have not answered yet. A read goes to as many as it still needs answers from,
// starting with the client's own and moving on by one replica with each attempt; to all if the policy says
// so, if they vote, or if there are two rounds. A sample goes to as many as needed, all sets equally likely.
void Clients::send_to_everyone(ClientPort& port, ClientId id, const Pending& pending) {
  const auto& policy = plan_->policy;
  const NodeSet& heard_from = pending.collects_offers() ? pending.offered_by : pending.answered_by;
  const std::size_t needed = pending.collects_offers() ? pending.offers_needed : pending.answers_needed;
  const bool in_turn = is_read(pending.request().command) && !policy.spread_reads && !policy.equal_answers &&
                       pending.offers_needed == 0;
  const std::size_t missing = needed - std::min(needed, heard_from.size());
  std::size_t wanted = in_turn || policy.sample ? missing : plan_->replicas;
  std::size_t silent = plan_->replicas - heard_from.size();
  const std::uint32_t start = in_turn ? pending.first_target + pending.attempts : 0;
  for (std::uint32_t i = 0; i < plan_->replicas && wanted > 0; ++i) {
    const NodeId target{static_cast<std::uint16_t>((start + i) % plan_->replicas)};
    if (heard_from.contains(target)) continue;
    if (policy.sample && clients_[id.value].samples.below(silent--) >= wanted) continue;
    port.send(id, target, pending.asks);
    --wanted;
  }
}

void Clients::retry(ClientPort& port, ClientId id, std::uint32_t number, Time now) {
  Pending* pending = find(id, number);
  if (pending == nullptr || pending->answered) return;
  NodeId& address = presumed(clients_[id.value], pending->request().command);
  if (pending->asked == address) try_next(address);
  ++pending->attempts;
  pending->redirects = 0;
  ask_again(port, id, *pending, now);
  if (const auto& again = plan_->options.retry) port.wake(id, ClientPort::Wake::retry, number, now + *again);
}

// Tells replicas that this is a repetition: the operation may have taken effect already.
void Clients::ask_again(ClientPort& port, ClientId id, Pending& pending, Time now) {
  const Command& command = pending.request().command;
  if (!plan_->policy.writes_stay || is_read(command)) pending.asked = presumed(clients_[id.value], command);
  pending.asked_at = now;
  pending.asks.request.again = true;
  if (plan_->policy.equal_answers) {  // a new vote: replicas that answered may know more by now
    pending.answered_by.clear();
    pending.votes = {};
  }
  transmit(port, id, pending);
}

void Clients::retransmit(ClientPort& port, ClientId id, std::uint32_t number, Time now) {
  const Pending* pending = find(id, number);
  if (pending == nullptr) return;
  transmit(port, id, *pending);
  port.wake(id, ClientPort::Wake::retransmit, number, now + *plan_->policy.retransmit);
}

// One timer serves all of a client's operations: they lose its patience in the order of their calls.
void Clients::await_patience(ClientPort& port, ClientId id) {
  Client& client = clients_[id.value];
  if (client.awaits_patience) return;
  const auto next = std::ranges::find(client.pending, false, &Pending::answered);
  if (next == client.pending.end()) return;
  client.awaits_patience = true;
  port.wake(id, ClientPort::Wake::give_up, next->request().id.number, next->gives_up_at);
}

void Clients::lose_patience(ClientPort& port, ClientId id, Time now) {
  Client& client = clients_[id.value];
  client.awaits_patience = false;
  const auto overdue = [&](const Pending& p) { return !p.answered && p.gives_up_at <= now; };
  for (;;) {
    const auto next = std::ranges::find_if(client.pending, overdue);
    if (next == client.pending.end()) break;
    give_up(port, id, *next, now);
  }
  await_patience(port, id);
}

// The next operation goes to another replica if this one had as much time to answer as any. One that was
// asked just before the end had not: the client would pass it over again and again.
void Clients::give_up(ClientPort& port, ClientId id, Pending& pending, Time now) {
  NodeId& address = presumed(clients_[id.value], pending.request().command);
  const auto& o = plan_->options;
  const bool had_its_time = now - pending.asked_at >= std::min(o.retry.value_or(o.timeout), o.timeout);
  if (pending.asked == address && had_its_time) try_next(address);
  port.gave_up(pending.operation);
  if (plan_->policy.retransmit && !is_read(pending.request().command)) {
    pending.answered = true;  // the replicas must still get it
  } else {
    finish(id, pending);
  }
  if (plan_->options.arrivals == ClientOptions::Arrivals::closed) schedule_call(port, id, now);
}

// A client that pings learns of a dead primary before it has an operation to lose.
void Clients::ping(ClientPort& port, ClientId id, Time now) {
  if (stopped_) return;
  Client& client = clients_[id.value];
  if (client.awaits_pong) {
    try_next(client.presumed[0]);
    resend_all(port, id, now);
  }
  client.awaits_pong = true;
  Request request{.id = {id, kPingNumber}};
  request.ping = true;
  port.send(id, client.presumed[0], {request, {}});
  port.wake(id, ClientPort::Wake::ping, 0, now + *plan_->options.ping);
}

void Clients::try_next(NodeId& presumed) const {
  presumed.value = static_cast<std::uint16_t>((presumed.value + 1) % plan_->replicas);
}

void Clients::resend_all(ClientPort& port, ClientId id, Time now) {
  for (Pending& pending : clients_[id.value].pending) {
    if (pending.answered) continue;
    ask_again(port, id, pending, now);
  }
}

}  // namespace sim
