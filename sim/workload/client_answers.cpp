// What clients do with what replicas say: redirections, offers, and votes over answers.
#include <algorithm>

#include "sim/workload/clients.hpp"

namespace sim {

void Clients::on_reply(ClientPort& port, ClientId id, NodeId from, const Reply& reply, std::uint8_t hops,
                       Time now) {
  Client& client = clients_[id.value];
  if (reply.id.number == kPingNumber) {
    client.awaits_pong = false;
    if (reply.status == Reply::Status::redirect) client.presumed[0] = reply.hint;
    return;
  }
  Pending* pending = find(id, reply.id.number);
  if (pending == nullptr) return;  // answered already, or given up
  if (reply.status == Reply::Status::redirect) return redirected(port, id, *pending, reply, now);
  if (reply.status == Reply::Status::offer) return offered(port, id, *pending, from, reply, hops, now);
  answered(port, id, *pending, from, reply, hops, now);
}

void Clients::redirected(ClientPort& port, ClientId id, Pending& pending, const Reply& reply, Time now) {
  if (pending.answered || pending.redirects >= plan_->replicas) return;  // wait for the next retry
  ++pending.redirects;
  pending.asked = presumed(clients_[id.value], pending.request().command) = reply.hint;
  pending.asked_at = now;
  transmit(port, id, pending);
}

void Clients::offered(ClientPort& port, ClientId id, Pending& pending, NodeId from, const Reply& reply,
                      std::uint8_t hops, Time now) {
  if (pending.answered || !pending.collects_offers()) return;  // too late, or not asked for
  if (!pending.offered_by.insert(from)) return;                // a duplicate
  if (!pending.best || reply.stamp > pending.best->stamp) pending.best = {reply.stamp, reply.output};
  for (std::uint16_t i = 0; i < plan_->replicas; ++i) {
    if (reply.excused.contains(NodeId{i})) pending.offered_by.insert(NodeId{i});
  }
  if (pending.offered_by.size() < pending.offers_needed) return;
  pending.asks.chosen = choose(clients_[id.value], pending, plan_->policy.outbid);
  if (pending.answers_needed > 0) return transmit(port, id, pending);
  conclude(port, id, pending, pending.asks.chosen->value, hops, now);
  finish(id, pending);
}

// A client may have several requests under way: its stamps ascend, and name the request that each is for.
Offer Clients::choose(Client& client, const Pending& pending, bool outbid) {
  const Request& request = pending.request();
  if (!outbid || is_read(request.command)) return *pending.best;
  client.last_bid = std::max(client.last_bid, pending.best->stamp.number) + 1;
  return {{client.last_bid, as_owner(request.id)}, request.command.argument};
}

void Clients::answered(ClientPort& port, ClientId id, Pending& pending, NodeId from, const Reply& reply,
                       std::uint8_t hops, Time now) {
  if (!pending.answered_by.insert(from)) return;  // a duplicate
  NodeId& address = presumed(clients_[id.value], pending.request().command);
  if (reply.names_primary) {
    address = reply.hint;
  } else if (!plan_->policy.equal_answers) {
    address = from;
  }
  if (const Value* output = pending.answered ? nullptr : decided(pending, reply)) {
    conclude(port, id, pending, *output, hops, now);
  }
  // schedule_call leaves `pending` where it is: it only sets a timer.
  const bool keep = plan_->policy.retransmit && !is_read(pending.request().command) &&
                    pending.answered_by.size() < plan_->replicas;
  if (pending.answered && !keep) finish(id, pending);
}

// The answer that the client accepts, if it has heard enough with this one.
const Value* Clients::decided(Pending& pending, const Reply& reply) const {
  const std::uint32_t needed = answers_needed(pending, reply);
  if (needed == 1) return &reply.output;
  const std::uint32_t equal = vote(pending, reply);
  if (plan_->policy.equal_answers) return equal >= needed ? &reply.output : nullptr;
  return pending.answered_by.size() >= needed ? &winner(pending) : nullptr;
}

void Clients::conclude(ClientPort& port, ClientId id, Pending& pending, const Value& output,
                       std::uint8_t hops, Time now) {
  pending.answered = true;
  remember(clients_[id.value], pending.request().command, output);
  port.returned(pending.operation, output, hops);
  if (plan_->options.arrivals == ClientOptions::Arrivals::closed) schedule_call(port, id, now);
}

std::uint32_t Clients::answers_needed(const Pending& pending, const Reply& reply) const {
  const bool provisional = plan_->policy.equal_answers && reply.provisional != 0;
  return provisional ? plan_->policy.provisional_answers : pending.answers_needed;
}

std::uint32_t Clients::vote(Pending& pending, const Reply& reply) {
  for (Vote& vote : pending.votes) {
    if (vote.output == reply.output && vote.provisional == reply.provisional) return ++vote.count;
  }
  pending.votes.push_back({reply.output, reply.provisional, 1});
  return 1;
}

// The most frequent answer; among equals the one that came first.
const Value& Clients::winner(const Pending& pending) {
  return std::ranges::max_element(pending.votes, {}, &Vote::count)->output;
}

void Clients::finish(ClientId id, const Pending& done) {
  auto& pending = clients_[id.value].pending;
  pending.erase(pending.begin() + (&done - pending.data()));
}

Clients::Pending* Clients::find(ClientId id, std::uint32_t number) {
  auto& pending = clients_[id.value].pending;
  const auto found =
      std::ranges::lower_bound(pending, number, {}, [](const Pending& p) { return p.request().id.number; });
  return found != pending.end() && found->request().id.number == number ? &*found : nullptr;
}

}  // namespace sim
