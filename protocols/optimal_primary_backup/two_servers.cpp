// O2: two servers, one of which may crash, lose messages that it sends, or lose messages that come to it. An
// answer waits delta. (Not both kinds of omission at once, and no faulty link: three servers must do then.)
//
//   primary  on a request: execute, send the update. The backup, once it has stored it, *answers the client
//            itself*: that is why an answer waits delta and not 2 delta. The primary answers
//              * when the backup says that it has it, in case the backup's answer is lost;
//              * when a complaint would have come by then, and hasn't: the backup is dead or mute, then this
//                server is correct; or this server is deaf, then the backup is correct and has it;
//              * at once, after a report of the backup has been missing.
//   backup   reports every tau. When the message sent by x isn't there at x + delta it complains, in this and
//            every later report, and leads from x + 2 delta on.
//              (Not before x + delta, even where a later message shows the loss: the primary stops as it
//              hears of it, and if this server dies then, nobody leads until x + 3 delta.)
//   complaint  the primary stops, answers nothing that waits, and follows. If it is mute it is the faulty
//            one. If it hears all the same that the new primary falls silent, then that one was deaf, and has
//            crashed now: the old primary leads again, delta after the message that is missing.
// Without that return, a deaf backup that complains and then crashes ends the service.
//
// Without a primary: the crash is missed delta + tau later, and the complaint takes delta: 2 delta + tau.
//
// [D+], for each of the three kinds. Under general omission, or with a faulty link, both lead.
#include "protocols/optimal_primary_backup/optimal_primary_backup.hpp"

namespace protocols {

void OptimalPrimaryBackup::store_for_two(Env& env, const Message& message, const Place& place) {
  const auto* update = std::get_if<Update>(&message);
  if (update == nullptr) return;
  env.reply(update->request.id, update->output, leader_of(env, reign_));
  env.send(leader_of(env, reign_), Stored{place.reign, place.number});
}

void OptimalPrimaryBackup::complain(Env& env, LocalTime missing) {
  if (reign_ > 0)
    return enter(env, reign_ + 1, env.now());  // that one complained once, and is the faulty one
  suspects_ = true;
  complaint_ = missing;
  report(env);
  env.set_timer(Timer::succeed, missing + 2 * options_.delta - env.now());
}

void OptimalPrimaryBackup::report(Env& env) {
  if (reign_ > 0) return;
  env.send(leader_of(env, reign_), Report{reports_++, env.now(), complaint_});
  env.set_timer(Timer::report, options_.tau);
}

void OptimalPrimaryBackup::on_report(Env& env, const Report& report) {
  if (!primary_ || reign_ > 0) return;
  if (report.missing && !options_.has(Bug::complaint_ignored))
    return enter(env, reign_ + 1, believable(env, *report.missing) + 2 * options_.delta);
  if (report.number < reports_) return;  // it came twice
  if (report.number > reports_) return peer_is_mute(env);
  ++reports_;
  env.set_timer(Timer::hear_report,
                believable(env, report.stamp) + options_.tau + options_.delta - env.now());
}

void OptimalPrimaryBackup::peer_is_mute(Env& env) {
  if (!primary_ || mute_) return;
  mute_ = true;
  env.suspect(NodeId{static_cast<std::uint16_t>(1 - env.self().value)});
  answer_those_before(env, spoken_);
}

// The backup expects what is sent now within tau of the message before, misses it delta later at the
// latest, and its complaint takes delta.
LocalTime OptimalPrimaryBackup::next_overdue() const {
  return spoken_at_ + options_.tau + 2 * options_.delta;
}

void OptimalPrimaryBackup::answer_overdue(Env& env) {
  while (!waiting_.empty() && waiting_.front().overdue <= env.now())
    answer_those_before(env, waiting_.front().number + 1);
  if (!waiting_.empty()) env.set_timer(Timer::confirm, waiting_.front().overdue - env.now());
}

}  // namespace protocols
