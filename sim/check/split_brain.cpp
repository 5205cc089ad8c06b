#include "sim/check/split_brain.hpp"

#include <algorithm>
#include <optional>
#include <span>
#include <vector>

#include "sim/check/lost_writes.hpp"
#include "sim/check/node_lives.hpp"
#include "sim/check/split_brain_harm.hpp"

namespace sim {
namespace {

bool two_answered(const Record& record, const SplitBrainEpisode& episode, std::span<const NodeId> primaries) {
  const auto& all = record.acknowledgements;
  auto a = std::ranges::lower_bound(all, episode.begin, {}, &Record::Acknowledgement::at);
  const NodeId* first = nullptr;
  for (; a != all.end() && a->at <= episode.end; ++a) {
    if (std::ranges::find(primaries, a->by) == primaries.end()) continue;
    if (first != nullptr && *first != a->by) return true;
    first = &a->by;
  }
  return false;
}

// Since when a node, running or paused, has believed itself primary, as it does at `until`.
Time reign_of(const Record& record, NodeId node, Time until) {
  Time since = kNever;
  for (const auto& change : record.roles) {
    if (change.at > until) break;
    if (change.node != node) continue;
    if (change.role != Role::primary) since = kNever;
    if (change.role == Role::primary && since == kNever) since = change.at;
  }
  return since;
}

// Since when two nodes have. A paused one doesn't act, but goes on as primary when it wakes up.
Time two_reign_since(const Record& record, const SplitBrainEpisode& episode,
                     std::span<const NodeId> primaries) {
  std::vector<Time> since;
  for (const NodeId p : primaries) since.push_back(reign_of(record, p, episode.begin));
  std::ranges::sort(since);
  return since.size() < 2 ? episode.begin : std::min(since[1], episode.begin);
}

// Whether an update is lost at the end that a client took for done when one of the primaries answered it,
// while two held the role.
bool robbed(const Record& record, const SplitBrainEpisode& episode, std::span<const NodeId> primaries,
            std::span<const std::uint32_t> lost) {
  const auto& all = record.acknowledgements;
  const Time begin = lost.empty() ? episode.begin : two_reign_since(record, episode, primaries);
  auto a = std::ranges::lower_bound(all, begin, {}, &Record::Acknowledgement::at);
  for (; a != all.end() && a->at <= episode.end; ++a) {
    if (std::ranges::binary_search(lost, a->operation) && a->at <= record.operations[a->operation].ret &&
        std::ranges::find(primaries, a->by) != primaries.end())
      return true;
  }
  return false;
}

struct Found {
  SplitBrainEpisode episode;
  std::vector<NodeId> primaries;  ///< That acted in it, in order of time; one may come twice.
};

std::vector<Found> find_episodes(const Record& record) {
  std::vector<Found> found;
  std::vector<NodeId> acting;     // now
  std::vector<NodeId> primaries;  // that acted in the episode under way
  Time begin{};
  const auto close = [&](Time end) {
    if (end > begin) found.push_back({{begin, end}, primaries});
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
  return found;
}

}  // namespace

std::vector<SplitBrainEpisode> split_brain_episodes(const Record& record) {
  std::vector<SplitBrainEpisode> episodes;
  for (const Found& found : find_episodes(record)) episodes.push_back(found.episode);
  return episodes;
}

SplitBrainJudgement judge_split_brain(const Record& record, std::size_t enough) {
  SplitBrainJudgement result;
  const auto found = find_episodes(record);
  if (found.empty()) return result;
  std::optional<SplitBrainHarm> harm;  // takes time: nearly no episode needs it
  const auto closer = [&]() -> const SplitBrainHarm& { return harm ? *harm : harm.emplace(record); };
  const auto lost = judge_lost_writes(record, enough).operations;
  for (std::size_t i = 0; i < found.size(); ++i) {
    auto [episode, primaries] = found[i];
    const Time next = i + 1 < found.size() ? found[i + 1].episode.begin : record.end;
    episode.harmful = robbed(record, episode, primaries, lost) ||
                      (!lost.empty() && closer().robbed(episode, next, primaries, lost)) ||
                      (two_answered(record, episode, primaries) && closer().harmful(episode, primaries));
    result.seconds += seconds(episode.end - episode.begin);
    result.harmful += episode.harmful ? 1 : 0;
    result.episodes.push_back(episode);
  }
  return result;
}

}  // namespace sim
