// Naive broadcast: the first idea that everyone has for keeping replicas alike. The client sends each request
// to every replica; each executes it and answers. There is no primary, no order, no agreement.
//
// It costs 2n messages and two delays, and it keeps the replicas alike exactly as long as
//   * no message is lost                  (retransmission repairs this: `retransmit`),
//   * all replicas see one order          (nothing here repairs that: two writes may cross on the way),
//   * no replica is down                  (it misses what is sent meanwhile; `catch_up` repairs most of it),
//   * every command is deterministic      (a clock reading or a random number differs on each replica).
// Each of scenarios/lessons/naive_*.json breaks one assumption alone. A system that gives all four is a
// replicated state machine, and needs consensus.
//
// Even with `catch_up` a returning replica can miss a request: one that reached it while it was down, and its
// helper only after it had helped. Without an order there is no moment at which "everything so far" is well
// defined.
#include <algorithm>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "sim/protocol/registry.hpp"
#include "sim/protocol/sessions.hpp"

namespace protocols {
namespace {

using namespace sim;

struct NaiveBroadcast {
  // A returning replica asks the others what it has missed; each that is not itself returning answers.
  struct WhatDidIMiss {
    std::size_t executed;  ///< The length of the asking replica's log.
  };
  struct MissedRequests {
    std::vector<Request> requests;
  };
  struct WholeState {
    Snapshot snapshot;
    Sessions sessions;
    std::vector<Request> log;
  };
  using Message = std::variant<WhatDidIMiss, MissedRequests, WholeState>;
  enum class Timer : std::uint8_t { ask_again };

  struct Options {
    enum class Answers : std::uint8_t { first, majority, all };
    enum class CatchUp : std::uint8_t { none, log, state };
    Answers answer = Answers::all;
    Answers reads = Answers::first;
    CatchUp catch_up = CatchUp::none;
    std::optional<Duration> retransmit{};

    void describe(Fields& fields) {
      fields.choice("answer", answer,
                    {{"first", Answers::first}, {"majority", Answers::majority}, {"all", Answers::all}},
                    "Replicas that must answer a write before the client considers it done.");
      fields.choice("reads", reads,
                    {{"one", Answers::first}, {"majority", Answers::majority}, {"all", Answers::all}},
                    "Replicas that a read asks; it returns the most frequent answer.");
      fields.switchable(
          "retransmit", retransmit, {.min = 1us},
          "Interval at which the client resends a write to replicas that have not answered; false: never.");
      fields.choice(
          "catch_up", catch_up, {{"none", CatchUp::none}, {"log", CatchUp::log}, {"state", CatchUp::state}},
          "What a restarted replica requests from the others: nothing, the requests that it missed, or "
          "the entire state.");
    }
    std::string complaint(std::size_t) const { return {}; }
    static std::uint32_t count(Answers answers, std::size_t replicas) {
      const std::size_t n = answers == Answers::first      ? 1
                            : answers == Answers::majority ? majority_of(replicas)
                                                           : replicas;
      return static_cast<std::uint32_t>(n);
    }
  };
  static Duration tells_again_every(const Options& options) { return options.retransmit.value_or(0ns); }
  static ClientPolicy client_policy(const Options& options, std::size_t replicas) {
    return {.target = ClientPolicy::Target::everyone,
            .write_answers = Options::count(options.answer, replicas),
            .read_answers = Options::count(options.reads, replicas),
            .retransmit = options.retransmit};
  }

  // Nobody decides anything: each replica that is asked answers, a returning one once it has given up asking
  // what it missed. A client may need the answers of all.
  static std::optional<ServicePromise> promise(const Options& options, const Calm& calm) {
    if ((calm.loss > 0 && !options.retransmit) || calm.loss > 0.2 || 8 * calm.delay > calm.client_timeout)
      return std::nullopt;
    const Duration repair = options.retransmit.value_or(0ns) + kAsks * kAskAgain;
    return ServicePromise{.within = 10 * (repair + 4 * calm.delay + calm.round()), .running = calm.members};
  }

  // The disk holds the executed requests, in order, and their results.
  struct Executed {
    Request request;
    Applied applied;
  };
  struct Disk {
    using Write = std::variant<Executed, WholeState>;
    WholeState kept;
    void format(Snapshot empty) { kept.snapshot = std::move(empty); }
    /// What follows was executed after it, and is no good without it.
    bool replay_damaged(const Write&, Damage) { return false; }
    void replay(const Write& write) {
      if (const auto* whole = std::get_if<WholeState>(&write)) {
        kept = *whole;
        return;
      }
      const auto& [request, applied] = std::get<Executed>(write);
      kept.snapshot.state.store(applied.change);
      kept.snapshot.version = applied.version;
      kept.log.push_back(request);
      kept.sessions.add(request, kept.log.size(), applied.output);
    }
  };

  using Env = EnvOf<NaiveBroadcast>;
  static constexpr Duration kAskAgain = 50ms;
  static constexpr int kAsks =
      5;  ///< Then it goes on with what it has: perhaps all others are returning, too.

  NaiveBroadcast(const Options& o, const Disk& d)
      : options(o), disk(d.kept), log(d.kept.log), sessions(d.kept.sessions) {}

  void on_start(Env& env) {
    if (!log.empty()) env.install(disk.snapshot);
    disk = {};
    if (env.first_life() || options.catch_up == Options::CatchUp::none || env.cluster() == 1) return;
    asks_left = kAsks;
    ask(env);
  }

  void on_request(Env& env, const Request& request) {
    if (asks_left > 0) {
      waiting.push_back(request);  // executing it now would put it before the missed ones
    } else {
      serve(env, request);
    }
  }

  void on_message(Env& env, NodeId from, const Message& message) {
    if (const auto* question = std::get_if<WhatDidIMiss>(&message)) return help(env, from, *question);
    if (asks_left == 0) return;  // another helper was faster
    if (const auto* missed = std::get_if<MissedRequests>(&message)) {
      for (const Request& request : missed->requests) execute_once(env, request);
    } else {
      adopt(env, std::get<WholeState>(message));
    }
    caught_up(env);
  }

  void on_timer(Env& env, Timer) {
    if (asks_left == 0) return;
    if (--asks_left > 0) return ask(env);
    caught_up(env);
  }

  // ---- executing

  void serve(Env& env, const Request& request) {
    if (is_read(request.command)) return env.reply(request.id, env.apply(request).output);
    if (sessions.is_over(request.id)) return;
    env.reply(request.id, execute_once(env, request));
  }

  Value execute_once(Env& env, const Request& request) {
    if (const auto* earlier = sessions.find(request.id)) return earlier->output;
    const Applied applied = env.apply(request);
    log.push_back(request);
    sessions.add(request, log.size(), applied.output);
    env.persist(Executed{request, applied});
    return applied.output;
  }

  // ---- catching up

  void ask(Env& env) {
    env.broadcast(WhatDidIMiss{log.size()});
    env.set_timer(Timer::ask_again, kAskAgain);
  }

  // The position in the log stands for "what you have". This is right only if both have executed the same
  // requests so far, which is all that replicas without an agreed order can assume. The requests themselves
  // are never executed twice.
  void help(Env& env, NodeId returning, const WhatDidIMiss& question) {
    if (asks_left > 0) return;
    if (options.catch_up == Options::CatchUp::state)
      return env.send(returning, WholeState{env.snapshot(), sessions, log});
    const auto known = static_cast<std::ptrdiff_t>(std::min(question.executed, log.size()));
    env.send(returning, MissedRequests{{log.begin() + known, log.end()}});
  }

  void adopt(Env& env, const WholeState& whole) {
    env.install(whole.snapshot);
    sessions = whole.sessions;
    log = whole.log;
    env.persist(whole);
  }

  void caught_up(Env& env) {
    asks_left = 0;
    env.cancel_timer(Timer::ask_again);
    for (const Request& request : std::exchange(waiting, {})) serve(env, request);
  }

  Options options;
  WholeState disk;  ///< The disk's content, until on_start has installed it.
  std::vector<Request> log;
  Sessions sessions;
  int asks_left = 0;  ///< Above 0 while catching up.
  std::vector<Request> waiting{};
};

static_assert(Protocol<NaiveBroadcast>);
const Registered<NaiveBroadcast> naive_broadcast_registered{
    "naive_broadcast", "the client sends each request to every replica; each executes it and answers"};

}  // namespace
}  // namespace protocols
