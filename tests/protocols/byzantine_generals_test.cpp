// The Byzantine generals with oral and with signed messages: their cost, what they promise without traitors,
// and how many traitors they bear.
#include <string>
#include <type_traits>
#include <vector>

#include "sim/check/consensus.hpp"
#include "sim/protocol/env.hpp"
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

std::string list_of(const std::vector<int>& nodes) {
  std::string list;
  for (const int node : nodes) list += (list.empty() ? "" : ", ") + std::to_string(node);
  return "[" + list + "]";
}

std::string traitors(const std::vector<int>& who, const std::string& attack) {
  return R"({"from": "0s", "byzantine": )" + list_of(who) + R"(, "collude": true, "attack": ")" + attack +
         "\"}";
}

std::string script(int number) { return R"(, "script": )" + std::to_string(number); }

// Whether IC1 or IC2 is broken: the loyal disagree, with each other or with a loyal commander.
bool broken(const Record& record) {
  const auto judgement = judge_consensus(record);
  REQUIRE(judgement.undecided.empty());
  return judgement.disagreement || judgement.invented;
}

int runs_broken(const Army& a, std::uint64_t runs = 1) {
  int count = 0;
  for_each_run(army(a), runs, [&](const Record& record) { count += broken(record) ? 1 : 0; });
  return count;
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

TEST_CASE("three generals and a traitor: whichever rule settles ties, one of the paper's figures breaks it") {
  const std::string own = R"(, "tie": "own")";
  const std::string figure_1 = traitors({2}, "contradict"), figure_2 = traitors({0}, "split_the_loyal");
  CHECK(runs_broken({.generals = 3, .faults = figure_1}) == 1);
  CHECK(runs_broken({.generals = 3, .faults = figure_2}) == 0);
  CHECK(runs_broken({.generals = 3, .options = own, .faults = figure_1}) == 0);
  CHECK(runs_broken({.generals = 3, .options = own, .faults = figure_2}) == 1);
}

TEST_CASE("all that one traitor can say: some of it breaks three generals, nothing breaks four or five") {
  const auto ways = [](int messages) { return static_cast<int>(std::lround(std::pow(3, messages))); };
  for (const int n : {3, 4, 5}) {
    for (const auto* order : {"attack", "retreat"}) {
      int broken_by_commander = 0, broken_by_lieutenant = 0;
      for (int traitor = 0; traitor < n; ++traitor) {
        for (int number = 0; number < ways(traitor == 0 ? n - 1 : n - 2); ++number) {
          CAPTURE(n, order, traitor, number);
          const std::string options = script(number) + R"(, "order": ")" + order + "\"";
          const int by =
              runs_broken({.generals = n, .options = options, .faults = traitors({traitor}, "scripted")});
          (traitor == 0 ? broken_by_commander : broken_by_lieutenant) += by;
        }
      }
      CAPTURE(n, order);
      CHECK(broken_by_commander == 0);  // for three generals, that takes the other rule for ties
      CHECK(broken_by_lieutenant == (n == 3 && *order == 'a' ? 4 : 0));
    }
  }
}

TEST_CASE("3m generals are broken by m lieutenants who contradict their loyal commander, 3m + 1 are not") {
  for (const int m : {1, 2, 3}) {
    CAPTURE(m);
    std::vector<int> last;
    for (int i = 2 * m; i < 3 * m; ++i) last.push_back(i);
    const std::string plot = traitors(last, "contradict");
    CHECK(runs_broken({.generals = 3 * m, .m = m, .faults = plot}) == 1);
    CHECK(runs_broken({.generals = 3 * m + 1, .m = m, .faults = plot}) == 0);
  }
}

TEST_CASE(
    "seven generals bear any two traitors who split, contradict, or deceive at random: 40 seeds a pair") {
  for (int one = 0; one < 7; ++one) {
    for (int other = one + 1; other < 7; ++other) {
      for (const auto* attack : {"random", "split_the_loyal", "contradict"}) {
        CAPTURE(one, other, attack);
        const std::uint64_t runs = *attack == 'r' ? 40 : 1;
        REQUIRE(runs_broken({.generals = 7, .m = 2, .faults = traitors({one, other}, attack)}, runs) == 0);
      }
    }
  }
  CHECK(runs_broken({.generals = 6, .m = 2, .faults = traitors({4, 5}, "random")}, 100) > 0);
}

TEST_CASE("four generals bear one that equivocates, mutates, replays, keeps silent, is late, or is two") {
  for (const auto* how : {R"("equivocate": [1, 2])", R"("mutate": 0.7)", R"("replay": 1)", R"("silent": [1])",
                          R"("delay": "20ms")", R"("twin": [2, 3])"}) {
    for (const int traitor : {0, 3}) {
      for (const auto* protocol : {"oral_messages", "signed_messages"}) {
        CAPTURE(how, traitor, protocol);
        const std::string fault =
            R"({"from": "0s", "byzantine": )" + std::to_string(traitor) + ", " + how + "}";
        CHECK(runs_broken({.protocol = protocol, .faults = fault}, 30) == 0);
      }
    }
  }
}

TEST_CASE(
    "three generals with signed messages bear one traitor, and find out a commander who signs two orders") {
  const Army split{.protocol = "signed_messages", .generals = 3, .faults = traitors({0}, "split_the_loyal")};
  for_each_run(army(split), 1, [](const Record& record) { check_all_obey(record, kRetreatOrder); });
  for (const auto* attack : {"withhold", "split_the_loyal", "release_late", "conspire", "random"}) {
    for (const int traitor : {0, 1, 2}) {
      CAPTURE(attack, traitor);
      CHECK(runs_broken({.protocol = "signed_messages", .generals = 3, .faults = traitors({traitor}, attack)},
                        100) == 0);
    }
  }
}

TEST_CASE("signed messages bear m traitors of m + 2 who sign for each other, and m + 1 break them") {
  for (const int m : {1, 2, 3}) {
    std::vector<int> first, more;
    for (int i = 0; i < m; ++i) first.push_back(i);
    for (int i = 0; i <= m; ++i) more.push_back(i);
    const auto* protocol = "signed_messages";
    for (const auto* attack : {"random", "conspire", "split_the_loyal", "release_late"}) {
      CAPTURE(m, attack);
      CHECK(runs_broken({.protocol = protocol, .generals = m + 2, .m = m, .faults = traitors(first, attack)},
                        200) == 0);
    }
    const Army broken_by_all{
        .protocol = protocol, .generals = m + 3, .m = m, .faults = traitors(more, "conspire")};
    CHECK(runs_broken(broken_by_all) == 1);
  }
}

TEST_CASE(
    "an order that is taken on however late it comes is caught at once, but without the bug it does no "
    "harm") {
  const std::string plot = traitors({0}, "release_late");
  Army late{.protocol = "signed_messages",
            .options = R"(, "bug": "accept_late")",
            .network = R"("delay": "2ms")",
            .faults = plot};
  CHECK(runs_broken(late) == 1);
  late.options.clear();
  CHECK(runs_broken(late) == 0);
}

namespace {

// A signature can't be made, or changed, by anybody but an Env.
using Note = Signed<int>;
static_assert(!std::is_default_constructible_v<Note> && !std::is_aggregate_v<Note>);
static_assert(!std::is_constructible_v<Note, int> && !std::is_constructible_v<Note, int, NodeId>);
static_assert(std::is_same_v<decltype(*std::declval<Note&>()), const int&>);
static_assert(std::is_same_v<decltype(std::declval<Note&>().signer()), NodeId>);

}  // namespace
