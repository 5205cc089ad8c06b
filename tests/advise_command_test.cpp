// `repsim advise` as its users call it: measured delays, its answer in files and exit codes, and bad input.
#include <string>

#include "sim/scenario/json.hpp"
#include "tests/catch.hpp"
#include "tests/folder.hpp"
#include "tests/shell.hpp"

namespace {

const std::string kHeadline = REPSIM_SOURCE_DIR "/scenarios/sweeps/primary_backup_timeout.json";

Ended advise(const std::string& arguments) {
  return shell("\"$R\" advise " + kHeadline + " " + arguments + " 2>&1");
}

// Soon over: two settings, and a bound that hardly any of them breaks.
const std::string kSmall =
    "--heartbeat 10ms --timeout 40ms..60ms --bound split_brain=3600/h --bound outage=1s --hours 0.1 "
    "--set /faults=[] --set /duration=2s ";

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
  CHECK_THAT(said("--bound outage=2s"), Catch::Contains("nothing to weigh"));
  CHECK_THAT(said("--bound outage=2s --bound outage=3s"), Catch::Contains("a second one on the same"));
  CHECK_THAT(said("--heartbeat 5ms..1ms"), Catch::Contains("a range of durations such as 10ms..500ms"));
  CHECK_THAT(said("--heartbeat 50ms --timeout 20ms"), Catch::Contains("no timeout from 20ms to 20ms"));
  CHECK_THAT(said("--out /proc/none"), Catch::Contains("can't be made a folder"));
}
