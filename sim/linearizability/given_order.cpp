#include "sim/linearizability/given_order.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "sim/history/objects/object_model.hpp"

namespace sim {
namespace {

bool answered(const Operation& op) { return op.outcome == Outcome::ok; }

// Goes through the order once, with the objects' states, and puts the operations that it lacks into the gaps:
// each into the first where its answer fits. Nothing later could suit it better: what it leaves free, an
// operation that it precedes may need.
class OrderCheck {
 public:
  OrderCheck(std::span<const std::uint32_t> order, std::span<const Operation> operations, Model model,
             const Value& initial)
      : order_(order), operations_(operations), object_(object_model(model)), initial_(initial) {}

  bool holds() {
    if (!take_stock()) return false;
    for (std::size_t gap = 0;; ++gap) {
      for (; next_ < lacking_.size() && call_of(next_) <= earliest_return_[gap]; ++next_)
        open_.push_back(lacking_[next_]);
      fill_gap();
      if (gap == order_.size()) return open_.empty() && next_ == lacking_.size();
      if (!take(operations_[order_[gap]])) return false;
    }
  }

 private:
  Time call_of(std::size_t i) const { return operations_[lacking_[i]].call; }

  // What the order lacks, by call; and from each place on, the earliest return of what comes there.
  bool take_stock() {
    std::vector<bool> placed(operations_.size());
    earliest_return_.assign(order_.size() + 1, kNever);
    for (std::size_t i = order_.size(); i-- > 0;) {
      const Operation& op = operations_[order_[i]];
      const bool by_chance = op.action == Action::stamp || op.action == Action::draw;
      if (placed[order_[i]] || op.outcome == Outcome::failed || (by_chance && !answered(op))) return false;
      placed[order_[i]] = true;
      earliest_return_[i] = std::min(earliest_return_[i + 1], answered(op) ? op.ret : kNever);
    }
    for (std::uint32_t place = 0; place < operations_.size(); ++place) {
      if (!placed[place] && answered(operations_[place])) lacking_.push_back(place);
    }
    std::ranges::stable_sort(lacking_, {}, [&](std::uint32_t place) { return operations_[place].call; });
    return true;
  }

  Value& state_of(const Operation& op) {
    if (op.key >= states_.size()) states_.resize(op.key + std::size_t{1}, initial_);
    return states_[op.key];
  }

  // An operation that another open one precedes must wait for that.
  void fill_gap() {
    Time earliest = kNever;
    std::erase_if(open_, [&](std::uint32_t place) {
      const Operation& op = operations_[place];
      if (op.call <= earliest && fits_here(op)) return true;
      earliest = std::min(earliest, op.ret);
      return false;
    });
  }

  bool fits_here(const Operation& op) {
    const Value& now = state_of(op);
    Value after = now;
    return answer_fits(op, object_.execute(after, op)) && after == now;
  }

  // The next operation of the order takes effect, after all that precede it.
  bool take(const Operation& op) {
    const auto precedes_it = [&](std::uint32_t place) { return operations_[place].ret < op.call; };
    if (std::ranges::any_of(open_, precedes_it) || (answered(op) && op.ret < latest_call_)) return false;
    latest_call_ = std::max(latest_call_, op.call);
    const Value output = object_.execute(state_of(op), op);
    return !answered(op) || output_of(op.action) == Output::none || answer_fits(op, output);
  }

  std::span<const std::uint32_t> order_;
  std::span<const Operation> operations_;
  const ObjectModel& object_;
  const Value& initial_;
  std::vector<Value> states_{};           ///< By key.
  std::vector<Time> earliest_return_{};   ///< Of the order's operations from this place on.
  std::vector<std::uint32_t> lacking_{};  ///< Answered operations that the order lacks, by call.
  std::size_t next_ = 0;                  ///< Of these, the first that can't come yet.
  std::vector<std::uint32_t> open_{};     ///< Those that may come here, by call.
  Time latest_call_{};
};

}  // namespace

bool explains(std::span<const std::uint32_t> order, std::span<const Operation> operations, Model model,
              const Value& initial) {
  return OrderCheck(order, operations, model, initial).holds();
}

}  // namespace sim
