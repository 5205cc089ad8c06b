// Violations are named after their fault: hand-built cases, the definition, and planted faults.
#include <algorithm>
#include <array>
#include <optional>

#include "sim/history/generator.hpp"
#include "sim/linearizability/explanation.hpp"
#include "tests/linearizability/explained.hpp"
#include "tests/support/brute_force.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/random_history.hpp"

namespace fault_kind_test {

using namespace explained;
using random_history::Dice;
using random_history::Shape;

FaultKind kind_of(const std::vector<Operation>& history) {
  return *explain(history, Model::cas_register).kind;
}

TEST_CASE("a read of an overwritten value is a stale read") {
  CHECK(kind_of({write({1, 0, 10}, 1), write({1, 20, 30}, 2), read({2, 40, 50}, n(1)),
                 read({2, 60, 70}, n(2))}) == FaultKind::stale_reads);
}

TEST_CASE("one lost write explains many old answers better than as many stale reads") {
  CHECK(kind_of({write({1, 0, 10}, 1), write({1, 20, 30}, 2), read({2, 40, 50}, n(1)),
                 read({2, 60, 70}, n(1))}) == FaultKind::lost_updates);
}

TEST_CASE("two cas from one value that both succeeded are a lost update") {
  CHECK(kind_of({write({1, 0, 10}, 1), cas({1, 20, 30}, n(1), 2), cas({2, 40, 50}, n(1), 3)}) ==
        FaultKind::lost_updates);
}

TEST_CASE("a value out of nowhere is neither a stale read nor a lost update") {
  CHECK(kind_of({write({1, 0, 10}, 1), read({2, 20, 30}, n(9))}) == FaultKind::neither);
  CHECK(kind_of({read({2, 0, 10}, n(1)), write({1, 20, 30}, 1)}) == FaultKind::neither);
}

TEST_CASE("a lost update on one key and a stale read that nothing else explains on another are neither") {
  auto first = write({1, 0, 10}, 1);
  auto second = cas({1, 20, 30}, n(1), 2);
  auto third = cas({2, 40, 50}, n(1), 3);
  std::vector<Operation> history{first, second, third};
  for (auto op :
       {write({3, 0, 10}, 1), write({3, 20, 30}, 2), read({3, 40, 50}, n(2)), read({3, 60, 70}, n(1))}) {
    op.key = 1;
    history.push_back(op);
  }
  CHECK(*explain(history, Model::kv).kind == FaultKind::neither);
}

// The kinds' definition, by trying every order: the fewest operations that must be faulty, if so many do.
class KindTwin {
 public:
  KindTwin(const std::vector<Operation>& history, bool stale) : stale_(stale) {
    std::ranges::copy_if(history, std::back_inserter(all_),
                         [](const Operation& op) { return op.outcome != Outcome::failed; });
    done_.assign(all_.size(), false);
  }

  std::optional<int> fewest() {
    for (int most = 0; most <= static_cast<int>(all_.size()); ++most) {
      if (search({Value{}}, most)) return most;
    }
    return std::nullopt;
  }

 private:
  // `states`: all that there were; the last is there now.
  bool search(const std::vector<Value>& states, int left) {
    bool all = true;
    for (std::size_t i = 0; i < all_.size(); ++i) all &= done_[i] || all_[i].outcome != Outcome::ok;
    if (all) return true;
    for (std::size_t i = 0; i < all_.size(); ++i) {
      if (done_[i] || !ready(i)) continue;
      done_[i] = true;
      if (place(all_[i], states, left)) return true;
      done_[i] = false;
    }
    return false;
  }

  bool ready(std::size_t i) const {
    for (std::size_t k = 0; k < all_.size(); ++k) {
      if (!done_[k] && k != i && all_[k].outcome == Outcome::ok && all_[k].ret < all_[i].call) return false;
    }
    return true;
  }

  bool place(const Operation& op, const std::vector<Value>& states, int left) {
    const bool answered = op.outcome == Outcome::ok;
    const auto right = [&](const Value& state) {
      if (!answered || op.action == Action::write) return true;
      return op.action == Action::read ? op.output == state : op.output == truth(op.expected == state);
    };
    const bool looks =
        op.action == Action::read || (op.action == Action::cas && answered && op.output == truth(false));
    if (right(states.back())) {
      std::vector<Value> after = states;
      if (op.action == Action::write || (op.action == Action::cas && op.expected == states.back())) {
        after.push_back(op.argument);
      }
      if (search(after, left)) return true;
      return !stale_ && !looks && answered && left > 0 && search(states, left - 1);
    }
    return stale_ && looks && left > 0 && std::ranges::any_of(states, right) && search(states, left - 1);
  }

  std::vector<Operation> all_{};
  bool stale_;
  std::vector<bool> done_{};
};

TEST_CASE("the kind of fault is what its definition says") {
  std::array<int, 4> met{};
  for (std::uint64_t seed = 52'000'000; seed < 52'001'500; ++seed) {
    Dice dice{seed};
    const auto model = seed % 2 == 0 ? Model::reg : Model::cas_register;
    Shape shape{.model = model, .operations = 6, .values = 2 + static_cast<int>(seed % 3), .spoiled = 100};
    shape.pending = 10;
    auto history = random_history::make(shape, dice);
    for (Operation& op : history) {
      if (op.action != Action::stamp && op.action != Action::draw) continue;
      if (op.outcome == Outcome::ok) op.argument = op.output;
      if (op.outcome != Outcome::ok) op.argument = std::int64_t{1};
      op.action = Action::write;
      op.output = Nil{};
    }
    if (brute_force::linearizable(history, Nil{})) continue;
    const auto stale = KindTwin(history, true).fewest();
    const auto lost = KindTwin(history, false).fewest();
    const FaultKind expected = !stale && !lost                       ? FaultKind::neither
                               : stale && (!lost || *stale <= *lost) ? FaultKind::stale_reads
                                                                     : FaultKind::lost_updates;
    const FaultKind kind = classify_violation(history, model, Nil{});
    INFO("seed " << seed << ": " << fault_kind_name(kind) << ", expected " << fault_kind_name(expected));
    REQUIRE((kind == expected || kind == FaultKind::undecided));
    ++met[static_cast<std::size_t>(kind)];
  }
  INFO(met[0] << " stale, " << met[1] << " lost, " << met[2] << " neither, " << met[3] << " undecided");
  CHECK(met[0] > 20);
  CHECK(met[1] > 5);
  CHECK(met[2] > 20);
  CHECK(met[3] * 20 < met[0] + met[1] + met[2]);
}

TEST_CASE("planted faults get their names") {
  for (const Model model : {Model::reg, Model::cas_register}) {
    for (const auto bug : {GeneratorPlan::Bug::stale_read, GeneratorPlan::Bug::lost_update}) {
      int told = 0;
      int right = 0;
      for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        GeneratorPlan plan{.model = model, .operations = 100, .clients = 2};
        plan.bug = bug;
        if (model == Model::reg) plan.mix = {{Action::read, 5}, {Action::write, 1}};
        plan.seed = seed;
        const auto history = generate_history(plan).operations;
        if (linearizability_verdict(history, model, Nil{}) != Verdict::violation) continue;
        const FaultKind kind = classify_violation(history, model, Nil{});
        const bool stale = bug == GeneratorPlan::Bug::stale_read;
        ++told;
        right += kind == (stale ? FaultKind::stale_reads : FaultKind::lost_updates);
        INFO(model_name(model) << ", " << (stale ? "stale read" : "lost update") << ", seed " << seed);
        CHECK(kind != FaultKind::neither);
        CHECK(kind != FaultKind::undecided);
        if (stale) CHECK(kind == FaultKind::stale_reads);
      }
      INFO(model_name(model) << ", " << static_cast<int>(bug) << ": " << right << " of " << told);
      CHECK(told >= 5);
      CHECK(3 * right >= told);  // a lost update that one read shows looks like one stale read
    }
  }
}

}  // namespace fault_kind_test
