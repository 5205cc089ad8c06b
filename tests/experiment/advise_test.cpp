// The advisor: its answer agrees with theory, it says when no setting meets the bounds and when it can't
// decide, and it sets the timeouts of every protocol that has one.
#include "sim/experiment/advise/advise.hpp"

#include <atomic>
#include <chrono>
#include <cmath>

#include "sim/experiment/advise/knobs.hpp"
#include "sim/experiment/rare/rare.hpp"
#include "sim/experiment/run.hpp"
#include "sim/report/result_json.hpp"
#include "tests/support/catch.hpp"

using namespace sim;

namespace {

// Constant delays: without fencing, a false suspicion is a split brain, and theory tells how many there are.
Json document() {
  return Json::parse(R"({"name": "small", "duration": "2s", "settle": "20ms", "replicas": 2,
      "protocol": {"name": "primary_backup", "fencing": false,
                   "detector": {"kind": "timeout", "heartbeat": "10ms", "timeout": "30ms"}},
      "service": {"name": "kv", "keys": 1},
      "clients": {"count": 2, "rate": "100/s", "timeout": "1s", "retry": "5ms", "outage_after": "5ms"},
      "network": {"delay": {"constant": "1ms"}, "loss": 0.1},
      "faults": [{"at": "500ms", "crash": "primary"}, {"from": "700ms", "to": "800ms", "pause": 1}],
      "expect": {"/split_brain/episodes": 0}, "sweep": {"seeds": 3}})");
}
Scenario scenario() { return read_scenario(document(), "small.json"); }

AdviceOptions options(double split_brains, double outage) {
  return {.bounds = {{Concern::split_brain, split_brains}, {Concern::outage, outage}},
          .heartbeat = Span{10ms, 10ms},
          .timeout = Span{20ms, 80ms},
          .hours = 0.2,
          .jobs = 2};
}

Json without_faults() {
  Json json = document();
  json["faults"] = Json::array();
  return json;
}

// Split brains an hour: (1 - p) p^m / eta, m = floor(TO / eta); an arrival wins a tie.
double theory(const Setting& s) {
  const double eta = static_cast<double>(s.heartbeat.count()) / 1e9, m = std::floor(s.timeout / s.heartbeat);
  return 0.9 * std::pow(0.1, m) / eta * 3600;
}

std::string complaint_of(const Json& json, const AdviceOptions& o) {
  try {
    advise(read_scenario(json, "small.json"), o);
  } catch (const InputError& error) {
    return error.what();
  }
  return {};
}

}  // namespace

TEST_CASE("the advised setting keeps its bounds by theory, with what was measured around it") {
  const Advice advice = advise(read_scenario(without_faults(), "small.json"), options(60, 0.2));
  REQUIRE(advice.answer == Answer::found);
  const Judged& choice = *advice.choice;
  CHECK(theory(choice.setting) < 60);
  CHECK(choice.estimates[0].low <= theory(choice.setting));
  CHECK(choice.estimates[0].high >= theory(choice.setting));
  CHECK(choice.estimates[1].high <= 0.2);
  CHECK(choice.estimates[1].value > static_cast<double>((choice.setting.timeout - 10ms).count()) / 1e9);
  CHECK(choice.sure >= 1);
  CHECK(choice.crashes == 1000);
  CHECK(advice.sensitivity.size() >= 5);
  // What was never seen may be as frequent as its upper limit.
  const auto rate = [](const Judged& j) {
    return j.estimates[0].value > 0 ? j.estimates[0].value : j.estimates[0].high;
  };
  for (const std::size_t i : advice.front) {
    for (const Judged& other : advice.tried) {
      const Judged& j = advice.tried[i];
      const bool beaten = rate(other) <= rate(j) && other.estimates[1].value < j.estimates[1].value;
      CHECK_FALSE((beaten && other.setting.heartbeat == j.setting.heartbeat));
    }
  }
  const std::string text = advice_text(scenario(), advice);
  CHECK(text.find("Recommended: heartbeat 10ms, timeout ") != std::string::npos);
  CHECK(to_json(scenario(), advice)["answer"] == "found");
  CHECK(advice_csv(advice).starts_with("heartbeat_ms,timeout_ms,on_front,chosen,"));
}

TEST_CASE("an outage shorter than any timeout allows can't be had, and the advisor says so") {
  const Advice advice = advise(read_scenario(without_faults(), "small.json"), options(60, 0.012));
  CHECK(advice.answer == Answer::impossible);
  CHECK(advice_text(scenario(), advice).find("No setting meets the bounds") != std::string::npos);
}

TEST_CASE("the advisor doesn't know what too little time can't show") {
  auto little = options(0.01, 0.2);
  little.bounds.front().concern = Concern::false_suspicions;  // which splitting doesn't look for
  little.hours = 0.05;
  const Advice advice = advise(read_scenario(without_faults(), "small.json"), little);
  CHECK(advice.answer == Answer::undecided);
  CHECK(advice_text(scenario(), advice).find("more --hours may decide") != std::string::npos);
}

TEST_CASE("splitting tells what a few minutes of plain runs can't") {
  auto little = options(0.1, 0.2);
  little.timeout = Span{70ms, 80ms};
  little.hours = 0.02;
  const Advice advice = advise(read_scenario(without_faults(), "small.json"), little);
  REQUIRE(advice.answer == Answer::found);
  CHECK(theory(advice.choice->setting) < 0.1);
  CHECK(advice.choice->estimates[0].low < 1.5 * theory(advice.choice->setting));
  CHECK(advice.choice->estimates[0].high > 0.7 * theory(advice.choice->setting));
  CHECK(advice.choice->seen[0] == 0);
}

TEST_CASE("advice is the same whatever the number of threads") {
  auto one = options(5000, 0.2);
  one.bounds.front().concern = Concern::false_suspicions;
  one.timeout = Span{20ms, 40ms};
  auto two = one;
  one.jobs = 1;
  const Scenario s = read_scenario(without_faults(), "small.json");
  CHECK(to_json(s, advise(s, one)) == to_json(s, advise(s, two)));
}

TEST_CASE(
    "calm runs keep all faults but crashes, and crash runs have a single crash, at any moment of a "
    "heartbeat") {
  const Json calm = calm_document(scenario());
  REQUIRE(calm["faults"].size() == 1);
  CHECK(calm["faults"][0].contains("pause"));
  CHECK_FALSE(calm.contains("expect"));
  const Json crash = crash_document(scenario(), 10ms, 300ms);
  REQUIRE(crash["faults"].size() == 1);
  CHECK(crash["faults"][0]["crash"] == "primary");
  CHECK(crash["faults"][0]["spread"] == "10ms");
  CHECK(read_scenario(crash, "small.json").setup.duration > 2s);
}

TEST_CASE("every protocol with a timeout can be advised, the others are told why not") {
  for (const char* name : {"primary_backup", "raft", "multi_paxos", "viewstamped_replication"}) {
    Json json = document();
    json["replicas"] = 3;
    json["faults"] = Json::array();
    json["protocol"] = {{"name", name}};
    const Scenario s = read_scenario(json, "small.json");
    const Knobs knobs = find_knobs(s);
    const Scenario turned = scenario_at(s, point_of(knobs, {20ms, 90ms}));
    CHECK(find_knobs(turned).now == Setting{20ms, 90ms});
  }
  Json json = without_faults();
  json["protocol"] = {{"name", "abd"}};
  json["service"] = {{"name", "register"}};
  CHECK_THAT(complaint_of(json, options(1, 1)), Catch::Contains("abd has no timeout to advise"));
  json["protocol"] = {{"name", "primary_backup"}, {"detector", {{"kind", "phi_accrual"}}}};
  CHECK_THAT(complaint_of(json, options(1, 1)), Catch::Contains("/protocol/detector/kind"));
}

TEST_CASE("bounds must weigh an outage against what too short a timeout does") {
  auto o = options(1, 1);
  o.bounds.pop_back();
  CHECK_THAT(complaint_of(without_faults(), o), Catch::Contains("no trade-off to find"));
  o.bounds = {{Concern::outage, 1}, {Concern::messages, 100}};
  CHECK_THAT(complaint_of(without_faults(), o), Catch::Contains("no trade-off to find"));
}

TEST_CASE("delays and losses are doubled where the scenario has them") {
  const Json calm = calm_document(scenario());
  CHECK((*with_twice_the_loss(calm))["network"]["loss"] == 0.2);
  CHECK((*with_twice_the_delay(calm))["network"]["delay"].dump().find("2ms") != std::string::npos);
  Json none = calm;
  none["network"]["loss"] = 0.0;
  CHECK_FALSE(with_twice_the_loss(none));
  none["network"]["delay"] = {{"empirical", "x.txt"}};
  CHECK((*with_twice_the_delay(none))["network"]["delay"]["scale"] == 2.0);
}

TEST_CASE("a search that is told to stop gives up a single long run in the middle") {
  // What one run would take minutes for: nobody is asked after it, so somebody must be within.
  Json json = without_faults();
  json["duration"] = "1000s";
  auto hurried = options(60, 0.2);
  std::atomic<int> asked = 0;
  hurried.jobs = 1;
  hurried.stop = [&] { return ++asked > 3 ? Stop::time : Stop::none; };
  const auto begin = std::chrono::steady_clock::now();
  const Advice advice = advise(read_scenario(json, "small.json"), hurried);
  CHECK(advice.stop == Stop::time);
  CHECK_FALSE(advice.choice.has_value());
  CHECK(asked <= 8);
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds{10});
}

TEST_CASE("who asks now and then whether to go on changes no run") {
  const Scenario s = scenario();
  int asked = 0;
  const RunResult alone = run_for_sweep(s, 3);
  const RunResult watched = run_for_sweep(s, 3, [&] { ++asked; });
  CHECK(asked > 500);
  CHECK(to_json(alone) == to_json(watched));
}

TEST_CASE("an estimate of rare events is given up in the middle of its pilot") {
  struct Enough {};
  RareOptions rare{.event = &rare_event("split_brain"), .replications = 2};
  int asked = 0;
  rare.interrupt = [&] {
    if (++asked > 20) throw Enough{};
  };
  CHECK_THROWS_AS(estimate_rare(read_scenario(without_faults(), "small.json"), rare), Enough);
  CHECK(asked == 21);
}
