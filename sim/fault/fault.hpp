// Faults are data: what goes wrong, when, and where. A random plan is turned into such a list before the run
// starts, so that any run can be written down, edited and replayed.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sim/fault/disk.hpp"
#include "sim/fault/misbehaviour.hpp"
#include "sim/fault/omission.hpp"
#include "sim/fault/order.hpp"
#include "sim/fault/whom.hpp"
#include "sim/kernel/ids.hpp"
#include "sim/kernel/time.hpp"
#include "sim/network/network.hpp"

namespace sim {

/// Laws for the links between ends that are known only when the fault strikes.
struct RoleLinks {
  std::vector<Endpoint> from{}, to{};
  LinkLaw law{};
  /// In its place, where delays depend on regions: of all pairs of ends.
  std::vector<NetworkLaws::Override> laws{};
  MessageChoice only{};
  std::size_t place = 0;  ///< So many overrides of the fault's laws come before.
  bool operator==(const RoleLinks&) const = default;
};

struct Fault {
  enum class Kind : std::uint8_t {
    crash,        ///< Volatile state is gone; messages to the node are lost.
    restart,      ///< A crashed node starts again with what `disk` left it.
    fail_stop,    ///< A crash for good, of which every running node is told within `span`.
    pause,        ///< The node does nothing until `until`; messages wait, its clock goes on.
    slow,         ///< Each event keeps the node busy for `span`.
    clock,        ///< The node's clock is off by `span` and drifts by `drift_ppb`.
    disk,         ///< The node's disk takes writes as `writes` says.
    partition,    ///< `groups` can't talk to one another; disjoint.
    overlap,      ///< The same with groups that share members (bridges).
    cut,          ///< Messages from each of `from` to each of `to` are lost.
    network,      ///< Other laws for all links.
    heal,         ///< Ends every partition, overlap, cut and change of the network's laws.
    reconfigure,  ///< No fault but an order to the node: other members.
    transfer,     ///< Another: let some other node be primary.
    byzantine,    ///< The node behaves as `misbehaviour` says.
    omission,     ///< The node loses messages that it sends or gets, as `omission` says.
  };
  Duration at{};  ///< Since the start of the run.
  Kind kind = Kind::crash;
  std::optional<Duration>
      until{};  ///< When it ends, if it lasts; if never set, at the end of the chaos phase.
  Victim victim{};
  std::optional<Duration> spread{};  ///< It strikes up to so much later, drawn uniformly (see drawn()).
  bool together = false;  ///< It belongs to the one before it: one entry of a scenario that strikes several.

  DiskFound disk{};                        ///< restart
  bool in_flight_lost = false;             ///< crash: the node's messages in flight die with it.
  std::optional<CrashAmidSending> amid{};  ///< crash: in the middle of a broadcast.
  std::optional<Duration> told{};  ///< crash: every running node is told within this time, unless it is back.
  bool after_messages = false;     ///< crash, fail_stop: told only once all that the node sent has arrived.
  Duration span{};                 ///< fail_stop, slow, clock
  DiskLaws writes{};               ///< disk
  std::int64_t drift_ppb = 0;      ///< clock: nanoseconds gained per second.
  Groups groups{};                 ///< partition, overlap
  std::vector<Endpoint> from{}, to{};       ///< cut
  MessageChoice messages{};                 ///< cut: of these only
  NetworkLaws laws{};                       ///< network
  std::vector<RoleLinks> links_of_roles{};  ///< network: links whose ends it names by role.
  Order order{};                            ///< reconfigure, transfer
  Misbehaviour misbehaviour{};              ///< byzantine
  Omission omission{};                      ///< omission
  bool operator==(const Fault&) const = default;
};

const char* name_of(Fault::Kind kind);
/// Whether it is an operator's order and not a fault.
constexpr bool is_order(Fault::Kind kind) {
  return kind == Fault::Kind::reconfigure || kind == Fault::Kind::transfer;
}

/// A fault process: strikes at random times, each strike lasting a random time.
struct RandomFault {
  Fault::Kind kind = Fault::Kind::crash;  ///< crash (with its restart), pause, slow, omission, or partition
                                          ///< (one node against the rest)
  double rate = 0;                        ///< Strikes per virtual second, on the whole cluster.
  Duration duration_mean{};               ///< Mean of the exponential duration.
  DiskFound disk{};                       ///< Of the restart after a crash.
  Duration span{};
  Omission omission{};
  bool operator==(const RandomFault&) const = default;
};

/// The faults of a run: each fault with a spread strikes at a time of its own, together with those that
/// belong to it, and has no spread any more.
std::vector<Fault> drawn(std::vector<Fault> faults, std::uint64_t seed);

/// The explicit timeline that a random plan stands for, in order of time; nothing of it begins after `end`.
/// At most `at_once` nodes are crashed at a time.
/// Nothing when there would be more than `most`, or a process were to draw for ever.
std::optional<std::vector<Fault>> generate_at_most(std::size_t most, const std::vector<RandomFault>& plan,
                                                   std::uint64_t seed, std::size_t replicas, Duration end,
                                                   std::size_t at_once);
/// The same without a bound.
std::vector<Fault> generate(const std::vector<RandomFault>& plan, std::uint64_t seed, std::size_t replicas,
                            Duration end, std::size_t at_once);

}  // namespace sim
