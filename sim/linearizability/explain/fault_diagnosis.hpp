// How few operations of one key must have been faulty for its history to be explained?
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "sim/history/operation.hpp"
#include "sim/linearizability/explain/hitting_set.hpp"
#include "sim/linearizability/search/order_search.hpp"
#include "sim/linearizability/verdict.hpp"

namespace sim {

/// The budget of a diagnosis, shared by all its questions.
struct Means {
  const LinearizabilityBudget& budget;
  std::uint64_t left;  ///< Steps.

  /// The verdict; of a violation with a small witness, if asked for one.
  LinearizabilityResult judge(std::span<const Operation> operations, Model model, const Value& initial,
                              bool with_witness);
};

enum class Explained : std::uint8_t {
  yes,
  not_by_so_few,
  never,  ///< Not even if all operations that can be faulty are.
  unknown,
};

/// Registers and key-value stores without appends; for the defects see FaultKind.
///
/// Each contradiction must contain a faulty operation, since both defects require more than that an operation
/// may have happened or not. So the diagnosis tests the smallest set of suspects that contains one of each
/// contradiction found so far. With their answers forgotten, is there another contradiction? If not, does
/// their being faulty explain everything? If that fails, it's a contradiction under this assumption. (Reiter
/// 1987, "A theory of diagnosis from first principles", with conditional conflicts.)
class FewestFaults {
 public:
  /// `of_key`, `initial` and `means` must outlive this.
  FewestFaults(std::span<const Operation> of_key, Defect defect, Model model, const Value& initial,
               Means& means)
      : of_key_(of_key), defect_(defect), model_(model), initial_(initial), means_(means) {}

  /// Operations that contradict each other.
  void learn(std::span<const std::size_t> witness);

  /// Whether at most so many faults explain the history.
  Explained with(std::size_t most);

 private:
  bool can_be_faulty(std::size_t i) const;
  std::vector<std::size_t> suspects_among(std::span<const std::size_t> witness,
                                          std::span<const std::size_t> but) const;
  LinearizabilityResult judge(std::span<const Operation> operations);
  LinearizabilityResult judge_without(std::span<const std::size_t> suspects);
  LinearizabilityResult judge_lost(std::span<const std::size_t> suspects);
  Explained explained_by(const std::vector<std::size_t>& suspects);
  Explained explained_as_stale(const std::vector<std::size_t>& suspects);
  bool was_there(std::size_t read) const;
  std::vector<Operation> sources(std::size_t read, std::vector<std::size_t>& places) const;
  bool answered_by(std::size_t read, const Value& state) const;

  std::span<const Operation> of_key_;
  Defect defect_;
  Model model_;
  const Value& initial_;
  Means& means_;
  std::vector<Demand> demands_{};
  bool never_ = false;
};

}  // namespace sim
