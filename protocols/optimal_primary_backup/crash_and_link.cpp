// CL: servers crash, and links fail: a faulty link may lose any of its messages. f + 2 servers; an answer
// waits for nothing.
//
// It is C0, but every server passes each message of the primary on, once, when it has it from the primary
// itself. Between two correct servers there are n - 1 >= f + 1 ways that share nothing: the link, and one
// over each other server. One of them works, so what a live primary has sent is there within 2 delta; that
// is how long a backup waits. Messages come twice and overtake each other, and are adopted by their numbers.
//
// Without a primary: f (2 delta + tau).
//
// [D+], n = f + 2 = 3, 4. One server less is not enough: with f + 1 = 2 a faulty link is a partition, and
// both lead.
#include "protocols/optimal_primary_backup/optimal_primary_backup.hpp"

namespace protocols {

void OptimalPrimaryBackup::pass_on(Env& env, NodeId from, const Message& message, const Place& place) const {
  if (from == leader_of(env, place.reign) && !options_.has(Bug::no_relay))
    env.multicast(message, [from](NodeId to) { return to != from; });
}

}  // namespace protocols
