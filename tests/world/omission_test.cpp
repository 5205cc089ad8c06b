// Omissions: a node loses messages that it sends or that come to it. Crashes in the middle of a broadcast.
#include <algorithm>
#include <string>
#include <vector>

#include "tests/support/catch.hpp"
#include "tests/world/quiet_world.hpp"

using namespace quiet_world;

namespace {

using Of = Omission::Of;

Fault omits(std::uint16_t node, Omission omission, Duration from = 0ms, Duration to = 500ms) {
  return {.at = from,
          .kind = Fault::Kind::omission,
          .until = to,
          .victim = number(node),
          .omission = std::move(omission)};
}

// Node 0 sends note 1, 2, ... and a beat with each to all others, every 10 ms.
Probe::Options talker() {
  return {[](ProbeEnv& env, const std::string& event) {
    if (env.self() != NodeId{0} || (event != "start" && event != "first")) return;
    if (event == "start") return env.set_timer(Timer::first, 10ms);
    const auto ms =
        std::chrono::duration_cast<std::chrono::milliseconds>(env.now().time_since_epoch()).count();
    env.broadcast(Probe::Note{static_cast<int>(ms / 10)});
    env.broadcast(Probe::Beat{});
    if (ms < 100) env.set_timer(Timer::first, 10ms);
  }};
}

Seen heard_by(std::uint16_t node, const Fault& fault, std::uint64_t seed = 1) {
  Setup setup = quiet_setup(3);
  setup.faults = {fault};
  ProbeWorld probe(setup, talker(), seed);
  probe.world.run();
  const Record& r = probe.world.record();
  CHECK(r.messages_sent == 40);
  CHECK(r.messages_delivered + r.messages_lost == 40);
  Seen all = probe.events(node);
  std::erase(all, "start");
  return all;
}

std::size_t notes(const Seen& all) {
  return all.size() - static_cast<std::size_t>(std::ranges::count(all, "beat"));
}

}  // namespace

TEST_CASE("a node that omits what it sends is not heard, one that omits what it gets doesn't hear") {
  CHECK(heard_by(1, omits(0, {.of = Of::send})).empty());
  CHECK(heard_by(1, omits(0, {.of = Of::both})).empty());
  CHECK(heard_by(1, omits(0, {.of = Of::receive})).size() == 20);
  CHECK(heard_by(1, omits(1, {.of = Of::receive})).empty());
  CHECK(heard_by(2, omits(1, {.of = Of::receive})).size() == 20);
  CHECK(heard_by(1, omits(1, {.of = Of::send})).size() == 20);
}

TEST_CASE("an omission strikes the types named, towards those named, while it lasts") {
  const MessageChoice beats{.types = {"Beat"}};
  CHECK(heard_by(1, omits(0, {.of = Of::send, .messages = beats})).size() == 10);
  CHECK(notes(heard_by(1, omits(0, {.of = Of::send, .messages = beats}))) == 10);
  const std::vector<Endpoint> second{{2}};
  CHECK(heard_by(1, omits(0, {.of = Of::send, .towards = second})).size() == 20);
  CHECK(heard_by(2, omits(0, {.of = Of::send, .towards = second})).empty());
  CHECK(heard_by(1, omits(0, {}, 15ms, 45ms)).size() == 14);
}

TEST_CASE("an omission strikes by turns, or the n-th only") {
  const auto notes_of = [](MessageChoice choice) {
    choice.types = {"Note"};
    Seen all = heard_by(1, omits(0, {.of = Of::send, .messages = choice, .towards = {{{1}}}}));
    std::erase(all, "beat");
    return all;
  };
  const auto note = [](int n) { return "note " + std::to_string(n) + " from 0"; };
  CHECK(notes_of({.nth = {1, 2, 4, 5, 6, 7, 8, 9, 10}}) == Seen{note(3)});
  CHECK(notes_of({.pattern = "xx-"}) == Seen{note(3), note(6), note(9)});
}

TEST_CASE("an omission by chance strikes its share, and the same messages in every run of a seed") {
  const Omission half{.of = Of::send, .messages = {.probability = 0.5}};
  std::size_t heard = 0;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    const Seen once = heard_by(1, omits(0, half), seed);
    CHECK(once == heard_by(1, omits(0, half), seed));
    heard += once.size();
  }
  CHECK(heard > 900);  // of 2000, expected 1000
  CHECK(heard < 1100);
  CHECK(heard_by(1, omits(0, half), 1) != heard_by(2, omits(0, half), 1));
}

TEST_CASE("omissions that overlap each have their say, and what a node tells itself is never omitted") {
  Setup setup = quiet_setup(2);
  setup.faults = {omits(0, {.of = Of::send, .messages = {.nth = {1}}}),
                  omits(0, {.of = Of::send, .messages = {.nth = {2}}})};
  ProbeWorld probe(setup, at_start([](ProbeEnv& env) {
                     for (int i = 1; i <= 3; ++i) env.send(NodeId{1}, Probe::Note{i});
                     env.send(NodeId{0}, Probe::Note{4});
                   }));
  probe.world.run();
  CHECK(probe.events(1) == Seen{"start", "note 1 from 0", "note 2 from 0", "note 3 from 0"});
  setup.faults[0].at = setup.faults[1].at = 0ms;
  ProbeWorld later(setup, {[](ProbeEnv& env, const std::string& event) {
                     if (env.self() != NodeId{0}) return;
                     if (event == "start") env.set_timer(Timer::first, 1ms);
                     if (event != "first") return;
                     for (int i = 1; i <= 3; ++i) env.send(NodeId{1}, Probe::Note{i});
                     env.send(NodeId{0}, Probe::Note{4});
                   }});
  later.world.run();
  CHECK(later.events(1) == Seen{"start", "note 3 from 0"});
  CHECK(later.events(0) == Seen{"start", "first", "note 4 from 0"});
}

TEST_CASE("a run without omissions is the same whether or not one is over before anything is sent") {
  Setup setup = quiet_setup(3);
  setup.network.replicas = {.delay = DelayLaw::exponential(2ms), .loss = 0.2, .fifo = true};
  ProbeWorld without(setup, talker());
  without.world.run();
  setup.faults = {omits(1, {}, 200ms, 300ms)};
  ProbeWorld with(setup, talker());
  with.world.run();
  CHECK(with.node(1).seen == without.node(1).seen);
  CHECK(with.node(2).seen == without.node(2).seen);
}

TEST_CASE("the judges' record says who omits and when, and who can't be reached for that reason") {
  Setup setup = quiet_setup(3);
  setup.faults = {omits(0, {.of = Of::send}, 10ms, 20ms),
                  omits(1, {.messages = {.probability = 0.9}}, 30ms, 40ms)};
  ProbeWorld probe(setup, talker());
  probe.world.run();
  const Record& r = probe.world.record();
  REQUIRE(r.omits.size() == 4);
  CHECK(r.omits[0].node == NodeId{0});
  CHECK((r.omits[0].does && !r.omits[1].does));
  CHECK(r.omits[2].at == Time{30ms});
  REQUIRE(r.reaches.size() == 6);  // three nodes, once to the worse and once back
  CHECK(r.reaches[0].others.size() == 1);
  CHECK(r.byzantine.empty());
}

TEST_CASE("a crash amid a broadcast lets the first copies leave, in the order of sending") {
  Setup setup = quiet_setup(4);
  const auto run = [&](CrashAmidSending amid, Duration at) {
    setup.faults = {{.at = at, .kind = Fault::Kind::crash, .victim = number(0), .amid = std::move(amid)}};
    ProbeWorld probe(setup, talker());
    probe.world.run();
    std::vector<std::size_t> heard;
    for (std::uint16_t i = 1; i < 4; ++i) heard.push_back(probe.events(i).size() - 1);
    CHECK(probe.world.record().lives.size() == 1);
    CHECK(probe.world.record().lives[0].at == Time{20ms});
    return heard;
  };
  CHECK(run({.first = 0}, 15ms) == std::vector<std::size_t>{2, 2, 2});
  CHECK(run({.first = 2}, 15ms) == std::vector<std::size_t>{3, 3, 2});
  CHECK(run({.first = 2}, 20ms) == std::vector<std::size_t>{3, 3, 2});  // it strikes first at its instant
  CHECK(run({.first = 4}, 15ms) == std::vector<std::size_t>{4, 3, 3});  // a second broadcast
  CHECK(run({.first = 99}, 15ms) == std::vector<std::size_t>{4, 4, 4});
  CHECK(run({.first = 1, .types = {"Beat"}}, 15ms) == std::vector<std::size_t>{4, 3, 3});
}

TEST_CASE("a crash amid a broadcast that never comes is reported as one at which nothing happened") {
  Setup setup = quiet_setup(2);
  setup.faults = {{.at = 105ms, .kind = Fault::Kind::crash, .victim = number(0), .amid = CrashAmidSending{}}};
  ProbeWorld probe(setup, talker());
  probe.world.run();
  CHECK(probe.world.record().lives.empty());
  REQUIRE(probe.world.record().idle.size() == 1);
  CHECK(probe.world.record().idle[0].what == "replica 0 was to crash as it sent something, but sent nothing");
}

TEST_CASE("random omissions are written out as a timeline that gives the same run") {
  Setup setup = quiet_setup(3);
  RandomFault process{.kind = Fault::Kind::omission, .rate = 20, .duration_mean = 30ms};
  process.omission = {.of = Of::send, .messages = {.types = {"Note"}, .probability = 0.5}};
  const auto faults = generate({process}, 7, 3, 1s, 1);
  REQUIRE(faults.size() > 5);
  CHECK(faults[0].omission == process.omission);
  CHECK(faults[0].until.has_value());
  setup.random_faults = {process};
  ProbeWorld drawn(setup, talker(), 7);
  drawn.world.run();
  setup.random_faults.clear();
  setup.faults = faults;
  ProbeWorld written(setup, talker(), 7);
  written.world.run();
  CHECK(drawn.world.digest() == written.world.digest());
}
