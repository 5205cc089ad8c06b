// The replicas' decisions, slot by slot: the input of the judges of consensus.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sim/kernel/ids.hpp"
#include "sim/kernel/time.hpp"

namespace sim {

/// `by` considers it settled that slot `slot` holds `value`.
struct Decision {
  Time at;
  NodeId by;
  std::uint64_t slot = 1;   ///< The place in the agreed log, from 1; protocols that agree once use 1.
  std::uint64_t value = 0;  ///< See `fingerprint` in sim/workload/command.hpp; 0 = the slot stays empty.
  std::uint64_t term = 0;   ///< The term in which it was settled, as far as `by` knows; 0 = no terms.
};

/// The request that a fingerprint stands for. It is the request itself only if its fingerprint is the same.
constexpr RequestId request_of(std::uint64_t fingerprint) {
  const std::uint64_t who = (fingerprint & 0x0001'ffff'ffff'ffff) - 1;
  return {ClientId{static_cast<std::uint16_t>(who >> 32)}, static_cast<std::uint32_t>(who)};
}

/// All decisions of a run, in little space: for each slot the first, and the first that contradicts it.
class Decisions {
 public:
  /// Takes down a decision. Slots may come in any order.
  void add(const Decision& decision);

  /// The first decision on `slot`; nullptr while there is none.
  const Decision* first(std::uint64_t slot) const;
  /// The first decision on `slot` that contradicts `first(slot)`; nullptr when there is none.
  const Decision* contradiction(std::uint64_t slot) const;
  /// For each slot that was decided differently, the first contradiction, in order of time.
  const std::vector<Decision>& contradictions() const { return contradictions_; }
  /// All first decisions, in order of time.
  const std::vector<Decision>& firsts() const { return firsts_; }
  /// The highest slot that `node` has decided; 0 when none.
  std::uint64_t highest(NodeId node) const { return node.value < highest_.size() ? highest_[node.value] : 0; }
  bool empty() const { return firsts_.empty(); }

 private:
  static constexpr std::uint32_t kNone = 0xffffffff;
  std::uint32_t place_of(std::uint64_t slot) const;
  void place(std::uint64_t slot, std::uint32_t place);

  std::vector<Decision> firsts_{};
  std::vector<Decision> contradictions_{};
  std::vector<std::uint32_t> dense_{};  ///< slot -> place in `firsts_`, for slots without large gaps.
  struct Far {
    std::uint64_t slot;
    std::uint32_t place;
  };
  std::vector<Far> far_{};  ///< The others, ascending.
  std::vector<std::uint64_t> highest_{};
};

}  // namespace sim
