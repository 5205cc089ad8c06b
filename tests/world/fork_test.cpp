// Forks: copies of a world that diverge from it, each under the same laws.
#include <cmath>
#include <vector>

#include "tests/support/catch.hpp"
#include "tests/support/probe.hpp"

using namespace sim;

namespace {

using ProbeEnv = Probe::Env;

// Three nodes that tell each other something at random times, over links that lose, and two clients.
Setup talkative_setup() {
  Setup setup;
  setup.replicas = 3;
  setup.duration = 400ms;
  setup.clients = ClientPlan({.count = 2, .rate = 200}, {}, *find_service("register"), 1, 3);
  setup.model = Model::reg;
  setup.network.replicas = {.delay = DelayLaw::exponential(3ms), .loss = 0.3};
  setup.network.clients.delay = DelayLaw::exponential(1ms);
  setup.faults = {{.at = 250ms, .kind = Fault::Kind::crash, .victim = {Victim::Kind::any, {}}}};
  return setup;
}

Probe::Options talkative() {
  return {[](ProbeEnv& env, const std::string& event) {
    if (event != "start" && event != "first") return;
    env.broadcast(Probe::Note{static_cast<int>(env.rng().below(1000))});
    env.set_timer(Probe::Timer::first, Duration{static_cast<std::int64_t>(env.rng().below(4'000'000))});
  }};
}

// Node 0 sends node 1 one message a millisecond; half of them are lost.
Setup lossy_setup() {
  Setup setup;
  setup.replicas = 2;
  setup.duration = 1s;
  setup.clients.options.count = 0;
  setup.network.replicas = {.delay = DelayLaw::constant(200us), .loss = 0.5};
  return setup;
}

Probe::Options beating() {
  return {[](ProbeEnv& env, const std::string& event) {
    if (env.self() != NodeId{0} || (event != "start" && event != "first")) return;
    env.send(NodeId{1}, Probe::Note{1});
    env.set_timer(Probe::Timer::first, 1ms);
  }};
}

std::uint64_t digest_at_end(World world) {
  world.run();
  return world.digest();
}

}  // namespace

TEST_CASE("forks of one seed are the same, of two seeds are not, and the original notices neither") {
  const Setup setup = talkative_setup();
  ProbeWorld whole(setup, talkative());
  whole.world.run();
  for (const Duration at : {0ms, 1ms, 100ms, 240ms}) {
    CAPTURE(at.count());
    ProbeWorld original(setup, talkative());
    original.world.run_until(Time{at});
    const std::uint64_t one = digest_at_end(original.world.fork(1));
    CHECK(one == digest_at_end(original.world.fork(1)));
    CHECK(one != digest_at_end(original.world.fork(2)));
    CHECK(one != whole.world.digest());
    original.world.run();
    CHECK(original.world.digest() == whole.world.digest());
  }
}

TEST_CASE("a fork keeps what was on its way, and draws anew what nodes, clients and the network do next") {
  const Setup setup = talkative_setup();
  ProbeWorld original(setup, talkative());
  original.world.run_until(Time{100ms});
  World one = original.world.fork(1), two = original.world.fork(2);
  const auto in_flight = [](const World& world) {
    std::vector<std::pair<Time, Event>> all;
    for (const auto& [when, ticket, event] : world.pending()) all.emplace_back(when, event);
    return all;
  };
  CHECK(in_flight(one).size() > 5);
  CHECK(in_flight(one) == in_flight(original.world));
  for (std::uint16_t i = 0; i < 3; ++i) {
    Rng a = one.rng(NodeId{i}), b = two.rng(NodeId{i}), c = original.world.rng(NodeId{i});
    CHECK(a != b);
    CHECK(a != c);
  }
  one.run();
  two.run();
  // The calls that were due when the world was copied are the same, one a client; the next are not.
  const auto& a = one.record();
  const auto& b = two.record();
  for (std::uint16_t client = 0; client < 2; ++client) {
    const auto later = [&](const Record& record) {
      std::vector<Time> calls;
      for (const auto i : record.operation_of[client]) {
        if (record.operations[i].call > Time{100ms}) calls.push_back(record.operations[i].call);
      }
      return calls;
    };
    REQUIRE(later(a).size() > 20);
    CHECK(later(a)[0] == later(b)[0]);
    CHECK(later(a)[1] != later(b)[1]);
  }
}

TEST_CASE("what forks draw is independent, and follows the laws of the original") {
  const Setup setup = lossy_setup();
  ProbeWorld original(setup, beating());
  original.world.run_until(Time{100'500us});
  const auto delivered = original.world.record().messages_delivered;
  constexpr int kForks = 4000;
  std::vector<int> arrived(4);  // by how many of the next three messages come through
  for (int i = 0; i < kForks; ++i) {
    World fork = original.world.fork(static_cast<std::uint64_t>(i));
    fork.run_until(Time{103'500us});
    ++arrived[fork.record().messages_delivered - delivered];
  }
  const double chance[] = {1 / 8., 3 / 8., 3 / 8., 1 / 8.};  // of three tosses of a coin
  for (std::size_t k = 0; k < 4; ++k) {
    CAPTURE(k, arrived[k]);
    const double expected = kForks * chance[k];
    CHECK(std::abs(arrived[k] - expected) <= 4 * std::sqrt(expected * (1 - chance[k])));
  }
}
