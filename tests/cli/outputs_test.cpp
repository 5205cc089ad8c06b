// Output files of commands that are killed, meet a full disk, write to the same place, or name an input as
// their output.
#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/catch.hpp"
#include "tests/support/folder.hpp"
#include "tests/support/shell.hpp"

namespace fs = std::filesystem;

namespace {

// A folder with scenarios, in which shell commands run.
class Desk {
 public:
  Desk() {
    replace(path / "s.json", R"({"name": "s", "about": "For tests.", "duration": "1s", "settle": "200ms",
      "replicas": 2, "protocol": {"name": "primary_backup"}, "service": {"name": "kv", "keys": 2},
      "clients": {"count": 2, "rate": "100/s", "timeout": "100ms"},
      "network": {"delay": {"empirical": "delays.txt"}, "loss": 0.05},
      "sweep": {"points": "points.json", "seeds": 30}})");
    replace(path / "delays.txt", "1\n2\n1.5\n");
    replace(path / "points.json", R"({"about": "Two.", "points": [
      {"label": "one", "/network/loss": 0.1}, {"label": "two", "/network/loss": 0.2}]})");
    operator()("$R generate --operations 3000 --out h.jsonl");
  }
  Ended operator()(const std::string& commands) const {
    return shell(fmt::format("cd '{}' && {{ {}\n}} 2>&1", path.string(), commands));
  }
  std::string read(const std::string& file) const { return content(path / file); }
  bool has_drafts() const {
    return std::ranges::any_of(fs::recursive_directory_iterator(path),
                               [](const auto& entry) { return entry.path().extension() == ".tmp"; });
  }
  const Folder own{};
  const fs::path& path = own.path;
};

struct Written {
  std::string command;
  std::vector<std::string> files;
};

const std::string kAdvise =
    "$R advise s.json --point one --heartbeat 10ms --timeout 40ms --bound split_brain=3600/h --bound "
    "outage=1s "
    "--hours 0.01 --set /duration=200ms";
const std::string kRare = "$R rare s.json --point one --replications 2 --effort 2 --set /duration=200ms";

const std::vector<Written> kCommands{
    {"$R run s.json --point one --trace out/t --history out/h --save out/s", {"t", "h", "s"}},
    {"$R run s.json --point one --history out/h.edn", {"h.edn"}},
    {"$R check h.jsonl --save out/h", {"h"}},
    {"$R generate --operations 3000 --out out/h", {"h"}},
    {kRare + " --out out", {"rare.csv", "rare.json"}},
    {kAdvise + " --pause 50ms --out out", {"advice.csv", "advice.json"}},
    {"$R merge part1 part2 --out out", {"sweep.json", "runs.jsonl", "differences.csv", "summary.csv"}},
};

}  // namespace

TEST_CASE("whatever the byte at which a command is killed, its files are whole or not there") {
  const Desk desk;
  for (const char* i : {"1", "2"}) desk(fmt::format("$R sweep s.json --shard {0}/2 --out part{0}", i));
  for (const auto& [command, files] : kCommands) {
    CAPTURE(command);
    desk("rm -rf out; mkdir out; " + command);
    std::vector<std::string> whole;
    for (const auto& file : files) whole.push_back(desk.read("out/" + file));
    desk("rm -rf out; mkdir out");
    std::size_t killed = 0;
    for (const char* kibibytes : {"0", "1", "2", "8", "32"}) {  // the system kills who writes more
      const auto ended = desk(fmt::format("ulimit -c 0; ulimit -f {}; exec {}", kibibytes, command));
      killed += ended.code != 0 && ended.code != 1 && ended.code != 3;
      for (std::size_t i = 0; i < files.size(); ++i) {
        CAPTURE(kibibytes, files[i]);
        const bool whole_or_none =
            !fs::exists(desk.path / "out" / files[i]) || desk.read("out/" + files[i]) == whole[i];
        CHECK(whole_or_none);
      }
    }
    CHECK(killed > 0);
    desk(command);
    for (std::size_t i = 0; i < files.size(); ++i) CHECK((desk.read("out/" + files[i]) == whole[i]));
    CHECK_FALSE(desk.has_drafts());
  }
}

TEST_CASE("a sweep that is killed at whatever byte goes on to the same bytes") {
  const Desk desk;
  REQUIRE(desk("$R sweep s.json --out whole").code == 0);
  for (const char* kibibytes : {"0", "1", "2", "3", "20", "60"})
    CHECK(desk(fmt::format("ulimit -c 0; ulimit -f {}; exec $R sweep s.json --out cut", kibibytes)).code !=
          0);
  REQUIRE(desk("$R sweep s.json --out cut").code == 0);
  CHECK(desk("diff -r whole cut").code == 0);
  CHECK_FALSE(desk.has_drafts());
}

TEST_CASE(
    "advice and rare events that are killed at whatever moment leave no draft, and the same bytes in the "
    "end") {
  const Desk desk;
  for (const std::string& command : {kRare, kAdvise}) {
    CAPTURE(command);
    desk(command + " --out whole");
    for (const char* seconds : {"0.02", "0.05", "0.1", "0.2", "0.4"})
      desk(fmt::format("timeout -s KILL {} {} --out cut", seconds, command));
    desk(command + " --out cut");
    CHECK(desk("diff -r whole cut").code == 0);
    CHECK_FALSE(desk.has_drafts());
    desk("rm -r whole cut");
  }
}

TEST_CASE("a name that can't be looked up is one clear line") {
  const Desk desk;
  desk("ln -s two one; ln -s one two");
  for (const char* command : {"$R run s.json --point one --save one", "$R sweep s.json --out one",
                              "$R advise s.json --point one --out one", "$R run one"}) {
    const auto ended = desk(command);
    CAPTURE(command, ended.out);
    CHECK(ended.code == 2);
    CHECK(ended.out.starts_with("repsim: one"));
    CHECK(ended.out.find("Too many levels of symbolic links\n") != std::string::npos);
  }
}

TEST_CASE("a folder in use, a shard's or another command's is refused, and nothing in it is touched") {
  const Desk desk;
  desk("$R sweep s.json --out whole; for i in 1 2; do $R sweep s.json --shard $i/2 --out part$i; done");
  desk("cp -r whole before; mkdir cut; cp part2/sweep.json cut; head -7 part2/runs.jsonl > cut/runs.jsonl");
  const auto refused = [&](const std::string& command, const std::string& because) {
    const auto ended = desk(command);
    CAPTURE(command, ended.out);
    CHECK(ended.code == 2);
    CHECK(ended.out.find(because) != std::string::npos);
    CHECK(desk("diff -r whole before").code == 0);
  };
  refused("$R merge whole --out whole", "is the folder of a shard, too");
  refused("$R merge whole --out ./part1/../whole/", "is the folder of a shard, too");
  refused("ln -s whole link; $R merge whole --out link", "is the folder of a shard, too");
  refused("$R merge part1 cut --out whole", "7 of 30 rows are there");
  refused("$R sweep s.json --set /network/loss=0.5 --out whole", "contains another sweep");
  refused("$R sweep s.json --seeds 10 --out whole", "\"seeds\" is 30 there, 10 here");
  refused(kRare + " --out whole", "is the folder of a sweep");
  refused(kAdvise + " --out whole", "is the folder of a sweep");
  refused(kRare + " --out rare >/dev/null; $R sweep s.json --out rare",
          "contains the rare.json of another command");
  if (desk("flock whole true").code != 0) return;  // no such program here
  for (const std::string& command :
       {std::string("$R sweep s.json --seeds 40 --out whole"),
        std::string("$R merge part1 part2 --out whole"), std::string("$R merge whole --out new"),
        kRare + " --out whole2", kAdvise + " --out whole2"})
    refused("mkdir -p whole2; flock whole flock whole2 " + command, "is in use");
}

TEST_CASE("of several sweeps into one new folder at once, one holds it and the others are refused") {
  const Desk desk;
  for (int round = 0; round < 10; ++round) {
    const auto ended = desk(
        "rm -rf one; for i in 11 12 13; do { $R sweep s.json --first-seed $i --out one >/dev/null 2>&1; echo "
        "$?; "
        "} & done; wait");
    CAPTURE(round, ended.out);
    CHECK(std::ranges::count(ended.out, '0') == 1);
    CHECK(std::ranges::count(ended.out, '2') == 2);
    const std::string about = desk.read("one/sweep.json");
    const std::string first = about.substr(about.find("\"first_seed\": ") + 14, 2);
    CHECK(desk.read("one/runs.jsonl").find("\"seed\":" + first + ",") < 300);
  }
}

TEST_CASE("an output that is an input, by whatever name, or is to be written twice, is refused") {
  const Desk desk;
  desk(
      "ln s.json hard; ln -s s.json soft; ln -s . here; mkdir out; ln s.json out/summary.csv; "
      "ln delays.txt out/rare.csv; cp -r . ../$(basename $PWD).copy");
  for (const std::string command :
       {"$R run s.json --save ./s.json", "$R run s.json --trace hard", "$R run soft --history s.json",
        "$R run s.json --save here/soft", "$R run s.json --trace delays.txt",
        "$R run s.json --save points.json", "$R run s.json --trace new --save ./new",
        "$R run s.json --trace new --history here/new", "$R check h.jsonl --save h.jsonl",
        "$R check here/h.jsonl --save ./h.jsonl", "$R sweep s.json --out out", "$R rare s.json --out out",
        "$R advise s.json --out out --delays out/advice.csv"}) {
    const auto ended = desk(command);
    CAPTURE(command, ended.out);
    CHECK(ended.code == 2);
    CHECK(std::ranges::count(ended.out, '\n') == 1);
    CHECK(desk("diff -r --no-dereference . ../$(basename $PWD).copy").code == 0);
  }
  desk("rm -r ../$(basename $PWD).copy");
}

TEST_CASE("two outputs that go to one place are refused in one line, whatever it is called") {
  const Desk desk;
  desk("mkfifo pipe");
  const std::string run = "$R run s.json --point one ", check = "$R check h.jsonl ";
  for (const std::string& command :
       {run + "--history - --trace -", run + "--history - --save -", run + "--trace - --save -",
        run + "--json --trace -", run + "--json --history -", run + "--json --save -",
        run + "--trace - --history /dev/stdout",
        run + "--trace /dev/stdout --json | cat; exit ${PIPESTATUS[0]}",
        run + "--trace - --history /proc/self/fd/1", run + "--json --trace all >all",
        run + "--trace pipe --history pipe",
        run + "--history - --trace - >/dev/null 2>said; cat said; exit 2", check + "--json --save -",
        check + "--json --save /dev/stdout"}) {
    const auto ended = desk(
        fmt::format("bash -c 'R=$0; {}' $R; code=$?; [ -s all ] && echo written; (exit $code)", command));
    CAPTURE(command, ended.out);
    CHECK(ended.code == 2);
    CHECK(std::ranges::count(ended.out, '\n') == 1);
    CHECK(ended.out.find(" would be written there, expected a different place for each") !=
          std::string::npos);
  }
  CHECK(desk(run + "--json --trace /dev/null --history /dev/null >/dev/null").code == 0);
  for (const char* folder : {"sweep s.json", "rare s.json", "advise s.json --point one", "merge part1"})
    CHECK(desk(fmt::format("$R {} --out - 2>&1", folder)).out ==
          "repsim: --out: found \"-\", expected a folder\n");
}

TEST_CASE("what people read makes room for the output that fills standard output") {
  const Desk desk;
  CHECK(
      desk("$R run s.json --point one --history - >got 2>said; $R check got && grep -c latency said").code ==
      0);
  CHECK(desk("$R check h.jsonl --save - >got 2>said && $R check got && grep -c linearizable said").code == 0);
  CHECK_FALSE(fs::exists(desk.path / "-"));
}

TEST_CASE("what standard output doesn't take is an error of every command") {
  const Desk desk;
  for (const std::string command :
       {"list", "list protocols --json", "schema", "--help", "run --help", "run s.json", "run s.json --json",
        "run s.json --save -", "sweep s.json --seeds 2", "sweep s.json --seeds 2 --json", "check h.jsonl",
        "check h.jsonl --json", "generate", "generate --out /dev/stdout", "determinism s.json",
        "rare s.json --replications 2 --effort 2 --set /duration=200ms"}) {
    for (const char* where : {">/dev/full", ">&-"}) {
      const auto ended = desk(fmt::format("$R {} 2>said {}; echo $?; cat said", command, where));
      CAPTURE(command, where, ended.out);
      CHECK(ended.out.starts_with("2\nrepsim: "));
      CHECK(std::ranges::count(ended.out, '\n') == 2);
    }
  }
  CHECK(desk("$R run s.json --point one --trace t >&-; head -c 20 t").out.find("{\"repsim\":\"trace\"") !=
        std::string::npos);
  CHECK(desk("$R run s.json --point one 2>&- >/dev/null").code == 0);
  CHECK(desk("$R run none.json 2>/dev/full >/dev/null").code == 2);
}
