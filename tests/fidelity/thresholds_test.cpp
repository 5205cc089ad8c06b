// How many failures a protocol survives, from both sides: with one replica more it works, with one less it
// stops.
#include <algorithm>
#include <string>
#include <vector>

#include "sim/check/consensus.hpp"
#include "sim/experiment/run.hpp"
#include "tests/fidelity/fidelity.hpp"

using namespace fidelity;

namespace {

// Protocols that serve clients as long as a majority is up.
const std::vector<std::string> kMajorityProtocols{
    R"({"name": "raft", "election_timeout_min": "30ms", "election_timeout_max": "60ms", "heartbeat": "10ms"})",
    R"({"name": "viewstamped_replication", "view_change_timeout": "40ms"})",
    R"({"name": "primary_backup", "succession": "election", "lease": "30ms", "detector": {"timeout": "40ms"}})",
    R"({"name": "abd"})"};

struct Service {
  std::string protocol{};
  int replicas = 3;
  std::string faults = "[]";
  std::string clients = R"("count": 2, "every": "20ms", "timeout": "1s", "retry": "10ms")";
  std::string network = R"("delay": "1ms")";
  std::string duration = "2s";
};

Scenario serving(const Service& s) {
  return scenario_of(R"({"name": "thresholds", "settle": "1s", "duration": ")" + s.duration +
                     R"(", "replicas": )" + std::to_string(s.replicas) + R"(, "protocol": )" + s.protocol +
                     R"(, "service": {"name": "kv", "keys": 2}, "clients": {)" + s.clients +
                     R"(}, "network": {)" + s.network + R"(}, "faults": )" + s.faults + "}");
}

std::string crashes(int from, int count, const std::string& at, const std::string& kind = "crash") {
  std::string list;
  for (int i = from; i < from + count; ++i) {
    list += (list.empty() ? "" : ", ") + (R"({"at": ")" + at + R"(", ")" + kind + R"(": )") +
            std::to_string(i) + "}";
  }
  return "[" + list + "]";
}

/// Of the operations called after `since`, how many were answered.
struct Answered {
  int called = 0;
  int ok = 0;
};
Answered answered_since(const Record& record, Time since) {
  Answered result;
  for (const Operation& operation : record.operations) {
    if (operation.call < since) continue;
    ++result.called;
    result.ok += operation.outcome == Outcome::ok ? 1 : 0;
  }
  return result;
}

double binomial(int n, int k) {
  double result = 1;
  for (int i = 0; i < k; ++i) result = result * (n - i) / (i + 1);
  return result;
}

// The probability that a majority of n is up, if each is with probability `a`, independently.
double majority_up(int n, double a) {
  double sum = 0;
  for (int i = n / 2 + 1; i <= n; ++i) sum += binomial(n, i) * std::pow(a, i) * std::pow(1 - a, n - i);
  return sum;
}

Duration exponential(Rng& rng, Duration mean) {
  const double unit = static_cast<double>(rng.below(1u << 30) + 1) / static_cast<double>(1u << 30);
  return Duration{static_cast<std::int64_t>(-std::log(unit) * static_cast<double>(mean.count())) + 1};
}

Fault strike(Fault::Kind kind, Duration at, std::size_t node) {
  return {.at = at, .kind = kind, .victim = {Victim::Kind::number, NodeId{static_cast<std::uint16_t>(node)}}};
}

// Each node is up and down in turn, for exponential times, in its steady state from the start.
void flap(Setup& setup, std::uint64_t seed, Duration up, Duration down) {
  setup.faults.clear();
  for (std::size_t node = 0; node < setup.replicas; ++node) {
    Rng rng(seed, "flaps", node);
    const double a = static_cast<double>(up.count()) / static_cast<double>((up + down).count());
    bool is_up = rng.chance(a);
    if (!is_up) setup.faults.push_back(strike(Fault::Kind::crash, 0ns, node));
    for (Duration at = exponential(rng, is_up ? up : down); at < setup.duration;
         at += exponential(rng, is_up ? up : down)) {
      is_up = !is_up;
      setup.faults.push_back(strike(is_up ? Fault::Kind::restart : Fault::Kind::crash, at, node));
    }
  }
}

}  // namespace

TEST_CASE(
    "crash failures: 2f + 1 replicas serve on after f crashes, 2f replicas stop, and nobody ever lies") {
  for (const auto& protocol : kMajorityProtocols) {
    for (const int f : {1, 2, 3}) {
      for (const int n : {2 * f + 1, 2 * f}) {
        if (n == 2 && protocol.find("primary_backup") != std::string::npos) continue;  // refuses to run
        for (const int first : {0, n - f}) {  // with the leader among them, or not
          CAPTURE(protocol, f, n, first);
          const Scenario s =
              serving({.protocol = protocol, .replicas = n, .faults = crashes(first, f, "500ms")});
          const RunResult r = run_once(s, 1);
          CHECK(r.linearizability.verdict == Verdict::linearizable);
          CHECK(r.lost_writes.count == 0);
          CHECK_FALSE(r.consensus.agreement == false);
          const Answered answered = answered_since(r.record, Time{600ms});
          REQUIRE(answered.called > 100);
          CHECK(answered.ok == (n > 2 * f ? answered.called : 0));
        }
      }
    }
  }
}

TEST_CASE("agreement among 2f + 1 ends after f crashes, among 2f it does not, and nothing wrong is decided") {
  for (const auto* protocol :
       {R"({"name": "single_decree_paxos", "proposers": 2})", R"({"name": "ben_or"})"}) {
    for (const int f : {1, 2, 3}) {
      for (const int n : {2 * f + 1, 2 * f}) {
        CAPTURE(protocol, f, n);
        const Scenario s = serving({.protocol = protocol,
                                    .replicas = n,
                                    .faults = crashes(n - f, f, "0s"),
                                    .clients = R"("count": 0)"});
        for_each_run(s, 10, [&](const Record& record) {
          const auto judgement = judge_consensus(record);
          CHECK_FALSE(judgement.disagreement);
          CHECK_FALSE(judgement.invented);
          CHECK(judgement.undecided.size() == static_cast<std::size_t>(n > 2 * f ? 0 : f));
        });
      }
    }
  }
}

TEST_CASE("fail-stop, which is synchrony: f + 1 replicas in a chain serve on after f failures") {
  for (const int f : {1, 2, 4}) {
    CAPTURE(f);
    const Scenario s = serving({.protocol = R"({"name": "chain"})",
                                .replicas = f + 1,
                                .faults = crashes(0, f, "500ms", "fail_stop")});
    const RunResult r = run_once(s, 1);
    CHECK(r.linearizability.verdict == Verdict::linearizable);
    CHECK(r.lost_writes.count == 0);
    const Answered answered = answered_since(r.record, Time{600ms});
    REQUIRE(answered.called > 100);
    CHECK(answered.ok == answered.called);
  }
}

TEST_CASE("1,000 runs a point: replicas up with probability a serve with the probability of a majority",
          "[fidelity]") {
  constexpr std::uint64_t kRuns = 1'000;
  for (const auto& protocol : kMajorityProtocols) {
    for (const auto& [n, a] : {std::pair{3, 0.9}, {5, 0.7}}) {
      CAPTURE(protocol, n, a);
      const Scenario s = serving({.protocol = protocol,
                                  .replicas = n,
                                  .clients = R"("count": 1, "every": "200ms", "operations": 1, "reads": 1,
                                                "timeout": "290ms", "retry": "7ms")",
                                  .duration = "500ms"});
      std::uint64_t served = 0;
      const auto crash_some = [a = a](Setup& setup, std::uint64_t seed) {
        for (std::size_t node = 0; node < setup.replicas; ++node) {
          if (!Rng(seed, "is up", node).chance(a))
            setup.faults.push_back(strike(Fault::Kind::crash, 0ns, node));
        }
      };
      const auto look = [&](const Record& record) {
        REQUIRE(record.operations.size() == 1);
        served += record.operations[0].outcome == Outcome::ok ? 1 : 0;
      };
      for_each_run(s, kRuns, look, crash_some);
      check_share(served, kRuns, majority_up(n, a));
    }
  }
}

TEST_CASE("a register on replicas that come and go is there for the share of time that a majority is",
          "[fidelity]") {
  // Ups and downs last 10,000 times longer than an operation, and probes are many of them apart.
  struct Point {
    int n;
    Duration up, down;
  };
  for (const auto& [n, up, down] : {Point{3, 9ms, 1ms}, {3, 6ms, 4ms}, {5, 7ms, 3ms}}) {
    CAPTURE(n, up.count(), down.count());
    const Scenario s =
        serving({.protocol = R"({"name": "abd", "retransmit": "20us"})",
                 .replicas = n,
                 .clients = R"("count": 1, "every": "50ms", "reads": 1, "timeout": "20us", "retry": "3us")",
                 .network = R"("delay": "100ns")"});
    std::uint64_t probes = 0, served = 0;
    for_each_run(
        s, 50,
        [&](const Record& record) {
          const Answered answered = answered_since(record, Time{});
          probes += static_cast<std::uint64_t>(answered.called);
          served += static_cast<std::uint64_t>(answered.ok);
        },
        [&, up = up, down = down](Setup& setup, std::uint64_t seed) { flap(setup, seed, up, down); });
    REQUIRE(probes > 1'900);
    const double a = static_cast<double>(up.count()) / static_cast<double>((up + down).count());
    check_share(served, probes, majority_up(n, a));
  }
}

namespace {

// All messages are lost until then: the worst of networks before its global stabilisation time.
std::string nothing_until(int gst_ms) {
  return R"([{"from": "0s", "to": ")" + std::to_string(gst_ms) + R"(ms", "network": {"loss": 1}}])";
}

}  // namespace

TEST_CASE(
    "before the network stabilises nothing is decided, and after that a lone proposer decides in bounded "
    "time") {
  for (const int gst : {200, 1000, 3000}) {
    CAPTURE(gst);
    const Scenario s =
        serving({.protocol = R"({"name": "single_decree_paxos", "proposers": 1, "retry": "20ms"})",
                 .faults = nothing_until(gst),
                 .clients = R"("count": 0)",
                 .duration = "4s"});
    for_each_run(s, 50, [&](const Record& record) {
      const auto judgement = judge_consensus(record);
      CHECK(judgement.undecided.empty());
      const Duration after = record.decisions.first(1)->at - Time{gst * 1ms};
      CHECK(after >= 3ms);  // Prepare, Promise, Accept, and Accepted comes with the proposer's own
      CHECK(after <= 3 * 20ms + 4 * 1ms);  // the longest pause between two ballots, and a ballot
    });
  }
}

TEST_CASE(
    "300 seeds: after stabilisation Raft decides in a time that does not depend on how long it had waited",
    "[fidelity]") {
  std::vector<double> means;
  for (const int gst : {300, 3000}) {
    const Scenario s = serving(
        {.protocol = R"({"name": "raft", "election_timeout_min": "50ms",
                                 "election_timeout_max": "100ms", "heartbeat": "10ms"})",
         .replicas = 5,
         .faults = nothing_until(gst),
         .clients = R"("count": 1, "every": "10ms", "operations": 1, "timeout": "5s", "retry": "5ms")",
         .duration = "4s"});
    double sum = 0;
    Duration longest{};
    for_each_run(s, 300, [&](const Record& record) {
      REQUIRE(record.decisions.first(1) != nullptr);
      const Duration after = record.decisions.first(1)->at - Time{gst * 1ms};
      REQUIRE(after > 0ns);
      longest = std::max(longest, after);
      sum += static_cast<double>(after.count()) / 1e6;
    });
    CHECK(longest < 1s);
    means.push_back(sum / 300);
  }
  CAPTURE(means[0], means[1]);
  CHECK(std::abs(means[0] / means[1] - 1) < 0.15);
}
