#include "sim/check/lost_writes.hpp"

#include <algorithm>

#include "sim/check/changes.hpp"
#include "sim/check/node_lives.hpp"

namespace sim {
namespace {

// The version of each replica when the run ends.
std::vector<Version> final_versions(const Record& record) {
  std::vector<Version> versions(record.replicas);
  for (const auto& move : record.moves) versions[move.node.value] = move.to;
  return versions;
}

// Which operations are in the past of some replica that should hold the state.
std::vector<char> executed(const Record& record, const Concerned& concerned) {
  const auto versions = final_versions(record);
  std::vector<char> seen(record.versions.size(), 0);
  std::vector<char> kept(record.operations.size(), 0);
  for (std::uint16_t i = 0; i < record.replicas; ++i) {
    if (!concerned.contains(NodeId{i})) continue;
    for (std::uint32_t v = versions[i].id; v != 0 && seen[v] == 0; v = record.versions[v].parent.id) {
      seen[v] = 1;
      if (const auto operation = record.find(record.versions[v].request)) kept[*operation] = 1;
    }
  }
  return kept;
}

}  // namespace

LostWritesJudgement judge_lost_writes(const Record& record, std::size_t enough) {
  LostWritesJudgement result;
  const Concerned concerned = concerned_at_end(record);
  const auto kept = executed(record, concerned);
  std::vector<char> held(record.operations.size(), 0);
  for (const auto& holding : record.held) {
    if (concerned.contains(holding.by)) held[holding.operation] = 1;
  }
  std::size_t telling = 0;
  for (std::uint16_t i = 0; i < record.replicas; ++i) telling += concerned.tells(NodeId{i}) ? 1u : 0u;
  const bool known = telling >= std::max<std::size_t>(enough, 1);
  for (std::uint32_t i = 0; i < record.operations.size(); ++i) {
    if (kept[i] != 0 || !changed_something(record.operations[i])) continue;
    (held[i] != 0 ? result.held : known ? result.operations : result.unknown).push_back(i);
  }
  return result;
}

}  // namespace sim
