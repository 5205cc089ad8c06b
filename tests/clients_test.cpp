// Whom clients ask and which answers they believe, as their protocol's policy says.
#include <algorithm>
#include <string>
#include <vector>

#include "sim/workload/service.hpp"
#include "tests/catch.hpp"
#include "tests/probe.hpp"

using namespace sim;

namespace {

constexpr std::size_t kReplicas = 3;

// One read or write by each client, soon after the start.
Setup setup_with(const ClientPolicy& policy, double reads, std::uint32_t clients = 1) {
  ClientOptions options;
  options.count = clients;
  options.arrivals = ClientOptions::Arrivals::fixed;
  options.interval = 1ms;
  options.operations = 1;
  options.reads = reads;
  options.retry = 10ms;
  options.timeout = 50ms;
  Setup setup{.replicas = kReplicas, .duration = 100ms};
  setup.clients = ClientPlan(options, policy, *find_service("kv"), 1, kReplicas);
  return setup;
}

// Replica i begins with `values[i]` as the value of the only key: 0 leaves it nil.
Probe::Options with_values(const std::vector<std::int64_t>& values) {
  return {.act = [values](Probe::Env& env, const std::string& event) {
    const std::int64_t value = values[env.self().value];
    if (event == "start" && value != 0) env.store({}, {.kind = Change::Kind::set, .value = value});
  }};
}

std::size_t requests_at(const ProbeWorld& probe, std::uint16_t node) {
  const auto events = probe.events(node);
  return static_cast<std::size_t>(
      std::ranges::count_if(events, [](const std::string& e) { return e.starts_with("request"); }));
}

std::vector<std::size_t> requests(const ProbeWorld& probe) {
  return {requests_at(probe, 0), requests_at(probe, 1), requests_at(probe, 2)};
}

const ClientPolicy kVote{
    .target = ClientPolicy::Target::everyone, .write_answers = 2, .read_answers = 2, .equal_answers = true};

}  // namespace

TEST_CASE("writes go to the first replica and reads to the last when a policy says so") {
  const ClientPolicy policy{.read_target = ClientPolicy::Target::last};
  for (const double reads : {0.0, 1.0}) {
    const Setup setup = setup_with(policy, reads);
    ProbeWorld probe(setup, {});
    probe.world.run();
    CHECK(requests(probe) ==
          (reads == 0 ? std::vector<std::size_t>{1, 0, 0} : std::vector<std::size_t>{0, 0, 1}));
  }
}

TEST_CASE("clients with replicas of their own spread over them") {
  const Setup setup = setup_with({.target = ClientPolicy::Target::own}, 0, 4);
  ProbeWorld probe(setup, {});
  probe.world.run();
  CHECK(requests(probe) == std::vector<std::size_t>{2, 1, 1});
}

TEST_CASE("a vote of 2t+1 masks one liar, wherever it sits; t+1 liars win") {
  for (std::size_t liar = 0; liar < kReplicas; ++liar) {
    std::vector<std::int64_t> values{7, 7, 7};
    values[liar] = 99;
    const Setup setup = setup_with(kVote, 1);
    ProbeWorld probe(setup, with_values(values));
    probe.world.run();
    const Operation& read = probe.world.record().operations.at(0);
    CHECK(read.outcome == Outcome::ok);
    CHECK(read.output == Value{std::int64_t{7}});
  }
  const Setup setup = setup_with(kVote, 1);
  ProbeWorld lied_to(setup, with_values({7, 99, 99}));
  lied_to.world.run();
  CHECK(lied_to.world.record().operations.at(0).output == Value{std::int64_t{99}});
}

TEST_CASE("a client whose answers are all different waits, asks again, and gives up") {
  const Setup setup = setup_with(kVote, 1);
  ProbeWorld probe(setup, with_values({7, 8, 9}));
  probe.world.run();
  CHECK(probe.world.record().operations.at(0).outcome == Outcome::pending);
  CHECK(requests(probe) == std::vector<std::size_t>{5, 5, 5});  // at once, and 10, 20, 30 and 40 ms later
}

TEST_CASE(
    "a client that asks one replica for a vote of two turns to everyone when it is not answered in time") {
  ClientPolicy policy = kVote;
  policy.target = ClientPolicy::Target::primary;
  policy.retry_everyone = true;
  const Setup setup = setup_with(policy, 1);
  ProbeWorld probe(setup, with_values({7, 7, 7}));
  probe.world.run();
  CHECK(requests(probe) == std::vector<std::size_t>{2, 1, 1});
  CHECK(probe.world.record().operations.at(0).outcome == Outcome::ok);
}
