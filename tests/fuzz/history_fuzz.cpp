// A fuzz target for the readers of histories and for the judge: whatever the bytes are, a history is read or
// refused with a HistoryError; one that is read is written and read back equal, and all judges that apply
// agree on it. Built with libFuzzer (clang) by fuzz.sh; the kept corpus is replayed by a test.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <sstream>
#include <string>
#include <string_view>

#include "sim/check/depth_first.hpp"
#include "sim/check/linearizability.hpp"
#include "sim/history/history.hpp"
#include "tests/fuzz/history_fuzz.hpp"

namespace fuzz {
namespace {

using namespace sim;

// In release builds, too.
void insist(bool holds) {
  if (!holds) std::abort();
}

void judge(const History& history, Model model) {
  const Value initial = history.initial.value_or(initial_value(model));
  const LinearizabilityBudget budget{.steps = 200'000};
  LinearizabilityResult result;
  try {
    result = check_linearizability(history.operations, model, initial, budget);
  } catch (const std::invalid_argument&) {
    return;  // actions that the model doesn't have
  }
  const Verdict quick = linearizability_verdict(history.operations, model, initial, budget);
  insist(quick == result.verdict || quick == Verdict::unknown || result.verdict == Verdict::unknown);
  insist((result.verdict == Verdict::violation) == !result.witness.empty());
  std::vector<std::uint32_t> places;
  for (std::uint32_t i = 0; i < history.operations.size(); ++i) {
    if (history.operations[i].key != history.operations.front().key) return;
    places.push_back(i);
  }
  if (history.operations.size() > 40 || model == Model::counter || model == Model::set) return;
  const DepthFirst found = search_depth_first(history.operations, places, model, initial, 20'000);
  insist(found.verdict == result.verdict || found.verdict == Verdict::unknown ||
         result.verdict == Verdict::unknown);
}

}  // namespace

void try_history(std::string_view bytes) {
  History history;
  try {
    std::istringstream in{std::string(bytes)};
    history = read_history(in, "fuzz");
  } catch (const HistoryError&) {
    return;
  }
  if (!history.times_are_lines) {
    std::stringstream copy;
    write_jsonl(copy, history);
    insist(read_history(copy, "copy") == history);
  }
  if (history.operations.size() > 200) return;  // slow rather than wrong
  if (history.model) judge(history, *history.model);
}

}  // namespace fuzz

#ifdef REPSIM_LIBFUZZER
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::try_history({reinterpret_cast<const char*>(data), size});
  return 0;
}
#endif
