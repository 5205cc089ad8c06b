// How faults strike the world: the part of World that turns the timeline's entries into crashes, cuts and the
// like.
#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <string>
#include <utility>

#include "sim/kernel/check.hpp"
#include "sim/world/world.hpp"

namespace sim {
namespace {

// A fault event's handle: twice the fault's place in the timeline, plus one for its end; this one for the
// settling.
constexpr std::uint32_t kSettle = 0xffffffff;

// Whether a heal of the network ends it.
bool is_of_network(Fault::Kind kind) {
  using enum Fault::Kind;
  return kind == partition || kind == overlap || kind == cut || kind == network;
}

}  // namespace

// All faults of the run: those that were named, and those that were drawn.
std::vector<Fault> World::timeline(const Setup& setup, std::uint64_t seed) {
  auto faults = drawn(setup.faults, seed);
  const auto random = generate_at_most(setup.max_memory / kBytesOfFault, setup.random_faults, seed,
                                       setup.replicas, setup.duration, setup.crashed_at_once);
  has_too_many_faults_ = !random;
  if (random) std::ranges::copy(*random, std::back_inserter(faults));
  return faults;
}

void World::schedule(std::vector<Fault> faults) {
  faults_ = std::move(faults);
  cuts_.resize(faults_.size());
  struck_.resize(faults_.size());
  turns_.resize(faults_.size());
  lasts_.resize(faults_.size());
  const auto push = [&](Duration at, std::uint32_t handle) {
    queue_.push(Time{at}, Rank::fault, Event{.kind = Event::Kind::fault, .handle = handle});
  };
  for (std::uint32_t i = 0; i < faults_.size(); ++i) {
    push(faults_[i].at, 2 * i);
    if (faults_[i].until) push(*faults_[i].until, 2 * i + 1);
    if (faults_[i].kind == Fault::Kind::slow) slow_begins_.push_back(i);
  }
  std::ranges::stable_sort(slow_begins_, {}, [&](std::uint32_t i) { return faults_[i].at; });
  push(setup_->duration, kSettle);
  remember_writes();
}

void World::strike(const Event& event) {
  if (event.handle == kSettle) return begin_settling();
  const std::uint32_t index = event.handle / 2;
  if (event.handle % 2 == 0) {
    begin(index, faults_[index]);
  } else {
    end(index, faults_[index]);
  }
}

void World::begin(std::uint32_t index, const Fault& fault) {
  const auto sever = [&](Network::Cut cut) {
    network_.sever(cut);
    cut_bytes_ += cut.size() * sizeof(cut[0]);
    cuts_[index] = std::move(cut);
    severing_.push_back(index);
    look_at_ = events_;  // cuts may be large
  };
  const auto idle = [&] {
    record_.idle.push_back({now_, std::string(name_of(fault.kind)) + " found no such replica"});
  };
  std::optional<NodeId> node;
  if (!name_ends(faults_[index])) return idle();
  disturb(now_);
  switch (fault.kind) {
    case Fault::Kind::partition:
    case Fault::Kind::overlap: sever(network_.between(fault.groups)); break;
    case Fault::Kind::cut:
      if (fault.messages.whole()) {
        sever(links_between(fault.from, fault.to, replicas()));
      } else {
        choosy_cuts_.push_back(index);
      }
      break;
    case Fault::Kind::network: impose(index); break;
    case Fault::Kind::heal: heal_network(); break;
    default:
      node = resolve(fault.victim, struck_together_with(index));
      if (!node) {  // nobody plays that role at the moment
        const bool of_nobody = fault.victim.kind == Victim::Kind::other && !playing_primary();
        if (of_nobody && !fault.together) return idle();
        if (may_be_missing(fault.victim)) return;
        return is_order(fault.kind) ? settle_order_to_nobody(index, "there was no leader") : idle();
      }
  }
  note_reach();
  const bool to_come = fault.amid && fault.kind == Fault::Kind::crash;
  if (tracer_ != nullptr && !to_come) tracer_->fault(now_, fault, node);
  if (node) begin_at_node(index, fault, *node);
}

void World::begin_at_node(std::uint32_t index, const Fault& fault, NodeId node) {
  Machine& m = machine(node);
  struck_[index] = node;
  switch (fault.kind) {
    case Fault::Kind::crash: return fault.amid ? expect_crash(node, index) : crash_of(node, fault);
    case Fault::Kind::fail_stop:
      crash(node, fault);
      m.gone_for_good = true;
      return tell_of_failure(node, fault.span, fault.after_messages);
    case Fault::Kind::restart: return restart(node, fault.disk);
    case Fault::Kind::pause:
      if (m.pauses++ == 0 && m.up) record_.lives.push_back({now_, node, Record::Life::paused});
      return schedule_turn(node);
    case Fault::Kind::disk: return fault.writes.hang ? begin_hang(node) : impose(index);
    case Fault::Kind::slow: return impose(index);
    case Fault::Kind::clock:
      record_.clock_jump = std::max(record_.clock_jump, std::chrono::abs(fault.span));
      record_.clock_drift = std::max(record_.clock_drift, std::abs(fault.drift_ppb));
      return impose(index);
    case Fault::Kind::reconfigure:
    case Fault::Kind::transfer: return give_order(index, node);
    case Fault::Kind::byzantine: return misbehave(node, index);
    case Fault::Kind::omission: return begin_omission(node, index);
    default: SIM_CHECK(false, "a fault that strikes no node came here");
  }
}

void World::end(std::uint32_t index, const Fault& fault) {
  const bool was_healed = is_of_network(fault.kind) && cuts_[index].empty() && !lasts_[index] &&
                          std::ranges::find(choosy_cuts_, index) == choosy_cuts_.end();
  if (!was_healed) disturb(now_);
  heal(index);
  lift(index);
  note_reach();
  const auto node = std::exchange(struck_[index], std::nullopt);
  if (tracer_ != nullptr) tracer_->healed(now_, fault, node);
  if (!node) return;
  Machine& m = machine(*node);
  if (fault.kind == Fault::Kind::pause) resume(*node);
  if (fault.kind == Fault::Kind::disk) {
    if (fault.writes.hang) end_hang(*node);
    disturb(m.disk.true_time(m.disk.free()));
  }
  if (fault.kind == Fault::Kind::byzantine && m.misbehaves_by == index) behave(*node);
  if (fault.kind == Fault::Kind::omission) end_omission(*node, index);
}

// Some faults set a value: the network's laws, or a node's speed, disk or clock. While several of one kind
// last, the value is that of the one that began last; when it ends, that of the one before it counts again.
// (The network keeps its laws in order itself: some concern only some messages.)
void World::impose(std::uint32_t index) {
  lasting_[{faults_[index].kind, struck_[index]}].push_back(index);
  lasts_[index] = true;
  if (faults_[index].kind == Fault::Kind::network) return network_.impose(index, faults_[index].laws);
  set_value(faults_[index].kind, struck_[index], &faults_[index]);
}

void World::lift(std::uint32_t index) {
  if (!lasts_[index]) return;
  const Fault::Kind kind = faults_[index].kind;
  if (kind == Fault::Kind::network) {
    lasts_[index] = false;
    return network_.lift(index);
  }
  const bool counted = imposed(kind, struck_[index]) == &faults_[index];
  lasts_[index] = false;
  if (counted && !goes_on(kind, *struck_[index]))
    set_value(kind, struck_[index], imposed(kind, struck_[index]));
}

// Whether another fault of the kind begins at the node at this instant: in between, however the scenario
// orders the two, the node doesn't work off what waits.
bool World::goes_on(Fault::Kind kind, NodeId node) const {
  const auto at = [&](std::uint32_t index) { return Time{faults_[index].at}; };
  auto next = std::ranges::lower_bound(slow_begins_, now_, {}, at);
  for (; next != slow_begins_.end() && at(*next) == now_; ++next) {
    const Fault& other = faults_[*next];
    if (other.kind == kind && !struck_[*next] && other.victim == Victim{Victim::Kind::number, node})
      return true;
  }
  return false;
}

// The fault whose value counts; null if none of the kind lasts. One that ends before a later one keeps its
// place until that has ended, too: each is looked at once.
const Fault* World::imposed(Fault::Kind kind, std::optional<NodeId> node) {
  std::vector<std::uint32_t>& all = lasting_[{kind, node}];
  while (!all.empty() && !lasts_[all.back()]) all.pop_back();
  return all.empty() ? nullptr : &faults_[all.back()];
}

void World::set_value(Fault::Kind kind, std::optional<NodeId> node, const Fault* fault) {
  const Duration span = fault != nullptr ? fault->span : Duration{0};
  switch (kind) {
    case Fault::Kind::slow: return work_at(*node, span);
    case Fault::Kind::disk:
      return machine(*node).disk.set_laws(fault != nullptr ? fault->writes : DiskLaws{});
    case Fault::Kind::clock:
      return machine(*node).clock.set(now_, span, fault != nullptr ? fault->drift_ppb : 0);
    default: SIM_CHECK(false, "a fault that sets no value came here");
  }
}

void World::restore_laws() {
  for (const std::uint32_t index : std::exchange(lasting_[{Fault::Kind::network, std::nullopt}], {})) {
    if (lasts_[index]) network_.lift(index);
    lasts_[index] = false;
  }
}

void World::heal(std::uint32_t index) {
  const Network::Cut cut = std::exchange(cuts_[index], {});
  network_.heal(cut);
  cut_bytes_ -= cut.size() * sizeof(cut[0]);
  std::erase(choosy_cuts_, index);
}

void World::heal_network() {
  for (const std::uint32_t index : std::exchange(severing_, {})) heal(index);
  choosy_cuts_.clear();
  restore_laws();
  note_reach();
}

// Notes which nodes can talk both ways: no cut between them, and not every message lost.
void World::note_reach() {
  for (std::uint16_t i = 0; i < replicas(); ++i) {
    NodeSet others;
    for (std::uint16_t j = 0; j < replicas(); ++j) {
      const Endpoint here{i}, there{j};
      const bool talk = network_.passes(here, there) && network_.passes(there, here) &&
                        !omits_all(NodeId{i}, NodeId{j}) && !omits_all(NodeId{j}, NodeId{i});
      if (i == j || talk) others.insert(NodeId{j});
    }
    if (others == reach_[i]) continue;
    reach_[i] = others;
    record_.reaches.push_back({now_, NodeId{i}, others});
  }
}

void World::begin_settling() {
  clients_.stop();
  const bool severed = cut_bytes_ > 0 || !choosy_cuts_.empty();
  if (severed || !network_.usual()) disturb(now_);
  heal_network();
  give_up_crashes();
  for (std::uint32_t i = 0; i < faults_.size(); ++i) {
    const Fault& fault = faults_[i];
    const bool lasts = fault.kind == Fault::Kind::pause || fault.kind == Fault::Kind::slow ||
                       fault.kind == Fault::Kind::disk || fault.kind == Fault::Kind::byzantine ||
                       fault.kind == Fault::Kind::omission;
    const bool tolerated = fault.kind == Fault::Kind::byzantine;  // it counts as down to the end anyway
    const Time disturbed = record_.disturbed_until;
    if (struck_[i] && lasts) end(i, fault);
    if (tolerated) record_.disturbed_until = disturbed;
  }
  if (tracer_ != nullptr) tracer_->settling(now_);
}

void World::crash(NodeId node, const Fault& fault) {
  Machine& m = machine(node);
  if (!m.up) return;
  forget_crash(node);
  become(node, Role::none, 0);
  for (std::uint16_t i = 0; i < replicas(); ++i) suspect(node, NodeId{i}, false);
  behave(node);
  m.up = false;
  m.crashed_at = now_;
  m.disk_at_crash = m.disk.done(now_);
  m.stalled.clear();
  ++m.incarnation;
  if (fault.in_flight_lost) m.first_that_counts = m.incarnation;
  give_up_held(node);
  settle_orders_of(node);
  m.timers.clear();
  m.syncs = m.synced = 0;
  m.service = Service(setup_->model, setup_->keys);
  m.version = Version{};
  record_.lives.push_back({now_, node, Record::Life::down});
}

void World::restart(NodeId node, const DiskFound& disk) {
  Machine& m = machine(node);
  if (m.up || m.gone_for_good) {
    const std::string why =
        m.up ? " was to restart but was running" : " was to restart but has failed permanently";
    return record_.idle.push_back({now_, "replica " + std::to_string(node.value) + why});
  }
  m.up = true;
  m.disk.begin_life(now_);
  record_.lives.push_back({now_, node, m.pauses > 0 ? Record::Life::paused : Record::Life::up});
  move(node, Version{});
  const bool harmed = host_->restart(*this, node, disk, m.disk_at_crash);
  note_disk(node, disk.fate, harmed);
  complete_syncs(node);
}

// Everyone is told at a random time within the bound; with `after_messages`, not before the last message that
// the node has sent arrives.
void World::tell_of_failure(NodeId failed, Duration within, bool after_messages) {
  std::vector<Time> earliest(machines_.size(), now_);
  if (after_messages) {
    for (const auto& [when, ticket, event] : queue_.pending()) {
      if (event.kind != Event::Kind::deliver || event.peer != failed.value) continue;
      earliest[event.node] = std::max(earliest[event.node], when);
    }
  }
  for (std::uint16_t i = 0; i < machines_.size(); ++i) {
    if (machines_[i].identity == failed || !machines_[i].up) continue;
    const auto delay = fault_rng_.below(static_cast<std::uint64_t>(within.count()) + 1);
    const Event event{
        .kind = Event::Kind::told, .node = i, .peer = failed.value, .incarnation = machines_[i].incarnation};
    const Time at = std::max(now_ + Duration{static_cast<std::int64_t>(delay)}, earliest[i]);
    disturb(at);
    queue_.push(at, Rank::delivery, event);
  }
}

}  // namespace sim
