// ABD: a register that many clients may write and read, kept by n replicas of which fewer than half may
// crash, with neither a leader nor a timeout. Any two majorities share a replica, so a coordinator that asks
// a majority learns of every finished write.
//
//   coordinator          the replicas          Every value carries a timestamp: a counter, and its owner
//        |-- Query ------> | | |               to settle ties.
//        |<----- Answer -- | | |  (R of n)
//        |-- Store ------> | | |               write  query, store the value under a higher timestamp
//        |<----- Stored -- | | |  (W of n)     read   query, store the latest answer, then return it
//
// In the write-back a read stores the value that it is about to return. This makes the register atomic:
// without it one read may return the new value of an unfinished write, and a later read the old value.
//
// The coordinator (option `coordinator`), and what it costs, for a write as for a read:
//   client    As in the literature: 4n messages and 4 delays. The client tells its operations apart, so any
//             of them may be repeated at will.
//   replica   A client asks one of the n replicas to coordinate. That adds the question and the answer, but a
//             coordinator's messages to itself are free: 2 + 4(n - 1) = 4n - 2 messages and 6 delays.
//
// Assumptions, and what breaks without them:
//   * R + W > n. With smaller quorums a read may miss a finished write, with probability C(n-W,R) / C(n,R) if
//     both sets are drawn at random. `contact` `quorum` draws them so, with a client as coordinator.
//     Otherwise misses are rarer: messages go to all replicas, so that the last ones soon have a Store, too;
//     and a replica that coordinates belongs to all its own sets.
//   * Fewer than half crash (n >= 2f + 1). With more down, all operations wait, and no answer is wrong.
//   * A replica remembers what it has told others: it answers Store and Query only when its disk has what the
//     answer tells. A coordinator that forgot a timestamp which others have seen could reuse it for another
//     value. (A client that coordinates has timestamps of its own, so replicas may answer it at once.) A
//     replica that loses its disk must not come back: quorums that count on its memory may miss each other.
//   * Channels may delay, reorder and duplicate; `retransmit` repairs losses. Clocks don't matter.
//   * Only one replica coordinates a write. If another repeated it, the value could be written twice, the
//     second time over somebody else's; only agreement could prevent that. So the client asks the same
//     replica again, and gives up if that one stays down: it does not know the outcome, and goes on
//     elsewhere. Reads may be repeated anywhere.
//   * A coordinator takes up a repeated write anew if its disk doesn't have the value: nobody else has heard
//     of it then. If the disk has it, as after a crash, the value has its timestamp, and the replica now
//     holds this value or a later one. A majority must store that before the client is answered.
//   * Only reads and writes. cas, append and add depend on the previous value, which takes consensus; they
//     (and stamp and draw) are never answered.
//
// For the judges, each replica applies every write that it hears of once. A write with an older timestamp
// than the replica's value changes nothing, as if it had just been overwritten. So a write is lost when no
// running replica has heard of it. Replicas apply writes in different orders and may miss some. So their
// divergence during a run means nothing, and end states may differ if a replica was down or a message lost.
//
// Bugs, for the judges to catch:
//   no_write_back  A read returns the latest of its answers at once: 2n messages, and 2 delays for a client
//                  or 4 for a replica; not atomic. With R + W <= n it leaves the write-back out all the same.
//   early_answer   A replica answers a Query before its disk has what the answer tells. In a crash it forgets
//                  a timestamp that others have seen, and as a coordinator reuses it for another value.
//                  Replicas that have stored the first value under it ignore the second.
//
// Sources: Attiya, Bar-Noy, Dolev, "Sharing Memory Robustly in Message-Passing Systems", JACM 1995; many
// writers: Lynch, Shvartsman, "Robust Emulation of Shared Memory Using Dynamic Quorum-Acknowledged
// Broadcasts", FTCS 1997.
#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "sim/protocol/registry.hpp"
#include "sim/protocol/sessions.hpp"

namespace protocols {
namespace {

using namespace sim;

struct Abd {
  struct Stamped {
    Stamp timestamp{};  ///< Number 0: never written. The owner is the coordinating replica, or the request.
    Request write{};    ///< The request that wrote the value, its argument.
    Value value() const { return timestamp.number == 0 ? Value{} : Value{write.command.argument}; }
    std::string text() const { return text_of(value()) + '@' + text_of(timestamp); }
  };
  // An operation has the id of the client's request; answers to the coordinator's earlier lives count, too.
  struct Query {
    RequestId operation;
    std::uint32_t key = 0;
  };
  struct Answer {
    RequestId operation;
    Stamped stamped{};
  };
  struct Store {
    RequestId operation;
    std::uint32_t key = 0;
    Stamped stamped{};
  };
  struct Stored {
    RequestId operation;
    Stamp timestamp{};
  };
  using Message = std::variant<Query, Answer, Store, Stored>;
  enum class Timer : std::uint8_t { retransmit };

  struct Options {
    enum class Coordinator : std::uint8_t { replica, client };
    enum class Contact : std::uint8_t { everyone, quorum };
    enum class Bug : std::uint8_t { none, no_write_back, early_answer };
    Coordinator coordinator = Coordinator::replica;
    Contact contact = Contact::everyone;
    std::int64_t read_quorum = 0;
    std::int64_t write_quorum = 0;
    std::optional<Duration> retransmit{100ms};
    Bug bug = Bug::none;

    void describe(Fields& fields) {
      fields.choice("coordinator", coordinator,
                    {{"replica", Coordinator::replica}, {"client", Coordinator::client}},
                    "Who runs the query and store phases: the replica that the client asks, or the client "
                    "itself.");
      fields.choice("contact", contact, {{"everyone", Contact::everyone}, {"quorum", Contact::quorum}},
                    "coordinator: client. Whether it asks all replicas, or only a quorum, drawn for each "
                    "round.");
      fields.count("read_quorum", read_quorum, {0, 1000},
                   "Replicas that a query waits for, including the coordinator; 0: a majority.");
      fields.count("write_quorum", write_quorum, {0, 1000},
                   "Replicas that must store a value, including the coordinator; 0: a majority.");
      fields.switchable("retransmit", retransmit, {.min = 1us},
                        "Interval at which the coordinator repeats requests to replicas that have not "
                        "answered; false: never.");
      fields.choice(
          "bug", bug,
          {{"none", Bug::none}, {"no_write_back", Bug::no_write_back}, {"early_answer", Bug::early_answer}},
          "A planted bug: reads return what they found without storing it; replicas report values that are "
          "not "
          "on their disks yet.");
    }
    std::string complaint(std::size_t replicas) const {
      const auto n = static_cast<std::int64_t>(replicas);
      if (read_quorum > n || write_quorum > n)
        return "a quorum can't have more members than there are replicas";
      if (contact == Contact::quorum && coordinator == Coordinator::replica)
        return "contact: quorum is for coordinator: client";
      return {};
    }
  };
  static bool carries_out(Action action) { return action == Action::read || action == Action::write; }
  static bool becomes_alike() { return false; }
  static ClientPolicy client_policy(const Options& o, std::size_t replicas) {
    if (o.coordinator == Options::Coordinator::replica)
      return {.target = ClientPolicy::Target::own, .writes_stay = true};
    const std::size_t reads = quorum(o.read_quorum, replicas), writes = quorum(o.write_quorum, replicas);
    ClientPolicy policy{.target = ClientPolicy::Target::everyone, .outbid = true};
    policy.write_offers = policy.read_offers = static_cast<std::uint32_t>(reads);
    policy.write_answers = policy.read_answers = static_cast<std::uint32_t>(writes);
    if (o.bug == Options::Bug::no_write_back) policy.read_answers = 0;
    policy.sample = o.contact == Options::Contact::quorum;
    return policy;
  }

  // Nobody leads, so there is no election to wait for: a client is served if its coordinator has a quorum. A
  // client loses its patience once for each coordinator that is down. Without `retransmit`, or where the
  // client coordinates and asks once, a lost message may cost the operation.
  static std::optional<ServicePromise> promise(const Options& o, const Calm& calm) {
    const bool by_client = o.coordinator == Options::Coordinator::client;
    const bool sampled = o.contact == Options::Contact::quorum;
    const bool repeats = by_client ? calm.client_retry < calm.client_timeout && !sampled : !!o.retransmit;
    if (calm.loss > 0.1 || (calm.loss > 0 && !repeats)) return std::nullopt;
    const Duration repair = calm.loss > 0 && !by_client ? *o.retransmit : 0ns;
    if (8 * calm.delay + 4 * repair > calm.client_timeout) return std::nullopt;
    const std::size_t enough =
        std::max(quorum(o.read_quorum, calm.members), quorum(o.write_quorum, calm.members));
    const auto down = static_cast<std::int64_t>(by_client ? 0 : calm.members - enough);
    return ServicePromise{.within = 30 * (o.retransmit.value_or(0ns) + 8 * calm.delay) + 10 * calm.round() +
                                    2 * down * calm.client_timeout,
                          .running = sampled ? calm.members : enough};
  }

  // On disk: each write that the replica has heard of, and its change.
  struct Heard {
    std::uint32_t key = 0;
    Stamped stamped{};
    Change change{};
    Version version{};
  };
  struct Disk {
    using Write = Heard;
    std::map<std::uint32_t, Stamped> cells{};
    Sessions heard{};
    Snapshot snapshot{};
    void format(Snapshot empty) { snapshot = std::move(empty); }
    void replay(const Heard& write) {
      if (write.change.kind != Change::Kind::none) cells[write.key] = write.stamped;
      if (heard.find(write.stamped.write.id) == nullptr) heard.add(write.stamped.write, 0, {});
      snapshot.state.store(write.change);
      snapshot.version = write.version;
    }
  };

  // Waits for the disk: the answer to a client that coordinates, or a message (to itself, `Stored`).
  struct Done {
    RequestId request{};
    Value output{};
  };
  using Deferred = std::variant<Done, Addressed<Message>>;

  using Env = EnvOf<Abd>;

  Abd(const Options& o, const Disk& d) : options(o), snapshot(d.snapshot), cells(d.cells), heard(d.heard) {}

  void on_start(Env& env) {
    if (snapshot.version.id != 0) env.install(snapshot);
    snapshot = {};
  }

  void on_request(Env& env, const Request& request) {
    if (request.ping) return env.reply(request.id, {});
    const Action action = request.command.action;
    if (action != Action::read && action != Action::write) return;
    if (options.coordinator == Options::Coordinator::client) {
      const Stamped here = cell(request.command.key);
      return env.offer(request.id, {here.timestamp, here.value()});
    }
    if (const auto found = operations.find(request.id); found != operations.end()) {
      if (!options.retransmit) ask_again(env, request.id, found->second);
      return;
    }
    if (action == Action::write) {
      if (done.is_over(request.id) || heard.is_over(request.id)) return;
      if (done.find(request.id) != nullptr) return env.reply(request.id, {});
    }
    begin(env, request);
  }

  // The second round of a client that coordinates.
  void on_chosen(Env& env, const Request& request, const Offer& chosen) {
    const Action action = request.command.action;
    if (action != Action::read && action != Action::write) return;
    const std::uint32_t key = request.command.key;
    if (const auto* value = chosen.value.as_number()) {
      const std::uint64_t owner = chosen.stamp.owner;  // the request that wrote the value
      Request write = request;
      write.id = {ClientId{static_cast<std::uint16_t>(owner >> 32)}, static_cast<std::uint32_t>(owner)};
      write.command = {.action = Action::write, .key = key, .argument = *value};
      if (write.id != request.id) write.oldest_pending = 0;  // another client's, or an earlier one
      keep(env, key, {chosen.stamp, write});
    }
    env.when_durable(Done{request.id, action == Action::read ? chosen.value : Value{}});
  }

  void on_message(Env& env, NodeId from, const Message& message) {
    if (const auto* query = std::get_if<Query>(&message)) {
      const Answer answer{query->operation, cell(query->key)};
      if (options.bug == Options::Bug::early_answer) return env.send(from, answer);
      env.when_durable(Addressed<Message>{from, answer});
    } else if (const auto* store = std::get_if<Store>(&message)) {
      keep(env, store->key, store->stamped);
      env.when_durable(Addressed<Message>{from, Stored{store->operation, store->stamped.timestamp}});
    } else if (const auto* answer = std::get_if<Answer>(&message)) {
      const auto found = operations.find(answer->operation);
      if (found != operations.end()) answered(env, found->second, from, answer->stamped);
    } else {
      stored(env, from, std::get<Stored>(message));
    }
  }

  void on_durable(Env& env, const Deferred& said) {
    if (const auto* last = std::get_if<Done>(&said)) return env.reply(last->request, last->output);
    const auto& [to, message] = std::get<Addressed<Message>>(said);
    if (to != env.self()) return env.send(to, message);
    const auto& what = std::get<Stored>(message);
    const auto found = operations.find(what.operation);
    if (found == operations.end() || !found->second.storing) return;
    const Operation& operation = found->second;
    env.broadcast(Store{what.operation, operation.request.command.key, operation.latest});
    stored(env, to, what);
  }

  void on_timer(Env& env, Timer) {
    for (const auto& [id, operation] : operations) ask_again(env, id, operation);
    watch(env);
  }

 private:
  struct Operation {
    Request request{};
    bool storing = false;  ///< In the second phase.
    Stamped latest{};      ///< The latest answer; then the value being stored.
    NodeSet answers{};
    NodeSet stores{};
  };

  // ---- the replica

  Stamped cell(std::uint32_t key) const {
    const auto found = cells.find(key);
    return found == cells.end() ? Stamped{} : found->second;
  }

  void keep(Env& env, std::uint32_t key, const Stamped& stamped) {
    if (stamped.write.command.key != key) return;  // nothing yet, or a lie
    const bool newer = stamped.timestamp > cell(key).timestamp;
    const RequestId id = stamped.write.id;
    const bool known = heard.find(id) != nullptr || heard.is_over(id);
    if (!newer && (known || stamped.timestamp.number == 0)) return;
    const Change change{newer ? Change::Kind::set : Change::Kind::none, key, stamped.write.command.argument};
    if (newer) cells[key] = stamped;
    if (heard.find(id) == nullptr) heard.add(stamped.write, 0, {});
    env.persist(Heard{key, stamped, change, env.store(id, change)});
  }

  // ---- the coordinator

  static std::size_t quorum(std::int64_t chosen, std::size_t replicas) {
    return chosen == 0 ? majority_of(replicas) : static_cast<std::size_t>(chosen);
  }

  void begin(Env& env, const Request& request) {
    Operation& operation = operations.emplace(request.id, Operation{.request = request}).first->second;
    if (operations.size() == 1) watch(env);
    operation.latest = cell(request.command.key);
    if (!is_read(request.command) && heard.find(request.id) != nullptr) return store_latest(env, operation);
    env.broadcast(Query{request.id, request.command.key});
    answered(env, operation, env.self(), operation.latest);
  }

  void answered(Env& env, Operation& operation, NodeId from, const Stamped& stamped) {
    if (operation.storing || !operation.answers.insert(from)) return;
    if (stamped.timestamp > operation.latest.timestamp) operation.latest = stamped;
    if (operation.answers.size() < quorum(options.read_quorum, env.cluster())) return;
    const Request& request = operation.request;
    if (!is_read(request.command)) {
      // Higher than all answers, and than any write that this replica began to store after its answer.
      const Stamp highest = std::max(operation.latest.timestamp, cell(request.command.key).timestamp);
      operation.latest = {{highest.number + 1, env.self().value}, request};
    } else if (options.bug == Options::Bug::no_write_back) {
      return finish(env, operation);
    }
    store_latest(env, operation);
  }

  // Stores here first, then at the others: a timestamp that others have seen must never be chosen again.
  void store_latest(Env& env, Operation& operation) {
    const Request& request = operation.request;
    operation.storing = true;
    keep(env, request.command.key, operation.latest);
    env.when_durable(Addressed<Message>{env.self(), Stored{request.id, operation.latest.timestamp}});
  }

  void stored(Env& env, NodeId from, const Stored& message) {
    const auto found = operations.find(message.operation);
    if (found == operations.end()) return;
    Operation& operation = found->second;
    if (!operation.storing || message.timestamp != operation.latest.timestamp) return;
    if (!operation.stores.insert(from)) return;
    if (operation.stores.size() >= quorum(options.write_quorum, env.cluster())) finish(env, operation);
  }

  void finish(Env& env, const Operation& operation) {
    const Request& request = operation.request;
    const bool reads = is_read(request.command);
    env.reply(request.id, reads ? operation.latest.value() : Value{});
    if (!reads) done.add(request, 0, {});
    if (operations.size() == 1) env.cancel_timer(Timer::retransmit);
    operations.erase(RequestId{request.id});
  }

  // ---- losses

  void watch(Env& env) {
    if (options.retransmit && !operations.empty()) env.set_timer(Timer::retransmit, *options.retransmit);
  }

  void ask_again(Env& env, RequestId id, const Operation& operation) {
    if (operation.storing && !operation.stores.contains(env.self()))
      return;  // the disk is slow, not the others
    const std::uint32_t key = operation.request.command.key;
    for (std::uint16_t i = 0; i < env.cluster(); ++i) {
      const NodeSet& heard_from = operation.storing ? operation.stores : operation.answers;
      if (heard_from.contains(NodeId{i})) continue;
      if (operation.storing) {
        env.send(NodeId{i}, Store{id, key, operation.latest});
      } else {
        env.send(NodeId{i}, Query{id, key});
      }
    }
  }

  Options options;
  Snapshot snapshot;  ///< The disk's content, until on_start has installed it.
  std::map<std::uint32_t, Stamped> cells;
  Sessions heard;   ///< The writes that this replica has applied.
  Sessions done{};  ///< The writes that it has coordinated to the end.
  std::map<RequestId, Operation> operations{};
};

static_assert(Protocol<Abd>);
const Registered<Abd> abd_registered{
    "abd",
    "atomic registers from majority quorums: every operation queries, then stores; no leader, no "
    "timeouts"};

}  // namespace
}  // namespace protocols
