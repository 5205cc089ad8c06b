// Nodes that lose messages and know nothing of it, and crashes in the middle of a broadcast.
#include <algorithm>
#include <string>
#include <utility>

#include "sim/world/world.hpp"

namespace sim {
namespace {

bool covers(const Omission& omission, Omission::Of way) {
  return omission.of == Omission::Of::both || omission.of == way;
}

bool covers(const Omission& omission, Endpoint other) {
  return !omission.towards || std::ranges::find(*omission.towards, other) != omission.towards->end();
}

}  // namespace

void World::begin_omission(NodeId node, std::uint32_t fault) {
  auto& omissions = machine(node).omissions;
  if (omissions.empty()) record_.omits.push_back({now_, node, true});
  omissions.push_back(fault);
  ++impaired_;
  note_reach();
}

void World::end_omission(NodeId node, std::uint32_t fault) {
  auto& omissions = machine(node).omissions;
  impaired_ -= static_cast<std::uint32_t>(std::erase(omissions, fault));
  if (omissions.empty()) record_.omits.push_back({now_, node, false});
  note_reach();
}

std::string_view World::type_of(const Event& event) const { return describe(event, {}, {}).type; }

// Whether one of the node's omissions strikes the message on its way out or in. Each has its say about each
// message, so that what one counts doesn't depend on the others.
bool World::omits(NodeId node, Omission::Of way, Endpoint from, Endpoint to, const Event& event) {
  bool lost = false;
  const Endpoint other = way == Omission::Of::send ? to : from;
  for (const std::uint32_t fault : machine(node).omissions) {
    const Omission& omission = faults_[fault].omission;
    if (!covers(omission, way) || !covers(omission, other)) continue;
    if (!omission.messages.concerns(type_of(event))) continue;
    const std::uint64_t number = way == Omission::Of::send ? network_.sent(from, to) : event.number;
    lost = omission.messages.strikes(++turns_[fault], chance(fault, from, to, number)) || lost;
  }
  return lost;
}

// What a fault draws for a message, in [0, 1).
double World::chance(std::uint32_t fault, Endpoint from, Endpoint to, std::uint64_t number) const {
  const std::uint64_t link = (std::uint64_t{from.index} << 32) | to.index;
  return unit(mix(mix(omission_key_ + fault * kGolden) ^ mix(link + number * kGolden)));
}

// Whether a cut that is only for some messages strikes this one. It doesn't strike messages on their way.
bool World::is_cut(Endpoint from, Endpoint to, const Event& event) {
  bool lost = false;
  for (const std::uint32_t index : choosy_cuts_) {
    const Fault& fault = faults_[index];
    const bool concerns = std::ranges::find(fault.from, from) != fault.from.end() &&
                          std::ranges::find(fault.to, to) != fault.to.end() &&
                          fault.messages.concerns(type_of(event));
    if (!concerns) continue;
    const double place = chance(index, from, to, network_.sent(from, to));
    lost = fault.messages.strikes(++turns_[index], place) || lost;
  }
  return lost;
}

bool World::omits_receipt(const Event& event) {
  if (!is_message(event) || to_itself(event)) return false;
  const auto [from, to] = ends(event);
  return omits(NodeId{event.node}, Omission::Of::receive, from, to, event);
}

// Whether nothing at all gets from one replica to another, because either of them loses it.
bool World::omits_all(NodeId from, NodeId to) const {
  const auto every = [&](NodeId node, Omission::Of way, NodeId other) {
    return std::ranges::any_of(machine(node).omissions, [&](std::uint32_t fault) {
      const Omission& omission = faults_[fault].omission;
      return omission.messages.whole() && covers(omission, way) && covers(omission, Endpoint{other.value});
    });
  };
  return every(from, Omission::Of::send, to) || every(to, Omission::Of::receive, from);
}

// Why a message never leaves its sender; empty when it does.
std::string_view World::lost_in_sending(NodeId from, Endpoint to, const Event& event) {
  if (leaves_no_more(from, event)) return "died";
  return omits(from, Omission::Of::send, network_.replica(NodeId{event.peer}), to, event) ? kOmitted : "";
}

// ---- a crash in the middle of a broadcast

void World::expect_crash(NodeId node, std::uint32_t fault) {
  Machine& m = machine(node);
  if (!m.up || m.crashes_by != kNoFault) return;
  m.crashes_by = fault;
  ++impaired_;
}

void World::forget_crash(NodeId node) {
  if (std::exchange(machine(node).crashes_by, kNoFault) != kNoFault) --impaired_;
}

// By the end of the chaos phase those have sent nothing.
void World::give_up_crashes() {
  for (std::uint16_t i = 0; i < replicas(); ++i) {
    if (machines_[i].crashes_by == kNoFault) continue;
    const bool any = faults_[machines_[i].crashes_by].amid->types.empty();
    forget_crash(NodeId{i});
    const std::string who = "replica " + std::to_string(i);
    const std::string what = any ? "sent nothing" : "sent none of the messages named";
    record_.idle.push_back({now_, who + " was to crash as it sent something, but " + what});
  }
}

bool World::leaves_no_more(NodeId from, const Event& event) {
  const std::uint32_t fault = machine(from).crashes_by;
  if (fault == kNoFault) return false;
  if (!falling_) {
    const auto& types = faults_[fault].amid->types;
    if (!types.empty() && std::ranges::find(types, type_of(event)) == types.end()) return false;
    falling_ = Falling{from, faults_[fault].amid->first};
  }
  if (falling_->copies_left == 0) return true;
  --falling_->copies_left;
  return false;
}

// The handler that began to send has returned.
void World::fall() {
  const NodeId node = std::exchange(falling_, std::nullopt)->node;
  const Fault& fault = faults_[machine(node).crashes_by];
  disturb(now_);
  if (tracer_ != nullptr) tracer_->fault(now_, fault, node);
  crash_of(node, fault);
}

void World::crash_of(NodeId node, const Fault& fault) {
  const bool up = machine(node).up;
  if (!fault.told && up) record_.untold.insert(node);
  if (fault.told && up) tell_of_failure(node, *fault.told, fault.after_messages);
  crash(node, fault);
}

}  // namespace sim
