#include "sim/experiment/rare/suspicion_level.hpp"

#include <algorithm>

namespace sim {

Time SuspicionLevel::quiet_since(const Node& primary, std::size_t listener) const {
  return std::max({primary.heard[listener], primary.since, nodes_[listener].since});
}

Time SuspicionLevel::quiet_since() const {
  Time first = kNever;
  for (const Node& primary : nodes_) {
    if (!primary.acts()) continue;
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      if (nodes_[i].listens()) first = std::min(first, quiet_since(primary, i));
    }
  }
  return first;
}

Duration SuspicionLevel::at(Time now) const {
  const Time since = quiet_since();
  return since == kNever ? Duration{0} : now - since;
}

// Silences that begin later than now are shorter than those that last until now.
Time SuspicionLevel::reaches(Duration silence, Time now) const {
  return std::min(quiet_since(), now) + silence;
}

void SuspicionLevel::watch(Duration silence, Time now) {
  watched_ = silence;
  highest_ = {};
  if (at(now) >= silence) last_above_ = now;
}

void SuspicionLevel::delivered(Time now, const Message& message) {
  handled_ = {};
  if (message.from.index >= nodes_.size() || message.to.index >= nodes_.size()) return;  // a client's
  if (sign_ == Sign::timer) {
    handled_ = {now, message.from.index, message.to.index};
  } else {
    hear(now, message.to.index, nodes_[message.from.index]);
  }
}

void SuspicionLevel::timer_set(Time now, NodeId node, std::uint8_t /*timer*/, Time /*due*/) {
  if (handled_.at == now && handled_.to == node.value) hear(now, node.value, nodes_[handled_.from]);
}

void SuspicionLevel::timer_fired(Time /*now*/, NodeId /*node*/, std::uint8_t /*timer*/) { handled_ = {}; }

void SuspicionLevel::hear(Time now, std::size_t listener, Node& sender) {
  if (sender.heard.empty()) return;  // never primary
  if (sender.acts() && nodes_[listener].listens()) {
    const Duration silence = now - quiet_since(sender, listener);
    end_silence(now, silence);
    if (collected_ != nullptr) collected_->push_back(silence);
  }
  sender.heard[listener] = now;
}

void SuspicionLevel::became(Time now, NodeId node, Role role, std::uint64_t /*term*/) {
  Node& n = nodes_[node.value];
  change(now, n, role, n.paused);
}

void SuspicionLevel::fault(Time now, const Fault& fault, std::optional<NodeId> node) {
  if (fault.kind != Fault::Kind::pause || !node) return;
  Node& n = nodes_[node->value];
  change(now, n, n.role, true);
}

void SuspicionLevel::resumed(Time now, NodeId node) {
  Node& n = nodes_[node.value];
  change(now, n, n.role, false);
}

void SuspicionLevel::change(Time now, Node& node, Role role, bool paused) {
  end_silence(now, at(now));
  const bool acted = node.acts(), listened = node.listens();
  node.role = role;
  node.paused = paused;
  if (role == Role::primary && node.heard.empty()) node.heard.resize(nodes_.size());
  if (node.acts() != acted || node.listens() != listened) node.since = now;
  two_primaries_ = two_primaries(now);
  const bool overlap = std::ranges::count_if(nodes_, &Node::acts) >= 2;
  overlap_since_ = overlap ? std::min(overlap_since_, now) : kNever;
}

// One silence of perhaps several: the level may stay where it is.
void SuspicionLevel::end_silence(Time now, Duration silence) {
  highest_ = std::max(highest_, silence);
  if (silence >= watched_) last_above_ = now;
}

}  // namespace sim
