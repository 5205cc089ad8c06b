// The smallest protocol there is: replica 0 executes requests and tells nobody. For tests of what lies around
// protocols; its options are one of each kind that a protocol may have.
#pragma once

#include "sim/protocol/registry.hpp"

namespace sim::test {

struct Echo {
  struct Hello {};
  using Message = std::variant<Hello>;
  enum class Timer : std::uint8_t { hello };
  struct Options {
    enum class Mood : std::uint8_t { calm, eager };
    bool loud = false;
    double share = 0.5;
    std::int64_t limit = 7;
    Duration period = 10ms;
    std::optional<Duration> nap{};
    Mood mood = Mood::calm;
    struct Inner {
      Duration deadline = 30ms;
      void describe(Fields& f) { f.duration("deadline", deadline, {1ns}, "A duration above zero."); }
    } inner{};
    void describe(Fields& f) {
      f.flag("loud", loud, "A flag.");
      f.number("share", share, {0, 1}, "A share.");
      f.count("limit", limit, {1, 100}, "A count.");
      f.duration("period", period, {1ns}, "A duration above zero.");
      f.switchable("nap", nap, {}, "A duration, or off.");
      f.choice("mood", mood, {{"calm", Mood::calm}, {"eager", Mood::eager}}, "One of two.");
      f.group("inner", inner, "A group.");
    }
    std::string complaint(std::size_t replicas) const {
      return replicas > 9 ? "echo fills the room with more than 9 replicas" : "";
    }
  };
  using Env = EnvOf<Echo>;

  Echo(const Options& o, const NoDisk&) : options(o) {}
  static ClientPolicy client_policy(const Options&, std::size_t) { return {}; }
  void on_start(Env& env) {
    env.become(env.self() == NodeId{0} ? Role::primary : Role::backup);
    env.set_timer(Timer::hello, options.period);
  }
  void on_message(Env&, NodeId, const Message&) {}
  void on_timer(Env& env, Timer) {
    env.broadcast(Hello{});
    env.set_timer(Timer::hello, options.period);
  }
  void on_request(Env& env, const Request& request) {
    if (env.self() != NodeId{0}) return env.redirect(request.id, NodeId{0});
    if (request.ping) return env.reply(request.id, {});
    env.reply(request.id, env.apply(request).output);
  }

  Options options;
};
static_assert(Protocol<Echo>);

}  // namespace sim::test
