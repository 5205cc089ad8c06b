#include "sim/report/result_words.hpp"

#include "sim/check/divergence.hpp"
#include "sim/check/progress.hpp"
#include "sim/linearizability/verdict.hpp"
#include "sim/protocol/plan.hpp"
#include "sim/report/run_result.hpp"

namespace sim {

std::vector<std::string> words_at(std::string_view pointer) {
  std::vector<std::string> words;
  if (pointer == "/linearizability/verdict") {
    for (const Verdict v : {Verdict::linearizable, Verdict::violation, Verdict::unknown})
      words.emplace_back(verdict_name(v));
  } else if (pointer == "/progress/verdict") {
    using enum ProgressJudgement::Verdict;
    for (const auto v : {held, stopped, unknown}) words.emplace_back(name_of(v));
  } else if (pointer == "/divergence/cause") {
    using enum DivergenceCause;
    for (const auto c : {nondeterminism, split_brain, missed_while_down, order, loss})
      words.emplace_back(name_of(c));
  } else if (pointer == "/protocol") {
    for (const ProtocolEntry& entry : protocols()) words.emplace_back(entry.name);
  } else if (pointer == "/error") {
    words = {std::string(kTooManyEvents), std::string(kTooMuchMemory)};
  }
  return words;
}

}  // namespace sim
