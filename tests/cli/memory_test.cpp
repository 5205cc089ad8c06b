// Memory of runs: lists share their elements, a bound is the same on every machine, and costs don't grow
// quadratically.
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "sim/experiment/run.hpp"
#include "sim/history/value.hpp"
#include "sim/scenario/scenario.hpp"
#include "sim/scenario/units.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/folder.hpp"
#include "tests/support/shell.hpp"

using namespace sim;

namespace {

const std::int64_t* where(const List& list) { return list.begin(); }

Scenario scenario(const std::string& more) {
  return read_scenario(Json::parse(R"({"name": "memory", "duration": "2s", "settle": "1s", "replicas": 3,
      "protocol": {"name": "raft"}, "clients": {"count": 4, "rate": "100/s"})" +
                                   more + "}"),
                       "memory.json");
}

// Runs a scenario as a user would, with so many megabytes of address space and a minute at most.
Ended run_within(int megabytes, const std::string& json, const std::string& options = {}) {
  const Folder folder;
  replace(folder.path / "s.json", json);
  return shell(fmt::format("cd '{}'; ulimit -v {}; timeout 60 $R run s.json {} 2>&1", folder.path.string(),
                           megabytes * 1024, options));
}

}  // namespace

TEST_CASE("copies of a list share its elements until one is changed") {
  List log{1, 2};
  std::vector<List> reads;
  for (int i = 3; i < 100; ++i) {
    log.push_back(i);
    reads.push_back(log);
  }
  for (const List& read : reads) CHECK(where(read) == where(std::as_const(log)));
  CHECK(reads[0] == List{1, 2, 3});
  CHECK(reads[1] == List{1, 2, 3, 4});

  List other = reads[0];
  other.push_back(4);  // as the log did: it still shares
  CHECK(where(other) == where(std::as_const(log)));
  List parted = reads[0];
  parted.push_back(9);
  CHECK(parted == List{1, 2, 3, 9});
  CHECK(reads[1] == List{1, 2, 3, 4});
  List sorted = reads[2];
  sorted.front() = 7;
  sorted.erase(sorted.begin() + 1);
  CHECK(sorted == List{7, 3, 4, 5});
  CHECK(reads[2] == List{1, 2, 3, 4, 5});
  other.pop_back();
  other.push_back(5);
  CHECK(other == List{1, 2, 3, 5});
  CHECK(log.size() == 99);
  CHECK(log.back() == 99);
}

TEST_CASE("amounts of memory are read and written with their unit") {
  CHECK(parse_memory("2GB") == std::uint64_t{2} << 30);
  CHECK(parse_memory("1.5MB") == std::uint64_t{3} << 19);
  CHECK(parse_memory("7B") == 7);
  for (const char* bad : {"", "2", "GB", "-1GB", "0MB", "1e30TB", "nanMB", "2 GB", "2gb", "0.3B"})
    CHECK_FALSE(parse_memory(bad));
  CHECK(memory_text(std::uint64_t{3} << 19) == "1536KB");
  CHECK(memory_text(std::uint64_t{2} << 30) == "2GB");
}

TEST_CASE("a run that takes too much memory is stopped at the same event each time, undecided") {
  const Scenario bounded = scenario(R"(, "max_memory": "1MB", "clients": {"count": 4, "rate": "2000/s"})");
  const RunResult r = run_once(bounded, 1), again = run_for_sweep(bounded, 1);
  CHECK(r.error == "too much memory");
  CHECK(r.events > 1000);
  CHECK(again.events == r.events);
  CHECK(again.digest == r.digest);
  CHECK(again.error == r.error);
  const Scenario free = scenario(R"(, "clients": {"count": 4, "rate": "2000/s"})");
  CHECK(run_for_sweep(free, 1).error.empty());
}

TEST_CASE("what would take too much before it begins is refused without being made") {
  for (const std::string more :
       {R"(, "replicas": 1000, "service": {"name": "kv", "keys": 1000000})",
        R"(, "faults": [{"random": {"kind": "slow", "rate": "10000000/s", "mean": "1ns", "by": "1ns"}}])"}) {
    const RunResult r = run_for_sweep(scenario(more), 1);
    CHECK(r.error == "too much memory");
    CHECK(r.events == 0);
  }
}

TEST_CASE("a log's many reads take no more room than the log") {
  const auto ended = run_within(400, R"({"name": "log", "duration": "10s", "settle": "1s", "replicas": 3,
      "protocol": {"name": "raft"}, "service": {"name": "log"}, "clients": {"count": 8, "rate": "200/s"}})");
  CAPTURE(ended.out);
  CHECK(ended.code == 0);
}

TEST_CASE("too many random faults end the run with one clear message") {
  const std::string json = R"({"name": "random-rate", "duration": "10s", "settle": "1s", "replicas": 3,
      "protocol": {"name": "raft"}, "clients": {"count": 0}, "max_events": 1000,
      "faults": [{"random": {"kind": "slow", "rate": "1000000/s", "mean": "1ns", "by": "1ns"}}]})";
  const auto ended = run_within(4000, json, "--save saved");
  CAPTURE(ended.out);
  CHECK(ended.code == 3);
  CHECK(
      ended.out.find("too much memory: the run was stopped after 0 events; the limit is \"max_memory\" in") !=
      std::string::npos);
  const auto small = run_within(400, json, "--memory 100MB");
  CHECK(small.code == 3);
  CHECK(run_within(400, json, "--memory 100").code == 2);
}

TEST_CASE("a sweep marks runs that take too much memory, and goes on") {
  const Folder folder;
  replace(folder.path / "s.json", R"({"name": "s", "duration": "2s", "settle": "1s", "replicas": 3,
      "protocol": {"name": "raft"}, "clients": {"count": 4, "rate": "2000/s"},
      "sweep": {"vary": {"/clients/rate": ["10/s", "2000/s"]}, "seeds": 3}})");
  const auto ended =
      shell(fmt::format("cd '{}'; $R sweep s.json --memory 1MB --out out >table && "
                        "grep -c '\"error\":\"too much memory\"' out/runs.jsonl",
                        folder.path.string()));
  CHECK(ended.out == "3\n");
}

TEST_CASE("rare and advise take a bound on memory, and say when runs take more") {
  const Folder folder;
  replace(folder.path / "s.json", R"({"name": "s", "duration": "2s", "settle": "1s", "replicas": 2,
      "protocol": {"name": "primary_backup"}, "clients": {"count": 4, "rate": "2000/s"}})");
  const auto ended = [&](const std::string& command) {
    return shell(fmt::format("cd '{}'; $R {} 2>&1", folder.path.string(), command));
  };
  const auto rare = ended("rare s.json --replications 2 --effort 2 --memory 1MB --json");
  CHECK(rare.code == 3);
  CHECK_THAT(rare.out, Catch::Contains("a run takes more than 1MB"));
  const std::string question =
      "advise s.json --heartbeat 10ms --timeout 40ms --bound needless_changes=3600/h --bound outage=1s "
      "--hours 0.01 --quiet ";
  CHECK(ended(question + "--memory 1MB").code == 3);
  for (const char* command : {"run s.json", "sweep s.json", "rare s.json", "advise s.json"})
    CHECK(ended(std::string(command) + " --memory 100").code == 2);
}

TEST_CASE("a hundred thousand faults at one instant, and places of regions, take a moment") {
  std::string faults;
  for (int i = 0; i < 50'000; ++i) {
    faults += R"({"at": "1s", "heal": true}, {"from": "1s", "to": "1500ms", "partition": [[0], [1, 2]]},)";
  }
  faults.back() = ' ';
  const auto many = run_within(2000, R"({"name": "many", "duration": "2s", "settle": "1s", "replicas": 3,
      "protocol": {"name": "raft"}, "clients": {"count": 1, "rate": "10/s"}, "faults": [)" +
                                         faults + "]}");
  CAPTURE(many.out);
  CHECK((many.code == 0 || many.code == 1));

  const Folder folder;
  replace(folder.path / "table.csv", ",a,b\na,1,80\nb,80,1\n");
  std::string places;
  for (int i = 0; i < 50'000; ++i) places += R"("a", "b",)";
  places.pop_back();
  replace(folder.path / "s.json", R"({"name": "places", "duration": "1s", "replicas": 3,
      "protocol": {"name": "raft"}, "clients": {"count": 0},
      "network": {"delay": {"regions": "table.csv", "place": [)" +
                                      places + "]}}}");
  const auto regions =
      shell(fmt::format("cd '{}'; ulimit -v 2000000; timeout 60 $R run s.json 2>&1", folder.path.string()));
  CAPTURE(regions.out);
  CHECK(regions.code == 0);
}
