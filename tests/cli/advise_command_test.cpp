// `repsim advise` as its users call it: measured delays, its answer in files and exit codes, and bad input.
#include <filesystem>
#include <string>

#include <fmt/format.h>

#include "sim/scenario/json.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/folder.hpp"
#include "tests/support/shell.hpp"

namespace {

const std::string kHeadline = REPSIM_SOURCE_DIR "/scenarios/sweeps/primary_backup_timeout.json";

Ended advise(const std::string& arguments) {
  return shell("\"$R\" advise " + kHeadline + " " + arguments + " 2>&1");
}

// Soon over: two settings, and a bound that hardly any of them breaks.
const std::string kSmall =
    "--heartbeat 10ms --timeout 40ms..60ms --bound split_brain=3600/h --bound outage=1s --hours 0.1 "
    "--set /faults=[] --set /duration=2s ";

// Over in a moment: one setting, nothing rare.
const std::string kQuick =
    "--heartbeat 10ms --timeout 40ms --bound false_suspicions=3600/h --bound outage=200ms --set /faults=[] "
    "--set /duration=2s --set /settle=100ms --set /clients/count=1 ";

}  // namespace

TEST_CASE("advise leaves its answer as JSON and as a table") {
  Folder folder;
  const Ended run = advise(kSmall + "--out " + folder.path.string());
  CAPTURE(run.out);
  CHECK(run.code == 0);
  CHECK(run.out.find("Recommended: heartbeat 10ms, timeout ") != std::string::npos);
  const sim::Json json = sim::parse_json(content(folder.path / "advice.json"), "advice.json");
  CHECK(json["answer"] == "found");
  CHECK(json["choice"]["crashes"] == 1000);
  CHECK(content(folder.path / "advice.csv").find(",split_brain,split_brain_low,split_brain_high,outage,") !=
        std::string::npos);
}

TEST_CASE("advise takes measured delays, one in ms a line, and halves round trips") {
  Folder folder;
  replace(folder.path / "ping.txt", "# ping\n0.8\n1.2\n1.0\n9.5\n");
  const std::string file = (folder.path / "ping.txt").string();
  const std::string bound =
      "--bound split_brain=1/h --bound outage=1ms --hours 0.01 --heartbeat 10ms "
      "--timeout 12ms --set /faults=[] --set /duration=2s --json ";
  const Ended ways = advise(bound + "--delays " + file), trips = advise(bound + "--round-trips " + file);
  CHECK(ways.code == 1);  // an outage of a millisecond can't be had
  CHECK(trips.code == 1);
  CHECK(ways.out.find("\"answer\":\"impossible\"") != std::string::npos);
  const auto outage = [](const Ended& run) {
    const auto begin = run.out.find('{');
    return sim::Json::parse(
               run.out.substr(begin, run.out.rfind('}') + 1 - begin))["choice"]["outage"]["value"]
        .get<double>();
  };
  CHECK(outage(trips) < outage(ways));
  CHECK(advise("--delays " + file + " --round-trips " + file).code == 2);
  const Ended none = advise("--delays " + file + ".gone");
  CHECK(none.code == 2);
  CHECK(none.out.find("ping.txt.gone: no such file") != std::string::npos);
}

TEST_CASE("what advise can't take is one clear line") {
  const auto said = [](const std::string& arguments) {
    const Ended run = advise(arguments);
    CHECK(run.code == 2);
    return run.out;
  };
  CHECK_THAT(said("--bound splt_brain=1/h"), Catch::Contains("did you mean \"split_brain\""));
  CHECK_THAT(said("--bound outage=2"), Catch::Contains("such as split_brain=1/h, outage=2s"));
  CHECK_THAT(said("--bound outage=2s"), Catch::Contains("no trade-off to find"));
  CHECK_THAT(said("--bound outage=2s --bound outage=3s"), Catch::Contains("a second bound on the same"));
  CHECK_THAT(said("--heartbeat 5ms..1ms"), Catch::Contains("a range of durations such as 10ms..500ms"));
  CHECK_THAT(said("--heartbeat 50ms --timeout 20ms"), Catch::Contains("no timeout from 20ms to 20ms"));
  CHECK_THAT(said("--out /proc/none"), Catch::Contains("can't be created as a folder"));
}

TEST_CASE("option --hours is how long the choice is observed in calm, by itself") {
  const auto hours_of_choice = [](const std::string& hours) {
    const Ended run = shell("\"$R\" advise " + kHeadline + " " + kQuick + hours + " --json --quiet");
    const sim::Json json = sim::Json::parse(run.out);
    CHECK(json["calm_hours"].get<double>() * 3600 > json["choice"]["calm_seconds"].get<double>());
    return json["choice"]["calm_seconds"].get<double>() / 3600;
  };
  CHECK(hours_of_choice("--hours 0.1") == Approx(0.1).epsilon(0.01));
  CHECK(hours_of_choice("--hours 0.3") == Approx(0.3).epsilon(0.01));
  CHECK(hours_of_choice("") == Approx(10.0 / 3600).epsilon(0.3));  // ten events at the strictest bound
}

TEST_CASE("when the time is up, advise says the best so far, as such, and what was not tried") {
  const std::string much = " --bound split_brain=0.01/h --bound outage=2s --hours 1000 --jobs 1 ";
  const Ended run = shell("\"$R\" advise " + kHeadline + much + "--within 1500ms 2>/dev/null");
  CAPTURE(run.out);
  CHECK(run.code == 3);
  CHECK_THAT(run.out, Catch::Contains("The time limit ended the search. Not tried:"));
  CHECK_THAT(run.out, Catch::Contains("settings of the grid ("));
  CHECK_THAT(run.out, Catch::Contains("the choice alone"));
  CHECK((run.out.find("Best so far, not a recommendation: heartbeat") != std::string::npos ||
         run.out.find("No setting has been measured yet.") != std::string::npos));
  const Ended interrupted =
      shell("timeout --preserve-status -s INT 1.5 \"$R\" advise " + kHeadline + much + "--json 2>/dev/null");
  CAPTURE(interrupted.out);
  CHECK(interrupted.code == 130);
  const sim::Json json = sim::Json::parse(interrupted.out);
  CHECK(json["search"] == "interrupted");
  CHECK(json["answer"] == "undecided");
  CHECK(json["not_tried"].size() >= 1);
  CHECK(advise("--within 0s").code == 2);
  CHECK(advise("--within soon").code == 2);
}

TEST_CASE("advice that was interrupted or killed goes on from its folder, to the same bytes") {
  const Folder folder;
  const std::string base = folder.path.string();
  const std::string command = "\"$R\" advise " + kHeadline + " " + kQuick + "--pause 300ms --out " + base;
  REQUIRE(shell(command + "/whole >/dev/null 2>&1").code <= 1);
  for (const char* kill : {"-s KILL 0.3", "-s INT 0.5", "-s KILL 0.7", "-s TERM 1"})
    shell(fmt::format("timeout {} {}/cut >/dev/null 2>&1", kill, command));
  shell("printf '{\"trial\":\"torn' >> " + base + "/cut/trials.jsonl");
  shell(command + "/cut >/dev/null 2>&1");
  for (const char* name : {"advice.json", "advice.csv", "trials.jsonl"}) {
    CAPTURE(name);
    CHECK((content(folder.path / "cut" / name) == content(folder.path / "whole" / name)));
  }
  const auto again = shell(command + "/whole >/dev/null 2>&1; wc -l < " + base + "/whole/trials.jsonl");
  CHECK((content(folder.path / "cut/advice.json") == content(folder.path / "whole/advice.json")));
  CHECK(again.out == shell("wc -l < " + base + "/cut/trials.jsonl").out);
}

TEST_CASE("a trial that was changed is refused with its file and line") {
  const Folder folder;
  const std::string out = folder.path.string();
  advise(kQuick + "--out " + out);
  shell("sed -i '2s/\"outcome\":\\[\\[1/\"outcome\":[[0/' " + out + "/trials.jsonl");
  const Ended run = advise(kQuick + "--out " + out);
  CHECK(run.code == 2);
  CHECK_THAT(run.out, Catch::Contains("trials.jsonl"));
  CHECK_THAT(run.out, Catch::Contains("line 2 has a wrong checksum"));
}

TEST_CASE("drafts of a command that was killed go with the next one that writes into the folder") {
  const Folder folder;
  for (const char* name : {"advice.json.4000001.tmp", "rare.csv.4000002-1.tmp"})
    replace(folder.path / name, "half");
  replace(folder.path / "mine.tmp", "kept");
  advise(kQuick + "--out " + folder.path.string());
  CHECK_FALSE(std::filesystem::exists(folder.path / "advice.json.4000001.tmp"));
  CHECK_FALSE(std::filesystem::exists(folder.path / "rare.csv.4000002-1.tmp"));
  CHECK(std::filesystem::exists(folder.path / "mine.tmp"));
}

TEST_CASE("ping logs tell delays and losses, of the whole network and of pairs of replicas") {
  const Folder folder;
  const auto log = [&](const std::string& name, int ms, int lost) {
    std::string text = "PING b (10.0.0.2) 56(84) bytes of data.\n";
    for (int i = 1; i <= 40; ++i)
      text += i <= lost ? fmt::format("Request timeout for icmp_seq {}\n", i)
                        : fmt::format("64 bytes from b: icmp_seq={} ttl=64 time={} ms\n", i, ms);
    replace(folder.path / name, text + "--- b ping statistics ---\n40 packets transmitted\n");
    return (folder.path / name).string();
  };
  const std::string near = log("near.log", 2, 0), far = log("far.log", 80, 0), bad = log("bad.log", 2, 30);
  const auto messages = [&](const std::string& options) {
    const Ended run = shell("\"$R\" advise " + kHeadline + " " + kQuick +
                            "--set /network/loss=0 --set /replicas=3 --json --quiet " + options);
    return sim::Json::parse(run.out)["choice"]["outage"]["value"].get<double>();
  };
  const double whole = messages("--round-trips " + near);
  const double pair = messages("--round-trips " + near + " --round-trips 0-1=" + far);
  CHECK(pair > whole + 0.03);  // the way between the first two is 39 ms longer
  CHECK(messages("--round-trips 1-0=" + bad) > whole + 0.005);
  const auto refused = [&](const std::string& options, const std::string& because) {
    const Ended run = advise(options);
    CHECK(run.code == 2);
    CHECK_THAT(run.out, Catch::Contains(because));
  };
  refused("--round-trips 0-7=" + near, "A and B two of 0, 1");
  refused("--round-trips 0-0=" + near, "no link joins 0 and 0");
  refused("--round-trips 0-1=" + near + " --round-trips 1-0=" + far, "a second file for the same");
  refused("--round-trips 0-1=" + near + ".gone", "no such file");
  replace(folder.path / "odd.log", "PING b\nhello\n");
  refused("--round-trips " + (folder.path / "odd.log").string(), "odd.log, line 2: found \"hello\"");
}

TEST_CASE("regions have round trips of their own, whatever dashes their names have") {
  const Folder folder;
  replace(folder.path / "table.csv", ",eu-west,us\neu-west,1,10\nus,10,1\n");
  replace(folder.path / "s.json", R"({"name": "s", "duration": "2s", "replicas": 3,
    "protocol": {"name": "raft"}, "clients": {"count": 2, "rate": "20/s"},
    "network": {"delay": {"regions": "table.csv", "place": ["eu-west", "us"]}}})");
  replace(folder.path / "ping.log", "64 bytes from b: icmp_seq=1 ttl=64 time=200 ms\n");
  const auto advised = [&](const std::string& pair, const std::string& client = "") {
    return shell(
        fmt::format("cd '{}'; $R advise s.json --round-trips {}=ping.log --within 1ms --quiet {} 2>&1",
                    folder.path.string(), pair, client));
  };
  constexpr int kTimeWasUp = 3;
  CHECK(advised("eu-west-us").code == kTimeWasUp);
  CHECK(advised("us-eu-west").code == kTimeWasUp);
  CHECK(advised("eu-west-eu-west").code == kTimeWasUp);
  CHECK_THAT(advised("us-us").out, Catch::Contains("no link joins us and us"));
  CHECK(advised("us-us", "--set /network/client=same").code == kTimeWasUp);  // a client and a replica
  CHECK_THAT(advised("eu-west-uz").out, Catch::Contains("did you mean \"us\""));
}

TEST_CASE("a pause longer than the timeout splits two replicas without fencing each time, and counts") {
  const auto asked = [&](const std::string& more) {
    return sim::Json::parse(
        shell("\"$R\" advise " + kHeadline + " " + kQuick + "--set /network/loss=0 --json --quiet " + more)
            .out);
  };
  const sim::Json two = asked("--pause 500ms --pauses-per-hour 2");
  const sim::Json& pause = two["choice"]["pause"];
  CHECK(pause["pauses"] == 1000);
  CHECK(pause["split"] == 1000);
  CHECK(pause["splits_per_hour"]["value"].get<double>() == Approx(2).epsilon(0.02));
  CHECK(pause["splits_per_hour"]["low"].get<double>() < 2);
  CHECK(pause["splits_per_hour"]["high"].get<double>() < 2.2);
  CHECK(two["choice"]["false_suspicions"]["value"].get<double>() >= 1.9);
  CHECK(asked("--pause 5ms")["choice"]["pause"]["split"] == 0);
  CHECK_THAT(advise("--pauses-per-hour 2").out, Catch::Contains("given without --pause"));
}
