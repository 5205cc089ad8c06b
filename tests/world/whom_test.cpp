// Whom a fault strikes is decided at the instant at which it strikes.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/catch.hpp"
#include "tests/world/quiet_world.hpp"

using namespace quiet_world;

namespace {

// Replica 0 leads until 10 ms, then replica 2 does; the others follow.
Probe::Options led() {
  return {[](ProbeEnv& env, const std::string& event) {
    if (event == "start") {
      if (env.self() == NodeId{0} || env.self() == NodeId{2}) env.set_timer(Timer::first, 10ms);
      env.become(env.self() == NodeId{0} ? Role::primary : Role::backup, 1);
    }
    if (event == "first") env.become(env.self() == NodeId{2} ? Role::primary : Role::backup, 2);
  }};
}

std::vector<NodeId> down_at_end(std::vector<Fault> faults) {
  Setup setup = quiet_setup(4);
  setup.faults = std::move(faults);
  ProbeWorld probe(setup, led());
  probe.world.run();
  std::vector<NodeId> down;
  for (const auto& life : probe.world.record().lives) {
    if (life.life == Record::Life::down) down.push_back(life.node);
  }
  return down;
}

Fault crash_at(Duration at, Victim victim, bool together = false) {
  return {.at = at, .kind = Fault::Kind::crash, .victim = victim, .together = together};
}

}  // namespace

TEST_CASE("others are all but the one that leads when the fault strikes", "[world]") {
  const auto others = [](Duration at) {
    std::vector<Fault> faults;
    for (std::uint16_t i = 0; i < 4; ++i)
      faults.push_back(crash_at(at, {Victim::Kind::other, NodeId{i}}, i > 0));
    return down_at_end(std::move(faults));
  };
  CHECK(others(5ms) == std::vector<NodeId>{NodeId{1}, NodeId{2}, NodeId{3}});
  CHECK(others(15ms) == std::vector<NodeId>{NodeId{0}, NodeId{1}, NodeId{3}});
}

TEST_CASE("others are all but the primary that is paused, too, and nobody where none leads", "[world]") {
  const auto struck = [](Duration at, Probe::Options options) {
    std::vector<Fault> faults{{.at = 2ms, .kind = Fault::Kind::pause, .until = 8ms, .victim = number(0)}};
    for (std::uint16_t i = 0; i < 4; ++i)
      faults.push_back(crash_at(at, {Victim::Kind::other, NodeId{i}}, i > 0));
    Setup setup = quiet_setup(4);
    setup.faults = std::move(faults);
    ProbeWorld probe(setup, std::move(options));
    probe.world.run();
    const auto& lives = probe.world.record().lives;
    const auto down = std::ranges::count(lives, Record::Life::down, &Record::LifeChange::life);
    return std::pair(down, probe.world.record().idle.size());
  };
  CHECK(struck(5ms, led()) == std::pair(std::ptrdiff_t{3}, std::size_t{0}));
  CHECK(struck(5ms, {}) == std::pair(std::ptrdiff_t{0}, std::size_t{1}));
}

TEST_CASE("a list with a role strikes that node and, of the others, each once", "[world]") {
  std::vector<Fault> faults{crash_at(15ms, {Victim::Kind::primary})};
  for (std::uint16_t i = 0; i < 4; ++i)
    faults.push_back(crash_at(15ms, {Victim::Kind::unnamed, NodeId{i}}, true));
  CHECK(down_at_end(std::move(faults)) == std::vector<NodeId>{NodeId{2}, NodeId{0}, NodeId{1}, NodeId{3}});
}

TEST_CASE("roles that are drawn in one fault go to different nodes", "[world]") {
  Setup setup = quiet_setup(3);
  const Victim any{Victim::Kind::any};
  for (const bool together : {false, true, true}) {
    setup.faults.push_back({.at = 5ms,
                            .kind = Fault::Kind::slow,
                            .until = 9ms,
                            .victim = any,
                            .together = together,
                            .span = 1ms});
  }
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    struct Seeing final : Tracer {
      std::vector<NodeId> struck{};
      void fault(Time, const Fault&, std::optional<NodeId> node) override { struck.push_back(*node); }
    } tracer;
    ProbeWorld probe(setup, led(), seed);
    probe.world.trace_to(&tracer);
    probe.world.run();
    std::ranges::sort(tracer.struck);
    CAPTURE(seed);
    CHECK(tracer.struck == std::vector<NodeId>{NodeId{0}, NodeId{1}, NodeId{2}});
  }
}

TEST_CASE("a cut from the primary to the others follows the role, and a fault without such a role is idle",
          "[world]") {
  const auto reached = [](Duration at, Endpoint from) {
    Setup setup = quiet_setup(3);
    setup.faults = {{.at = at,
                     .kind = Fault::Kind::cut,
                     .until = at + 5ms,
                     .from = {from},
                     .to = {end_of(RoleEnd::others)}}};
    ProbeWorld probe(setup, led());
    probe.world.run();
    return probe.world.record();
  };
  const Record first = reached(5ms, end_of(RoleEnd::primary));
  REQUIRE(!first.reaches.empty());
  CHECK(first.reaches.front().node == NodeId{0});
  CHECK(first.reaches.front().others.size() == 1);
  const Record second = reached(15ms, end_of(RoleEnd::primary));
  REQUIRE(second.reaches.size() >= 3);
  CHECK(second.reaches[2].node == NodeId{2});
  CHECK(second.reaches[2].others.size() == 1);
  Setup setup = quiet_setup(2);
  setup.faults = {{.at = 5ms, .kind = Fault::Kind::cut, .from = {end_of(RoleEnd::primary)}, .to = {{1}}}};
  ProbeWorld probe(setup, at_start([](ProbeEnv&) {}));
  probe.world.run();
  CHECK(probe.world.record().idle.size() == 1);
  CHECK(probe.world.record().reaches.empty());
}
