// The world's guarantees to protocols: ties, timers, messages, costs; and that a world is a copyable value.
#include <string>
#include <tuple>
#include <vector>

#include "tests/support/catch.hpp"
#include "tests/world/quiet_world.hpp"

using namespace quiet_world;

TEST_CASE("a message that arrives at a timer's deadline has arrived") {
  const Setup setup = quiet_setup(2);
  ProbeWorld probe(setup, {[](ProbeEnv& env, const std::string& event) {
                     if (event != "start") return;
                     if (env.self() == NodeId{0}) env.send(NodeId{1}, Probe::Note{7});
                     if (env.self() == NodeId{1}) env.set_timer(Timer::first, 1ms);
                   }});
  probe.world.run();
  CHECK(probe.events(1) == Seen{"start", "note 7 from 0", "first"});
}

TEST_CASE("arming a timer again replaces it, cancelling ends it, and a shorter time wins at once") {
  const Setup setup = quiet_setup(1);
  ProbeWorld probe(setup, at_start([](ProbeEnv& env) {
                     env.set_timer(Timer::first, 10ms);
                     env.set_timer(Timer::first, 30ms);
                     env.set_timer(Timer::second, 20ms);
                     env.set_timer(Timer::second, 5ms);
                   }));
  probe.world.run();
  const auto& seen = probe.node(0).seen;
  REQUIRE(seen.size() == 3);
  CHECK(seen[1] == Probe::Seen{"second", 5ms});
  CHECK(seen[2] == Probe::Seen{"first", 30ms});

  ProbeWorld cancelled(setup, at_start([](ProbeEnv& env) {
                         env.set_timer(Timer::first, 10ms);
                         env.cancel_timer(Timer::first);
                       }));
  cancelled.world.run();
  CHECK(cancelled.events(0) == Seen{"start"});
}

TEST_CASE("timers of one instant fire in the order in which they were armed last") {
  const Setup setup = quiet_setup(1);
  ProbeWorld probe(setup, {[](ProbeEnv& env, const std::string& event) {
                     if (event == "start") {
                       env.set_timer(Timer::first, 5ms);
                       env.set_timer(Timer::second, 10ms);
                       env.send(env.self(), Probe::Note{1});
                     }
                     if (event == "note 1 from 0")
                       env.set_timer(Timer::first, 10ms);  // after `second` was armed
                   }});
  probe.world.run();
  CHECK(probe.events(0) == Seen{"start", "note 1 from 0", "second", "first"});
}

TEST_CASE("a message to oneself arrives at once, costs nothing and can't be lost") {
  Setup setup = quiet_setup(1);
  setup.network.replicas.loss = 1;
  ProbeWorld probe(setup, at_start([](ProbeEnv& env) { env.send(env.self(), Probe::Note{3}); }));
  probe.world.run();
  CHECK(probe.node(0).seen.back() == Probe::Seen{"note 3 from 0", 0ms});
  CHECK(probe.world.record().messages_sent == 0);
}

TEST_CASE("a run that never ends is ended by its bound") {
  Setup setup = quiet_setup(1);
  setup.max_events = 1000;
  ProbeWorld probe(setup, {[](ProbeEnv& env, const std::string&) { env.send(env.self(), Probe::Note{0}); }});
  CHECK(probe.world.run() == Ending::too_many_events);
  CHECK(probe.world.events() == 1000);
}

TEST_CASE("heartbeats are not counted as the cost of operations") {
  const Setup setup = quiet_setup(3);
  ProbeWorld probe(setup, at_start([](ProbeEnv& env) {
                     env.broadcast(Probe::Beat{});
                     env.send(NodeId{2}, Probe::Note{1});
                   }));
  probe.world.run();
  CHECK(probe.world.record().messages_sent == 3);
  CHECK(probe.world.record().messages_for_operations == 1);
}

namespace {

Setup busy_setup() {
  Setup setup = quiet_setup(3, 500ms);
  setup.network.replicas = {.delay = DelayLaw::exponential(2ms), .loss = 0.1, .duplicate = 0.1};
  setup.network.clients = setup.network.replicas;
  setup.keys = 4;
  ClientOptions options{.count = 2, .rate = 200, .timeout = 100ms, .retry = 20ms};
  setup.clients = ClientPlan(options, {}, *find_service("kv"), setup.keys, setup.replicas);
  setup.faults = {
      {.at = 100ms, .kind = Fault::Kind::crash, .victim = {Victim::Kind::any}},
      {.at = 200ms, .kind = Fault::Kind::restart, .victim = {Victim::Kind::crashed}},
      {.at = 240ms, .kind = Fault::Kind::pause, .until = 300ms, .victim = {Victim::Kind::any}},
      {.at = 310ms, .kind = Fault::Kind::partition, .until = 400ms, .groups = {{{0}}, {{1}, {2}}}}};
  return setup;
}

Probe::Options chatty() {
  return {[](ProbeEnv& env, const std::string& event) {
    if (event.starts_with("note")) return;
    env.broadcast(Probe::Note{static_cast<int>(env.rng().below(100))});
    env.persist(1);
    if (event != "first" || env.rng().chance(0.9)) env.set_timer(Timer::first, 3ms);
  }};
}

}  // namespace

TEST_CASE("a world copied at any moment finishes as the original does, in either order") {
  const Setup setup = busy_setup();
  ProbeWorld whole(setup, chatty());
  whole.world.run();
  REQUIRE(whole.world.events() > 1'500);
  for (const Duration at : {0ms, 1ms, 150ms, 250ms, 350ms, 499ms}) {
    CAPTURE(at.count());
    ProbeWorld original(setup, chatty());
    original.world.run_until(Time{at});
    World fork = original.world;
    World second = fork;
    fork.run();
    original.world.run();
    second.run();
    CHECK(fork.digest() == whole.world.digest());
    CHECK(original.world.digest() == whole.world.digest());
    CHECK(second.digest() == whole.world.digest());
    CHECK(fork.record().operations == whole.world.record().operations);
  }
}

TEST_CASE("the digest tells runs apart, and only runs that differ") {
  const Setup setup = busy_setup();
  ProbeWorld a(setup, chatty(), 1), same(setup, chatty(), 1), other(setup, chatty(), 2);
  for (auto* p : {&a, &same, &other}) p->world.run();
  CHECK(a.world.digest() == same.world.digest());
  CHECK(a.world.digest() != other.world.digest());
}

TEST_CASE("clients see the same arrivals whatever the replicas do") {
  const Setup setup = busy_setup();
  ProbeWorld quiet(setup, {}), loud(setup, chatty());
  quiet.world.run();
  loud.world.run();
  const auto calls = [](const World& world) {
    std::vector<std::tuple<Time, std::uint16_t, Action, std::uint32_t>> all;
    for (const auto& o : world.record().operations) all.emplace_back(o.call, o.client.value, o.action, o.key);
    return all;
  };
  CHECK(calls(quiet.world).size() > 100);
  CHECK(calls(quiet.world) == calls(loud.world));
}
