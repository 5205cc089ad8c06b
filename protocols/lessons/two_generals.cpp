// Two generals: the oldest impossibility of the field, played out. Two generals on two hills want to attack
// the city between them, together or not at all, and have only messengers that must cross the valley and may
// be caught there.
//
//   general 0   ---.           .-->---.           .-->---.       each messenger answers
//                  1\        2/       3\        4/       5\      the one before it
//   general 1        '-->----'          '-->----'          ...
//
// General 0 proposes to attack, and `messengers` messengers go to and fro in a chain: each is sent when the
// one before it arrives, as `copies` copies of which one is enough. The whole problem is to find a rule for
// attacking. Here a general attacks if every messenger that it should have received has arrived; otherwise it
// retreats. Each decides when `deadline` has passed on its own clock, and reads nothing that arrives later.
//
// Let q be the probability that all copies of a messenger are lost: p^c. Then
//   both attack    with probability (1-q)^r       : all r messengers arrived;
//   they disagree  with probability q (1-q)^(r-1) : all but the last arrived, so its sender attacks alone.
// More messengers make disagreement rarer only by making both retreat; more copies make it rarer, never
// impossible. No other rule does better: take the shortest exchange after which both attack, and lose its
// last messenger. Its sender can't tell, and attacks; so its receiver must, too; so that messenger wasn't
// needed; so there is none.
//
// Assumptions: replicas n = 2. Channels lose messages (that's the point); duplicates do no harm. What breaks:
//   * no loss             both attack, always;
//   * a slow messenger    is a lost one if it misses the deadline: time alone breaks agreement just as well;
//   * clocks that differ  change when each decides, and lose the messengers that come after that;
//   * a crash             makes a general forget, for good: the other attacks alone.
// Nothing is on disk, and clients have no part in this: a request is never answered.
//
// Source: Akkoyunlu, Ekanadham, Huber, Some constraints and tradeoffs in the design of network communications
// (SOSP 1975); the generals are Gray's, Notes on data base operating systems (1978).
#include <string>
#include <variant>

#include "sim/protocol/registry.hpp"

namespace protocols {
namespace {

using namespace sim;

struct TwoGenerals {
  struct Messenger {
    std::int64_t number =
        0;  ///< The place in the chain, from 1: odd ones go to general 1, even ones to general 0.
  };
  using Message = std::variant<Messenger>;
  enum class Timer : std::uint8_t { deadline };

  struct Options {
    std::int64_t messengers = 1;
    std::int64_t copies = 1;
    Duration deadline = 1s;

    void describe(Fields& fields) {
      fields.count("messengers", messengers, {.min = 1, .max = 10'000},
                   "Number of messages exchanged: the plan, its confirmation, the confirmation of that ...");
      fields.count("copies", copies, {.min = 1, .max = 1'000}, "Copies sent of each message.");
      fields.duration("deadline", deadline, {.min = 1us},
                      "Time at which a general decides, by its own "
                      "clock.");
    }
    std::string complaint(std::size_t replicas) const {
      return replicas == 2 ? "" : "there are two generals: set \"replicas\" to 2";
    }
  };
  static ClientPolicy client_policy(const Options&, std::size_t) { return {}; }
  static bool carries_out(Action) { return false; }

  using Env = EnvOf<TwoGenerals>;
  static constexpr std::uint64_t kRetreat = 1;
  static constexpr std::uint64_t kAttack = 2;

  TwoGenerals(const Options& o, const NoDisk&) : options(o) {}

  void on_start(Env& env) {
    if (!env.first_life()) return;  // it has forgotten all it knew, and plays no further part
    in_the_field = true;
    const bool first = env.self() == NodeId{0};
    expected = first ? 2 : 1;
    env.set_timer(Timer::deadline, options.deadline);
    env.propose(first ? kAttack : kRetreat);
    if (first) dispatch(env, 1);
  }

  void on_request(Env&, const Request&) {}

  void on_message(Env& env, NodeId, const Message& message) {
    const auto& messenger = std::get<Messenger>(message);
    if (!in_the_field) return;                          // too late
    if (messenger.number != expected) return;           // another copy has arrived
    if (messenger.number > options.messengers) return;  // no part of the chain
    dispatch(env, expected + 1);
    expected += 2;
  }

  void on_timer(Env& env, Timer) {
    in_the_field = false;
    env.decide(1, expected > options.messengers ? kAttack : kRetreat);
  }

  void dispatch(Env& env, std::int64_t number) {
    if (number > options.messengers) return;
    for (std::int64_t copy = 0; copy < options.copies; ++copy) env.broadcast(Messenger{number});
  }

  Options options;
  bool in_the_field = false;  ///< From its start to its deadline.
  std::int64_t expected = 0;  ///< The messenger that this general waits for.
};

static_assert(Protocol<TwoGenerals>);
const Registered<TwoGenerals> two_generals_registered{
    "two_generals",
    "two generals try to agree on an attack through messengers that may be lost; they can "
    "never be sure"};

}  // namespace
}  // namespace protocols
