// What the six protocols share: reigns, the primary's stream of messages, and how a backup follows it and
// notices that something is missing. Where they differ, a switch names them all.
#include "protocols/optimal_primary_backup/optimal_primary_backup.hpp"

#include <algorithm>

namespace protocols {

void OptimalPrimaryBackup::Options::describe(Fields& f) {
  f.choice(
      "variant", variant,
      {{"C0", Variant::C0},
       {"CL", Variant::CL},
       {"R0", Variant::R0},
       {"O2", Variant::O2},
       {"G", Variant::G},
       {"G1", Variant::G1}},
      "The failures that it bears: C0 crashes; CL crashes and faulty links; R0 receive omissions; O2 one "
      "omission failure with two replicas; G general omissions; G1 the same with three replicas.");
  f.duration("tau", tau, {.min = 1us}, "A primary sends a message to all others at least this often.");
  f.duration("delta", delta, {.min = 1us},
             "The bound on the delay of a message that the protocol relies on.");
  f.choice(
      "bug", bug,
      {{"none", Bug::none},
       {"answer_before_send", Bug::answer_before_send},
       {"short_timeout", Bug::short_timeout},
       {"no_relay", Bug::no_relay},
       {"complaint_ignored", Bug::complaint_ignored},
       {"early_takeover", Bug::early_takeover},
       {"late_leader", Bug::late_leader},
       {"no_halt", Bug::no_halt},
       {"no_gap_detection", Bug::no_gap_detection}},
      "A planted bug. answer_before_send: the primary answers before it sends the update. short_timeout: "
      "messages are missed 1 us too early. no_relay (CL): nobody passes messages on. complaint_ignored "
      "(O2): the primary ignores complaints. G: early_takeover: the next leader doesn't wait until the "
      "old one has halted; late_leader: it opens its reign however late it learns of it; no_halt: a primary "
      "without a quorum goes on; no_gap_detection: only silence is suspected.");
}

std::string OptimalPrimaryBackup::Options::complaint(std::size_t replicas) const {
  if (is(Variant::O2) && replicas != 2) return "variant O2 needs exactly 2 replicas";
  if (is(Variant::G1) && replicas != 3) return "variant G1 needs exactly 3 replicas";
  if (needs_quorum() && replicas < 2) return "variants G and G1 need at least 2 replicas";
  if (has(Bug::no_relay) && !is(Variant::CL)) return "only variant CL has the bug no_relay";
  if (has(Bug::complaint_ignored) && !is(Variant::O2)) return "only variant O2 has the bug complaint_ignored";
  const bool of_quorums =
      has(Bug::early_takeover) || has(Bug::late_leader) || has(Bug::no_halt) || has(Bug::no_gap_detection);
  if (of_quorums && !needs_quorum()) return "only variants G and G1 have that bug";
  return {};
}

ClientPolicy OptimalPrimaryBackup::client_policy(const Options&, std::size_t) {
  return {.target = ClientPolicy::Target::primary};
}

// ---- reigns

NodeId OptimalPrimaryBackup::leader_of(const Env& env, std::uint64_t reign) const {
  return NodeId{static_cast<std::uint16_t>(reign % env.cluster())};
}

void OptimalPrimaryBackup::on_start(Env& env) {
  member_ = env.first_life();
  if (!member_) return env.takes_part(false);
  enter(env, 0, env.now());
  if (options_.is(Variant::O2) && !primary_) report(env);
}

// The first message of the reign is sent by `first_by`, if its leader lives.
void OptimalPrimaryBackup::enter(Env& env, std::uint64_t reign, LocalTime first_by) {
  step_down(env);
  reign_ = reign;
  next_ = 0;
  early_.clear();
  suspects_ = false;
  complaint_.reset();
  suspicions_.erase(suspicions_.begin(), suspicions_.lower_bound(reign));
  awaited_.erase(awaited_.begin(), awaited_.upper_bound(reign));
  env.cancel_timer(Timer::await);
  if (leader_of(env, reign) == env.self()) return lead(env);
  if (options_.needs_quorum() && reign > 0) await_next(env, reign);
  env.trust(leader_of(env, reign));
  expect(env, first_by);
}

void OptimalPrimaryBackup::lead(Env& env) {
  primary_ = true;
  env.become(Role::primary, reign_ + 1);
  env.cancel_timer(Timer::miss);
  spoken_ = confirmed_ = 0;
  has_.assign(env.cluster(), 0);
  unheard_.clear();
  mute_ = options_.is(Variant::O2) && reign_ > 0;  // or it would have gone on itself
  if (options_.is(Variant::O2) && !mute_) env.set_timer(Timer::hear_report, options_.delta);
  speak(env, Opening{{}, log(env)});
}

void OptimalPrimaryBackup::step_down(Env& env) {
  primary_ = false;
  waiting_.clear();
  unheard_.clear();
  env.cancel_timer(Timer::speak);
  env.cancel_timer(Timer::confirm);
  env.become(Role::backup);
}

// ---- what a primary says

template <class M> void OptimalPrimaryBackup::speak(Env& env, M message) {
  message.place = {reign_, spoken_++, spoken_at_ = env.now()};
  if (options_.needs_quorum()) {
    unheard_.push_back({message.place.number, message.place.stamp});
    if (unheard_.size() == 1) env.set_timer(Timer::confirm, 2 * options_.delta);
  }
  env.set_timer(Timer::speak, options_.tau);
  send_in_order(env, std::move(message));
}

// In the order of succession: when the sender dies amid a broadcast, those who get it are the next to lead.
void OptimalPrimaryBackup::send_in_order(Env& env, const Message& message) const {
  const auto n = static_cast<std::uint16_t>(env.cluster());
  for (std::uint16_t i = 1; i < n; ++i)
    env.send(NodeId{static_cast<std::uint16_t>((env.self().value + i) % n)}, message);
}

void OptimalPrimaryBackup::on_request(Env& env, const Request& request) {
  if (!member_) return;
  if (!primary_) {  // Pb3
    const NodeId leader = leader_of(env, reign_);
    if (leader != env.self() && !suspects_) env.redirect(request.id, leader);
    return;
  }
  if (request.ping) return env.reply(request.id, {}, env.self());
  if (sessions_.is_over(request.id)) return;
  const auto* earlier = sessions_.find(request.id);
  if (earlier == nullptr) return execute(env, request);
  answer_when_safe(env, {spoken_ - 1, next_overdue(), request.id, earlier->output});
}

void OptimalPrimaryBackup::execute(Env& env, const Request& request) {
  Applied applied = env.apply(request);
  sessions_.add(request, ++length_, applied.output);
  log_reign_ = reign_;
  const Waiting answer{spoken_, next_overdue(), request.id, applied.output};
  if (options_.has(Bug::answer_before_send)) env.reply(request.id, applied.output, env.self());
  speak(env, Update{{}, request, applied.change, std::move(applied.output)});
  answer_when_safe(env, answer);
}

void OptimalPrimaryBackup::answer_when_safe(Env& env, Waiting answer) {
  const bool quorum = options_.needs_quorum();
  const bool wait = quorum ? answer.number >= confirmed_ : options_.is(Variant::O2) && !mute_;
  if (!wait) return env.reply(answer.request, answer.output, env.self());
  waiting_.push_back(std::move(answer));
  if (!quorum && waiting_.size() == 1) env.set_timer(Timer::confirm, waiting_.front().overdue - env.now());
}

void OptimalPrimaryBackup::answer_those_before(Env& env, std::uint64_t number) {
  for (; !waiting_.empty() && waiting_.front().number < number; waiting_.pop_front())
    env.reply(waiting_.front().request, waiting_.front().output, env.self());
}

// ---- how a backup follows

void OptimalPrimaryBackup::on_message(Env& env, NodeId from, const Message& message) {
  if (!member_) return;
  if (const auto* opening = std::get_if<Opening>(&message))
    return hear_primary(env, from, message, opening->place);
  if (const auto* update = std::get_if<Update>(&message))
    return hear_primary(env, from, message, update->place);
  if (const auto* dummy = std::get_if<Dummy>(&message)) return hear_primary(env, from, message, dummy->place);
  if (const auto* stored = std::get_if<Stored>(&message))
    return on_acknowledged(env, from, stored->reign, stored->number);
  if (const auto* heard = std::get_if<Heard>(&message))
    return on_acknowledged(env, from, heard->reign, heard->number);
  if (const auto* report = std::get_if<Report>(&message)) return on_report(env, *report);
  if (const auto* awaits = std::get_if<Awaits>(&message)) return on_awaits(env, from, *awaits);
  on_suspicion(env, std::get<Suspicion>(message));
}

// Who hears of a later reign joins it: its leader knew that this one is over.
void OptimalPrimaryBackup::hear_primary(Env& env, NodeId from, const Message& message, const Place& place) {
  if (place.reign < reign_ || (place.reign == reign_ && primary_)) return;
  if (place.reign > reign_) enter(env, place.reign, place.stamp);
  if (options_.is(Variant::CL)) pass_on(env, from, message, place);
  if (suspects_ || place.number < next_) return;
  early_.emplace(place.number, message);
  if (options_.has(Bug::no_gap_detection)) next_ = place.number;
  while (!early_.empty() && early_.begin()->first == next_) {
    const Message next = std::move(early_.begin()->second);
    early_.erase(early_.begin());
    std::visit(
        [&](const auto& m) {
          if constexpr (requires { m.place; }) adopt(env, next, m.place);
        },
        next);
  }
  // On a FIFO link what has been overtaken is lost.
  if (early_.empty()) return;
  const LocalTime lost_by = std::min(next_by_, believable(env, place.stamp));
  if (options_.counts_suspicions()) miss(env, lost_by);
  if (options_.is(Variant::O2)) expect(env, lost_by);  // no complaint before its time: see two_servers.cpp
}

void OptimalPrimaryBackup::adopt(Env& env, const Message& message, const Place& place) {
  next_ = place.number + 1;
  if (const auto* opening = std::get_if<Opening>(&message)) install(env, opening->log);
  if (const auto* update = std::get_if<Update>(&message)) {
    if (!is_read(update->request.command)) env.store(update->request.id, update->change);
    sessions_.add(update->request, ++length_, update->output);
    log_reign_ = place.reign;
  }
  expect(env, believable(env, place.stamp) + options_.tau);
  if (options_.is(Variant::O2)) store_for_two(env, message, place);
  if (options_.needs_quorum()) acknowledge(env, message, place);
}

void OptimalPrimaryBackup::expect(Env& env, LocalTime stamp) {
  next_by_ = believable(env, stamp);
  env.set_timer(Timer::miss, next_by_ + patience() - env.now());
}

// Stamps are near, but for those of a liar, which this protocol isn't made for.
LocalTime OptimalPrimaryBackup::believable(Env& env, LocalTime stamp) {
  return std::clamp(stamp, env.now() - 24h, env.now() + 24h);
}

// How long a message may be under way: over a link that works, or over another server.
Duration OptimalPrimaryBackup::patience() const {
  const Duration longest = options_.is(Variant::CL) ? 2 * options_.delta : options_.delta;
  return options_.has(Bug::short_timeout) ? longest - 1us : longest;
}

// A message that the primary would have sent by `stamp` is not there.
void OptimalPrimaryBackup::miss(Env& env, LocalTime stamp) {
  if (primary_ || suspects_) return;
  env.cancel_timer(Timer::miss);
  env.suspect(leader_of(env, reign_));
  switch (options_.variant) {
    case Variant::C0:
    case Variant::CL: return succeed_at_once(env);
    case Variant::O2: return complain(env, stamp);
    default: return suspect(env, stamp);
  }
}

void OptimalPrimaryBackup::on_timer(Env& env, Timer timer) {
  switch (timer) {
    case Timer::speak: return speak(env, Dummy{});
    case Timer::miss: return miss(env, next_by_);
    case Timer::succeed:
      return options_.is(Variant::O2) ? enter(env, reign_ + 1, env.now()) : end_reigns(env);
    case Timer::confirm: return options_.is(Variant::O2) ? answer_overdue(env) : halt_if_unheard(env);
    case Timer::await: return await_next(env, reign_ + 1);
    case Timer::report: return report(env);
    case Timer::hear_report: return peer_is_mute(env);
  }
}

OptimalPrimaryBackup::Log OptimalPrimaryBackup::log(const Env& env) const {
  return {env.snapshot(), sessions_, log_reign_, length_};
}

void OptimalPrimaryBackup::install(Env& env, const Log& log) {
  env.install(log.state);
  sessions_ = log.sessions;
  log_reign_ = log.reign;
  length_ = log.length;
}

static_assert(Protocol<OptimalPrimaryBackup>);
const Registered<OptimalPrimaryBackup> optimal_primary_backup_registered{
    "optimal_primary_backup",
    "primary-backup for each kind of failure: crashes, links, receive, send and general omissions"};

}  // namespace protocols
