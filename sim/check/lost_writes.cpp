#include "sim/check/lost_writes.hpp"

#include "sim/check/node_lives.hpp"

namespace sim {
namespace {

bool wrote(const Operation& op) {
  if (op.outcome != Outcome::ok || op.action == Action::read) return false;
  return op.action != Action::cas || op.output == Value{std::int64_t{1}};
}

// Which version each replica stands at when the run ends.
std::vector<Version> final_versions(const Record& record) {
  std::vector<Version> versions(record.replicas);
  for (const auto& move : record.moves) versions[move.node.value] = move.to;
  return versions;
}

}  // namespace

LostWritesJudgement judge_lost_writes(const Record& record) {
  LostWritesJudgement result;
  const NodeLives lives = at_end(record);
  const auto versions = final_versions(record);
  std::vector<char> seen(record.versions.size(), 0);
  std::vector<char> kept(record.operations.size(), 0);
  bool any_up = false;
  for (std::uint16_t i = 0; i < record.replicas; ++i) {
    if (!lives.up(NodeId{i})) continue;
    any_up = true;
    for (std::uint32_t v = versions[i].id; v != 0 && seen[v] == 0; v = record.versions[v].parent.id) {
      seen[v] = 1;
      const RequestId request = record.versions[v].request;
      if (const auto operation = record.find(request)) kept[*operation] = 1;
    }
  }
  if (!any_up) return result;
  for (std::uint32_t i = 0; i < record.operations.size(); ++i) {
    if (kept[i] == 0 && wrote(record.operations[i])) result.operations.push_back(i);
  }
  return result;
}

}  // namespace sim
