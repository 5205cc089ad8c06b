// Stopping by precision: few looks, honest intervals whenever a point stops, and the same rows however a
// sweep is run.
#include "sim/experiment/sweep/precision.hpp"

#include <cmath>
#include <fstream>

#include "sim/experiment/sweep/sweep.hpp"
#include "sim/kernel/rng.hpp"
#include "sim/report/result_json.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/folder.hpp"

using namespace sim;
namespace fs = std::filesystem;

namespace {

const std::string kEpisodes = "/split_brain/episodes";
const std::string kHarmed = "/divergence/diverged";

double poisson(Rng& rng, double mean) {
  int n = 0;
  for (double p = rng.unit(), limit = std::exp(-mean); p > limit; p *= rng.unit()) ++n;
  return n;
}

Json row_with(double episodes, bool diverged) {
  return {{"split_brain", {{"episodes", episodes}}}, {"divergence", {{"diverged", diverged}}}};
}

struct Stopped {
  Precise state;
  std::uint64_t runs = 0;
  int looks = 0;
};

template <class Draw> Stopped stop(const Precision& goal, std::uint64_t seeds, const Draw& draw) {
  Stopping stopping({goal}, seeds);
  Stopped s;
  do {
    for (; s.runs < stopping.next_look(); ++s.runs) stopping.add(draw());
    ++s.looks;
  } while (!stopping.look());
  s.state = stopping.state().front();
  return s;
}

}  // namespace

TEST_CASE("a point that stops when it looks precise still covers the truth") {
  for (const double mean : {0.02, 0.3, 4.0}) {
    int covered = 0, reached = 0;
    constexpr int kPoints = 1000;
    for (int i = 0; i < kPoints; ++i) {
      Rng rng(static_cast<std::uint64_t>(i), "precision");
      const auto s =
          stop({kEpisodes, true, 0.3}, 20'000, [&] { return row_with(poisson(rng, mean), false); });
      if (s.state.mean->low <= mean && mean <= s.state.mean->high) ++covered;
      if (s.state.reached) ++reached;
      REQUIRE(s.looks <= Stopping::kLooks);
    }
    CAPTURE(mean, covered);
    CHECK(covered >= 950);
    CHECK(reached == kPoints);
  }
}

TEST_CASE("shares that stop by an absolute precision cover the truth") {
  int covered = 0;
  for (int i = 0; i < 1000; ++i) {
    Rng rng(static_cast<std::uint64_t>(i), "precision");
    const auto s = stop({kHarmed, false, 0.03}, 100'000, [&] { return row_with(0, rng.chance(0.1)); });
    REQUIRE(s.state.reached);
    if (s.state.mean->low <= 0.1 && 0.1 <= s.state.mean->high) ++covered;
  }
  CHECK(covered >= 950);
}

TEST_CASE("a point stops soon after it is precise enough") {
  // 99 % of a normal distribution lie within 2.58 standard deviations: a mean of 1 to 5 % needs 2,650 runs.
  double runs = 0;
  for (int i = 0; i < 50; ++i) {
    Rng rng(static_cast<std::uint64_t>(i), "precision");
    runs += static_cast<double>(
        stop({kEpisodes, true, 0.05}, 1'000'000, [&] { return row_with(poisson(rng, 1), false); }).runs);
  }
  CHECK(runs / 50 < 1.6 * 2650);
  CHECK(runs / 50 > 2650);
}

TEST_CASE("a point without events runs all its seeds, and doesn't claim to know its rate") {
  const auto s = stop({kEpisodes, true, 0.1}, 3000, [] { return row_with(0, false); });
  CHECK(s.runs == 3000);
  CHECK_FALSE(s.state.reached);
  CHECK(s.state.mean->high == Approx(poisson_rate({.events = 0, .exposure = 3000}, 0.99)->high));
}

TEST_CASE("an absolute precision isn't reached by zero events in a few runs") {
  const auto s = stop({kEpisodes, false, 0.01}, 100'000, [] { return row_with(0, false); });
  CHECK(s.state.reached);
  CHECK(s.runs > 500);  // 5.3 / 500
}

namespace {

Json document() {
  return Json::parse(R"({"name": "until", "duration": "1s", "settle": "50ms", "replicas": 2,
      "protocol": {"name": "primary_backup", "fencing": false,
                   "detector": {"kind": "timeout", "heartbeat": "10ms", "timeout": "15ms"}},
      "service": {"name": "kv", "keys": 1}, "clients": {"count": 1, "rate": "5/s"},
      "network": {"delay": {"constant": "1ms"}, "loss": 0.1},
      "sweep": {"vary": {"/protocol/detector/timeout": ["15ms", "25ms", "35ms"]}, "seeds": 400,
                "until": {"/split_brain/episodes": "±20%"}}})");
}
Scenario scenario() { return read_scenario(document(), "until.json"); }

std::string complaint_of(const Json& json) {
  try {
    sweep(read_scenario(json, "until.json"), {.seeds = 1});
  } catch (const InputError& error) {
    return error.what();
  }
  return {};
}

}  // namespace

TEST_CASE("points of a sweep stop one by one, and its rows stay in the order of their seeds") {
  Folder folder;
  const auto summary = sweep(scenario(), {.seeds = 400, .jobs = 2, .out = folder.path});
  CHECK(summary.summaries[0].runs() == 100);
  CHECK(summary.summaries[1].runs() > 100);
  CHECK(summary.summaries[2].runs() == 400);
  CHECK(summary.precision[0][0].reached);
  CHECK_FALSE(summary.precision[2][0].reached);
  CHECK(precision_text(summary).find("35ms: /split_brain/episodes") != std::string::npos);
  std::ifstream rows(folder.path / "runs.jsonl");
  std::uint64_t seed = 1, n = 0;
  for (std::string line; std::getline(rows, line); ++n) {
    const auto next = Json::parse(line)["seed"].get<std::uint64_t>();
    REQUIRE(next >= seed);
    seed = next;
  }
  CHECK(n == summary.runs);
}

TEST_CASE("a sweep that stops by precision gives the same bytes by any threads and after a kill") {
  Folder whole;
  sweep(scenario(), {.seeds = 400, .jobs = 2, .out = whole.path});
  const std::string rows = content(whole.path / "runs.jsonl");
  for (const double part : {0.05, 0.31, 0.8, 1.0}) {
    Folder cut;
    sweep(scenario(), {.seeds = 400, .jobs = 1, .out = cut.path});
    CHECK(content(cut.path / "runs.jsonl") == rows);
    const auto kept = static_cast<std::size_t>(part * static_cast<double>(rows.size()));
    replace(cut.path / "runs.jsonl", rows.substr(0, kept));
    sweep(scenario(), {.seeds = 400, .jobs = 2, .out = cut.path});
    for (const char* file : {"runs.jsonl", "summary.csv", "differences.csv", "sweep.json"})
      CHECK(content(cut.path / file) == content(whole.path / file));
  }
}

TEST_CASE("what can't be known, or not in parts, is refused") {
  Json json = document();
  json["sweep"]["until"] = {{"/split_brain/epsodes", "10%"}};
  CHECK_THAT(complaint_of(json), Catch::Contains("did you mean \"/split_brain/episodes\""));
  for (const Json& bad : {Json("10"), Json("-3%"), Json("80%"), Json("ten"), Json(0), Json(true)}) {
    json["sweep"]["until"] = {{"/split_brain/episodes", bad}};
    CAPTURE(bad.dump());
    if (bad != "10") CHECK_THAT(complaint_of(json), Catch::Contains("expected a precision such as"));
  }
  CHECK_THROWS_WITH(sweep(scenario(), {.seeds = 400, .shard = {1, 2}}),
                    Catch::Contains("a shard can't know"));
}

TEST_CASE("a precision is a part of the mean or a value, and is written as it was read") {
  Json json = document();
  json["sweep"]["until"] = Json::parse(
      R"({"/split_brain/episodes": "10%", "/latency_ms/p50": "±0.5", "/availability/fraction": 0.001})");
  const Scenario s = read_scenario(json, "until.json");
  CHECK(s.sweep->until[0].relative);
  CHECK(s.sweep->until[0].amount == Approx(0.1));
  CHECK_FALSE(s.sweep->until[1].relative);
  CHECK(s.sweep->until[2].amount == 0.001);
  CHECK(s.canonical["sweep"]["until"].dump() ==
        R"({"/split_brain/episodes":"±10%","/latency_ms/p50":"±0.5","/availability/fraction":"±0.001"})");
}
