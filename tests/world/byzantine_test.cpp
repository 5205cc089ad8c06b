// Byzantine nodes do to messages, channels and clients what the scenario says, to whom it says, and no more.
#include <algorithm>
#include <string>
#include <vector>

#include "sim/experiment/run.hpp"
#include "sim/protocol/alter.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/probe.hpp"

using namespace sim;

namespace {

using Strings = std::vector<std::string>;

// Node 0 sends the notes 10, 20 and 30 to all, one a millisecond, and misbehaves as told from the start.
ProbeWorld notes_from_traitor(const Setup& setup) {
  const auto act = [](Probe::Env& env, const std::string& event) {
    if (env.self() != NodeId{0}) return;
    if (event == "start") env.set_timer(Probe::Timer::first, 1ms);
    if (event != "first" || env.now().time_since_epoch() > 3ms) return;
    env.broadcast(Probe::Note{static_cast<int>(env.now().time_since_epoch() / 1ms) * 10});
    env.set_timer(Probe::Timer::first, 1ms);
  };
  return ProbeWorld(setup, {act});
}

Setup quiet(std::size_t replicas) {
  Setup setup{.replicas = replicas, .duration = 1s};
  setup.clients.options.count = 0;
  return setup;
}

Setup with_traitor(Misbehaviour how, std::size_t replicas = 4) {
  Setup setup = quiet(replicas);
  setup.faults = {{.kind = Fault::Kind::byzantine, .misbehaviour = std::move(how)}};
  return setup;
}

Strings heard(const Setup& setup, std::uint16_t node) {
  ProbeWorld probes = notes_from_traitor(setup);
  probes.world.run();
  Strings events = probes.events(node);
  events.erase(events.begin());  // "start"
  return events;
}

const Strings kTruth{"note 10 from 0", "note 20 from 0", "note 30 from 0"};

Scenario scenario(const std::string& protocol, const std::string& faults, int replicas = 3) {
  return read_scenario(Json::parse(R"({"name": "byzantine", "duration": "2s", "settle": "500ms",
    "service": {"name": "kv", "keys": 2}, "clients": {"count": 2, "rate": "50/s", "retry": "50ms"},
    "network": {"delay": "1ms", "client": "same"}, "replicas": )" +
                                   std::to_string(replicas) + R"(, "protocol": )" + protocol +
                                   R"(, "faults": [)" + faults + "]}"),
                       "byzantine_test");
}

}  // namespace

TEST_CASE("a silent node is not heard by those it is silent to, and by all others") {
  const Setup setup = with_traitor({.silent = {Endpoint{1}, Endpoint{3}}});
  CHECK(heard(setup, 1).empty());
  CHECK(heard(setup, 2) == kTruth);
  CHECK(heard(setup, 3).empty());
}

TEST_CASE("an equivocating node tells one group the truth, and the other one lie") {
  const Setup setup = with_traitor({.equivocate = {Endpoint{2}, Endpoint{3}}});
  CHECK(heard(setup, 1) == kTruth);
  const Strings lie = heard(setup, 2);
  CHECK(lie.size() == 3);
  CHECK(lie != kTruth);
  CHECK(lie == heard(setup, 3));
}

TEST_CASE("a node that mutates every message changes each, and none by more than three") {
  const Strings lies = heard(with_traitor({.mutate = 1}), 1);
  REQUIRE(lies.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    const int number = std::stoi(lies[i].substr(5));
    const int truth = 10 * (static_cast<int>(i) + 1);
    CHECK(number != truth);
    CHECK(std::abs(number - truth) <= 3);
  }
}

TEST_CASE("a node that replays repeats its own old messages and invents none") {
  const Strings notes = heard(with_traitor({.replay = 1}), 1);
  CHECK(notes.size() > kTruth.size());
  for (const auto& note : notes) CHECK(std::ranges::find(kTruth, note) != kTruth.end());
}

TEST_CASE("a node that delays sends everything late, by that much") {
  const Setup late = with_traitor({.delay = 40ms});
  ProbeWorld probes = notes_from_traitor(late);
  probes.world.run();
  const Setup honest = quiet(4);
  ProbeWorld punctual = notes_from_traitor(honest);
  punctual.world.run();
  REQUIRE(probes.node(1).seen.size() == 4);
  for (std::size_t i = 1; i < 4; ++i) CHECK(probes.node(1).seen[i].at == punctual.node(1).seen[i].at + 40ms);
}

TEST_CASE("misbehaviour begins and ends when the scenario says") {
  Setup setup = with_traitor({.silent = {Endpoint{1}}});
  setup.faults[0].at = 1500us;
  setup.faults[0].until = 2500us;
  CHECK(heard(setup, 1) == Strings{"note 10 from 0", "note 30 from 0"});
}

TEST_CASE("colluding nodes tell the same lie, others each their own") {
  const auto lie_of = [](std::uint16_t liar, bool collude) {
    Setup setup = quiet(4);
    for (std::uint16_t i = 0; i < 2; ++i) {
      setup.faults.push_back(
          {.kind = Fault::Kind::byzantine,
           .victim = {Victim::Kind::number, NodeId{i}},
           .misbehaviour = {.equivocate = {Endpoint{2}, Endpoint{1}}, .collude = collude}});
    }
    const auto act = [liar](Probe::Env& env, const std::string& event) {
      if (env.self() != NodeId{liar}) return;
      if (event == "start") env.set_timer(Probe::Timer::first, 1ms);
      if (event == "first") env.broadcast(Probe::Note{1000});
    };
    ProbeWorld probes(setup, {act});
    probes.world.run();
    const auto notes = [&](std::uint16_t node) {
      const std::string last = probes.events(node).back();
      return last.substr(0, last.find(" from"));
    };
    if (liar == 0 && collude) CHECK(notes(1) == "note 1000");  // they don't deceive each other
    CHECK(notes(3) == "note 1000");
    return notes(2);
  };
  CHECK(lie_of(0, true) == lie_of(1, true));
  CHECK(lie_of(0, true) != "note 1000");
  CHECK(lie_of(0, false) != lie_of(1, false));
}

TEST_CASE("a twin has the node's past and name, and its own audience") {
  Setup setup = with_traitor({.twin = {Endpoint{2}}}, 3);
  setup.faults[0].at = 10ms;
  setup.faults[0].until = 50ms;
  const auto act = [](Probe::Env& env, const std::string& event) {
    if (env.self() == NodeId{0} && event == "start")
      env.set_timer(Probe::Timer::first, 20ms);  // before the split
    if (event == "first") env.broadcast(Probe::Note{static_cast<int>(env.rng().below(1'000'000))});
    if (env.self() == NodeId{2} && event.starts_with("note")) env.send(NodeId{0}, Probe::Note{7});
  };
  ProbeWorld probes(setup, {act});
  probes.world.run();
  const auto last = [&](std::uint16_t node) { return probes.events(node).back(); };
  REQUIRE(probes.events(1).size() == 2);  // both copies fired the timer that was armed before the split
  REQUIRE(probes.events(2).size() == 2);
  CHECK(last(1).ends_with("from 0"));
  CHECK(last(2).ends_with("from 0"));
  CHECK(last(1) != last(2));  // each copy spoke to its audience, with luck of its own
  CHECK(probes.events(0) == Strings{"start", "first"});  // what node 2 answered went to the twin
}

TEST_CASE("a world with a twin in it can be copied, and both copies end alike") {
  const Scenario s = scenario(R"({"name": "raft"})", R"({"from": "500ms", "byzantine": 0, "twin": [1]})");
  World world(s.setup, 1, s.plan->make_host(3));
  world.run_until(Time{1s});
  World copy(world);
  world.run();
  copy.run();
  CHECK(world.digest() == copy.digest());
}

TEST_CASE("one liar among three is outvoted, but two who collude are believed") {
  const std::string majority = R"({"name": "naive_broadcast", "reads": "all"})";
  const auto run = [&](const char* liars) {
    return run_for_sweep(scenario(majority, std::string(R"({"from": "0s", "byzantine": )") + liars +
                                                R"(, "lie": true, "collude": true})"),
                         1);
  };
  const RunResult one = run("[2]"), two = run("[1, 2]");
  CHECK(one.linearizability.verdict == Verdict::linearizable);
  CHECK(one.answers.contested > 0);
  CHECK(one.answers.deceived == 0);
  CHECK(two.linearizability.verdict == Verdict::violation);
  CHECK(two.answers.deceived > 0);
}

TEST_CASE("the judges hold nothing against the others that a Byzantine replica did") {
  // A twin of the primary splits the service; every correct replica stays with one of the copies.
  const Scenario s = scenario(R"({"name": "naive_broadcast"})",
                              R"({"from": "0s", "byzantine": 2, "silent": [0, 1], "mutate": 1})");
  const RunResult r = run_once(s, 1);
  CHECK_FALSE(r.divergence.diverged);
  CHECK(r.lost_writes.count == 0);
  CHECK(r.record.byzantine.contains(NodeId{2}));
}

TEST_CASE("a request is authentic when a client has asked exactly this") {
  const Scenario s = scenario(R"({"name": "naive_broadcast"})", "");
  World world(s.setup, 1, s.plan->make_host(3));
  world.run();
  const Operation& first = world.record().operations.front();
  Request request{.id = {first.client, 0}};
  request.command.action = first.action;
  request.command.key = first.key;
  if (const auto* value = first.argument.as_number()) request.command.argument = *value;
  CHECK(world.authentic(request));
  request.command.argument += 1;
  CHECK_FALSE(world.authentic(request));
  request.id.client = ClientId{77};
  CHECK_FALSE(world.authentic(request));
}

TEST_CASE("an alteration changes a message, always in the same way for one salt, and never its shape") {
  struct Inner {
    std::uint64_t term;
    bool flag;
  };
  struct Message {
    NodeId who;
    std::vector<Inner> entries;
    std::optional<std::int64_t> perhaps;
    Command command;
  };
  const Message original{NodeId{1}, {{5, false}, {6, true}}, 9, {.key = 1, .argument = 3}};
  const auto same = [](const Message& a, const Message& b) {
    return a.who == b.who && a.entries.size() == b.entries.size() && a.perhaps == b.perhaps &&
           a.command == b.command &&
           std::ranges::equal(a.entries, b.entries, [](const Inner& x, const Inner& y) {
             return x.term == y.term && x.flag == y.flag;
           });
  };
  for (std::uint64_t salt = 0; salt < 1000; ++salt) {
    CAPTURE(salt);
    Message one = original, two = original;
    alter(one, salt, 3);
    alter(two, salt, 3);
    REQUIRE(same(one, two));
    REQUIRE_FALSE(same(one, original));
    REQUIRE(one.who.value < 3);
    REQUIRE(one.command.key == original.command.key);
    REQUIRE(one.entries.size() >= 1);
  }
}

TEST_CASE("a Byzantine entry of a scenario is read, written and read again without loss") {
  const std::string entry =
      R"({"from": "1s", "to": "1500ms", "byzantine": [0, "backup"], "silent": [1, "c0"], "equivocate": [2],)"
      R"( "mutate": 0.5, "replay": 0.25, "delay": "40ms", "lie": true, "collude": true})";
  const Scenario s = scenario(R"({"name": "raft"})", entry);
  REQUIRE(s.setup.faults.size() == 2);
  CHECK(s.setup.faults[0].misbehaviour.silent == std::vector{Endpoint{1}, Endpoint{3}});
  CHECK(s.setup.faults[1].victim.kind == Victim::Kind::backup);
  const Scenario again = read_scenario(s.canonical, "byzantine_test");
  CHECK(again.canonical == s.canonical);
  CHECK(again.setup.faults == s.setup.faults);
  CHECK_THROWS_AS(scenario(R"({"name": "raft"})", R"({"from": "1s", "byzantine": 0})"), InputError);
  CHECK_THROWS_AS(scenario(R"({"name": "raft"})", R"({"from": "1s", "byzantine": 0, "attack": "x"})"),
                  InputError);
  CHECK_THROWS_AS(scenario(R"({"name": "raft"})", R"({"from": "1s", "byzantine": [], "lie": true})"),
                  InputError);
}
