// When do answers contradict each other? A small witness has to pass this question, asked of one key.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "sim/linearizability/search/budget.hpp"
#include "sim/linearizability/search/key_history.hpp"
#include "sim/linearizability/verdict.hpp"

namespace sim {

/// Some operations of a history *contradict each other* if they can't be linearized together with any choice
/// of the others: each of the others may have happened as it was recorded, or never. So the contradiction
/// needs none of the others, and none of them can mend it: neither the operations by themselves nor the whole
/// history are linearizable.
///
/// This class asks it of one key's history until the return of `last`, where the contradiction is complete.
/// Operations open then may happen later, answered in any way, or never. Answered operations go by their rank
/// in the order of returns; `last` has the highest.
class ContradictionTest {
 public:
  /// `all`: in the search's form (see RegisterReduction), and must outlive this. Adds its steps to
  /// `spending`, at most `steps_each` for one question.
  ContradictionTest(std::span<const Operation> all, std::span<const std::uint32_t> of_key, Model model,
                    const Value& initial, std::size_t last, Budget& spending, std::uint64_t steps_each);

  std::size_t size() const { return answered_.size(); }  ///< How many were answered until then.
  std::size_t last() const { return answered_.size() - 1; }
  std::size_t place(std::size_t rank) const { return answered_[rank]; }  ///< In `all`.
  const Operation& operation(std::size_t rank) const { return all_[answered_[rank]]; }

  /// Of a set, queue or stack.
  bool is_collection() const {
    return tells_states_apart_whole(model_) && model_ != Model::multi_register && !sized_;
  }

  enum class Begin : std::uint8_t {
    near,  ///< Operations that returned before all of these were called give way to all states that they may
           ///< have left: quick, and a contradiction with all of these states is one.
    first  ///< Everything is looked at.
  };

  /// Whether the operations of these ranks (ascending) contradict each other: `violation` if they do,
  /// `linearizable` if not, `unknown` if it would take too many steps, or can't be said from `near`.
  Verdict ask(std::span<const std::size_t> ranks, Begin begin);

 private:
  struct Scene {
    std::vector<Operation> operations{};
    std::vector<bool> owed{};
    Time begin{};
    bool cut = false;                    // operations that returned before `begin` were left out
    std::vector<std::int64_t> values{};  // of a collection: that matter
  };

  // An operation that may have left a number, or put it in.
  struct Source {
    std::int64_t value;
    Time call;
    std::size_t rank;  // kNobody if it wasn't answered, or was there from the start
  };
  static constexpr std::size_t kNobody = ~std::size_t{0};

  void sort_out(std::span<const std::uint32_t> of_key, std::size_t last);
  void note_source(const Operation& op, std::size_t rank);
  std::span<const Source> sources_of(std::int64_t value) const;
  std::vector<std::size_t> implied(std::span<const std::size_t> ranks, Time from) const;
  std::vector<std::int64_t> mentioned(std::span<const std::size_t> ranks) const;
  bool concerns(const Operation& op, const std::vector<std::int64_t>& values) const;
  Scene make_scene(std::span<const std::size_t> ranks, Begin begin) const;
  Scene guess_scene(std::span<const std::size_t> ranks);
  std::size_t likely_source(const Operation& op, std::int64_t value);
  Verdict judge(const Scene& scene);
  bool is_exact(const Scene& scene) const;
  bool can_begin_anywhere(const Scene& scene) const;
  void begin_anywhere(KeyHistory& history, const Scene& scene) const;
  void begin_hiding(KeyHistory& history, Time begin) const;
  void begin_observed(KeyHistory& history, const Scene& scene) const;
  void begin_counted(KeyHistory& history, const Scene& scene) const;
  std::vector<Value> observed(const Scene& scene) const;
  bool may_hold(std::int64_t value, Time by) const;
  Verdict search(const KeyHistory& history);

  std::span<const Operation> all_;
  Model model_;
  const Value& initial_;
  Budget& spending_;
  std::uint64_t steps_each_;
  std::vector<std::uint32_t> answered_{};  // in the order of returns
  std::vector<Operation> open_{};          // when the last one returned; answers forgotten
  std::vector<Source> sources_{};          // by value, then by call
  std::vector<Source> left_{};             // the same by rank
  Time anything_from_ = kNever;            // the first call of an operation that leaves a number nobody knows
  bool sized_ = false;                     // somebody asked for the number of values in it
  bool only_told_ = true;                  // all answered adds to a counter were told the sum
  bool only_writes_ = true;                // and reads
};

}  // namespace sim
