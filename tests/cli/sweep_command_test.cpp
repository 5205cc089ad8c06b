// `repsim sweep` and `repsim merge` as users run them: killed, with a full disk, with folders
// that can't be written, and with any number of threads.
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "sim/scenario/json.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/folder.hpp"
#include "tests/support/shell.hpp"

using namespace sim;
namespace fs = std::filesystem;

namespace {

constexpr std::size_t kRows = 600;

// A folder of its own, in which shell commands run, with a scenario of kRows runs.
class Bench {
 public:
  Bench() {
    std::ofstream(path / "s.json")
        << R"({"name": "s", "about": "For tests.", "duration": "2s", "settle": "1s",
      "replicas": 2, "protocol": {"name": "primary_backup"}, "service": {"name": "kv", "keys": 2},
      "clients": {"count": 2, "rate": "100/s", "timeout": "100ms"},
      "network": {"delay": {"exponential": "1ms"}, "loss": 0.05},
      "sweep": {"vary": {"/network/loss": [0.0, 0.1, 0.3]}, "seeds": 200}})";
  }
  Ended operator()(const std::string& commands) const {
    return shell(fmt::format("cd '{}' && {{ {}\n}} 2>&1", path.string(), commands));
  }
  std::string content(const std::string& file) const { return ::content(path / file); }
  std::size_t rows(const std::string& folder) const {
    const std::string text = content(folder + "/runs.jsonl");
    return static_cast<std::size_t>(std::ranges::count(text, '\n'));
  }
  void same(const std::string& one, const std::string& other) const {
    for (const char* file : {"sweep.json", "runs.jsonl", "summary.csv"}) {
      CAPTURE(one, other, file);
      REQUIRE_FALSE(content(one + '/' + file).empty());
      CHECK((content(one + '/' + file) == content(other + '/' + file)));
    }
  }
  const Folder own{};
  const fs::path& path = own.path;
};

std::size_t lines_of(const std::string& text) {
  return static_cast<std::size_t>(std::ranges::count(text, '\n'));
}

}  // namespace

TEST_CASE("the number of jobs changes no byte of a sweep's files, nor of what it prints") {
  const Bench bench;
  std::vector<std::string> printed;
  for (const char* jobs : {"1", "2", "7"}) {
    const auto ended = bench(fmt::format("$R sweep s.json --jobs {0} --out jobs{0}", jobs));
    CHECK(ended.code == 0);
    printed.push_back(ended.out);
  }
  CHECK(bench.rows("jobs1") == kRows);
  CHECK(printed[0] == printed[1]);
  CHECK(printed[0] == printed[2]);
  bench.same("jobs1", "jobs2");
  bench.same("jobs1", "jobs7");
}

TEST_CASE("a sweep that is killed again and again goes on where it was, to the same bytes") {
  const Bench bench;
  REQUIRE(bench("$R sweep s.json --out whole").code == 0);
  std::size_t before = 0;
  for (const char* jobs : {"1", "2", "7"}) {
    // Killed as soon as some rows more are there than at its beginning.
    const auto killed =
        bench(fmt::format("$R sweep s.json --jobs {} --out cut & while [ $(cat cut/runs.jsonl 2>/dev/null | "
                          "wc -l) -lt {} ]; do "
                          "kill -0 $! || break; done; kill -9 $!; wait $!; echo ended with $?",
                          jobs, before + 50));
    CAPTURE(killed.out, before);
    CHECK(killed.out.find("ended with 137") != std::string::npos);
    const std::size_t now = bench.rows("cut");
    REQUIRE(now > before);
    REQUIRE(now < kRows);
    CHECK_FALSE(fs::exists(bench.path / "cut/summary.csv"));
    before = now;
  }
  CHECK(bench("$R sweep s.json --jobs 2 --out cut").code == 0);
  bench.same("whole", "cut");
}

TEST_CASE("a sweep without room on the disk is one clear error, and goes on when there is room") {
  const Bench bench;
  REQUIRE(bench("$R sweep s.json --out whole").code == 0);
  for (const char* jobs : {"1", "2"}) {
    const std::string out = fmt::format("full{}", jobs);
    // 100 KiB, and no signal that would end the program: what a full disk looks like to it.
    const auto full =
        bench(fmt::format("(trap '' XFSZ; ulimit -f 100; $R sweep s.json --jobs {} --out {})", jobs, out));
    CAPTURE(full.out);
    CHECK(full.code == 2);
    CHECK(lines_of(full.out) == 1);
    CHECK(full.out.find(out + "/runs.jsonl: can't be written") != std::string::npos);
    CHECK(bench.rows(out) > 20);
    CHECK_FALSE(fs::exists(bench.path / out / "summary.csv"));
    CHECK(bench(fmt::format("$R sweep s.json --out {}", out)).code == 0);
    bench.same("whole", out);
  }
}

TEST_CASE(
    "a file system that is full is the same error, and the same command goes on when it has room again") {
  const Bench bench;
  if (shell("unshare -rm mount -t tmpfs tmpfs /mnt 2>/dev/null").code != 0) {
    WARN("no right to mount a small file system here");
    return;
  }
  const auto ended = bench(R"(export R; mkdir small && unshare -rm bash -c '
      mount -t tmpfs -o size=2000k tmpfs small && head -c 1800k /dev/zero >small/filler
      $R sweep s.json --out small/out; echo "ended with $?, $(wc -l <small/out/runs.jsonl) rows"
      rm small/filler
      $R sweep s.json --out small/out >/dev/null && cp -r small/out finished'; $R sweep s.json --out whole)");
  CAPTURE(ended.out);
  CHECK(ended.out.find("small/out/runs.jsonl: can't be written: No space left on device\nended with 2, ") !=
        std::string::npos);
  bench.same("whole", "finished");
}

TEST_CASE("a folder that can't be written is one clear error, and nothing is changed in it") {
  const Bench bench;
  bench("touch file; mkdir -p taken/runs.jsonl; mkdir locked; chmod 500 locked");
  const auto refused = [&](const std::string& out, const std::string& because) {
    const auto ended = bench("$R sweep s.json --out " + out);
    CAPTURE(ended.out);
    CHECK(ended.code == 2);
    CHECK(lines_of(ended.out) == 1);
    CHECK(ended.out.find(because) != std::string::npos);
  };
  refused("file", "repsim: file: can't be created as a folder: ");
  refused("file/below", "repsim: file/below: can't be created as a folder: Not a directory");
  refused("taken", "taken: contains runs without a sweep.json");
  if (::geteuid() != 0) {  // who may do everything isn't refused
    refused("locked", "repsim: locked/sweep.json: can't be written: Permission denied");
    refused("locked/below", "repsim: locked/below: can't be created as a folder: Permission denied");
  }
  CHECK(bench.content("file").empty());
  bench("chmod 700 locked");
}

TEST_CASE("runs beyond their bound of events are rows with an error, the others are as they were") {
  const Bench bench;
  REQUIRE(bench("$R sweep s.json --out free").code == 0);
  std::vector<std::string> free;
  std::vector<std::uint64_t> events;
  std::istringstream lines(bench.content("free/runs.jsonl"));
  for (std::string line; std::getline(lines, line);) {
    free.push_back(line);
    events.push_back(Json::parse(line).at("events").get<std::uint64_t>());
  }
  auto sorted = events;
  std::ranges::sort(sorted);
  const std::uint64_t bound = sorted[sorted.size() / 2];
  const auto bounded = bench(fmt::format("$R sweep s.json --set /max_events={} --out bounded", bound));
  CHECK(bounded.code == 0);
  const auto without_sum = [](const std::string& row) { return row.substr(0, row.find(",\"sum\"")); };
  lines = std::istringstream(bench.content("bounded/runs.jsonl"));
  std::size_t n = 0, ended = 0;
  for (std::string line; std::getline(lines, line); ++n) {
    const bool error = line.find("\"error\":\"too many events\"") != std::string::npos;
    ended += error;
    REQUIRE(error == (events[n] > bound));
    if (!error) REQUIRE((without_sum(line) == without_sum(free[n])));  // theirs know of the bound
  }
  CHECK(n == kRows);
  CHECK(ended > kRows / 4);
}

TEST_CASE("a merge says, and ends, as the sweep on one machine would") {
  const Bench bench;
  const auto whole = bench("$R sweep s.json --out whole --set '/expect={\"/messages/lost\":0}' 2>err");
  CHECK(whole.code == 1);
  for (const char* i : {"1", "2", "3"}) {
    bench(fmt::format("$R sweep s.json --shard {0}/3 --out part{0} --set '/expect={{\"/messages/lost\":0}}'",
                      i));
  }
  const auto merged = bench("$R merge part2 part3 part1 --out merged 2>merge_err");
  CHECK(merged.code == 1);
  CHECK(merged.out == whole.out);
  bench.same("whole", "merged");
  const std::string said = bench.content("merge_err"),
                    first = "400 of 600 runs failed an expectation; the first: ";
  CHECK(said.starts_with(first));
  CHECK(bench.content("err").starts_with(said.substr(0, said.find(" ("))));
  CHECK(said.find("(seed 1, point {\"/network/loss\":0.1})") != std::string::npos);
}
