// The Byzantine generals with oral and with signed messages: their cost, and what they promise without
// traitors.
#include <string>

#include "sim/check/consensus.hpp"
#include "tests/fidelity/fidelity.hpp"

using namespace fidelity;

namespace {

constexpr std::uint64_t kRetreatOrder = 1;
constexpr std::uint64_t kAttackOrder = 2;

struct Army {
  std::string protocol = "oral_messages";
  int generals = 4;
  int m = 1;
  std::string options{};  ///< Of the protocol, after `m`.
  std::string network = R"("delay": "1ms")";
  std::string faults{};
};

Scenario army(const Army& a) {
  return scenario_of(R"({"name": "generals", "duration": "1s", "replicas": )" + std::to_string(a.generals) +
                     R"(, "protocol": {"name": ")" + a.protocol + R"(", "round": "20ms", "m": )" +
                     std::to_string(a.m) + a.options + R"(}, "clients": {"count": 0}, "network": {)" +
                     a.network + R"(}, "faults": [)" + a.faults + "]}");
}

// All that are up have decided, on `order`.
void check_all_obey(const Record& record, std::uint64_t order) {
  const auto judgement = judge_consensus(record);
  REQUIRE(judgement.undecided.empty());
  REQUIRE_FALSE(judgement.disagreement);
  REQUIRE_FALSE(judgement.invented);
  REQUIRE(record.decisions.first(1)->value == order);
}

}  // namespace

TEST_CASE("oral messages: OM(m) costs exactly (n-1) + (n-1)(n-2) + ... messages and m + 1 rounds",
          "[fidelity]") {
  struct Cost {
    int n, m;
    std::uint64_t messages;
  };
  for (const auto& [n, m, messages] : {Cost{2, 0, 1},
                                       {3, 0, 2},
                                       {3, 1, 4},
                                       {4, 1, 9},
                                       {5, 1, 16},
                                       {7, 1, 36},
                                       {7, 2, 156},
                                       {10, 3, 3'609}}) {
    CAPTURE(n, m);
    for_each_run(army({.generals = n, .m = m}), 1, [&](const Record& record) {
      CHECK(record.messages_sent == messages);
      CHECK(record.decisions.first(1)->at == Time{});  // the commander's own
      check_all_obey(record, kAttackOrder);
    });
    const Scenario scenario = army({.generals = n, .m = m});
    World world(scenario.setup, 1, scenario.plan->make_host(scenario.setup.replicas));
    world.run_until(Time{20ms * (m + 1)} - 1ns);
    CHECK(world.record().decisions.highest(NodeId{1}) == 0);
    world.run_until(Time{20ms * (m + 1)});
    CHECK(world.record().decisions.highest(NodeId{1}) == 1);
  }
}

TEST_CASE("signed messages: SM(m) costs exactly (n-1)^2 messages and m + 1 rounds", "[fidelity]") {
  for (const int n : {3, 4, 5, 7}) {
    for (int m = 1; m + 2 <= n; ++m) {
      CAPTURE(n, m);
      const Scenario scenario = army({.protocol = "signed_messages", .generals = n, .m = m});
      World world(scenario.setup, 1, scenario.plan->make_host(scenario.setup.replicas));
      world.run_until(Time{20ms * (m + 1)} - 1ns);
      CHECK(world.record().decisions.highest(NodeId{1}) == 0);
      world.run_until(Time{20ms * (m + 1)});
      CHECK(world.record().messages_sent == static_cast<std::uint64_t>((n - 1) * (n - 1)));
      check_all_obey(world.record(), kAttackOrder);
    }
  }
}

TEST_CASE(
    "loyal generals obey a loyal commander, whoever he is, whatever he orders, under any delay in a round") {
  for (const auto* protocol : {"oral_messages", "signed_messages"}) {
    for (const int commander : {0, 2, 3}) {
      for (const auto* order : {"attack", "retreat"}) {
        CAPTURE(protocol, commander, order);
        const Scenario scenario = army(
            {.protocol = protocol,
             .options = R"(, "commander": )" + std::to_string(commander) + R"(, "order": ")" + order + "\"",
             .network = R"("delay": {"uniform": ["0ms", "20ms"]}, "duplicate": 0.3)"});
        const std::uint64_t expected = *order == 'a' ? kAttackOrder : kRetreatOrder;
        for_each_run(scenario, 20, [&](const Record& record) { check_all_obey(record, expected); });
      }
    }
  }
}

TEST_CASE("a message that is later than its round counts as not sent, and no order as the order to retreat") {
  for (const auto* protocol : {"oral_messages", "signed_messages"}) {
    CAPTURE(protocol);
    const Scenario late = army({.protocol = protocol, .network = R"("delay": "21ms")"});
    for_each_run(late, 1, [](const Record& record) {
      REQUIRE(record.decisions.contradiction(1) != nullptr);
      CHECK(record.decisions.first(1)->by == NodeId{0});
      CHECK(record.decisions.contradiction(1)->value == kRetreatOrder);
    });
  }
}
