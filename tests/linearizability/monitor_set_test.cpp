// Sets by hand: what the monitor says of histories small enough to be understood, and of some that are large.
#include <optional>
#include <vector>

#include "sim/history/generator.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/monitor_cases.hpp"

namespace {

using namespace sim;

constexpr std::int64_t kNoAnswer = -1;  // instead of a return

Operation set_operation(Action action, Value argument, Value output, std::int64_t call, std::int64_t ret) {
  Operation op;
  op.action = action;
  op.argument = std::move(argument);
  op.outcome = ret == kNoAnswer ? Outcome::pending : Outcome::ok;
  op.call = Time{Duration{call}};
  if (ret != kNoAnswer) {
    op.output = std::move(output);
    op.ret = Time{Duration{ret}};
  }
  return op;
}

Operation insert(std::int64_t element, std::int64_t call, std::int64_t ret, Value output = {}) {
  return set_operation(Action::insert, element, std::move(output), call, ret);
}
Operation took_out(std::int64_t element, std::int64_t call, std::int64_t ret) {
  return set_operation(Action::remove, element, truth(true), call, ret);
}
Operation look(std::int64_t element, bool found, std::int64_t call, std::int64_t ret) {
  return set_operation(Action::contains, element, truth(found), call, ret);
}
Operation all_of(List elements, std::int64_t call, std::int64_t ret) {
  return set_operation(Action::read, {}, std::move(elements), call, ret);
}

std::optional<Monitored> judged(std::vector<Operation> history) {
  return monitor_cases::judged(std::move(history), Model::set);
}

bool right(const std::vector<Operation>& history) { return monitor_cases::right(history, Model::set); }

TEST_CASE("sets that are read as a whole must lie in each other") {
  CHECK(right({insert(1, 0, 9), insert(2, 0, 9), all_of({1}, 0, 9), all_of({1, 2}, 0, 9)}));
  CHECK_FALSE(right({insert(1, 0, 9), insert(2, 0, 9), all_of({1}, 0, 9), all_of({2}, 0, 9)}));
  CHECK_FALSE(right({insert(1, 0, 9), all_of({1, 1}, 0, 9)}));
  CHECK_FALSE(right({insert(1, 0, 9), all_of({2}, 0, 9)}));
}

TEST_CASE("the order of the sets that were read agrees with real time") {
  CHECK_FALSE(right({insert(1, 0, 9), all_of({1}, 0, 2), all_of({}, 3, 4)}));
  CHECK(right({insert(1, 0, 9), all_of({1}, 0, 3), all_of({}, 3, 4)}));
  CHECK_FALSE(right({insert(1, 0, 1), all_of({}, 2, 3)}));
  CHECK_FALSE(right({all_of({1}, 0, 1), insert(1, 2, 3)}));
  const auto without_the_earlier = judged({insert(1, 0, 1), insert(2, 2, 3), all_of({2}, 0, 9)});
  REQUIRE(without_the_earlier.has_value());
  CHECK_FALSE(without_the_earlier->linearizable);
  CHECK(without_the_earlier->witness == std::vector<std::size_t>{0, 1, 2});
}

TEST_CASE("an unanswered insert counts when it was seen") {
  CHECK(right({insert(1, 0, kNoAnswer), all_of({1}, 1, 2), all_of({1}, 3, 4)}));
  CHECK_FALSE(right({insert(1, 0, kNoAnswer), all_of({1}, 1, 2), all_of({}, 3, 4)}));
  CHECK(right({insert(1, 0, kNoAnswer), insert(2, 0, 1), all_of({2}, 2, 3)}));
  CHECK_FALSE(right({insert(1, 0, kNoAnswer), look(1, true, 1, 2), all_of({}, 3, 4)}));
}

TEST_CASE("who looks for one element tells when it was inserted, too") {
  CHECK_FALSE(right({insert(1, 0, 9), look(1, true, 1, 2), look(1, false, 3, 4), all_of({}, 0, 9)}));
  CHECK_FALSE(right({insert(1, 0, 9), look(1, true, 1, 2), all_of({}, 3, 4)}));
  CHECK_FALSE(right({insert(1, 0, 9), all_of({1}, 1, 2), look(1, false, 3, 4)}));
  CHECK(right({insert(1, 0, 9), look(1, false, 0, 9), all_of({1}, 1, 2), look(2, false, 3, 4)}));
}

TEST_CASE("an element is put in and taken out in turns") {
  CHECK(right({insert(1, 0, 9, truth(true)), insert(1, 0, 9, truth(true)), took_out(1, 4, 5)}));
  CHECK_FALSE(right({insert(1, 0, 3, truth(true)), insert(1, 0, 3, truth(true)), took_out(1, 4, 5)}));
  CHECK(right({insert(1, 0, 3, truth(true)), insert(1, 0, 3, truth(true)), took_out(1, 0, kNoAnswer)}));
  CHECK_FALSE(right({insert(1, 0, 3, truth(true)), insert(1, 0, 3, truth(true)), took_out(2, 0, kNoAnswer)}));
}

// Only one of the inserts is left for the second look if the other one, which returns sooner, served the
// first.
TEST_CASE("who must be done soonest serves first") {
  CHECK(right({insert(1, 0, 30, truth(true)), insert(1, 0, 10, truth(true)), took_out(1, 0, 30),
               look(1, true, 1, 2), look(1, false, 12, 13), look(1, true, 14, 15)}));
  CHECK_FALSE(right({insert(1, 0, 11, truth(true)), insert(1, 0, 10, truth(true)), took_out(1, 0, 30),
                     look(1, true, 1, 2), look(1, false, 12, 13), look(1, true, 14, 15)}));
}

TEST_CASE("sets that also shrink are left to the search when they are read as a whole") {
  CHECK_FALSE(judged({insert(1, 0, 1), took_out(1, 2, 3), all_of({}, 4, 5)}).has_value());
  CHECK_FALSE(judged({insert(1, 0, 1), look(1, true, 2, 3)}).has_value());  // its answer doesn't say
}

TEST_CASE("large sets are judged without a search") {
  using Mix = std::vector<GeneratorPlan::Weight>;
  const Mix growing{{Action::insert, 100}, {Action::read, 1}};
  const Mix of_elements{{Action::insert, 1}, {Action::remove, 1}, {Action::contains, 2}};
  for (const Mix& mix : {growing, of_elements}) {
    const GeneratorPlan plan{.model = Model::set,
                             .operations = 5'000,
                             .clients = 40,
                             .values = mix.size() == 3 ? 1U : 0U,
                             .mix = mix,
                             .crashes = 50,
                             .seed = 3};
    const auto history = generate_history(plan).operations;
    std::uint64_t steps = 0;
    CHECK(linearizability_verdict(history, Model::set, List{}, {}, &steps) == Verdict::linearizable);
    CHECK(steps == 0);
  }
}

}  // namespace
