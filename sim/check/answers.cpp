#include "sim/check/answers.hpp"

#include <vector>

namespace sim {
namespace {

struct Answers {
  std::uint64_t first = 0;  // the first answer
  bool any = false;         // there was one
  bool differ = false;      // a later one said something else
  bool truth = false;       // a correct replica gave the answer that the client took
  bool denied = false;      // a correct replica gave another
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
    if (operation.outcome != Outcome::ok || record.byzantine.contains(answer.by)) continue;
    const bool taken = fingerprint(operation.output) == answer.answer;
    answers.truth = answers.truth || taken;
    answers.denied = answers.denied || !taken;
  }
  AnswersJudgement result;
  for (std::uint32_t i = 0; i < all.size(); ++i) {
    const bool ok = record.operations[i].outcome == Outcome::ok;
    result.contested += all[i].differ ? 1u : 0u;
    result.undecided += all[i].differ && !ok ? 1u : 0u;
    if (all[i].truth || !all[i].denied) continue;
    ++result.deceived;
    if (!result.first_deceived) result.first_deceived = i;
  }
  return result;
}

}  // namespace sim
