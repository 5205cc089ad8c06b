// The points of a sweep: combinations of what varies, lists, and files that many share.
#include <string>

#include "sim/experiment/run.hpp"
#include "sim/experiment/sweep/sweep.hpp"
#include "tests/experiment/small_sweep.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/folder.hpp"

using namespace small_sweep;

TEST_CASE("the points of a sweep are all combinations, the last varying fastest") {
  const auto points = points_of(*scenario().sweep);
  REQUIRE(points.size() == 4);
  CHECK(points[1].values[0].second == 0.0);
  CHECK(points[1].values[1].second == 2);
  CHECK(points[2].values[0].second == 0.3);
  CHECK(points_of(SweepPlan{}).size() == 1);
}

namespace {

Json listed_document() {
  Json json = document();
  json["sweep"] = Json::parse(R"({"points": [
      {"label": "as it is"},
      {"label": "naive, four", "/protocol": {"name": "naive_broadcast"}, "/replicas": 4},
      {"label": "lossy", "/network/loss": 0.3}], "vary": {"/clients/count": [1, 2]}, "seeds": 12})");
  return json;
}
Scenario listed() { return read_scenario(listed_document(), "small.json"); }

}  // namespace

TEST_CASE("listed points come in their order, each with all combinations of what varies") {
  const auto points = points_of(*listed().sweep);
  REQUIRE(points.size() == 6);
  CHECK(points[3].label == "naive, four");
  REQUIRE(points[3].values.size() == 3);
  CHECK(points[3].values[1].second == 4);
  CHECK(points[3].values[2].second == 2);
  const Scenario naive = scenario_at_point(listed(), points[3]);
  CHECK(naive.protocol == "naive_broadcast");
  CHECK(naive.setup.replicas == 4);
  CHECK(naive.setup.clients.options.count == 2);
}

TEST_CASE("a sweep over listed points says their labels, resumes, and leaves unsaid values to the scenario") {
  Folder whole, cut;
  const auto summary = sweep(listed(), options(whole.path, 2));
  CHECK(summary.runs == 72);
  CHECK(summary.headings == std::vector<std::string>{"label", "/clients/count"});
  const std::string csv = content(whole.path / "summary.csv");
  CHECK(csv.starts_with("label,/clients/count,/protocol,/replicas,/network/loss,n,"));
  CHECK(csv.find("\nas it is,1,,,,12,") != std::string::npos);
  CHECK(csv.find("\n\"naive, four\",2,\"{\"\"name\"\":\"\"naive_broadcast\"\"}\",4,,12,") !=
        std::string::npos);
  CHECK(to_table(summary).find("naive, four               2    12") != std::string::npos);
  const std::string rows = content(whole.path / "runs.jsonl");
  CHECK(rows.find("\"point\":{\"label\":\"lossy\",\"/network/loss\":0.3,\"/clients/count\":1}") !=
        std::string::npos);
  sweep(listed(), options(cut.path));
  replace(cut.path / "runs.jsonl", rows.substr(0, rows.size() / 2));
  sweep(listed(), options(cut.path));
  CHECK(content(cut.path / "runs.jsonl") == rows);
}

TEST_CASE("a listed point runs what the scenario at this point runs, whatever the others are") {
  const Scenario lossy = scenario_at_point(listed(), listed_point(listed(), {"lossy"}));
  Json json = document();
  json["network"]["loss"] = 0.3;
  CHECK(run_for_sweep(lossy, 5).digest == run_for_sweep(read_scenario(json, "small.json"), 5).digest);
}

TEST_CASE("points may come from a file beside the scenario, which many may share") {
  Folder folder;
  replace(folder.path / "points.json",
          Json{{"about", "Shared."}, {"points", listed_document()["sweep"]["points"]}}.dump());
  Json json = listed_document();
  json["sweep"]["points"] = "points.json";
  const Scenario shared = read_scenario(json, (folder.path / "small.json").string());
  CHECK(shared.canonical == listed().canonical);
}

TEST_CASE("several lists are combined, and a label of each names a point") {
  Json json = listed_document();
  json["sweep"] = Json::parse(R"({"points": [
      [{"label": "calm"}, {"label": "storm", "/network/loss": 0.3}],
      [{"label": "two"}, {"label": "four", "/replicas": 4}, {"label": "five", "/replicas": 5}]]})");
  Scenario s = read_scenario(json, "small.json");
  const auto points = points_of(*s.sweep);
  REQUIRE(points.size() == 6);
  CHECK(points[4].label == "storm / four");
  CHECK(points[4].values == Point{{"/network/loss", 0.3}, {"/replicas", 4}});
  CHECK(listed_point(s, {"four", "storm"}).values == points[4].values);
  CHECK(listed_point(s, {"four"}).label == "four");
  CHECK_THROWS_AS(listed_point(s, {"four", "five"}), InputError);
  CHECK(read_scenario(s.canonical, "small.json").canonical == s.canonical);
  keep_points(s, {"storm", "two", "five"});
  CHECK(points_of(*s.sweep).size() == 2);
  CHECK_THROWS_AS(keep_points(s, {"six"}), InputError);
}

TEST_CASE("a point that makes no scenario is refused with its label") {
  Json json = listed_document();
  json["sweep"]["points"][1]["/protocol"]["bug"] = "none";
  const auto complaint = complaint_of([&] { sweep(read_scenario(json, "small.json"), {}); });
  CHECK(complaint.find("/protocol/bug: at point \"naive, four\": unknown key") != std::string::npos);
}
