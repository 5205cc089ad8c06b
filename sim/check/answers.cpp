#include "sim/check/answers.hpp"

#include <vector>

namespace sim {
namespace {

struct Answers {
  std::uint64_t first = 0;  // what the first answer said
  bool any = false;         // there was one
  bool differ = false;      // a later one said something else
  bool told_truly = false;  // a correct replica gave the answer that the client took
};

}  // namespace

AnswersJudgement judge_answers(const Record& record) {
  std::vector<Answers> all(record.operations.size());
  for (const auto& answer : record.acknowledgements) {
    Answers& answers = all[answer.operation];
    const Operation& operation = record.operations[answer.operation];
    answers.differ = answers.differ || (answers.any && answer.answer != answers.first);
    if (!answers.any) answers.first = answer.answer;
    answers.any = true;
    const bool taken = operation.outcome == Outcome::ok && fingerprint(operation.output) == answer.answer;
    answers.told_truly = answers.told_truly || (taken && !record.byzantine.contains(answer.by));
  }
  AnswersJudgement result;
  for (std::uint32_t i = 0; i < all.size(); ++i) {
    const bool ok = record.operations[i].outcome == Outcome::ok;
    result.contested += all[i].differ ? 1u : 0u;
    result.undecided += all[i].differ && !ok ? 1u : 0u;
    if (!all[i].any || !ok || all[i].told_truly) continue;
    ++result.deceived;
    if (!result.first_deceived) result.first_deceived = i;
  }
  return result;
}

}  // namespace sim
