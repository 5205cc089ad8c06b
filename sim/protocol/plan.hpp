// All protocols by name, for callers that need not know how one is made: scenarios, lists, sweeps.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/kernel/fields.hpp"
#include "sim/protocol/service_promise.hpp"
#include "sim/workload/options.hpp"
#include "sim/world/host.hpp"

namespace sim {

/// A protocol with its options set: makes hosts for as many runs as wanted.
class ProtocolPlan {
 public:
  virtual ~ProtocolPlan() = default;
  /// Visits the options, to read or to show them.
  virtual void describe(Fields& fields) = 0;
  /// Says what is wrong with the options for so many replicas; empty when nothing is.
  virtual std::string complaint(std::size_t replicas) const = 0;
  virtual ClientPolicy client_policy(std::size_t replicas) const = 0;
  /// The attacks that the protocol brings, by name, each with its number (`Misbehaviour::attack`).
  virtual std::vector<std::pair<std::string_view, std::uint8_t>> attacks() const = 0;
  /// The types of its messages, by name.
  virtual std::vector<std::string_view> messages() const = 0;
  virtual std::unique_ptr<Host> make_host(std::size_t replicas) const = 0;
  /// Whether it carries out an operator's orders.
  virtual bool takes_orders() const = 0;
  /// Whether its replicas may restart with such a disk: a damaged record is for the protocol to treat.
  virtual bool restarts_with(DiskFate fate) const = 0;
  /// Whether clients may ask this of it.
  virtual bool carries_out(Action action) const = 0;
  /// Lessons in consensus serve no clients: they agree once among themselves.
  bool serves_clients() const { return carries_out(Action::read) || carries_out(Action::write); }
  /// Whether its replicas should hold the same state once faults are over. The replicas of a register with
  /// quorums need not: reads ask a majority.
  virtual bool becomes_alike() const = 0;
  /// The longest interval after which its replicas tell each other, again or for the first time, what has
  /// been decided: a replica may lag by so much though nothing goes wrong. 0 if it never tells later.
  virtual Duration tells_again_every() const = 0;
  /// Its promise once faults are over; nothing when it promises nothing under these conditions.
  virtual std::optional<ServicePromise> promise(const Calm& calm) const = 0;
};

struct ProtocolEntry {
  std::string_view name;
  std::string_view about;  ///< One line.
  std::unique_ptr<ProtocolPlan> (*make_plan)();
};

/// All registered protocols, by name in alphabetical order.
std::span<const ProtocolEntry> protocols();
const ProtocolEntry* find_protocol(std::string_view name);  ///< nullptr when there is none.
void add_protocol(const ProtocolEntry& entry);

}  // namespace sim
