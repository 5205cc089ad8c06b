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
  if (o.invoked == 0) return;  // a lesson in agreement has no clients
  std::string text = fmt::format("{}: {} answered", count(o.invoked, "operation", "operations"), o.ok);
  if (o.pending > 0)
    text += fmt::format(", {} not answered in time (may or may not have happened)", o.pending);
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
    available += fmt::format("; {} of more than {}, the longest {}", count(a.outages, "outage", "outages"),
                             time_text(a.outage_after_s), time_text(a.longest_outage_s));
  }
  out.line("available", available);
  if (r.latency_ms.p50 && a.outage_after_s * 1e3 < *r.latency_ms.p50) {
    out.line("", fmt::format("WARNING: outage_after ({}) is shorter than the median latency, so ordinary "
                             "waiting counts as an outage",
                             time_text(a.outage_after_s)));
  }
  using enum ProgressJudgement::Verdict;
  const auto& p = r.progress;
  if (p.verdict == stopped) out.line("progress", "NONE: " + p.story);
  if (p.verdict == held) {
    out.line("progress", fmt::format("operations were answered after the last fault; the longest wait was {}",
                                     time_text(p.longest_wait_s)));
  }
  if (p.verdict == unknown && p.within_s) out.line("progress", "not judged: " + p.story);
}

void linearizability(Report& out, const RunResult& r) {
  if (r.operations.invoked == 0) return;
  switch (r.linearizability.verdict) {
    case Verdict::linearizable:
      out.line("linearizable", "yes: a single copy could have given these answers");
      break;
    case Verdict::violation:
      out.line("linearizable", "NO: no single copy could have given these answers");
      if (!r.linearizability.story.empty()) out.line("", r.linearizability.story);
      break;
    case Verdict::unknown: out.line("linearizable", "UNDECIDED"); break;
  }
}

void replicas(Report& out, const RunResult& r) {
  const auto& d = r.divergence;
  if (d.diverged && d.seconds == 0) {
    out.line("replicas",
             fmt::format("LEFT BEHIND: none went another way, but not all hold the same at the end{}{}",
                         d.first_index ? fmt::format(", first at update {}", *d.first_index) : "",
                         d.cause ? fmt::format(" (cause: {})", *d.cause) : ""));
  } else if (d.diverged) {
    out.line("replicas",
             fmt::format("DIVERGED: they differ at the end{}{}; differed for {} in all",
                         d.first_index ? fmt::format(", first at update {}", *d.first_index) : "",
                         d.cause ? fmt::format(" (cause: {})", *d.cause) : "", time_text(d.seconds)));
  } else if (r.operations.invoked > 0 && d.compared < 2) {
    out.line("replicas", d.compared == 0
                             ? "not compared: none runs at the end, a fault outlasts the run, the run was "
                               "cut short, or the protocol lets them differ"
                             : "only one member runs at the end, so there is nothing to compare");
  } else if (r.operations.invoked > 0) {
    std::string text = "hold equal states at the end";
    if (d.lagging > 0)
      text = fmt::format("agree as far as they got; {} behind, not yet too long",
                         count(d.lagging, "replica lags", "replicas lag"));
    if (d.seconds > 0) text += fmt::format(", but differed for {}", time_text(d.seconds));
    out.line("replicas", text);
  }
}

void split_brain(Report& out, const RunResult& r) {
  const auto& b = r.split_brain;
  if (b.episodes == 0) return out.line("split brain", "none");
  const std::string harm =
      b.harmful == 0 ? std::string(r.error.empty() ? "none harmful" : "none seen to be harmful")
                     : fmt::format("{} HARMFUL (clients got conflicting answers or lost writes)", b.harmful);
  out.line("split brain", fmt::format("{}, {} in all, {}", count(b.episodes, "episode", "episodes"),
                                      time_text(b.seconds), harm));
}

void lost_writes(Report& out, const RunResult& r) {
  if (r.operations.invoked == 0) return;
  const auto& l = r.lost_writes;
  const auto writes = [](std::uint64_t n) { return count(n, "acknowledged write", "acknowledged writes"); };
  std::string text = l.count > 0 ? "LOST: " + writes(l.count) : l.unknown > 0 ? "none known" : "none";
  if (l.held > 0) text += fmt::format("; {} held by running replicas, not executed (yet)", writes(l.held));
  if (l.unknown > 0)
    text += fmt::format("; {} of unknown fate: {}", writes(l.unknown),
                        r.error.empty() ? "too few replicas run to tell" : "the run was cut short");
  out.line("lost writes", text);
}

void safety(Report& out, const RunResult& r) {
  linearizability(out, r);
  replicas(out, r);
  split_brain(out, r);
  lost_writes(out, r);
}

void consensus(Report& out, const RunResult& r) {
  const auto& c = r.consensus;
  if (!c.agreement) return;
  if (r.consensus_broken()) return out.line("consensus", "BROKEN: " + c.story);
  std::string text = fmt::format("{} decided, with agreement and validity", count(c.slots, "slot", "slots"));
  if (c.slots == 0) text = "nothing decided";
  if (c.undecided > 0 && c.slots > 0) {
    text = fmt::format("{} decided with agreement; {} of {} running replicas had not decided slot {}",
                       count(c.slots, "slot", "slots"), c.undecided, c.running, c.highest_slot);
  }
  out.line("consensus", text);
}

void answers(Report& out, const RunResult& r) {
  const auto& a = r.answers;
  if (a.deceived > 0) {
    out.line("answers", fmt::format("{} answered with a LIE: a correct replica had given another answer",
                                    count(a.deceived, "operation was", "operations were")));
  } else if (a.contested > 0) {
    const bool fits = r.linearizability.verdict == Verdict::linearizable;
    out.line(
        "answers",
        fmt::format("replicas gave different answers to {}; clients took one of them in {}{}, none in {}",
                    count(a.contested, "operation", "operations"), a.contested - a.undecided,
                    fits ? " (linearizable: what they took fits)" : "", a.undecided));
  }
}

void leaders(Report& out, const RunResult& r) {
  const auto& f = r.failover;
  if (f.count + f.unfinished > 0) {
    std::string text;
    if (f.count > 0) {
      text = count(f.count, "time", "times");
      text += fmt::format(", {} in the mean, {} at most", time_text(f.mean_s.value_or(0)),
                          time_text(f.max_s.value_or(0)));
      if (f.stable_mean_s && *f.stable_mean_s > *f.mean_s)
        text += fmt::format("; {} in the mean until a primary that lasted", time_text(*f.stable_mean_s));
    }
    if (f.unfinished > 0) {
      if (!text.empty()) text += "; ";
      text += "NOT OVER when the run ended";
      if (f.waited_s) text += fmt::format(", {} after the crash", time_text(*f.waited_s));
      text += ": no replica acts as primary";
    }
    if (f.vain_terms > 0) text += fmt::format("; {} passed in vain", count(f.vain_terms, "term", "terms"));
    out.line("failover", text);
  }
  const auto& p = r.primary;
  if (p.without_s.value_or(0) > 0 || p.changes.value_or(0) > 0) {
    std::string text = p.changes.value_or(0) == 0 ? "never changed" : count(*p.changes, "change", "changes");
    if (p.needless.value_or(0) > 0)
      text += fmt::format(", {} of them needless (the old primary was up and connected)", *p.needless);
    if (p.without_s.value_or(0) > 0)
      text += fmt::format("; {} without one that could reach the others, {} at most", time_text(*p.without_s),
                          time_text(p.longest_without_s.value_or(0)));
    out.line("primary", text);
  }
}

void orders(Report& out, const RunResult& r) {
  const std::size_t orders = r.orders.notes.size() - r.orders.without_effect;  // behind them, idle faults
  for (std::size_t i = 0; i < r.orders.notes.size(); ++i)
    out.line(i == 0 && orders > 0 ? "orders" : i == orders ? "faults" : "", r.orders.notes[i]);
}

void machinery(Report& out, const RunResult& r) {
  const auto& d = r.detector;
  if (d.false_suspicions + d.detections > 0) {
    std::string text = d.false_suspicions == 0
                           ? std::string("no false suspicions")
                           : count(d.false_suspicions, "false suspicion", "false suspicions");
    if (d.mistake_seconds > 0) {  // also for replicas that were rightly suspected, and are back
      const std::string_view who =
          d.false_suspicions == 0 ? "but restarted replicas stayed" : "running replicas were";
      text += fmt::format(" ({} suspected for {})", who, time_text(d.mistake_seconds));
    }
    text += fmt::format(", {} detected", count(d.detections, "crash", "crashes"));
    if (d.mean_detection_s) text += fmt::format(" after {} in the mean", time_text(*d.mean_detection_s));
    out.line("detector", text);
  }
  const auto& m = r.messages;
  std::string text = fmt::format("{} sent, {} delivered, {} lost", m.sent, m.delivered, m.lost);
  if (m.duplicated > 0) text += fmt::format(", {} duplicated by the network", m.duplicated);
  if (m.in_flight > 0) text += fmt::format(", {} in flight at the end", m.in_flight);
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
  leaders(out, result);
  orders(out, result);
  machinery(out, result);
  expectations(out, result);
  if (!result.error.empty()) {
    const bool memory = result.error == kTooMuchMemory;
    out.line("STOPPED",
             fmt::format("{}: the run was stopped after {} events; the limit is \"{}\" in the scenario, {}",
                         result.error, result.events, memory ? "max_memory" : "max_events",
                         memory ? memory_text(scenario.setup.max_memory)
                                : std::to_string(scenario.setup.max_events)));
  }
  return std::move(out).result();
}

}  // namespace sim
