// Sweeps: rows don't depend on threads or interruptions, and foreign files are refused.
#include "sim/experiment/sweep/sweep.hpp"

#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "sim/experiment/run.hpp"
#include "sim/experiment/sweep/sweep_folder.hpp"
#include "sim/report/result_json.hpp"
#include "tests/experiment/small_sweep.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/folder.hpp"

using namespace small_sweep;
namespace fs = std::filesystem;

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
