#include "sim/check/progress.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "sim/check/node_lives.hpp"

namespace sim {
namespace {

// A stretch in which operations of one kind waited and none was answered.
struct Silence {
  Time begin{};
  Duration waited{};
  std::uint32_t operations = 0;          // that waited meanwhile
  std::optional<std::uint32_t> first{};  // the one that was called first
};

struct Change {
  Time at;
  std::uint32_t operation;
  bool called;  // or returned, or given up
};

// Operations of one kind that were called since `since`, and those that waited then if clients go on asking
// for them: their calls (not before `since`) and ends in order of time.
std::vector<Change> changes_of(const Record& record, const ProgressRules& rules, Time since, bool reads) {
  std::vector<Change> all;
  for (std::uint32_t place = 0; place < record.operations.size(); ++place) {
    const Operation& op = record.operations[place];
    const bool returned = op.outcome != Outcome::pending;
    const Time end = returned ? op.ret : std::min(op.call + rules.client_timeout, record.end);
    const bool waited = rules.clients_ask_again && op.call < since && end > since;
    if ((op.action == Action::read) != reads || (op.call < since && !waited)) continue;
    all.push_back({std::max(op.call, since), place, true});
    all.push_back({end, place, false});
  }
  std::ranges::stable_sort(all, {}, &Change::at);
  return all;
}

struct Service {
  Silence longest{};
  bool answered = false;
  bool asked = false;
};

Service service_of(const Record& record, const ProgressRules& rules, Time since, bool reads) {
  Service service;
  Silence now{.begin = since};
  std::vector<std::uint32_t> waiting;
  Time last = since;
  const auto all = changes_of(record, rules, since, reads);
  service.asked = !all.empty();
  for (auto change = all.begin(); change != all.end();) {
    const Time at = change->at;
    if (!waiting.empty()) now.waited += at - last;
    if (now.waited > service.longest.waited) service.longest = now;
    last = at;
    bool answered = false;
    for (; change != all.end() && change->at == at; ++change) {
      if (change->called) {
        waiting.push_back(change->operation);
        ++now.operations;
        if (!now.first) now.first = change->operation;
        continue;
      }
      std::erase(waiting, change->operation);
      answered = answered || record.operations[change->operation].outcome == Outcome::ok;
    }
    if (!answered) continue;
    service.answered = true;
    now = {.begin = at, .operations = static_cast<std::uint32_t>(waiting.size())};
    if (!waiting.empty()) now.first = waiting.front();
  }
  return service;
}

std::string replicas_text(const std::vector<std::uint16_t>& nodes) {
  return fmt::format("{} {}", nodes.size() == 1 ? "replica" : "replicas", fmt::join(nodes, ", "));
}

// Whether so many members ran at any time; one that came back doesn't count for a while.
bool memories_kept(const Record& record, const NodeSet& members, const ProgressRules& rules) {
  std::vector<Time> counts_from(record.replicas);
  for (std::uint16_t i = 0; i < record.replicas; ++i) {
    const bool counts = members.contains(NodeId{i}) && !record.byzantine.contains(NodeId{i});
    counts_from[i] = counts ? Time{} : kNever;
  }
  for (const auto& change : record.lives) {
    Time& from = counts_from[change.node.value];
    if (record.byzantine.contains(change.node) || !members.contains(change.node)) continue;
    if (change.life == Record::Life::down) from = kNever;
    if (change.life != Record::Life::down && from == kNever) from = change.at + rules.within;
    if (change.life != Record::Life::down) continue;
    const auto running =
        std::ranges::count_if(counts_from, [&](Time counted) { return counted <= change.at; });
    if (static_cast<std::size_t>(running) < rules.running) return false;
  }
  return true;
}

// A change of the members that is under way, or will never be complete, may need a majority of the new ones.
bool most_of_the_ordered_run(const Record& record) {
  const NodeLives lives = at_end(record);
  return std::ranges::all_of(record.orders, [&](const Record::Ordered& order) {
    const auto running = std::ranges::count_if(order.members, [&](NodeId id) { return lives.up(id); });
    return order.successor || 2 * static_cast<std::size_t>(running) > order.members.size();
  });
}

// Why the protocol promises nothing in this run; empty when it does.
std::string void_because(const Record& record, const ProgressRules& rules) {
  const NodeSet members = members_at_end(record);
  const Concerned concerned = concerned_at_end(record);
  std::size_t running = 0;
  for (std::uint16_t i = 0; i < record.replicas; ++i) running += concerned.contains(NodeId{i}) ? 1u : 0u;
  if (!most_of_the_ordered_run(record))
    return "too few of the replicas that were ordered to be members "
           "run";
  if (running < rules.running) {
    return fmt::format("{} of {} correct members run, but the protocol needs {}", running, members.size(),
                       rules.running);
  }
  if (!record.byzantine.empty() && !rules.despite_liars) return "a replica was Byzantine";
  if (!record.untold.empty() && !rules.untold) return "a crash was reported to nobody";
  if (rules.on_disk && !record.lost_disk.empty()) return "a replica lost its disk";
  if (!rules.on_disk && !memories_kept(record, members, rules))
    return "too many replicas had lost their state at the same time";
  constexpr std::int64_t kTenth = 100'000'000;  // ns a second
  if (record.clock_drift > kTenth || record.clock_jump > rules.within / 4) return "a clock was wrong";
  return "";
}

std::string_view role_name(Role role) {
  constexpr std::array<std::string_view, 4> names{"none", "backup", "candidate", "primary"};
  return names[static_cast<std::size_t>(role)];
}

// Each replica's own idea of its role when the run ends.
std::string roles_text(const Record& record) {
  std::vector<Record::RoleChange> last(record.replicas);
  for (const auto& change : record.roles) last[change.node.value] = change;
  const NodeLives lives = at_end(record);
  std::vector<std::string> parts;
  std::vector<std::uint16_t> plain, down;
  for (std::uint16_t i = 0; i < record.replicas; ++i) {
    const auto& [at, node, role, term] = last[i];
    if (record.byzantine.contains(NodeId{i})) continue;
    if (!lives.up(NodeId{i})) {
      down.push_back(i);
    } else if (role == Role::none) {
      plain.push_back(i);
    } else {
      const std::string when = term == 0 ? "" : fmt::format(" of term {}", term);
      parts.push_back(fmt::format("replica {} is {}{}", i, role_name(role), when));
    }
  }
  if (!plain.empty())
    parts.push_back(fmt::format("{} up", replicas_text(plain) + (plain.size() == 1 ? " is" : " are")));
  if (!down.empty())
    parts.push_back(fmt::format("{} down", replicas_text(down) + (down.size() == 1 ? " is" : " are")));
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::string story_of(const Record& record, const ProgressRules& rules, const Silence& silence, bool reads) {
  const auto s = [](Duration d) { return fmt::format("{:.4g} s", seconds(d)); };
  const Operation& op = record.operations[*silence.first];
  return fmt::format(
      "from {} on no {} was answered in {} of waiting, though the bound after the last fault is {}: {} {} "
      "waited, the first of client {} since {}; at the end {}",
      s(silence.begin - Time{}), reads ? "read" : "update", s(silence.waited), s(rules.within),
      silence.operations, silence.operations == 1 ? "operation" : "operations", op.client.value,
      s(op.call - Time{}), roles_text(record));
}

}  // namespace

std::string_view name_of(ProgressJudgement::Verdict verdict) {
  switch (verdict) {
    case ProgressJudgement::Verdict::held: return "held";
    case ProgressJudgement::Verdict::stopped: return "stopped";
    case ProgressJudgement::Verdict::unknown: break;
  }
  return "unknown";
}

ProgressJudgement judge_progress(const Record& record, const std::optional<ProgressRules>& rules) {
  ProgressJudgement result{.since = record.disturbed_until};
  const auto unknown = [&](std::string why) {
    result.why = std::move(why);
    return result;
  };
  if (!rules) return unknown("the protocol states no bound under these conditions");
  if (auto why = void_because(record, *rules); !why.empty()) return unknown(std::move(why));
  bool asked = false, answered = false;
  for (const bool reads : {false, true}) {
    const Service service = service_of(record, *rules, result.since, reads);
    asked = asked || service.asked;
    answered = answered || service.answered;
    result.longest = std::max(result.longest, service.longest.waited);
    if (service.longest.waited < rules->within || !result.why.empty()) continue;
    result.verdict = ProgressJudgement::Verdict::stopped;
    result.why = story_of(record, *rules, service.longest, reads);
  }
  if (result.verdict == ProgressJudgement::Verdict::stopped) return result;
  if (!asked) return unknown("no operation was called, or asked again, after the last fault");
  if (!answered) {
    return unknown(
        fmt::format("operations waited for {:.4g} s after the last fault, but the bound is {:.4g} s",
                    seconds(result.longest), seconds(rules->within)));
  }
  result.verdict = ProgressJudgement::Verdict::held;
  return result;
}

}  // namespace sim
