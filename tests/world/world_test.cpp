// What the world promises to protocols: ties, timers, crashes, pauses, clocks, disks; and that it is a value.
#include <algorithm>
#include <string>
#include <vector>

#include "tests/support/catch.hpp"
#include "tests/support/probe.hpp"

using namespace sim;

namespace {

using ProbeEnv = Probe::Env;
using Timer = Probe::Timer;
using Seen = std::vector<std::string>;

Setup quiet_setup(std::size_t replicas, Duration duration = 1s) {
  Setup setup;
  setup.replicas = replicas;
  setup.duration = duration;
  setup.clients.options.count = 0;
  setup.network.replicas.delay = DelayLaw::constant(1ms);
  return setup;
}

Victim number(std::uint16_t n) { return {Victim::Kind::number, NodeId{n}}; }

// What node 0 does at its start; the others only watch.
Probe::Options at_start(std::function<void(ProbeEnv&)> act) {
  return {[act](ProbeEnv& env, const std::string& event) {
    if (event == "start" && env.self() == NodeId{0}) act(env);
  }};
}

}  // namespace

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

TEST_CASE("a crashed node loses its volatile state, its timers and what arrives; what it sent still flies") {
  Setup setup = quiet_setup(2);
  setup.network.replicas.delay = DelayLaw::constant(10ms);
  setup.faults = {{.at = 5ms, .kind = Fault::Kind::crash, .victim = number(0)},
                  {.at = 30ms, .kind = Fault::Kind::restart, .victim = number(0)}};
  const auto act = [](ProbeEnv& env, const std::string& event) {
    if (event != "start" || !env.first_life()) return;
    env.broadcast(Probe::Note{env.self().value});
    env.set_timer(Timer::first, 50ms);
  };
  ProbeWorld probe(setup, {act});
  probe.world.run();
  CHECK(probe.events(0) == Seen{"start"});  // its second life
  CHECK(probe.events(1) == Seen{"start", "note 0 from 0", "first"});
  CHECK(probe.world.record().messages_lost == 1);
}

TEST_CASE("messages in flight can die with their sender") {
  Setup setup = quiet_setup(2);
  setup.network.replicas.delay = DelayLaw::constant(10ms);
  setup.faults = {{.at = 5ms, .kind = Fault::Kind::crash, .victim = number(0), .in_flight_lost = true}};
  ProbeWorld probe(setup, at_start([](ProbeEnv& env) { env.broadcast(Probe::Note{0}); }));
  probe.world.run();
  CHECK(probe.events(1) == Seen{"start"});
}

TEST_CASE(
    "a paused node gets its messages when it resumes, then the timers that ran out; its clock went on") {
  Setup setup = quiet_setup(2);
  setup.faults = {{.at = 0ms, .kind = Fault::Kind::pause, .until = 40ms, .victim = number(1)}};
  ProbeWorld probe(setup, {[](ProbeEnv& env, const std::string& event) {
                     if (event != "start") return;
                     if (env.self() == NodeId{0}) env.set_timer(Timer::second, 20ms);
                     if (env.self() == NodeId{0}) env.send(NodeId{1}, Probe::Note{1});
                     if (env.self() == NodeId{1}) env.set_timer(Timer::first, 500us);
                   }});
  probe.world.run();
  const std::vector<Probe::Seen> expected{{"start", 0ms}, {"note 1 from 0", 40ms}, {"first", 40ms}};
  CHECK(probe.node(1).seen == expected);
}

TEST_CASE("a slow node handles one event after the other, each taking its time") {
  Setup setup = quiet_setup(2);
  setup.faults = {{.at = 0ms, .kind = Fault::Kind::slow, .until = 500ms, .victim = number(1), .span = 5ms}};
  ProbeWorld probe(setup, at_start([](ProbeEnv& env) {
                     env.send(NodeId{1}, Probe::Note{1});
                     env.send(NodeId{1}, Probe::Note{2});
                   }));
  probe.world.run();
  const std::vector<Probe::Seen> expected{{"start", 0ms}, {"note 1 from 0", 6ms}, {"note 2 from 0", 11ms}};
  CHECK(probe.node(1).seen == expected);
}

TEST_CASE("a fast clock's timers run out early in true time") {
  Setup setup = quiet_setup(2);
  setup.faults = {
      {.at = 0ms, .kind = Fault::Kind::clock, .victim = number(0), .span = 3ms, .drift_ppb = 1'000'000'000}};
  Time fired{};
  ProbeWorld probe(setup, {[](ProbeEnv& env, const std::string& event) {
                     if (env.self() == NodeId{1} && event == "start") env.send(NodeId{0}, Probe::Note{0});
                     if (event == "note 0 from 1") env.set_timer(Timer::first, 10ms);
                     if (event == "first") env.send(NodeId{1}, Probe::Note{1});
                   }});
  probe.world.run();
  CHECK(probe.node(0).seen[1].at == 5ms);  // 1 ms at double speed, 3 ms ahead
  CHECK(probe.node(1).seen[1].at ==
        1ms + 5ms + 1ns + 1ms);  // 10 ms of its own are 5 ms (never too short: + 1 ns)
}

TEST_CASE("what a restarted node finds on disk depends on how it went down") {
  const auto found = [](DiskFate fate) {
    Setup setup = quiet_setup(1);
    setup.faults = {{.at = 0ms, .kind = Fault::Kind::disk, .victim = number(0), .span = 10ms},
                    {.at = 35ms, .kind = Fault::Kind::crash, .victim = number(0)},
                    {.at = 90ms, .kind = Fault::Kind::restart, .victim = number(0), .disk = fate}};
    const auto act = [](ProbeEnv& env, const std::string& event) {
      if (event == "start" && env.first_life()) env.set_timer(Timer::first, 1ms);
      if (event != "first") return;
      for (const int i : {1, 2, 3, 4, 5}) env.persist(i);  // safe at 11, 21, 31, 41, 51 ms
    };
    ProbeWorld probe(setup, {act});
    probe.world.run();
    return probe.node(0).found;
  };
  CHECK(found(DiskFate::kept) == std::vector{1, 2, 3, 4, 5});
  CHECK(found(DiskFate::tail_lost) == std::vector{1, 2, 3});
  CHECK(found(DiskFate::lost).empty());
}

TEST_CASE("what waits for the disk waits for what was written before it, and for no more") {
  Setup setup = quiet_setup(1);
  setup.faults = {{.at = 0ms, .kind = Fault::Kind::disk, .victim = number(0), .span = 10ms}};
  ProbeWorld probe(setup, {[](ProbeEnv& env, const std::string& event) {
                     if (event == "start") env.set_timer(Timer::first, 1ms);
                     if (event != "first") return;
                     env.when_durable("nothing");
                     env.persist(1);
                     env.when_durable("one");
                     env.persist(2);
                     env.persist(3);
                     env.when_durable("three");
                     env.when_durable("three again");
                     CHECK_FALSE(env.durable());
                   }});
  probe.world.run();
  const std::vector<Probe::Seen> expected{{"start", 0ms},
                                          {"first", 1ms},
                                          {"nothing is durable", 1ms},
                                          {"one is durable", 11ms},
                                          {"three is durable", 31ms},
                                          {"three again is durable", 31ms}};
  CHECK(probe.node(0).seen == expected);
}

TEST_CASE("a crash forgets what waited for the disk, and a new life's own waits are told apart from it") {
  for (const DiskFate fate : {DiskFate::kept, DiskFate::tail_lost, DiskFate::lost}) {
    Setup setup = quiet_setup(1);
    setup.faults = {{.at = 0ms, .kind = Fault::Kind::disk, .victim = number(0), .span = 10ms},
                    {.at = 5ms, .kind = Fault::Kind::crash, .victim = number(0)},
                    {.at = 6ms, .kind = Fault::Kind::restart, .victim = number(0), .disk = fate}};
    ProbeWorld probe(setup, {[](ProbeEnv& env, const std::string& event) {
                       if (event == "start") env.set_timer(Timer::first, 1ms);
                       if (event != "first") return;
                       env.persist(1);
                       env.when_durable(env.first_life() ? "the old life" : "the new life");
                     }});
    probe.world.run();
    const std::vector<Probe::Seen> expected{
        {"start", 6ms}, {"first", 7ms}, {"the new life is durable", 17ms}};
    CHECK(probe.node(0).seen == expected);
  }
}

TEST_CASE("a paused node says what waited for its disk when it wakes, in order") {
  Setup setup = quiet_setup(1);
  setup.faults = {{.at = 0ms, .kind = Fault::Kind::disk, .victim = number(0), .span = 10ms},
                  {.at = 5ms, .kind = Fault::Kind::pause, .until = 50ms, .victim = number(0)}};
  ProbeWorld probe(setup, {[](ProbeEnv& env, const std::string& event) {
                     if (event == "start") env.set_timer(Timer::first, 1ms);
                     if (event != "first") return;
                     for (const int i : {1, 2, 3}) {
                       env.persist(i);
                       env.when_durable(std::to_string(i));
                     }
                   }});
  probe.world.run();
  const std::vector<Probe::Seen> expected{
      {"start", 0ms}, {"first", 1ms}, {"1 is durable", 50ms}, {"2 is durable", 50ms}, {"3 is durable", 50ms}};
  CHECK(probe.node(0).seen == expected);
}

TEST_CASE("an order goes to the primary of the moment or to the node named, late to one that is paused") {
  Setup setup = quiet_setup(3);
  const Victim primary{Victim::Kind::primary, {}};
  setup.faults = {
      {.at = 10ms, .kind = Fault::Kind::transfer, .victim = primary, .order = Transfer{NodeId{2}}},
      {.at = 20ms, .kind = Fault::Kind::pause, .until = 50ms, .victim = number(2)},
      {.at = 30ms, .kind = Fault::Kind::reconfigure, .victim = number(2), .order = Reconfigure{{NodeId{0}}}},
      {.at = 40ms, .kind = Fault::Kind::crash, .victim = number(0)},
      {.at = 60ms, .kind = Fault::Kind::transfer, .victim = number(0), .order = Transfer{NodeId{2}}}};
  ProbeWorld probe(setup, {[](ProbeEnv& env, const std::string& event) {
                     if (event == "start" && env.self() == NodeId{1}) env.become(Role::primary);
                   }});
  probe.world.run();
  CHECK(probe.events(0) == Seen{"start"});
  CHECK(probe.events(1) == Seen{"start", "transfer to 2"});
  CHECK(probe.events(2) == Seen{"start", "reconfigure"});
  CHECK(probe.node(2).seen.back().at == 50ms);
}

TEST_CASE("a fail-stop failure is told to everyone within its bound, and is final") {
  Setup setup = quiet_setup(3);
  setup.faults = {{.at = 10ms, .kind = Fault::Kind::fail_stop, .victim = number(2), .span = 4ms},
                  {.at = 50ms, .kind = Fault::Kind::restart, .victim = number(2)}};
  ProbeWorld probe(setup, {});
  probe.world.run();
  for (const std::uint16_t i : std::initializer_list<std::uint16_t>{0, 1}) {
    REQUIRE(probe.events(i) == Seen{"start", "failed 2"});
    CHECK(probe.node(i).seen[1].at >= 10ms);
    CHECK(probe.node(i).seen[1].at <= 14ms);
  }
  CHECK(probe.world.record().lives.size() == 1);
}

TEST_CASE("word of a failure can be made to wait for the last message, and is void once the node is back") {
  Setup setup = quiet_setup(3, 30ms);
  Fault fault{.at = 10ms, .kind = Fault::Kind::crash, .victim = number(0), .told = 0ms};
  const Probe::Options chatty{[](ProbeEnv& env, const std::string& event) {
    if (env.self() != NodeId{0}) return;
    if (event == "start" && env.first_life()) env.set_timer(Timer::first, 9500us);
    if (event == "first") env.broadcast(Probe::Note{7});  // arrives at 10.5 ms
  }};
  const auto events_at_1 = [&](std::vector<Fault> faults) {
    setup.faults = std::move(faults);
    ProbeWorld probe(setup, chatty);
    probe.world.run();
    return probe.events(1);
  };
  CHECK(events_at_1({fault}) == Seen{"start", "failed 0", "note 7 from 0"});
  fault.after_messages = true;
  CHECK(events_at_1({fault}) == Seen{"start", "note 7 from 0", "failed 0"});
  const Fault back{.at = 10200us, .kind = Fault::Kind::restart, .victim = number(0)};
  CHECK(events_at_1({fault, back}) == Seen{"start", "note 7 from 0"});
}

TEST_CASE("a partition loses messages in flight when it begins, and heals when it ends") {
  Setup setup = quiet_setup(2);
  setup.faults = {{.at = 10500us, .kind = Fault::Kind::partition, .until = 20ms, .groups = {{{0}}, {{1}}}}};
  ProbeWorld probe(setup, {[](ProbeEnv& env, const std::string& event) {
                     if (env.self() == NodeId{1} || (event != "start" && event != "first")) return;
                     env.send(NodeId{1}, Probe::Note{static_cast<int>(env.now().time_since_epoch() / 1ms)});
                     env.set_timer(Timer::first, 5ms);
                   }});
  probe.world.run_until(Time{29ms});
  CHECK(probe.events(1) ==
        Seen{"start", "note 0 from 0", "note 5 from 0", "note 20 from 0", "note 25 from 0"});
}

TEST_CASE("a message to oneself arrives at once, costs nothing and can't be lost") {
  Setup setup = quiet_setup(1);
  setup.network.replicas.loss = 1;
  ProbeWorld probe(setup, at_start([](ProbeEnv& env) { env.send(env.self(), Probe::Note{3}); }));
  probe.world.run();
  CHECK(probe.node(0).seen.back() == Probe::Seen{"note 3 from 0", 0ms});
  CHECK(probe.world.record().messages_sent == 0);
}

TEST_CASE("faults by role strike whoever plays the role then; nobody, when nobody does") {
  Setup setup = quiet_setup(3);
  setup.faults = {{.at = 10ms, .kind = Fault::Kind::crash, .victim = {Victim::Kind::primary}},
                  {.at = 20ms, .kind = Fault::Kind::crash, .victim = {Victim::Kind::primary}},
                  {.at = 30ms, .kind = Fault::Kind::crash, .victim = {Victim::Kind::backup}},
                  {.at = 40ms, .kind = Fault::Kind::restart, .victim = {Victim::Kind::crashed}}};
  ProbeWorld probe(setup, {[](ProbeEnv& env, const std::string& event) {
                     if (event == "start") env.become(env.self() == NodeId{1} ? Role::primary : Role::backup);
                   }});
  probe.world.run_until(Time{35ms});
  const auto& lives = probe.world.record().lives;
  REQUIRE(lives.size() == 2);
  CHECK(lives[0].node == NodeId{1});
  CHECK(lives[1].node != NodeId{1});
  probe.world.run();
  REQUIRE(lives.size() == 3);
  CHECK(lives[2].node == lives[1].node);  // the latest to have crashed
  CHECK(lives[2].life == Record::Life::up);
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
