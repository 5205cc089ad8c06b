// A world driven by hand: what is pending happens when it is chosen, and never before its time.
#include <algorithm>
#include <string>
#include <vector>

#include "sim/world/by_hand.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/probe.hpp"

using namespace sim;

namespace {

Setup quiet_setup() {
  Setup setup{.replicas = 2, .duration = 1h};
  setup.network.replicas.delay.min = 5ms;
  setup.clients.options.count = 1;
  setup.clients.options.arrivals = ClientOptions::Arrivals::fixed;
  setup.clients.options.interval = 2h;
  setup.clients.replicas = 2;
  return setup;
}

// At its start replica 0 sends two notes and sets a timer.
const Probe::Options kTwoNotes{[](Probe::Env& env, const std::string& event) {
  if (event != "start" || env.self() != NodeId{0}) return;
  env.send(NodeId{1}, Probe::Note{1});
  env.send(NodeId{1}, Probe::Note{2});
  env.set_timer(Probe::Timer::first, 20ms);
}};

std::vector<EventQueue::Pending> messages(const World& world) {
  auto all = world.pending();
  std::erase_if(all, [](const auto& p) { return !is_message(p.event); });
  return all;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("pending messages can be handled in any order, lost, or delivered twice") {
  const Setup setup = quiet_setup();
  ProbeWorld probes(setup, kTwoNotes);
  World& world = probes.world;
  const auto sent = messages(world);
  REQUIRE(sent.size() == 2);
  CHECK(world.content(sent[1].event) == "number=2");
  ByHand(world).duplicate(sent[1].ticket);
  ByHand(world).happen(sent[1].ticket);
  CHECK(world.now() == Time{5ms});
  ByHand(world).lose(sent[0].ticket);
  REQUIRE(messages(world).size() == 1);
  ByHand(world).happen(messages(world)[0].ticket);
  CHECK(messages(world).empty());
  CHECK(probes.events(1) == Texts{"start", "note 2 from 0", "note 2 from 0"});
  CHECK(world.record().messages_lost == 1);
  CHECK(world.record().messages_duplicated == 1);
}

TEST_CASE("a timer fires at its time or later, and only once") {
  const Setup setup = quiet_setup();
  ProbeWorld probes(setup, kTwoNotes);
  World& world = probes.world;
  CHECK_FALSE(ByHand(world).fire(NodeId{1}, 0));
  CHECK_FALSE(ByHand(world).fire(NodeId{0}, 1));
  World late = world;
  CHECK(ByHand(world).fire(NodeId{0}, 0));
  CHECK(world.now() == Time{20ms});
  CHECK_FALSE(ByHand(world).fire(NodeId{0}, 0));
  CHECK(probes.events(0) == Texts{"start", "first"});
  ByHand(late).advance(30ms);
  CHECK(ByHand(late).fire(NodeId{0}, 0));
  CHECK(late.now() == Time{30ms});
}

TEST_CASE("a world that was driven by hand can be run to its end") {
  const Setup setup = quiet_setup();
  ProbeWorld probes(setup, kTwoNotes);
  World& world = probes.world;
  ByHand(world).fire(NodeId{0}, 0);
  ByHand(world).begin_fault({.kind = Fault::Kind::crash, .victim = {Victim::Kind::number, NodeId{0}}});
  world.run();
  CHECK(probes.events(1) == Texts{"start", "note 1 from 0", "note 2 from 0"});
}

TEST_CASE("a client calls what it is told to call, where it is told to") {
  const Setup setup = quiet_setup();
  ProbeWorld probes(setup, {});
  World& world = probes.world;
  const Command write{.action = Action::write, .argument = 3};
  ByHand(world).call(ClientId{0}, write, NodeId{1});
  for (int i = 0; i < 2; ++i) ByHand(world).happen(messages(world)[0].ticket);  // the request, its answer
  CHECK(probes.events(1) == Texts{"start", "request 0"});
  REQUIRE(world.record().operations.size() == 1);
  CHECK(world.record().operations[0].outcome == Outcome::ok);
  CHECK(world.record().asked[0] == fingerprint(RequestId{}, write));
}

TEST_CASE("a queue shows all that is pending, however much it is, and gives any of it away") {
  EventQueue queue;
  std::vector<std::uint32_t> expected;
  for (std::uint32_t i = 0; i < 100; ++i) {
    const Event event{.number = i};
    if (i % 3 == 0) {
      queue.push_in_line(i % 2, Time{Duration{i}}, Rank::timer, event);
    } else {
      queue.push(Time{Duration{i % 7 == 0 ? 0 : i}}, Rank::delivery, event);
    }
    expected.push_back(i);
  }
  while (!expected.empty()) {
    const auto pending = queue.pending();
    REQUIRE(pending.size() == expected.size());
    CHECK(std::ranges::is_sorted(pending, {}, &EventQueue::Pending::when));
    const auto& chosen = pending[pending.size() / 2];
    CHECK(queue.take(chosen.ticket).event == chosen.event);
    REQUIRE(std::erase(expected, chosen.event.number) == 1);
    if (expected.empty()) break;
    const auto first = queue.pending().front();
    CHECK(queue.pop().event == first.event);
    REQUIRE(std::erase(expected, first.event.number) == 1);
  }
  CHECK(queue.empty());
}
