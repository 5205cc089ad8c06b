// The command line itself: numbers with ranges, misspelt names, standard input and output, and the
// contents of `list`.
#include <string>
#include <vector>

#include "sim/scenario/json.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/folder.hpp"
#include "tests/support/shell.hpp"

using Catch::Matchers::Contains;
using sim::Json;

namespace {

struct Desk : Folder {
  Desk() {
    replace(path / "s.json", R"({"name": "n\u001b[31m", "duration": "100ms", "settle": "0s",
        "protocol": {"name": "naive_broadcast"}, "clients": {"count": 1, "rate": "100/s"},
        "sweep": {"seeds": 1, "points": [{"label": "=1+1\u0007", "/replicas": 4}, {"label": "plain"}]}})");
  }
  Ended operator()(const std::string& commands) const {
    return shell("cd '" + path.string() + "'; " + commands);
  }
};

void refused(const std::string& arguments, const std::vector<std::string>& parts) {
  const Desk desk;
  const Ended ended = desk("\"$R\" " + arguments + " 2>&1");
  INFO(arguments << "\n" << ended.out);
  CHECK(ended.code == 2);
  CHECK(std::ranges::count(ended.out, '\n') == 1);
  CHECK(ended.out.starts_with("repsim: "));
  for (const auto& part : parts) CHECK_THAT(ended.out, Contains(part));
}

}  // namespace

TEST_CASE("a number beyond an option's range is refused with the range and the nearest", "[command_line]") {
  const std::string most = "18446744073709551615";
  refused("run s.json --seed 18446744073709551616",
          {"--seed", "from 0 to " + most, "did you mean \"" + most});
  refused("run s.json --seed -1", {"--seed", "did you mean \"0\"?"});
  refused("run s.json --seed 1e3", {"did you mean \"1000\"?"});
  refused("run s.json --seed x", {"found \"x\", expected a whole number"});
  refused("run s.json --seed ''", {"found \"\", expected a whole number"});
  refused("sweep s.json --first-seed -1", {"--first-seed", "did you mean \"0\"?"});
  refused("sweep s.json --seeds 0", {"--seeds", "from 1 to"});
  refused("sweep s.json --jobs -1", {"--jobs", "from 1 to 4096", "did you mean \"1\"?"});
  refused("sweep s.json --shard 1/18446744073709551616", {"--shard", "from 1 to 1000000"});
  refused("sweep s.json --shard 5/4", {"--shard", "from 1 to 4", "did you mean \"4\"?"});
  refused("sweep s.json --shard 1", {"--shard", "such as 1/4"});
  refused("advise s.json --hours 1e400", {"--hours", "a number from 0.01 to 1000000"});
  refused("advise s.json --hours -1", {"--hours", "did you mean \"0.01\"?"});
  refused("rare s.json --effort 0", {"--effort", "from 1 to 100000"});
  refused("determinism s.json --runs 1", {"--runs", "from 2 to"});
  refused("generate --clients 65536", {"--clients", "did you mean \"65535\"?"});
}

TEST_CASE("commands, options and names that were nearly right are named", "[command_line]") {
  refused("rnu s.json", {"unknown command \"rnu\"", "did you mean run?"});
  refused("run s.json --sed 3", {"run: unknown option --sed", "did you mean --seed?"});
  refused("sweep s.json --basline=x", {"did you mean --baseline?"});
  refused("run s.json other.json", {"\"other.json\": unexpected argument"});
  refused("run", {"run: ", "is required"});
  refused("", {"no command given"});
  refused("list raftt", {"did you mean \"raft\"?"});
  refused("list faults crahs", {"did you mean \"crash\"?"});
  refused("'r\x1b[31mn' s.json", {"\\u001b[31mn"});
}

TEST_CASE("the version is the build's", "[command_line]") {
  CHECK(shell("\"$R\" --version").out.starts_with("repsim "));
}

TEST_CASE("list shows what a protocol, a fault and a delay law can be told", "[command_line]") {
  const Ended raft = shell("\"$R\" list raft");
  CHECK(raft.code == 0);
  CHECK_THAT(raft.out, Contains("heartbeat") && Contains("from 1us to 8760h; default 30ms"));
  CHECK_THAT(shell("\"$R\" list faults crash").out, Contains("in_flight") && Contains("one of fly, lost"));
  CHECK_THAT(shell("\"$R\" list delays lognormal").out,
             Contains("lognormal/sigma") && Contains("from 0.0 to 10.0"));
  CHECK_THAT(shell("\"$R\" list kv").out, Contains("actions: read, write"));
  const Json json = Json::parse(shell("\"$R\" list protocols primary_backup --json").out);
  REQUIRE(json["options"].is_array());
  const Json detector =
      *std::ranges::find(json["options"], "detector/timeout", [](const Json& o) { return o["name"]; });
  CHECK(detector["minimum"] == "1us");
  CHECK(detector["maximum"] == "8760h");
  CHECK_FALSE(detector["about"].get<std::string>().empty());
  for (const char* what : {"protocols", "services", "faults", "delays", "scenarios"})
    CHECK(Json::parse(shell(std::string("\"$R\" list --json ") + what).out).is_array());
}

TEST_CASE("the name - is standard input and standard output", "[command_line]") {
  const Desk desk;
  const Ended whole = desk("\"$R\" run s.json --json"), piped = desk("\"$R\" run --json - < s.json");
  CHECK(piped.code == 0);
  CHECK(piped.out == whole.out);
  CHECK_THAT(desk("echo '{' | \"$R\" run - 2>&1").out, Contains("standard input: not JSON"));
  const Ended saved = desk("\"$R\" run s.json --save - 2>report");
  CHECK(Json::parse(saved.out)["protocol"]["name"] == "naive_broadcast");
  CHECK_THAT(content(desk.path / "report"), Contains("linearizable"));
  CHECK(desk("\"$R\" generate --operations 3 --out - | head -1").out.starts_with("{\"repsim\":\"history\""));
}

TEST_CASE("option --quiet leaves the exit code, and what --json asks for", "[command_line]") {
  const Desk desk;
  CHECK(desk("\"$R\" run s.json --quiet 2>&1").out.empty());
  CHECK(desk("\"$R\" sweep s.json --quiet --out o 2>&1").out.empty());
  CHECK(desk("\"$R\" merge o --out whole --quiet 2>&1").out.empty());
  CHECK(desk("\"$R\" determinism s.json --quiet 2>&1").out.empty());
  CHECK(Json::parse(desk("\"$R\" run s.json --quiet --json").out)["protocol"] == "naive_broadcast");
}

TEST_CASE("nothing that moves a cursor or becomes a formula comes out", "[command_line]") {
  const Desk desk;
  const Ended all = desk(
      "(\"$R\" run s.json; \"$R\" sweep s.json --out o --baseline plain; \"$R\" run s.json --json; "
      "\"$R\" run 'no\x1b[2J.json'; \"$R\" sweep s.json --point 'x\x07') 2>&1");
  CHECK_THAT(all.out, Contains("n\\u001b[31m: naive_broadcast"));
  for (const char c : all.out) CHECK((c == '\n' || static_cast<unsigned char>(c) >= ' '));
  CHECK_THAT(content(desk.path / "o" / "summary.csv"), Contains("\n'=1+1\\u0007,"));
}
