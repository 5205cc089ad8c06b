// Faults: crashes, pauses, slow nodes, drifting clocks, orders, words of failures, partitions, roles.
#include <string>
#include <vector>

#include "tests/support/catch.hpp"
#include "tests/world/quiet_world.hpp"

using namespace quiet_world;

TEST_CASE(
    "a crashed node loses its volatile state, its timers and what arrives, but what it sent still flies") {
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
    "a paused node gets its messages when it resumes, then the timers that ran out, and its clock went on") {
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

namespace {

// Node 0 sends four notes at once, which arrive after a millisecond, and a fifth that arrives at 10 ms.
Probe::Options sends_five_notes() {
  return {[](ProbeEnv& env, const std::string& event) {
    if (env.self() != NodeId{0}) return;
    if (event == "start") env.set_timer(Timer::first, 9ms);
    if (event == "first") env.send(NodeId{1}, Probe::Note{5});
    for (int i = 1; event == "start" && i <= 4; ++i) env.send(NodeId{1}, Probe::Note{i});
  }};
}

}  // namespace

TEST_CASE("a node that goes on being slow by another fault works nothing off, however they are ordered") {
  const auto slow = [](Duration at, Duration until, Duration by) {
    return Fault{.at = at, .kind = Fault::Kind::slow, .until = until, .victim = number(1), .span = by};
  };
  const auto seen = [&](std::vector<Fault> faults) {
    Setup setup = quiet_setup(2);
    setup.faults = std::move(faults);
    ProbeWorld probe(setup, sends_five_notes());
    probe.world.run();
    return probe.node(1).seen;
  };
  const Fault first = slow(0ms, 10ms, 5ms), second = slow(10ms, 100ms, 7ms);
  const std::vector<Probe::Seen> expected{{"start", 0ms},          {"note 1 from 0", 6ms},
                                          {"note 2 from 0", 11ms}, {"note 3 from 0", 18ms},
                                          {"note 4 from 0", 25ms}, {"note 5 from 0", 32ms}};
  CHECK(seen({first, second}) == expected);
  CHECK(seen({second, first}) == expected);
}

TEST_CASE("a node that is no longer slow gets at once to all that waits, in the order of arrival") {
  Setup setup = quiet_setup(2);
  setup.faults = {{.at = 0ms, .kind = Fault::Kind::slow, .until = 10ms, .victim = number(1), .span = 5ms}};
  ProbeWorld probe(setup, sends_five_notes());
  probe.world.run();
  const std::vector<Probe::Seen> expected{{"start", 0ms},          {"note 1 from 0", 6ms},
                                          {"note 2 from 0", 10ms}, {"note 3 from 0", 10ms},
                                          {"note 4 from 0", 10ms}, {"note 5 from 0", 10ms}};
  CHECK(probe.node(1).seen == expected);
}

TEST_CASE(
    "of faults that overlap, the one that began last sets the value, and after it the one before goes on") {
  Setup setup = quiet_setup(2);
  const auto slow = [](Duration at, Duration until, Duration by) {
    return Fault{.at = at, .kind = Fault::Kind::slow, .until = until, .victim = number(1), .span = by};
  };
  setup.faults = {slow(0ms, 100ms, 5ms), slow(2ms, 3ms, 50ms)};
  ProbeWorld probe(setup, sends_five_notes());
  probe.world.run();
  REQUIRE(probe.node(1).seen.size() == 6);
  // The notes came at 1 ms. The first takes until 6 ms, as it would have without the other fault; then 5 ms each.
  CHECK(probe.node(1).seen[1].at == 6ms);
  CHECK(probe.node(1).seen[4].at == 21ms);

  NetworkLaws far = setup.network;
  far.replicas.delay = DelayLaw::constant(20ms);
  NetworkLaws farther = setup.network;
  farther.replicas.delay = DelayLaw::constant(40ms);
  const auto laws = [](Duration at, Duration until, const NetworkLaws& is) {
    return Fault{.at = at, .kind = Fault::Kind::network, .until = until, .laws = is};
  };
  setup.faults = {laws(0ms, 100ms, far), laws(2ms, 50ms, farther), laws(3ms, 4ms, setup.network)};
  ProbeWorld delayed(setup, {[](ProbeEnv& env, const std::string& event) {
                       if (env.self() != NodeId{0}) return;
                       if (event == "start") env.set_timer(Timer::first, 10ms);
                       if (event == "first") env.set_timer(Timer::second, 60ms);
                       if (event == "first" || event == "second") env.send(NodeId{1}, Probe::Note{1});
                     }});
  delayed.world.run();
  const std::vector<Probe::Seen> expected{{"start", 0ms}, {"note 1 from 0", 50ms}, {"note 1 from 0", 90ms}};
  CHECK(delayed.node(1).seen == expected);
}

TEST_CASE("what arrives at the instant at which a pause ends comes after what waited for that") {
  Setup setup = quiet_setup(2);
  setup.faults = {{.at = 0ms, .kind = Fault::Kind::pause, .until = 10ms, .victim = number(1)}};
  ProbeWorld probe(setup, sends_five_notes());
  probe.world.run();
  CHECK(probe.events(1) ==
        Seen{"start", "note 1 from 0", "note 2 from 0", "note 3 from 0", "note 4 from 0", "note 5 from 0"});
}

TEST_CASE("what has arrived and waits is beyond the reach of a cut, and of its sender's crash") {
  for (const Fault::Kind kind : {Fault::Kind::slow, Fault::Kind::pause}) {
    Setup setup = quiet_setup(2);
    setup.faults = {{.at = 0ms, .kind = kind, .until = 100ms, .victim = number(1), .span = 5ms},
                    {.at = 3ms, .kind = Fault::Kind::partition, .until = 200ms, .groups = {{{0}}, {{1}}}},
                    {.at = 4ms, .kind = Fault::Kind::crash, .victim = number(0), .in_flight_lost = true}};
    ProbeWorld probe(setup, sends_five_notes());
    probe.world.run();
    CHECK(probe.events(1) ==
          Seen{"start", "note 1 from 0", "note 2 from 0", "note 3 from 0", "note 4 from 0"});
    CHECK(probe.world.record().messages_lost == 0);
  }
}

TEST_CASE("what waits for a slow node dies with it, even if it is back before its turn would have come") {
  Setup setup = quiet_setup(2);
  setup.faults = {{.at = 0ms, .kind = Fault::Kind::slow, .until = 100ms, .victim = number(1), .span = 5ms},
                  {.at = 7ms, .kind = Fault::Kind::crash, .victim = number(1)},
                  {.at = 8ms, .kind = Fault::Kind::restart, .victim = number(1)}};
  ProbeWorld probe(setup, sends_five_notes());
  probe.world.run();
  const std::vector<Probe::Seen> second_life{{"start", 8ms}, {"note 5 from 0", 15ms}};
  CHECK(probe.node(1).seen == second_life);
  CHECK(probe.world.record().messages_lost == 3);
}

TEST_CASE("what a slow node sends itself takes its turn like all else, and a pause stops its turns") {
  Setup setup = quiet_setup(2);
  setup.faults = {{.at = 0ms, .kind = Fault::Kind::slow, .until = 100ms, .victim = number(1), .span = 5ms},
                  {.at = 8ms, .kind = Fault::Kind::pause, .until = 20ms, .victim = number(1)}};
  ProbeWorld probe(setup, {[](ProbeEnv& env, const std::string& event) {
                     if (event == "start" && env.self() == NodeId{0}) {
                       env.send(NodeId{1}, Probe::Note{1});
                       env.send(NodeId{1}, Probe::Note{2});
                     }
                     if (event == "note 1 from 0") env.send(NodeId{1}, Probe::Note{3});
                   }});
  probe.world.run();
  const std::vector<Probe::Seen> expected{
      {"start", 0ms}, {"note 1 from 0", 6ms}, {"note 2 from 0", 25ms}, {"note 3 from 1", 30ms}};
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

TEST_CASE("faults by role strike whoever plays the role then, or nobody when nobody does") {
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
