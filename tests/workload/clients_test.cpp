// Clients ask the replicas and believe the answers that their protocol's policy names.
#include <algorithm>
#include <cmath>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "sim/workload/service.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/probe.hpp"

using namespace sim;

namespace {

using Seen = std::vector<std::string>;

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

std::vector<std::string> choices_at(const ProbeWorld& probe, std::uint16_t node) {
  auto events = probe.events(node);
  std::erase_if(events, [](const std::string& e) { return !e.starts_with("choice"); });
  return events;
}

// Replica i offers the stamp (numbers[i], i), with 10 i as value.
Probe::Options with_offers(const std::vector<std::uint64_t>& numbers) {
  Probe::Options options;
  options.offer = [numbers](NodeId self) -> std::optional<Offer> {
    const std::uint64_t number = numbers[self.value];
    return Offer{{number, self.value}, std::int64_t{10} * self.value};
  };
  return options;
}

// Two rounds: offers from two replicas, then answers from two.
const ClientPolicy kTwoRounds{.target = ClientPolicy::Target::everyone,
                              .write_answers = 2,
                              .read_answers = 2,
                              .write_offers = 2,
                              .read_offers = 2};

const ClientPolicy kVote{
    .target = ClientPolicy::Target::everyone, .write_answers = 2, .read_answers = 2, .equal_answers = true};

}  // namespace

TEST_CASE(
    "a client's own keys are its number and those a multiple of the clients further, or it shares one") {
  ClientOptions options;
  options.count = 3;
  const auto own_keys = [&](std::uint32_t keys, std::uint16_t client) {
    const ClientPlan plan(options, {}, *find_service("kv"), keys, kReplicas);
    std::set<std::uint32_t> seen;
    for (std::uint64_t i = 0; i < 100; ++i) seen.insert(plan.choose_own_key(ClientId{client}, mix(i)));
    return seen;
  };
  CHECK(own_keys(8, 0) == std::set<std::uint32_t>{0, 3, 6});
  CHECK(own_keys(8, 1) == std::set<std::uint32_t>{1, 4, 7});
  CHECK(own_keys(8, 2) == std::set<std::uint32_t>{2, 5});
  CHECK(own_keys(2, 2) == std::set<std::uint32_t>{0});
}

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

TEST_CASE("a read goes to as many replicas as must answer, or to all when a policy says so") {
  ClientPolicy policy{.target = ClientPolicy::Target::everyone, .read_answers = 2};
  for (const bool spread : {false, true}) {
    policy.spread_reads = spread;
    const Setup setup = setup_with(policy, 1);
    ProbeWorld probe(setup, {});
    probe.world.run();
    CHECK(requests(probe) == std::vector<std::size_t>{1, 1, spread ? 1u : 0u});
  }
}

TEST_CASE("clients with replicas of their own spread over them") {
  const Setup setup = setup_with({.target = ClientPolicy::Target::own}, 0, 4);
  ProbeWorld probe(setup, {});
  probe.world.run();
  CHECK(requests(probe) == std::vector<std::size_t>{2, 1, 1});
}

TEST_CASE("a vote of 2t+1 masks one liar, wherever it sits, but t+1 liars win") {
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

TEST_CASE("in two rounds a client sends everyone the largest of the first offers, with its value") {
  const Setup setup = setup_with(kTwoRounds, 1);
  ProbeWorld probe(setup, with_offers({4, 7, 9}));
  probe.world.run();
  for (std::uint16_t i = 0; i < kReplicas; ++i) {
    CHECK(probe.events(i) == Seen{"start", "request 0", "choice 7.1"});  // 9.2 came third, too late
  }
  CHECK(probe.world.record().operations.at(0).output == Value{std::int64_t{10}});
  CHECK(probe.world.record().messages_sent == 4 * kReplicas);
}

TEST_CASE("a client that outbids offers makes a larger stamp of its own, each time a new one") {
  ClientPolicy policy = kTwoRounds;
  policy.outbid = true;
  Setup setup = setup_with(policy, 0, 2);
  setup.clients.options.operations = 2;
  ProbeWorld probe(setup, with_offers({7, 7, 7}));
  probe.world.run();
  // Client 0 takes 8 and then 9, though replicas offer 7 again; so does client 1: the owner differs.
  const std::uint64_t other = as_owner({ClientId{1}, 0});
  CHECK(choices_at(probe, 2) == Seen{"choice 8.0", "choice 8." + std::to_string(other), "choice 9.1",
                                     "choice 9." + std::to_string(other + 1)});
  CHECK(probe.world.record().operations.at(0).outcome == Outcome::ok);
}

TEST_CASE("a round that is not answered is repeated with the replicas that are silent, and only that round") {
  const auto down_until = [](std::uint16_t node, Duration at, Duration back) {
    const Victim victim{Victim::Kind::number, NodeId{node}};
    return std::vector<Fault>{{.at = at, .kind = Fault::Kind::crash, .victim = victim},
                              {.at = back, .kind = Fault::Kind::restart, .victim = victim}};
  };
  ClientPolicy all = kTwoRounds;
  all.write_answers = all.write_offers = 3;
  Setup setup = setup_with(all, 0);
  setup.network.clients.delay = DelayLaw::constant(1ms);
  SECTION("the first") {
    setup.faults = down_until(1, 0ms, 5ms);  // the request comes at 2 ms, and again at 12 ms
    ProbeWorld probe(setup, with_offers({4, 9, 5}));
    probe.world.run();
    CHECK(probe.events(0) == Seen{"start", "request 0", "choice 9.1"});
    CHECK(probe.events(1) == Seen{"start", "request 0", "choice 9.1"});
    CHECK(probe.world.record().operations.at(0).outcome == Outcome::ok);
  }
  SECTION("the second") {
    setup.faults = down_until(1, 3ms, 5ms);  // the choice comes at 4 ms, and again at 12 ms
    ProbeWorld probe(setup, with_offers({4, 9, 5}));
    probe.world.run();
    CHECK(probe.events(0) == Seen{"start", "request 0", "choice 9.1"});
    CHECK(probe.events(1) == Seen{"start", "choice 9.1"});
    CHECK(probe.world.record().operations.at(0).outcome == Outcome::ok);
  }
}

TEST_CASE("a client does not wait for the offers of replicas that are excused") {
  ClientPolicy policy = kTwoRounds;
  policy.write_offers = 3;
  Setup setup = setup_with(policy, 0);
  setup.faults = {{.kind = Fault::Kind::crash, .victim = {Victim::Kind::number, NodeId{2}}}};
  Probe::Options options = with_offers({4, 5, 6});
  options.excused.insert(NodeId{2});
  ProbeWorld probe(setup, options);
  probe.world.run();
  CHECK(probe.events(0) == Seen{"start", "request 0", "choice 5.1"});
}

TEST_CASE("copies of an offer count once") {
  ClientPolicy policy = kTwoRounds;
  policy.write_offers = 3;
  Setup setup = setup_with(policy, 0);
  setup.network.clients.duplicate = 1;
  setup.faults = {{.kind = Fault::Kind::crash, .victim = {Victim::Kind::number, NodeId{2}}}};
  ProbeWorld probe(setup, with_offers({4, 5, 6}));
  probe.world.run();
  CHECK(requests_at(probe, 0) == 2);  // one and its copy; retries go to the one that is down
  CHECK(choices_at(probe, 0).empty());
  CHECK(probe.world.record().operations.at(0).outcome == Outcome::pending);
}

TEST_CASE("an answer in the first round is an answer") {
  const Setup setup = setup_with(kTwoRounds, 1);
  ProbeWorld probe(setup, with_values({7, 7, 7}));
  probe.world.run();
  CHECK(probe.world.record().operations.at(0).output == Value{std::int64_t{7}});
  CHECK(probe.world.record().messages_sent == 2 * kReplicas);
}

TEST_CASE("a sample asks as many replicas as must answer, each set as often: 3,000 calls") {
  const ClientPolicy policy{.target = ClientPolicy::Target::everyone, .read_answers = 2, .sample = true};
  Setup setup = setup_with(policy, 1);
  setup.duration = 3100ms;
  setup.clients.options.operations = 3000;
  ProbeWorld probe(setup, {});
  probe.world.run();
  CHECK(probe.world.record().messages_sent == 3000 * 4);
  for (std::uint16_t i = 0; i < kReplicas; ++i) {
    const auto asked = static_cast<double>(requests_at(probe, i));
    CHECK(std::abs(asked - 2000) < 4 * std::sqrt(3000 * 2.0 / 9));
  }
}

TEST_CASE(
    "provisional answers count only together with those of the same term, and more of them are needed") {
  const auto answered = [](const std::vector<std::uint64_t>& terms) {
    ClientPolicy policy = kVote;
    policy.provisional_answers = 3;
    const Setup setup = setup_with(policy, 0);
    ProbeWorld probe(setup, {.act = [terms](Probe::Env& env, const std::string& event) {
                       const std::uint64_t term = terms[env.self().value];
                       if (event.starts_with("request") && term != 0)
                         env.reply_provisionally({ClientId{0}, 0}, Value{}, NodeId{0}, term);
                     }});
    probe.world.run_until(Time{9ms});  // before it asks again
    return probe.world.record().operations.at(0).outcome == Outcome::ok;
  };
  CHECK(answered({1, 1, 1}));
  CHECK_FALSE(answered({1, 1, 2}));
}
