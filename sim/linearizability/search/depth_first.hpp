// The classic search for an order of one key's operations: place one that may come next, go on from there, go
// back when nothing fits. It runs beside the just-in-time search, which keeps all configurations at once: if
// most orders do, this one is done after a few steps for each operation, however many configurations there
// are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "sim/linearizability/search/budget.hpp"
#include "sim/linearizability/search/key_history.hpp"
#include "sim/linearizability/search/key_verdict.hpp"
#include "sim/linearizability/search/seen_configurations.hpp"

namespace sim {

/// Wing and Gong (1993), with Lowe's memory of configurations (2017, "Testing for linearizability"): ways of
/// placing the same operations that leave the same state are one. Three more reductions, each of which keeps
/// the verdict:
/// * An operation that only looks, and finds what it saw, is placed at once: that changes nothing for the
///   others.
/// * Of operations that do the same and were answered alike, the one that returns first is placed first: in
///   any order two of them that could both come next can trade places. Of unanswered ones, the earlier.
/// * Unanswered operations can be left out. They aren't placed where they change nothing, and no blind write
///   directly before another one. Unanswered additions directly behind each other are placed in one order.
class DepthSearch {
 public:
  /// Operations in `history` that aren't owed must never return. `history` and `spending` must outlive this;
  /// the memory of configurations stays below `memory_max` bytes.
  DepthSearch(const KeyHistory& history, Budget& spending, std::size_t memory_max);

  /// Goes on until `until` steps are spent. Nothing if it is undecided by then.
  std::optional<KeyVerdict> advance(std::uint64_t until);

  /// Places in the history of the placed operations; once it is linearizable, an order of all owed ones.
  std::vector<std::size_t> order() const;

  std::size_t bytes() const;

 private:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};

  struct Candidate {
    const KeyOperation* op;
    std::uint32_t place;  // in the history
    std::uint32_t bit;    // among the owed, or among the others
    std::uint32_t kind;   // the same for those that do the same
  };
  struct Choice {
    std::uint32_t candidate;
    State after;
  };
  // A configuration on the way: how it was reached, and the choices left to try.
  struct Frame {
    std::uint32_t candidate = kNone;
    State before = 0;
    std::uint32_t due_before = 0;
    std::size_t first_choice = 0;
  };

  void gather();
  std::uint32_t kind_of(const Step& step, bool owed) const;
  void drop_later_twins(std::size_t first);
  bool is_placed(const Candidate& c) const;
  void flip(const Candidate& c);
  void place(const Choice& choice);
  void take_back();
  bool is_new();
  void choose();
  void choose_change(std::uint32_t i);
  bool is_pointless_behind(std::uint32_t i, std::uint32_t last) const;

  const KeyHistory& history_;
  Budget& spending_;
  std::vector<Candidate> candidates_{};  // in order of call
  std::vector<std::uint32_t> next_{};    // those not placed, as a ring; the last entry is its head
  std::vector<std::uint32_t> previous_{};
  std::vector<std::uint32_t> returns_{};  // of candidates: the owed ones in order of return
  std::uint32_t due_ = 0;                 // in returns_: all before it are placed
  std::uint32_t furthest_ = 0;            // due_ at its highest
  State state_ = 0;
  std::size_t beginning_ = 0;
  std::size_t owed_left_ = 0;
  std::vector<Frame> path_{};
  std::vector<Choice> choices_{};             // of all frames
  std::vector<std::uint64_t> owed_placed_{};  // as bits
  std::vector<std::uint64_t> others_placed_{};
  std::size_t full_ = 0;  // words of owed_placed_ at its beginning
  std::size_t used_ = 0;  // and with those behind them that aren't empty
  std::vector<std::uint64_t> key_{};
  std::vector<State> targets_{};
  std::vector<std::uint32_t> soonest_{};  // by kind: of those that may come next
  SeenConfigurations seen_;
};

}  // namespace sim
