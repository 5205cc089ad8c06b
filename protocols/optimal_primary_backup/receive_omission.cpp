// R0: servers crash or are deaf: they lose messages that come to them. 2f + 1 servers; an answer waits for
// nothing. The suspicions below serve G, too.
//
// What a server sends always arrives, unless the receiver is deaf. So a primary answers at once, as in C0.
// But a server that misses something can't tell whether the primary has crashed or it is deaf itself:
//
//   suspicion  the message sent by x isn't there at x + delta, or a later one has come without it. The server
//              tells all, with its log; everybody passes it on, in case it died amid telling.
//   the end    f + 1 suspect the reign. One of them is correct, so the primary has crashed. X is the latest x
//              of the f + 1 earliest; it is over at X + 2 delta: what was said of x at x + delta has been
//              heard by then. A server that has had the last message of a broadcast cut short, and so
//              doesn't suspect anything yet, goes by the others: with tau > delta it would come too late
//              else.
//   succession the next leader takes the best log among the suspicions: a correct server has everything that
//              was answered. The others expect its opening to be sent within delta: it may have heard of the
//              last suspicion over another server only.
//
// Without a primary: a crash is missed delta + tau later and certain delta after that: 2 delta + tau. If the
// next leader has crashed, too, its opening is due delta after the reign's end (tau, if that is longer),
// missed after 2 delta, and its reign is over after 3 delta; if it dies amid its opening, those who got it
// take 2 delta + tau from there. So a further failure costs max(3 delta, 2 delta + tau), as scripts show,
// and at most lateness() + 2 delta + tau. For tau -> 0 that is more than the bound of 2 delta [R].
//
// [D+], n = 2f + 1 = 3, 5. What it can't bear: a primary that loses what it sends. It would go on beside the
// next one.
#include <algorithm>

#include "protocols/optimal_primary_backup/optimal_primary_backup.hpp"

namespace protocols {

// In G this may be the primary itself, which has halted.
void OptimalPrimaryBackup::suspect(Env& env, LocalTime missing) {
  suspects_ = true;
  if (options_.needs_quorum()) await_next(env, reign_ + 1);
  on_suspicion(env, {reign_, env.self(), missing, log(env)});
}

void OptimalPrimaryBackup::on_suspicion(Env& env, const Suspicion& suspicion) {
  if (!options_.counts_suspicions() || suspicion.reign < reign_) return;
  const auto [known, news] = suspicions_[suspicion.reign].emplace(suspicion.by, suspicion);
  if (!news) return;
  known->second.missing = believable(env, suspicion.missing);
  env.multicast(suspicion, [by = suspicion.by](NodeId to) { return to != by; });
  end_reigns(env);
}

/// How many must suspect a reign. With R0 one of them is correct; with G any two such sets, and the
/// acknowledgements that a primary needs, have a server in common.
std::size_t OptimalPrimaryBackup::enough(const Env& env) const {
  return options_.is(Variant::R0) ? (env.cluster() - 1) / 2 + 1 : env.majority();
}

// When the reign is over, as far as this server knows; nothing while too few suspect it.
std::optional<LocalTime> OptimalPrimaryBackup::over_at(const Env& env, std::uint64_t reign) const {
  const auto& all = suspicions_.at(reign);
  if (all.size() < enough(env)) return std::nullopt;
  if (options_.has(Bug::early_takeover)) return env.now();
  std::vector<LocalTime> missing;
  for (const auto& [by, suspicion] : all) missing.push_back(suspicion.missing);
  std::ranges::sort(missing);
  return missing[enough(env) - 1] + 2 * options_.delta;
}

// How much later than this server the next leader may know that a reign is over: it has had another message
// of the dead primary, or hears of a suspicion over others only, of which f - 1 may be as deaf as it is.
Duration OptimalPrimaryBackup::lateness(const Env& env) const {
  if (options_.needs_quorum()) return options_.delta + options_.tau;  // see is_awaited
  const auto others = static_cast<std::int64_t>((env.cluster() - 1) / 2) - 1;
  return std::max(options_.tau, std::max<std::int64_t>(others, 1) * options_.delta);
}

// Ends the latest reign that is over, this one or a later one that this server hasn't heard of.
void OptimalPrimaryBackup::end_reigns(Env& env) {
  std::optional<LocalTime> next;
  for (auto reign = suspicions_.rbegin(); reign != suspicions_.rend(); ++reign) {
    const auto over = over_at(env, reign->first);
    if (!over) continue;
    if (*over > env.now()) {
      next = next ? std::min(*next, *over) : *over;
      continue;
    }
    const std::uint64_t successor = reign->first + 1;
    const bool leads = leader_of(env, successor) == env.self();
    if (leads && options_.needs_quorum() && !is_awaited(env, successor)) continue;
    const Log* best = nullptr;
    for (const auto& [by, suspicion] : reign->second) {
      if (best == nullptr || suspicion.log.better_than(*best)) best = &suspicion.log;
    }
    if (leads && best->better_than(log(env))) install(env, *best);
    return enter(env, successor, env.now() + lateness(env));
  }
  if (next) env.set_timer(Timer::succeed, *next - env.now());
}

}  // namespace protocols
