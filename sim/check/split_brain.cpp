#include "sim/check/split_brain.hpp"

#include <algorithm>
#include <optional>
#include <span>
#include <utility>

#include "sim/check/node_lives.hpp"

namespace sim {
namespace {

// Acknowledgements that stand on one node's word alone, each operation's first. What several nodes say they
// need not have decided each for itself: replicas that vote, or a primary that says again what another has
// said.
std::vector<Record::Acknowledgement> sole_words(const Record& record) {
  constexpr std::uint32_t kNoNode = 0xffff'ffff, kSeveralNodes = 0xffff'fffe;
  std::vector<std::uint32_t> by;  // operation -> who acknowledged it
  for (const auto& a : record.acknowledgements) {
    if (a.operation >= by.size()) by.resize(a.operation + std::size_t{1}, kNoNode);
    std::uint32_t& whose = by[a.operation];
    whose = whose == kNoNode || whose == a.by.value ? a.by.value : kSeveralNodes;
  }
  std::vector<Record::Acknowledgement> sole;
  for (const auto& a : record.acknowledgements) {
    if (std::exchange(by[a.operation], kSeveralNodes) == a.by.value) sole.push_back(a);
  }
  return sole;
}

// An acknowledgement at the instant at which the episode ends counts: the primary gave it before it stepped
// down.
bool two_acknowledged(std::span<const Record::Acknowledgement> all, const SplitBrainEpisode& episode,
                      std::span<const NodeId> primaries) {
  auto a = std::ranges::lower_bound(all, episode.begin, {}, &Record::Acknowledgement::at);
  const NodeId* first = nullptr;
  for (; a != all.end() && a->at <= episode.end; ++a) {
    if (std::ranges::find(primaries, a->by) == primaries.end()) continue;
    if (first != nullptr && *first != a->by) return true;
    first = &a->by;
  }
  return false;
}

}  // namespace

SplitBrainJudgement judge_split_brain(const Record& record) {
  SplitBrainJudgement result;
  std::vector<NodeId> acting;     // now
  std::vector<NodeId> primaries;  // that acted in the episode under way
  Time begin{};
  std::optional<std::vector<Record::Acknowledgement>> words;
  const auto close = [&](Time end) {
    SplitBrainEpisode episode{begin, end};
    if (end == begin) return;
    if (!words) words = sole_words(record);
    episode.harmful = two_acknowledged(*words, episode, primaries);
    result.seconds += seconds(end - begin);
    result.harmful += episode.harmful ? 1 : 0;
    result.episodes.push_back(episode);
  };
  const auto changes = acting_primaries(record);
  for (std::size_t i = 0; i < changes.size();) {
    const Time now = changes[i].at;
    const bool was_split = acting.size() >= 2;
    for (; i < changes.size() && changes[i].at == now; ++i) {
      if (!changes[i].acting) std::erase(acting, changes[i].node);
      if (changes[i].acting) acting.push_back(changes[i].node);
      if (changes[i].acting && was_split) primaries.push_back(changes[i].node);
    }
    const bool is_split = acting.size() >= 2;
    if (was_split && !is_split) close(now);
    if (was_split || !is_split) continue;
    begin = now;
    primaries = acting;
  }
  if (acting.size() >= 2) close(record.end);
  return result;
}

}  // namespace sim
