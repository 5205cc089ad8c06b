// Points drawn at random: every stratum of every value once, the same on every machine.
#include "sim/scenario/random_design.hpp"

#include <set>

#include "sim/experiment/sweep/sweep.hpp"
#include "sim/scenario/units.hpp"
#include "tests/support/catch.hpp"

using namespace sim;

namespace {

Json document(const std::string& random) {
  Json json = Json::parse(R"({"name": "random", "duration": "50ms", "replicas": 3,
      "protocol": {"name": "primary_backup"}, "network": {"delay": {"constant": "1ms"}}})");
  json["sweep"] = {{"random", Json::parse(random)}, {"seeds", 2}};
  return json;
}

std::vector<SweepPoint> points(const std::string& random) {
  return points_of(*read_scenario(document(random), "random.json").sweep);
}

std::string complaint_of(const std::string& random) {
  try {
    points(random);
  } catch (const InputError& error) {
    return error.what();
  }
  return {};
}

}  // namespace

TEST_CASE("every stratum of every value is met once") {
  const auto all = points(R"({"samples": 50, "values": {
      "/network/loss": {"uniform": [0.0, 0.5]},
      "/protocol/detector/timeout": {"log_uniform": ["10ms", "1s"]},
      "/replicas": {"uniform": [3, 7]},
      "/protocol/fencing": {"choice": [true, false]}}})");
  REQUIRE(all.size() == 50);
  std::set<int> loss, timeout;
  std::map<int, int> replicas;
  int fenced = 0;
  for (const auto& point : all) {
    loss.insert(static_cast<int>(point.values[0].second.get<double>() / 0.5 * 50));
    const auto at_most = parse_duration(point.values[1].second.get<std::string>());
    timeout.insert(static_cast<int>(std::log10(static_cast<double>(at_most->count()) / 1e7) / 2 * 50));
    ++replicas[point.values[2].second.get<int>()];
    fenced += point.values[3].second.get<bool>() ? 1 : 0;
  }
  CHECK(loss.size() >= 49);  // rounding to four digits may move one over an edge
  CHECK(timeout.size() >= 49);
  CHECK(replicas == std::map<int, int>{{3, 10}, {4, 10}, {5, 10}, {6, 10}, {7, 10}});
  CHECK(fenced == 25);
}

TEST_CASE("the points that are drawn are the same everywhere") {
  const auto all = points(R"({"samples": 3, "values": {
      "/protocol/detector/timeout": {"log_uniform": ["10ms", "1s"]}, "/network/loss": {"uniform": [0, 0.5]}}})");
  std::string text;
  for (const auto& point : all) {
    for (const auto& [pointer, value] : point.values) text += value.dump() + " ";
  }
  CHECK(text == R"("790.7ms" 0.4494 "30.26ms" 0.1782 "86.76ms" 0.05648 )");
}

TEST_CASE("other seeds draw other points, and another value leaves the first ones as they were") {
  const std::string loss = R"("/network/loss": {"uniform": [0.0, 0.5]})";
  const auto one = points(R"({"samples": 5, "values": {)" + loss + "}}");
  const auto two = points(R"({"samples": 5, "values": {"/replicas": {"uniform": [3, 5]}, )" + loss + "}}");
  const auto other = points(R"({"samples": 5, "seed": 2, "values": {)" + loss + "}}");
  CHECK(one[0].values[0] == two[0].values[1]);
  CHECK(one[0].values[0] != other[0].values[0]);
}

TEST_CASE("samples are combined with what varies, and a table names their values") {
  Json json = document(R"({"samples": 4, "values": {"/network/loss": {"uniform": [0.0, 0.5]}}})");
  json["sweep"]["vary"] = {{"/replicas", {2, 3}}};
  const auto summary = sweep(read_scenario(json, "random.json"), {.seeds = 2});
  CHECK(summary.points.size() == 8);
  CHECK(summary.headings == std::vector<std::string>{"/replicas", "/network/loss"});
}

TEST_CASE("a range that isn't one is refused with its place") {
  CHECK_THAT(complaint_of(R"({"values": {"/network/los": {"uniform": [0, 1]}}})"),
             Catch::Contains("did you mean \"/network/loss\""));
  CHECK_THAT(complaint_of(R"({"values": {"/network/loss": {"unifrom": [0, 1]}}})"),
             Catch::Contains("did you mean \"uniform\""));
  CHECK_THAT(complaint_of(R"({"values": {"/network/loss": {"uniform": [1, 0]}}})"),
             Catch::Contains("the smaller value first"));
  CHECK_THAT(complaint_of(R"({"values": {"/network/loss": {"log_uniform": [0, 1]}}})"),
             Catch::Contains("values above 0"));
  CHECK_THAT(complaint_of(R"({"values": {"/network/loss": {"uniform": [0, "1s"]}}})"),
             Catch::Contains("two numbers, two durations or two rates"));
  CHECK_THAT(complaint_of(R"({"values": {}})"), Catch::Contains("an object from JSON pointer to a range"));
}
