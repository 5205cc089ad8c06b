// Writes records by hand, for the tests of the judges: a few words instead of a run.
#pragma once

#include <cstdint>
#include <utility>

#include "sim/history/record.hpp"

namespace sim {

constexpr Time at_ms(std::int64_t ms) { return Time{std::chrono::milliseconds{ms}}; }

/// Times are in milliseconds.
class RecordBuilder {
 public:
  explicit RecordBuilder(std::size_t replicas, std::int64_t chaos_end = 1000, std::int64_t end = 1000) {
    record.replicas = replicas;
    record.chaos_end = at_ms(chaos_end);
    record.end = at_ms(end);
    versions_.resize(replicas);
  }

  /// A write of one client that is never answered. Returns its number.
  std::uint32_t call(std::int64_t at, Action action = Action::write) {
    const auto number = static_cast<std::uint32_t>(record.operations.size());
    if (record.operation_of.empty()) record.operation_of.resize(1);
    record.operation_of[0].push_back(number);
    record.operations.push_back({.client = ClientId{0}, .action = action, .call = at_ms(at)});
    return number;
  }
  /// One that is answered.
  std::uint32_t call(std::int64_t at, std::int64_t ret, Action action = Action::write) {
    const auto number = call(at, action);
    record.operations[number].ret = at_ms(ret);
    record.operations[number].outcome = Outcome::ok;
    return number;
  }
  void apply(std::int64_t at, std::uint16_t node, std::uint32_t request, std::uint64_t state) {
    const Version parent = versions_[node];
    const Version to{static_cast<std::uint32_t>(record.versions.size())};
    record.versions.push_back(
        {parent, record.versions[parent.id].depth + 1, RequestId{ClientId{0}, request}, state});
    move(at, node, to);
  }
  /// Adopts what another replica has.
  void install(std::int64_t at, std::uint16_t node, std::uint16_t from) { move(at, node, versions_[from]); }
  void become(std::int64_t at, std::uint16_t node, Role role, std::uint64_t term = 0) {
    record.roles.push_back({at_ms(at), NodeId{node}, role, term});
  }
  void crash(std::int64_t at, std::uint16_t node) {
    life(at, node, Record::Life::down);
    versions_[node] = Version{};
  }
  void restart(std::int64_t at, std::uint16_t node) {
    life(at, node, Record::Life::up);
    move(at, node, Version{});
  }
  void life(std::int64_t at, std::uint16_t node, Record::Life what) {
    record.lives.push_back({at_ms(at), NodeId{node}, what});
  }
  void suspect(std::int64_t at, std::uint16_t by, std::uint16_t of, bool suspected = true) {
    record.suspicions.push_back({at_ms(at), NodeId{by}, NodeId{of}, suspected});
  }
  /// Says what the operation's client took.
  void acknowledge(std::int64_t at, std::uint16_t by, std::uint32_t operation) {
    const std::uint64_t answer =
        operation < record.operations.size() ? fingerprint(record.operations[operation].output) : 0;
    record.acknowledgements.push_back({at_ms(at), NodeId{by}, operation, answer});
  }
  /// From then on `node` can talk with these only.
  void reach(std::int64_t at, std::uint16_t node, const std::vector<std::uint16_t>& others) {
    record.reaches.push_back({at_ms(at), NodeId{node}, set_of(others)});
  }
  void members(std::int64_t at, const std::vector<std::uint16_t>& members) {
    record.memberships.push_back({at_ms(at), record.memberships.size() + 1, set_of(members)});
  }
  static NodeSet set_of(const std::vector<std::uint16_t>& nodes) {
    NodeSet set;
    for (const std::uint16_t node : nodes) set.insert(NodeId{node});
    return set;
  }

  Record record;

 private:
  void move(std::int64_t at, std::uint16_t node, Version to) {
    versions_[node] = to;
    record.moves.push_back({at_ms(at), NodeId{node}, to});
  }
  std::vector<Version> versions_;
};

}  // namespace sim
