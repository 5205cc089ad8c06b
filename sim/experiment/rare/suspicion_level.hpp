// How near a run is to two primaries at once, as an onlooker sees it: for how long has a live replica heard
// no sign of life from an acting primary? Failure detectors and election timers of all kinds go by that
// silence. A protocol only has to declare who is primary. A replica shows what it takes for a sign of life by
// putting off a timer. (In primary-backup heartbeats do that, updates don't; in Raft any message from the
// leader does.) For protocols in which nothing from a primary ever moves a timer, every message counts.
//
// It is useless in protocols without a primary, which are never silent in this sense, and for events that
// come about without silence, such as a write lost in a crash. It is weak where messages take longer than the
// heartbeat's interval, as the fate of several is then decided before they are missed.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "sim/kernel/ids.hpp"
#include "sim/kernel/time.hpp"
#include "sim/world/tracer.hpp"

namespace sim {

/// Watches one world from its start. It is a value: a copy watches a copy.
class SuspicionLevel final : public Tracer {
 public:
  /// The message that ends a silence: one from the primary at which the replica sets a timer, or any.
  enum class Sign : std::uint8_t { timer, message };

  SuspicionLevel(std::size_t replicas, Sign sign) : sign_(sign), nodes_(replicas) {}

  /// The longest silence between an acting primary and a replica that listens: one that runs and is not
  /// primary itself. 0 if there is no such pair.
  Duration at(Time now) const;
  /// A time before which the level can't reach `silence`; it reaches it then if nothing is heard until then.
  Time reaches(Duration silence, Time now) const;
  /// Whether two primaries have acted at once, for longer than an instant.
  bool two_primaries(Time now) const { return two_primaries_ || now > overlap_since_; }

  /// Keeps the following two for this silence from now on.
  void watch(Duration silence, Time now);
  /// When the level was last at the watched silence or above.
  Time last_above(Time now) const { return at(now) >= watched_ ? now : last_above_; }
  /// The longest silence since then.
  Duration highest(Time now) const { return std::max(highest_, at(now)); }

  /// Appends the length of every silence that ends to `silences`, until told nullptr.
  void collect(std::vector<Duration>* silences) { collected_ = silences; }

  void delivered(Time now, const Message& message) override;
  void timer_set(Time now, NodeId node, std::uint8_t timer, Time due) override;
  void timer_fired(Time now, NodeId node, std::uint8_t timer) override;
  void became(Time now, NodeId node, Role role, std::uint64_t term) override;
  void fault(Time now, const Fault& fault, std::optional<NodeId> node) override;
  void resumed(Time now, NodeId node) override;

 private:
  struct Node {
    Role role = Role::none;
    bool paused = false;
    Time since{};               ///< It has acted, or listened, or neither, since then.
    std::vector<Time> heard{};  ///< By replica: when it last heard this node. Empty until it is primary.
    bool acts() const { return role == Role::primary && !paused; }
    bool listens() const { return (role == Role::backup || role == Role::candidate) && !paused; }
  };

  /// When the silence between a primary that acts and a replica that listens began.
  Time quiet_since(const Node& primary, std::size_t listener) const;
  /// The beginning of the longest silence; kNever if there is none.
  Time quiet_since() const;
  void hear(Time now, std::size_t listener, Node& sender);
  void change(Time now, Node& node, Role role, bool paused);
  void end_silence(Time now, Duration silence);

  /// The message that is being handled: nobody else's until something else happens.
  struct Handled {
    Time at = kNever;
    std::size_t from = 0;
    std::size_t to = 0;
  };

  Sign sign_;
  std::vector<Node> nodes_;
  Handled handled_{};
  bool two_primaries_ = false;   ///< In the past.
  Time overlap_since_ = kNever;  ///< Two act at present.
  Duration watched_{};
  Time last_above_{};
  Duration highest_{};
  std::vector<Duration>* collected_ = nullptr;
};

}  // namespace sim
