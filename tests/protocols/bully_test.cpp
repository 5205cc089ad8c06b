// The bully election: exact counts, one coordinator at a time while messages are as fast as believed, and two
// when they are not.
#include <string>

#include "sim/check/consensus.hpp"
#include "sim/check/split_brain.hpp"
#include "tests/fidelity/fidelity.hpp"

using namespace fidelity;

namespace {

struct Bullies {
  int replicas = 5;
  std::string options{};
  std::string network = R"("delay": {"uniform": ["500us", "5ms"]})";
  std::string faults{};
};

Scenario bullies(const Bullies& b) {
  return scenario_of(R"({"name": "bully", "duration": "3s", "settle": "500ms", "replicas": )" +
                     std::to_string(b.replicas) + R"(, "protocol": {"name": "bully")" + b.options +
                     R"(}, "clients": {"count": 0}, "network": {)" + b.network + R"(}, "faults": [)" +
                     b.faults + "]}");
}

Scenario bully_file(const std::string& file) {
  return load_scenario(std::string(REPSIM_SOURCE_DIR) + "/scenarios/" + file);
}

// What the election after the crash of the highest costs, and after its return if it comes back.
std::uint64_t election_messages(int n, const std::string& options, bool returns) {
  const std::string highest = std::to_string(n - 1);
  const std::string back = returns ? R"(, {"at": "1500ms", "restart": )" + highest + "}" : "";
  std::uint64_t messages = 0;
  for_each_run(bullies({.replicas = n,
                        .options = options,
                        .network = R"("delay": "2ms")",
                        .faults = R"({"at": "505ms", "crash": )" + highest + "}" + back}),
               1, [&](const Record& record) {
                 const auto judgement = judge_consensus(record);
                 CHECK(judgement.slots == (returns ? 3 : 2));
                 CHECK(judgement.undecided.empty());
                 CHECK(record.decisions.first(2)->value == static_cast<std::uint64_t>(n - 1));  // replica n-2
                 messages = record.messages_for_operations;
               });
  return messages;
}

void check_one_coordinator(const Record& record) {
  const auto judgement = judge_consensus(record);
  INFO(story_of(judgement));
  REQUIRE(judge_split_brain(record).episodes.empty());
  REQUIRE_FALSE(judgement.disagreement);
  REQUIRE_FALSE(judgement.invented);
  REQUIRE_FALSE(judgement.two_leaders);
  REQUIRE(judgement.undecided.empty());
}

// Crashes and returns at random, of any replicas but one, each of its own accord.
void crash_and_return(Setup& setup, std::uint64_t seed) {
  Rng rng(seed, "crashes and returns");
  setup.faults.clear();
  const std::uint64_t spared = rng.below(setup.replicas);
  for (std::uint16_t i = 0; i < setup.replicas; ++i) {
    if (i == spared) continue;
    std::int64_t at = 0;
    while ((at += static_cast<std::int64_t>(rng.below(600))) < 2'800) {
      const Victim victim{Victim::Kind::number, NodeId{i}};
      setup.faults.push_back({.at = at * 1ms, .kind = Fault::Kind::crash, .victim = victim});
      setup.faults.back().in_flight_lost = rng.chance(0.5);
      at += static_cast<std::int64_t>(rng.chance(0.5) ? rng.below(30) : rng.below(400));
      if (at < 2'900)
        setup.faults.push_back({.at = at * 1ms, .kind = Fault::Kind::restart, .victim = victim});
    }
  }
}

}  // namespace

TEST_CASE("bully: an election costs n - 2 messages at best, n(n - 2) at worst, a return 3(n - 1)",
          "[fidelity]") {
  for (const int n : {3, 5, 7}) {
    CAPTURE(n);
    const auto count = [](int messages) { return static_cast<std::uint64_t>(messages); };
    CHECK(election_messages(n, R"(, "first": "highest", "stagger": "50ms")", false) == count(n - 2));
    CHECK(election_messages(n, R"(, "first": "lowest", "stagger": "50ms")", false) == count(n * (n - 2)));
    CHECK(election_messages(n, "", false) == count(n * (n - 2)));  // all at once: no better
    CHECK(election_messages(n, R"(, "first": "highest", "stagger": "50ms")", true) ==
          count(n - 2 + 3 * (n - 1)));
  }
}

TEST_CASE("bully: with messages as fast as believed there is one coordinator at a time: 300 seeds") {
  for (const int n : {2, 3, 5, 7}) {
    for (const char* options : {"", R"(, "first": "lowest", "stagger": "3ms")"}) {
      CAPTURE(n, options);
      for_each_run(bullies({.replicas = n, .options = options}), 75, check_one_coordinator, crash_and_return);
    }
  }
}

TEST_CASE("bully: the highest that lives coordinates in the end, and takes over when it returns: 50 seeds") {
  for_each_run(bully_file("lessons/agreement/bully_best.json"), 50, [](const Record& record) {
    check_one_coordinator(record);
    CHECK(record.decisions.first(2)->value == 4);  // replica 3
    CHECK(record.decisions.first(3)->value == 5);  // replica 4, which has returned
  });
}

TEST_CASE("bully: it goes on when one replica is left, where a majority would be missing") {
  const auto one_left = bullies({.faults = R"({"at": "1s", "crash": 4}, {"at": "1s", "crash": 3},
      {"at": "1s", "crash": 2}, {"at": "1s", "crash": 1})"});
  for_each_run(one_left, 20, [](const Record& record) {
    check_one_coordinator(record);
    CHECK(record.roles.back().node == NodeId{0});
    CHECK(record.roles.back().role == Role::primary);
  });
}

TEST_CASE("bully: messages slower than believed make two coordinators, in each of 20 seeds") {
  for_each_run(bully_file("lessons/agreement/bully_slow.json"), 20,
               [](const Record& record) { CHECK(judge_split_brain(record).episodes.size() > 3); });
  const auto believed =
      bullies({.options = R"(, "bound": "30ms")", .network = R"("delay": {"uniform": ["1ms", "30ms"]})"});
  for_each_run(believed, 20, check_one_coordinator);
}

TEST_CASE("bully: a lost answer makes two coordinators") {
  int split = 0;
  const auto lossy = bullies({.network = R"("delay": "2ms", "loss": 0.2)"});
  for_each_run(lossy, 20, [&](const Record& r) { split += judge_split_brain(r).episodes.empty() ? 0 : 1; });
  CHECK(split == 20);
}

TEST_CASE("bully: who returns is told the latest number, or uses it again if nobody is left who knows it") {
  // 0 and then 2, which coordinates, crash around the return of 1: 0 before it could have told 1, or after.
  const auto elections = [](const char* last_crash) {
    return bullies(
        {.replicas = 3,
         .network = R"("delay": "1ms")",
         .faults =
             R"({"at": "900ms", "crash": 1}, {"at": "950ms", "crash": 2}, {"at": "1s", "restart": 1},
           {"at": ")" +
             std::string(last_crash) + R"(", "crash": 0})"});
  };
  for_each_run(elections("1001ms"), 3, [](const Record& record) {
    CHECK(judge_consensus(record).disagreement);
    CHECK(judge_split_brain(record).episodes.empty());
  });
  for_each_run(elections("1002500us"), 3, check_one_coordinator);
}

TEST_CASE("bully: both sides of a partition have a coordinator until it ends, in each of 20 seeds") {
  for (const char* file :
       {"lessons/agreement/bully_partition.json", "lessons/agreement/bully_one_way.json"}) {
    CAPTURE(file);
    for_each_run(bully_file(file), 20, [](const Record& record) {
      CHECK(judge_split_brain(record).seconds > 0.8);
      CHECK(judge_consensus(record).undecided.empty());
    });
  }
}

TEST_CASE(
    "bully: who acts as it announces is a second coordinator: 20 of 20 seeds, but without the bug none") {
  Scenario bug = bully_file("bugs/bully_acts_at_once.json");
  for_each_run(bug, 20,
               [](const Record& record) { CHECK_FALSE(judge_split_brain(record).episodes.empty()); });
  for_each_run(scenario_at(bug, {{"/protocol/bug", "none"}}), 20, check_one_coordinator);
}
