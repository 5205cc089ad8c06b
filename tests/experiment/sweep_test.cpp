// Sweeps: the same rows whatever the threads, the shards and the interruptions, and refusals of what isn't
// theirs.
#include "sim/experiment/sweep/sweep.hpp"

#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "sim/experiment/run.hpp"
#include "sim/experiment/sweep/merge.hpp"
#include "sim/experiment/sweep/sweep_folder.hpp"
#include "sim/report/expectation.hpp"
#include "sim/report/result_json.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/folder.hpp"

using namespace sim;
namespace fs = std::filesystem;

namespace {

Json document() {
  return Json::parse(R"({"name": "small", "about": "A sweep for tests.", "duration": "50ms", "settle": "20ms",
    "replicas": 2, "protocol": {"name": "primary_backup"}, "service": {"name": "kv", "keys": 2},
    "clients": {"count": 2, "rate": "100/s", "timeout": "20ms"},
    "network": {"delay": {"exponential": "1ms"}, "loss": 0.05},
    "sweep": {"vary": {"/network/loss": [0.0, 0.3], "/clients/count": [1, 2]}, "seeds": 12}})");
}

Scenario scenario() { return read_scenario(document(), "small.json"); }

SweepOptions options(const fs::path& out, unsigned jobs = 1) {
  return {.seeds = 12, .jobs = jobs, .out = out};
}

// What is said when `action` meets bad input; empty when it doesn't.
template <class Action> std::string complaint_of(const Action& action) {
  try {
    action();
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return {};
}

std::vector<Folder> shards(std::uint64_t count) {
  std::vector<Folder> parts(count);
  for (std::uint64_t i = 1; i <= count; ++i) {
    auto o = options(parts[i - 1].path, 2);
    o.shard = {i, count};
    sweep(scenario(), o);
  }
  return parts;
}

}  // namespace

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

TEST_CASE("a sweep writes one row per seed and point, in this order") {
  Folder folder;
  const auto summary = sweep(scenario(), options(folder.path));
  CHECK(summary.runs == 48);
  std::ifstream in(folder.path / "runs.jsonl");
  std::string line;
  std::size_t n = 0;
  for (; std::getline(in, line); ++n) {
    const Json row = Json::parse(line);
    REQUIRE(row.at("seed") == 1 + n / 4);
    REQUIRE(row.at("point") == summary.points[n % 4]);
    REQUIRE(std::next(row.begin()).key() == "point");
  }
  CHECK(n == 48);
}

TEST_CASE("a sweep's row says what run says") {
  Folder folder;
  sweep(scenario(), options(folder.path));
  const Scenario second = scenario_at_point(scenario(), points_of(*scenario().sweep)[1]);
  const Json point{{"/network/loss", 0.0}, {"/clients/count", 2}};
  std::istringstream rows(content(folder.path / "runs.jsonl"));
  std::string line;
  std::getline(rows, line);
  std::getline(rows, line);
  const std::string told = to_json(run_once(second, 1), &point).dump();
  CHECK(line.starts_with(told.substr(0, told.size() - 1) + ",\"sum\":\""));
}

TEST_CASE("the number of threads changes no byte") {
  Folder one, four;
  sweep(scenario(), options(one.path));
  sweep(scenario(), options(four.path, 4));
  for (const char* file : {"runs.jsonl", "summary.csv", "sweep.json"}) {
    CAPTURE(file);
    CHECK(content(one.path / file) == content(four.path / file));
  }
}

TEST_CASE("a sweep cut anywhere is finished to the same bytes") {
  Folder whole, cut;
  sweep(scenario(), options(whole.path));
  sweep(scenario(), options(cut.path));
  const std::string rows = content(whole.path / "runs.jsonl");
  const std::size_t line = rows.find('\n') + 1;
  for (const std::size_t keep : {std::size_t{0}, std::size_t{1}, line - 1, line, line + 1, rows.size() / 2,
                                 rows.size() - 1, rows.size()}) {
    CAPTURE(keep);
    replace(cut.path / "runs.jsonl", rows.substr(0, keep));
    fs::remove(cut.path / "summary.csv");
    sweep(scenario(), options(cut.path, 2));
    CHECK(content(cut.path / "runs.jsonl") == rows);
    CHECK(content(cut.path / "summary.csv") == content(whole.path / "summary.csv"));
  }
}

TEST_CASE("a sweep killed before its first row, or while writing sweep.json, begins anew") {
  Folder whole, cut;
  sweep(scenario(), options(whole.path));
  replace(cut.path / "sweep.json.draft", "{\"scena");
  sweep(scenario(), options(cut.path));
  CHECK(content(cut.path / "runs.jsonl") == content(whole.path / "runs.jsonl"));
}

TEST_CASE("the rows of the shards, one after the other, are those of the whole") {
  Folder whole;
  sweep(scenario(), options(whole.path));
  std::string joined;
  const auto parts = shards(5);
  for (const Folder& part : parts) joined += content(part.path / "runs.jsonl");
  CHECK(joined == content(whole.path / "runs.jsonl"));
}

TEST_CASE("shards merge into the bytes of the whole, in whatever order they are given") {
  Folder whole, out;
  sweep(scenario(), options(whole.path));
  const auto parts = shards(3);
  const std::vector<fs::path> paths{parts[2].path, parts[0].path, parts[1].path};
  const SweepSummary summary = merge_shards(paths, out.path);
  CHECK(to_csv(summary) == content(whole.path / "summary.csv"));
  for (const char* file : {"sweep.json", "runs.jsonl", "summary.csv"})
    CHECK(content(out.path / file) == content(whole.path / file));
  merge_shards(paths, out.path);  // again, as after a kill
  CHECK(content(out.path / "runs.jsonl") == content(whole.path / "runs.jsonl"));
  sweep(scenario(), options(out.path));  // finds everything done
  CHECK(content(out.path / "runs.jsonl") == content(whole.path / "runs.jsonl"));
}

TEST_CASE("a merge names what is missing, given twice, unfinished, damaged or foreign, and writes no rows") {
  Folder out, other;
  const auto parts = shards(3);
  const auto merge = [&](const std::vector<fs::path>& paths) {
    return complaint_of([&] { merge_shards(paths, out.path); });
  };
  const std::vector<fs::path> all{parts[0].path, parts[1].path, parts[2].path};
  CHECK(merge({all[0], all[2]}).find("shard 2/3 of this sweep is missing") != std::string::npos);
  CHECK(merge({all[0], all[1], all[1]}).find("shard 2/3 again") != std::string::npos);
  auto foreign = options(other.path);
  foreign.seeds = 13;
  foreign.shard = {3, 3};
  sweep(scenario(), foreign);
  CHECK(merge({all[0], all[1], other.path}).find("not a shard of the same sweep") != std::string::npos);
  CHECK_FALSE(fs::exists(out.path / "sweep.json"));

  const std::string rows = content(all[1] / "runs.jsonl");
  replace(all[1] / "runs.jsonl", rows.substr(0, rows.size() - 5));
  CHECK(merge(all).find("finish it") != std::string::npos);
  CHECK(fs::is_empty(out.path));
  replace(all[1] / "runs.jsonl", "{}\n" + rows);
  CHECK(merge(all).find("line 1 has no check sum") != std::string::npos);
  CHECK(fs::is_empty(out.path));
}

TEST_CASE("a folder with another sweep is refused and left alone") {
  Folder folder;
  sweep(scenario(), options(folder.path));
  const std::string rows = content(folder.path / "runs.jsonl");
  auto other = options(folder.path);
  other.seeds = 11;
  CHECK_THROWS_AS(sweep(scenario(), other), InputError);

  SECTION("a row that isn't its own") {
    replace(folder.path / "runs.jsonl", "{}\n" + rows);
    CHECK_THROWS_AS(sweep(scenario(), options(folder.path)), InputError);
    CHECK(content(folder.path / "runs.jsonl") == "{}\n" + rows);
  }
  SECTION("more rows than runs") {
    replace(folder.path / "runs.jsonl", rows + rows.substr(0, rows.find('\n') + 1));
    CHECK_THROWS_AS(sweep(scenario(), options(folder.path)), InputError);
  }
  SECTION("rows of a program that simulates differently") {
    std::string first = rows.substr(0, rows.find(",\"sum\"")) + '}';
    const auto digest = first.find("\"digest\":\"") + 10;
    first[digest] = first[digest] == '0' ? '1' : '0';
    RowSeal(Json::parse(content(folder.path / "sweep.json"))).close(first, 0);
    first += '\n';
    replace(folder.path / "runs.jsonl", first);
    const std::string complaint = complaint_of([&] { sweep(scenario(), options(folder.path)); });
    CHECK(complaint.find("another version") != std::string::npos);
    CHECK(content(folder.path / "runs.jsonl") == first);
  }
  SECTION("rows without a sweep.json") {
    fs::remove(folder.path / "sweep.json");
    CHECK_THROWS_AS(sweep(scenario(), options(folder.path)), InputError);
  }
}

TEST_CASE("two sweeps don't write into one folder at a time") {
  Folder folder;
  const SweepFolder first(folder.path, Json{{"seeds", 1}});
  const auto complaint = complaint_of([&] { SweepFolder(folder.path, Json{{"seeds", 1}}); });
  CHECK(complaint.find("is in use: another command is writing") != std::string::npos);
}

TEST_CASE("a full disk is an error, and nothing is lost once there is room again") {
  Folder folder, whole;
  sweep(scenario(), options(whole.path));
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{20'000, before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &small);
  const std::string complaint = complaint_of([&] { sweep(scenario(), options(folder.path, 2)); });
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, old_handler);
  CHECK(complaint.find("can't be written") != std::string::npos);
  CHECK(fs::file_size(folder.path / "runs.jsonl") == 20'000);
  sweep(scenario(), options(folder.path));
  CHECK(content(folder.path / "runs.jsonl") == content(whole.path / "runs.jsonl"));
}

TEST_CASE("a run without end is one undecided row with an error, and the sweep goes on") {
  Folder folder;
  Scenario s = scenario();
  Json json = document();
  json["max_events"] = 20;
  const auto summary = sweep(read_scenario(json, "small.json"), options(folder.path, 2));
  CHECK(summary.runs == 48);
  const std::string rows = content(folder.path / "runs.jsonl");
  CHECK(rows.find("\"error\":\"too many events\"") != std::string::npos);
  CHECK(*summary.summaries[3].estimates()[1] == *wilson({.count = 12, .n = 12}));  // undecided
  sweep(read_scenario(json, "small.json"), options(folder.path));
  CHECK(content(folder.path / "runs.jsonl") == rows);
}

TEST_CASE("a sweep counts the runs that failed an expectation and names the first") {
  Json json = document();
  json["expect"] = {{"/operations/invoked", {{"min", 1}}}, {"/messages/lost", 0}};
  Folder folder;
  const auto summary = sweep(read_scenario(json, "small.json"), options(folder.path, 2));
  REQUIRE(summary.first_unmet);
  CHECK(summary.unmet > 0);
  const auto again = sweep(read_scenario(json, "small.json"), options(folder.path));  // from the rows
  CHECK(again.unmet == summary.unmet);
  CHECK(again.first_unmet->seed == summary.first_unmet->seed);
}

TEST_CASE("expectations may be a value, a list of values, or a range") {
  CHECK(meets(3, 3));
  CHECK_FALSE(meets(3, 4));
  CHECK(meets("order", Json::array({"loss", "order"})));
  CHECK_FALSE(meets("order", Json::array({"loss"})));
  CHECK(meets(3, {{"min", 3}}));
  CHECK_FALSE(meets(3, {{"min", 2}, {"max", 2.5}}));
  CHECK_FALSE(meets(nullptr, {{"max", 1}}));
  CHECK(meets(nullptr, nullptr));
  const Json result{{"a", {{"b", 1}}}};
  CHECK(hold_against(result, "/a/b", 1).held);
  CHECK_FALSE(hold_against(result, "/a/c", 1).held);
}

namespace {

// The rows of many runs, of a scenario whose names must be escaped, some of them failing an expectation.
std::vector<RunResult> results_for_rows() {
  std::vector<RunResult> results;
  Json json = document();
  json["name"] = "quote \" backslash \\ and \xc3\xa9";
  json["expect"] = {{"/messages/lost", 0}, {"/latency_ms/p99", {{"max", 3}}}};
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    json["max_events"] = seed % 5 == 4 ? 20 : 1'000'000;
    results.push_back(run_once(read_scenario(json, "small.json"), seed));
  }
  return results;
}

const Json kRowPoint{{"label", "a \"b\", {c}"}, {"/a", Json::array({1, "x\"]y"})}};

}  // namespace

TEST_CASE("a row is the same text from the tree and from the fast writer, and reads back") {
  for (const RunResult& result : results_for_rows()) {
    CAPTURE(result.seed);
    std::string row, again;
    append_row(row, result, kRowPoint.dump());
    REQUIRE(row == to_json(result, &kRowPoint).dump());
    append_row(again, result_from_row(row), kRowPoint.dump());
    REQUIRE(again == row);
  }
}

TEST_CASE("what is not exactly a row is refused") {
  std::string row;
  append_row(row, results_for_rows()[4], kRowPoint.dump());
  CHECK_NOTHROW(result_from_row(row));
  for (std::size_t length = 0; length < row.size(); ++length) {  // cut short
    CAPTURE(length);
    REQUIRE_THROWS(result_from_row(row.substr(0, length)));
  }
  CHECK_THROWS(result_from_row(row + " "));
  CHECK_THROWS(result_from_row(row + "}"));
  std::size_t harmless = 0;
  for (std::size_t i = row.find("\"protocol\""); i < row.size();
       ++i) {  // any character another one: refused, or a row that says so
    for (const char c : {'"', '}', ',', '0', 'x', '\\'}) {
      if (row[i] == c) continue;
      std::string other = row, again;
      other[i] = c;
      try {
        const RunResult read = result_from_row(other);
        append_row(again, read, {});
        ++harmless;
      } catch (const std::exception&) {
        continue;
      }
      const Json json = Json::parse(other, nullptr, false);
      CAPTURE(i, c);
      REQUIRE_FALSE(json.is_discarded());
    }
  }
  CHECK(harmless > 100);  // other digits, other letters in names
}
