// Jepsen's `:f :drain`: a client dequeues until nothing is left, and tells all that it got at once. That's as
// many dequeues, and one that finds nothing. If no other event lies between the drain's two, they follow each
// other. Otherwise each may have happened at any time between: intervals can't say more.
#include <algorithm>
#include <string>
#include <utility>

#include "sim/history/formats/jepsen_reader.hpp"

namespace sim {

bool JepsenReader::is_drain(std::string_view f) {
  return f.ends_with("drain") && without_namespace(f) == "drain";
}

void JepsenReader::fail_on_lost_drain() const {
  events_.fail("an unanswered drain may have taken any number of values; expected :ok or :fail");
}

void JepsenReader::answer_drain(std::int64_t process, const Edn& given) {
  const bool ordered = given.is_sequence();
  if (!ordered && given.kind != Edn::Kind::set && given.kind != Edn::Kind::nil)
    events_.fail("expected :value to be the list of values taken");
  std::vector<Value> taken;
  for (const Edn& item : given.items) {
    if (item.kind == Edn::Kind::nil) events_.fail("found nil, which means that nothing was in");
    taken.push_back(value(item));
  }
  taken.emplace_back();
  Operation& asked = events_.open(process);
  const bool alone = ordered && events_.follows(asked.call);
  if (!alone && taken.size() > 1) drained_amid_others_ = true;
  asked.output = taken.front();
  Operation next = asked;
  events_.complete(process, Outcome::ok);
  next.outcome = Outcome::ok;
  next.ret = events_.now();
  for (std::size_t i = 1; i < taken.size(); ++i) {
    if (alone) {
      next.call = events_.later();
      next.ret = events_.later();
    }
    next.output = std::move(taken[i]);
    history_.operations.push_back(next);
  }
}

void JepsenReader::finish_drains() {
  if (drains_.empty()) return;
  for (const std::size_t i : drains_) {
    const Operation& drain = history_.operations[i];
    if (drain.outcome != Outcome::pending) continue;
    events_.at_line(static_cast<std::size_t>(drain.call.time_since_epoch().count()));
    events_.of("drain");
    fail_on_lost_drain();
  }
  std::ranges::stable_sort(history_.operations, {}, &Operation::call);
  if (drained_amid_others_) {
    history_.remarks.emplace_back(
        "a drain among other operations may have taken its values in any order, and between them");
  }
}

}  // namespace sim
