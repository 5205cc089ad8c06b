// G: servers crash, and lose messages that they send, that come to them, or both. 2f + 1 servers; an answer
// waits 2 delta.
//
// Nobody can tell any more whether the other is mute or it is deaf itself, so nothing counts that fewer
// than a majority, Q, confirm:
//
//   primary    on a request: execute, send, and answer once Q - 1 others have acknowledged the update.
//   server     acknowledges a message if it has all of the reign up to it and has not suspected the reign.
//   suspicion  as in R0 (receive_omission.cpp). After it the server acknowledges nothing more of the reign.
//   halt       a primary stops by itself, and suspects its own reign, when fewer than Q - 1 others have
//              acknowledged within 2 delta what it sent at x.
//   the end    Q suspect the reign, and it is X + 2 delta, where X is the latest x of the Q earliest. None of
//              these Q acknowledges the primary's last message up to X, so it has halted by X + 2 delta, or
//              crashed: Pb1 without any overlap.
//   succession the next leader takes the best log of the Q: what was answered is with Q servers, of which one
//              is among them.
//
//   too late   a faulty server may know later than others that it leads: they have given its reign up, and
//              wait for another. So who suspects a reign tells the next leader, every tau, that it still
//              waits for it, and whoever follows it tells it so once. A leader opens its reign only while a
//              majority has not given it up: others bear with it for delta + tau. [D], found by a script
//              with f = 2 after all random runs had passed without it.
//
// Without a primary: 2 delta + tau for f = 1; each further failure costs 3 delta + tau, as scripts show,
// and at most 3 delta + 2 tau.
//
// G1, for three servers and f = 1: a backup that stores an update answers the client itself. Two of three
// have it then, and any next leader asks two. So an answer waits delta, as the bound [R] says.
//
// [D+], n = 2f + 1 = 3, 5. That 2f servers don't do agrees with [V] (Decentralized Thoughts, 2019-11-02):
// with two, a primary that hears nothing halts, and there is never another.
#include <algorithm>
#include <functional>

#include "protocols/optimal_primary_backup/optimal_primary_backup.hpp"

namespace protocols {

void OptimalPrimaryBackup::acknowledge(Env& env, const Message& message, const Place& place) {
  const NodeId leader = leader_of(env, place.reign);
  const auto* update = std::get_if<Update>(&message);
  if (update == nullptr) return env.send(leader, Heard{place.reign, place.number});
  if (options_.is(Variant::G1)) env.reply(update->request.id, update->output, leader);
  env.send(leader, Stored{place.reign, place.number});
}

// In O2 there is only one to wait for.
void OptimalPrimaryBackup::on_acknowledged(Env& env, NodeId from, std::uint64_t reign, std::uint64_t number) {
  if (!primary_ || reign != reign_) return;
  has_[from.value] = std::max(has_[from.value], number + 1);
  if (options_.is(Variant::O2)) return answer_those_before(env, number + 1);
  std::vector<std::uint64_t> others = has_;
  std::ranges::sort(others, std::greater{});
  confirmed_ = others[env.majority() - 2];
  while (!unheard_.empty() && unheard_.front().number < confirmed_) unheard_.pop_front();
  if (!unheard_.empty())
    env.set_timer(Timer::confirm, unheard_.front().stamp + 2 * options_.delta - env.now());
  answer_those_before(env, confirmed_);
}

// Both those who suspect the reign before, and those who know that it is over, bear with the next leader.
void OptimalPrimaryBackup::await_next(Env& env, std::uint64_t reign) {
  if (leader_of(env, reign) != env.self()) env.send(leader_of(env, reign), Awaits{reign, env.now()});
  if (suspects_) env.set_timer(Timer::await, options_.tau);
}

void OptimalPrimaryBackup::on_awaits(Env& env, NodeId from, const Awaits& awaits) {
  if (!options_.needs_quorum() || awaits.reign <= reign_) return;
  LocalTime& latest = awaited_[awaits.reign][from];
  latest = std::max(latest, believable(env, awaits.stamp));
  end_reigns(env);
}

// Of any majority that may end this reign, one server is among those counted here, or is this one. It
// suspects nothing before its stamp plus lateness(): the reign's opening comes in time, and a halt, too.
bool OptimalPrimaryBackup::is_awaited(const Env& env, std::uint64_t reign) const {
  if (options_.has(Bug::late_leader)) return true;
  const auto known = awaited_.find(reign);
  if (known == awaited_.end()) return false;
  std::size_t waiting = 1;
  for (const auto& [server, stamp] : known->second) waiting += stamp + lateness(env) >= env.now() ? 1 : 0;
  return waiting >= env.majority();
}

void OptimalPrimaryBackup::halt_if_unheard(Env& env) {
  if (!primary_ || unheard_.empty() || options_.has(Bug::no_halt)) return;
  const LocalTime stamp = unheard_.front().stamp;
  if (stamp + 2 * options_.delta > env.now()) return;  // another message is the next to look at
  step_down(env);
  suspect(env, stamp);
}

}  // namespace protocols
