// C0: servers crash, and nothing else goes wrong. f + 1 servers; an answer waits for nothing.
//
//   primary  on a request: execute, send the update to all in the order of succession, answer.
//   backup   when a message sent by x isn't there at x + delta: the primary has crashed, the next one leads.
//
// Why it may answer at once: links lose nothing, so what was sent arrives, and the answer is the last thing
// sent. Why the order matters: who dies amid a broadcast has told the first few of the order, so the next
// leader knows all that any later one does, and its opening brings the others to the same state (the paper's
// "resend the last update" [V]).
//
// Without a primary: the last message was sent just before the crash, the next was due tau later, and is
// missed delta after that; then the same with the next leader, if it has crashed as well: f (delta + tau).
// Others may have missed the last message, and so begin to wait up to tau earlier: they allow for it.
//
// [D+], n = f + 1 = 2, 3, 4. What it can't bear: a link that loses messages. The server behind it takes over
// beside a primary that lives.
#include "protocols/optimal_primary_backup/optimal_primary_backup.hpp"

namespace protocols {

void OptimalPrimaryBackup::succeed_at_once(Env& env) { enter(env, reign_ + 1, env.now() + options_.tau); }

}  // namespace protocols
