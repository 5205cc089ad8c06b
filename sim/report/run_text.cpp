#include "sim/report/run_text.hpp"

#include <string_view>

#include <fmt/format.h>

#include "sim/kernel/printable.hpp"
#include "sim/report/labelled_lines.hpp"
#include "sim/report/plain_numbers.hpp"
#include "sim/scenario/units.hpp"

namespace sim {
namespace {

using Report = LabelledLines;

std::string count(std::uint64_t n, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", n, n == 1 ? one : many);
}

void banner(Report& out, const Scenario& s, const RunResult& r) {
  const auto& setup = s.setup;
  out.plain(fmt::format("{}: {}, seed {}", printable(s.name), s.protocol, r.seed));
  out.line("", fmt::format("{} and {}, service {}, {} of faults and load, then {} to settle",
                           count(setup.replicas, "replica", "replicas"),
                           count(setup.clients.options.count, "client", "clients"), s.service->name,
                           to_text(setup.duration), to_text(setup.settle)));
  if (!s.about.empty()) out.line("", s.about);
  out.plain("");
}

void clients(Report& out, const RunResult& r) {
  const auto& o = r.operations;
  std::string text = fmt::format("{}: {} answered", count(o.invoked, "operation", "operations"), o.ok);
  if (o.pending > 0)
    text += fmt::format(", {} without an answer in time (may or may not have happened)", o.pending);
  if (o.failed > 0) text += fmt::format(", {} failed", o.failed);
  out.line("clients", text);
  if (r.latency_ms.p50) {
    const auto ms = [](const std::optional<double>& v) { return time_text(v.value_or(0) / 1e3); };
    out.line("latency", fmt::format("{} in the median, {} at the 99th percentile, {} at most",
                                    ms(r.latency_ms.p50), ms(r.latency_ms.p99), ms(r.latency_ms.max)));
  }
  const auto& a = r.availability;
  std::string available = fmt::format("{} % of the time", percent_text(a.fraction));
  if (a.outages > 0) {
    available += fmt::format("; {}, the longest {}", count(a.outages, "outage", "outages"),
                             time_text(a.longest_outage_s));
  }
  out.line("available", available);
  using enum ProgressJudgement::Verdict;
  const auto& p = r.progress;
  if (p.verdict == stopped) out.line("progress", "NONE: " + p.story);
  if (p.verdict == held) {
    out.line("progress", fmt::format("operations were answered after the last fault; the longest wait was {}",
                                     time_text(p.longest_wait_s)));
  }
  if (p.verdict == unknown && p.within_s) out.line("progress", "not judged: " + p.story);
}

void safety(Report& out, const RunResult& r) {
  switch (r.linearizability.verdict) {
    case Verdict::linearizable:
      out.line("linearizable", "yes: clients saw what one copy would have shown them");
      break;
    case Verdict::violation:
      out.line("linearizable", "NO, clients saw what one copy can't have shown them");
      if (!r.linearizability.story.empty()) out.line("", r.linearizability.story);
      break;
    case Verdict::unknown: out.line("linearizable", "UNDECIDED"); break;
  }
  const auto& d = r.divergence;
  if (d.diverged) {
    out.line("replicas",
             fmt::format("DIVERGED: they differ at the end{}{}; differed for {} in all",
                         d.first_index ? fmt::format(", first at update {}", *d.first_index) : "",
                         d.cause ? fmt::format(" (cause: {})", *d.cause) : "", time_text(d.seconds)));
  } else {
    out.line("replicas", d.seconds > 0
                             ? fmt::format("agree at the end, but differed for {}", time_text(d.seconds))
                             : std::string("agree at the end"));
  }
  const auto& b = r.split_brain;
  out.line("split brain",
           b.episodes == 0
               ? std::string("none")
               : fmt::format("{}, {} in all, {} HARMFUL (both primaries acknowledged)",
                             count(b.episodes, "episode", "episodes"), time_text(b.seconds), b.harmful));
  out.line("lost writes", r.lost_writes.count == 0
                              ? std::string("none")
                              : fmt::format("LOST: {}", count(r.lost_writes.count, "acknowledged write",
                                                              "acknowledged writes")));
}

void consensus(Report& out, const RunResult& r) {
  const auto& c = r.consensus;
  if (!c.agreement) return;
  if (r.consensus_broken()) {
    out.line("consensus", "BROKEN: " + c.story);
  } else {
    out.line("consensus", fmt::format("{} decided alike by all, validly{}", count(c.slots, "slot", "slots"),
                                      c.termination == false ? "; NOT by every replica that is up" : ""));
  }
}

void answers(Report& out, const RunResult& r) {
  const auto& a = r.answers;
  if (a.deceived > 0) {
    out.line("answers",
             fmt::format(
                 "{} DECEIVED: only Byzantine replicas gave the answer that was taken, against a correct one",
                 count(a.deceived, "client was", "clients were")));
  } else if (a.contested > 0) {
    out.line("answers", fmt::format("replicas contradicted each other on {}; {} never settled",
                                    count(a.contested, "operation", "operations"), a.undecided));
  }
}

void machinery(Report& out, const RunResult& r) {
  if (r.failover.count > 0) {
    out.line("failover",
             fmt::format("{}, {} in the mean, {} at most", count(r.failover.count, "time", "times"),
                         time_text(r.failover.mean_s.value_or(0)), time_text(r.failover.max_s.value_or(0))));
  }
  const auto& d = r.detector;
  if (d.false_suspicions + d.detections > 0) {
    std::string text = count(d.false_suspicions, "false suspicion", "false suspicions");
    if (d.mistake_seconds > 0) text += fmt::format(" ({} mistaken)", time_text(d.mistake_seconds));
    text += fmt::format(", {} detected", count(d.detections, "crash", "crashes"));
    if (d.mean_detection_s) text += fmt::format(" after {} in the mean", time_text(*d.mean_detection_s));
    out.line("detector", text);
  }
  const auto& m = r.messages;
  std::string text = fmt::format("{} sent, {} delivered, {} lost", m.sent, m.delivered, m.lost);
  if (m.duplicated > 0) text += fmt::format(", {} duplicated by the network", m.duplicated);
  out.line("messages", text);
  if (r.cost.messages_per_operation && r.cost.delays_per_operation) {
    out.line("cost", fmt::format("{} messages and {} one-way delays per operation",
                                 three_digits(*r.cost.messages_per_operation),
                                 three_digits(*r.cost.delays_per_operation)));
  }
  out.line("run", fmt::format("{} events in {} of virtual time, digest {:016x}", r.events,
                              time_text(r.virtual_seconds), r.digest));
}

void expectations(Report& out, const RunResult& r) {
  if (r.expectations.empty()) return;
  std::string_view label = "expected";
  for (const auto& e : r.expectations) {
    const std::string what = fmt::format("{} = {}", printable(e.path), shown(e.expected));
    out.line(label,
             e.held ? "held   " + what : fmt::format("FAILED {}, but it is {}", what, shown(e.actual)));
    label = "";
  }
}

}  // namespace

std::string run_text(const Scenario& scenario, const RunResult& result, std::size_t width) {
  Report out(width);
  banner(out, scenario, result);
  clients(out, result);
  safety(out, result);
  consensus(out, result);
  answers(out, result);
  machinery(out, result);
  expectations(out, result);
  if (!result.error.empty()) {
    const bool memory = result.error == "too much memory";
    out.line("STOPPED",
             fmt::format("{}: the run was cut short at {} events; \"{}\" in the scenario, {}, sets "
                         "the bound",
                         result.error, result.events, memory ? "max_memory" : "max_events",
                         memory ? memory_text(scenario.setup.max_memory)
                                : std::to_string(scenario.setup.max_events)));
  }
  return std::move(out).result();
}

}  // namespace sim
