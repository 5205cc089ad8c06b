#include "sim/world/world.hpp"

#include <algorithm>
#include <utility>

#include "sim/kernel/append.hpp"
#include "sim/kernel/check.hpp"
#include "sim/workload/text.hpp"

namespace sim {
namespace {

bool at_client(const Event& e) { return e.kind == Event::Kind::reply || e.kind == Event::Kind::client_timer; }

// A wrong answer. Operations whose answer says nothing but "done" leave nothing to lie about.
void falsify(Reply& reply, const Operation& operation, std::uint64_t salt) {
  const std::uint64_t bits = mix(salt ^ (operation.client.value * kGolden + reply.id.number));
  const auto* number = reply.output.as_number();
  switch (output_of(operation.action)) {
    case Output::none: return;
    case Output::truth:
      if (number != nullptr) reply.output = std::int64_t{1} - *number;
      return;
    case Output::value:
    case Output::number: reply.output = static_cast<std::int64_t>(1'000'000'000 + bits % 1'000'000'000);
  }
}

}  // namespace

World::World(const Setup& setup, std::uint64_t seed, std::unique_ptr<Host> host, Tracer* tracer)
    : setup_(&setup),
      chaos_end_(Time{setup.duration}),
      end_(Time{setup.duration + setup.settle}),
      network_(seed, setup.replicas, setup.clients.options.count, setup.network),
      clients_(seed, setup.clients),
      fault_rng_(seed, "faults"),
      whims_(seed, "whims"),
      lies_(stream_seed(seed, "lies")),
      omission_key_(stream_seed(seed, "omissions")),
      host_(std::move(host)),
      tracer_(tracer) {
  record_.replicas = setup.replicas;
  record_.chaos_end = chaos_end_;
  record_.end = end_;
  record_.operation_of.resize(setup.clients.options.count);
  machines_.reserve(setup.replicas);
  for (std::size_t i = 0; i < setup.replicas; ++i) {
    machines_.push_back(Machine{.rng = Rng(seed, "node", i),
                                .identity = NodeId{static_cast<std::uint16_t>(i)},
                                .service = Service(setup.model, setup.keys),
                                .disk = DiskQueue(Rng(seed, "disk", i))});
  }
  schedule(timeline(setup, seed));
  NodeSet all;
  for (std::uint16_t i = 0; i < setup.replicas; ++i) all.insert(NodeId{i});
  reach_.assign(setup.replicas, all);
  note_reach();
  for (std::uint16_t i = 0; i < setup.replicas; ++i) {
    host_->start(*this, NodeId{i});
    complete_syncs(NodeId{i});
  }
  clients_.start(*this, now_);
}

World World::fork(std::uint64_t seed) const {
  World copy(*this);
  copy.network_.reseed(seed);
  copy.clients_.reseed(seed);
  copy.fault_rng_ = Rng(seed, "faults");
  copy.whims_ = Rng(seed, "whims");
  copy.omission_key_ = stream_seed(seed, "omissions");
  for (std::size_t i = 0; i < machines_.size(); ++i) {
    copy.machines_[i].rng = Rng(seed, "node", i);
    copy.machines_[i].disk.reseed(Rng(seed, "disk", i));
  }
  return copy;
}

// ---- the loop

Ending World::run_until(Time until) {
  const Time last = std::min(until, end_);
  EventQueue::Next next;
  do {
    if (events_ >= look_at_ && is_too_large()) return ended(Ending::too_much_memory);
    while (events_ < look_at_ && events_ < setup_->max_events && queue_.pop_by(last, next)) take(next);
  } while (events_ >= look_at_ && events_ < setup_->max_events);
  if (!queue_.empty() && queue_.next_time() <= last) return ended(Ending::too_many_events);
  now_ = last;
  return now_ == end_ ? ended(Ending::complete) : Ending::complete;
}

// Completes the record with facts that only a look at the whole world can tell.
Ending World::ended(Ending how) {
  record_.messages_in_flight = 0;
  const auto count = [&](const Event& event) {
    record_.messages_in_flight += is_message(event) && !to_itself(event) ? 1u : 0u;
  };
  for (const auto& pending : queue_.pending()) count(pending.event);
  for (const Machine& m : machines_) {
    for (std::size_t i = 0; i < m.held.size(); ++i) count(m.held[i]);
  }
  record_.held.clear();
  for (std::uint16_t i = 0; i < replicas(); ++i) {
    if (!machines_[i].up) continue;
    for (const RequestId id : host_->holds(NodeId{i})) {
      if (const auto operation = record_.find(id)) record_.held.push_back({NodeId{i}, *operation});
    }
  }
  return how;
}

bool World::step() {
  EventQueue::Next next;
  if (!queue_.pop_by(end_, next)) return false;
  take(next);
  return true;
}

void World::take(const EventQueue::Next& next) {
  now_ = std::max(now_, next.when);  // by hand, an event may have been left lying
  hops_ = 0;
  handle(next.event);
}

void World::handle(const Event& event) {
  switch (event.kind) {
    case Event::Kind::fault: note(event); return strike(event);
    case Event::Kind::client_timer:
      note(event);
      return clients_.on_wake(*this, ClientId{event.node}, static_cast<Wake>(event.tag), event.number, now_);
    case Event::Kind::reply: {
      if (network_.severed({event.peer}, network_.client(ClientId{event.node})) || died_in_flight(event)) {
        return lose(event, died_in_flight(event) ? "died" : "cut");
      }
      note(event);
      ++record_.messages_delivered;
      hops_ = event.hops;
      clients_.on_reply(*this, ClientId{event.node}, NodeId{event.peer}, replies_[event.handle], event.hops,
                        now_);
      return drop(event);
    }
    case Event::Kind::turn: return take_turn(event);
    default: handle_at_node(event);
  }
}

void World::handle_at_node(const Event& event) {
  if (is_message(event)) {
    const auto [from, to] = ends(event);
    if (!machines_[event.node].up) return lose(event, "down");
    if (from != to && network_.severed(from, to)) return lose(event, "cut");
    if (died_in_flight(event)) return lose(event, "died");
  } else if (stale(event)) {
    return drop(event);
  } else if (comes_early(event)) {
    return;
  }
  if (machines_[event.node].lets_wait()) return hold(event);
  get_to(event);
}

void World::get_to(const Event& event) {
  happen_at_node(event);
  complete_syncs(NodeId{event.node});
  if (falling_) fall();
}

void World::happen_at_node(const Event& event) {
  if (impaired_ > 0 && omits_receipt(event)) return lose(event, kOmitted);
  note(event);
  hops_ = event.hops;
  const NodeId node{event.node};
  switch (event.kind) {
    case Event::Kind::deliver: return deliver(event);
    case Event::Kind::request: {
      ++record_.messages_delivered;
      const Asked& asked = requests_[event.handle];
      note_reached(node, asked.request);
      if (asked.chosen) {
        host_->chosen(*this, node, asked.request, *asked.chosen);
      } else {
        host_->request(*this, node, asked.request);
      }
      return drop(event);
    }
    case Event::Kind::timer: return fire(event);
    case Event::Kind::persisted: --machine(node).syncs; return host_->persisted(*this, node);
    case Event::Kind::order: return host_->ordered(*this, node, event.handle, faults_[event.handle].order);
    default: return host_->told_of_failure(*this, node, NodeId{event.peer});
  }
}

void World::note_reached(NodeId node, const Request& request) {
  const auto operation = record_.find(request.id);
  if (!operation || machine(node).role != Role::primary) return;
  Time& reached = record_.reached_primary[*operation];
  reached = std::min(reached, now_);
}

void World::note(const Event& event) {
  ++events_;
  const std::uint64_t what = (static_cast<std::uint64_t>(event.kind) << 40) |
                             (static_cast<std::uint64_t>(event.tag) << 32) |
                             (static_cast<std::uint64_t>(event.node) << 16) | event.peer;
  digest_.add(static_cast<std::uint64_t>(now_.time_since_epoch().count()) ^ (what * kGolden) ^ event.number);
  if (tracer_ == nullptr || !is_message(event)) return;
  const auto [from, to] = ends(event);
  tracer_->delivered(now_, describe(event, from, to));
}

// Whether a timer, disk write or notice belongs to an earlier life of the node or was overtaken by a later
// arming.
bool World::stale(const Event& event) {
  Machine& m = machines_[event.node];
  if (!m.up || event.incarnation != m.incarnation) return true;
  if (event.kind == Event::Kind::told) return machines_[event.peer].up;  // back before the word was out
  if (event.kind != Event::Kind::timer) return false;
  TimerState& timer = m.timers[event.tag];
  if (event.number != timer.generation) return true;
  if (timer.armed && timer.due > now_) {  // it was armed again after this event had been queued
    push_timer(NodeId{event.node}, event.tag);
    return true;
  }
  if (!timer.armed) timer.queued_for = kNever;
  return !timer.armed;
}

void World::deliver(const Event& event) {
  if (!to_itself(event)) ++record_.messages_delivered;
  host_->deliver(*this, NodeId{event.node}, NodeId{event.peer}, event.handle);
}

// An idle disk is done at once: as soon as the handler that asked for it is.
void World::complete_syncs(NodeId node) {
  for (Machine& m = machine(node); m.synced > 0;) {
    --m.synced;
    host_->persisted(*this, node);
  }
}

void World::fire(const Event& event) {
  TimerState& timer = machines_[event.node].timers[event.tag];
  timer.armed = false;
  timer.queued_for = kNever;
  if (tracer_ != nullptr) tracer_->timer_fired(now_, NodeId{event.node}, event.tag);
  host_->timer(*this, NodeId{event.node}, event.tag);
}

// A message that a node sends to itself takes no network, and counts neither as sent nor as lost.
bool World::to_itself(const Event& event) const {
  return event.kind == Event::Kind::deliver && NodeId{event.peer} == identity(NodeId{event.node});
}

void World::lose(const Event& event, std::string_view why) {
  record_.messages_lost += to_itself(event) ? 0u : 1u;
  if (tracer_ != nullptr) {
    const auto [from, to] = ends(event);
    tracer_->lost(now_, describe(event, from, to), why);
  }
  drop(event);
}

void World::drop(const Event& event) {
  if (event.kind == Event::Kind::deliver) host_->release(event.handle);
  if (event.kind == Event::Kind::request) requests_.release(event.handle);
  if (event.kind == Event::Kind::reply) replies_.release(event.handle);
  if (event.kind == Event::Kind::order) settle_order_to_nobody(event.handle, "the replica was down");
}

bool World::died_in_flight(const Event& event) const {
  return event.kind != Event::Kind::request && event.incarnation < machines_[event.peer].first_that_counts;
}

// ---- channels

std::string World::content(const Event& event) const {
  if (event.kind == Event::Kind::request) return text_of(requests_[event.handle]);
  if (event.kind == Event::Kind::reply) return text_of(replies_[event.handle]);
  SIM_CHECK(event.kind == Event::Kind::deliver, "only messages have a content");
  return host_->content(event.handle);
}

std::string Tracer::Message::content() const { return world->content(*event); }

std::pair<Endpoint, Endpoint> World::ends(const Event& event) const {
  const bool from_client = event.kind == Event::Kind::request;
  return {from_client ? network_.client(ClientId{event.peer}) : Endpoint{event.peer},
          at_client(event) ? network_.client(ClientId{event.node})
                           : network_.replica(identity(NodeId{event.node}))};
}

Tracer::Message World::describe(const Event& event, Endpoint from, Endpoint to, bool copy) const {
  std::string_view type = kReplyName;
  if (event.kind == Event::Kind::request) type = event.tag == 0 ? kRequestName : kChoiceName;
  if (event.kind == Event::Kind::deliver) type = host_->message_name(event.tag);
  return {from, to, event.number, type, copy, this, &event};
}

// The message leaves its sender, whatever becomes of it.
void World::note_sent(Endpoint from, Endpoint to, std::uint32_t number, Event& event) {
  event.number = number;
  event.hops = static_cast<std::uint8_t>(std::min(hops_ + 1, 255));
  ++record_.messages_sent;
  if (!event.background) ++record_.messages_for_operations;
  if (tracer_ != nullptr) tracer_->sent(now_, describe(event, from, to));
}

// The message gets no further than its sender.
std::uint32_t World::lose_unsent(Endpoint from, Endpoint to, Event& event, std::string_view why) {
  const auto type = network_.asks_for_types() ? type_of(event) : std::string_view();
  note_sent(from, to, network_.pass_over(from, to, type), event);
  ++record_.messages_lost;
  if (tracer_ != nullptr) tracer_->lost(now_, describe(event, from, to), why);
  return 0;
}

std::uint32_t World::transmit(Endpoint from, Endpoint to, Event& event, Duration late) {
  if (!choosy_cuts_.empty() && is_cut(from, to, event)) return lose_unsent(from, to, event, "cut");
  const auto type = network_.asks_for_types() ? type_of(event) : std::string_view();
  const Network::Fate fate = network_.send(from, to, now_, type);
  note_sent(from, to, fate.number, event);
  if (fate.lost != Network::Fate::Loss::none) {
    ++record_.messages_lost;
    const bool cut = fate.lost == Network::Fate::Loss::by_cut;
    if (tracer_ != nullptr) tracer_->lost(now_, describe(event, from, to), cut ? "cut" : "loss");
    return 0;
  }
  queue_.push(fate.arrival + late, Rank::delivery, event);
  if (!fate.second_arrival) return 1;
  ++record_.messages_duplicated;
  if (tracer_ != nullptr) tracer_->sent(now_, describe(event, from, to, true));
  queue_.push(*fate.second_arrival + late, Rank::delivery, event);
  return 2;
}

// Sends a node's message, unless the node misbehaves and keeps it back, or fails to send it.
std::uint32_t World::transmit_from(NodeId from, Endpoint to, Event& event) {
  const Endpoint end = network_.replica(NodeId{event.peer});
  const Misbehaviour* how = misbehaviour(from);
  if (how != nullptr && !speaks_to(from, to)) return 0;
  const std::string_view lost = impaired_ == 0 ? std::string_view() : lost_in_sending(from, to, event);
  if (lost.empty()) return transmit(end, to, event, how == nullptr ? Duration{} : how->delay);
  return lose_unsent(end, to, event, lost);
}

std::uint32_t World::send(NodeId from, NodeId to, std::uint32_t message, std::uint8_t tag, bool background) {
  SIM_CHECK(to.value < replicas(), "a protocol sends to a replica that does not exist");
  const NodeId sender = identity(from);
  Event event{.kind = Event::Kind::deliver,
              .tag = tag,
              .background = background,
              .node = to.value,
              .peer = sender.value,
              .handle = message,
              .incarnation = machine(sender).incarnation};
  if (sender != to) {
    event.node = copy_that_hears(to, network_.replica(sender)).value;
    return transmit_from(from, network_.replica(to), event);
  }
  event.node = from.value;
  event.hops = hops_;
  queue_.push(now_, Rank::delivery, event);
  return 1;
}

void World::reply(NodeId from, Reply&& reply) {
  const RequestId id = reply.id;
  const bool ping = id.number == kPingNumber;
  const std::optional<std::uint32_t> operation = record_.find(id);
  if (!operation && !ping) return;  // a request that somebody has made up
  const NodeId sender = identity(from);
  if (reply.status == Reply::Status::done && !ping) {
    const Misbehaviour* how = misbehaviour(from);
    if (how != nullptr && how->lie) falsify(reply, record_.operations[*operation], lie_salt(from));
    append(record_.acknowledgements, now_, sender, *operation, fingerprint(reply.output));
  }
  const auto handle = replies_.put(std::move(reply));
  Event event{.kind = Event::Kind::reply,
              .background = ping,
              .node = id.client.value,
              .peer = sender.value,
              .handle = handle,
              .incarnation = machine(sender).incarnation};
  replies_.set_references(handle, transmit_from(from, network_.client(id.client), event));
}

void World::send(ClientId from, NodeId to, const Asked& asked) {
  const auto handle = requests_.put(asked);
  Event event{.kind = Event::Kind::request,
              .tag = static_cast<std::uint8_t>(asked.chosen ? 1 : 0),
              .background = asked.request.ping,
              .node = copy_that_hears(to, network_.client(from)).value,
              .peer = from.value,
              .handle = handle};
  requests_.set_references(handle, transmit(network_.client(from), network_.replica(to), event));
}

}  // namespace sim
