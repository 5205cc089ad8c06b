// `repsim rare` as its users call it.
#include <filesystem>
#include <fstream>
#include <string>

#include "sim/scenario/json.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/folder.hpp"
#include "tests/support/shell.hpp"

namespace fs = std::filesystem;

namespace {

const std::string kScenario = REPSIM_SOURCE_DIR "/scenarios/sweeps/split_brain_rare.json";

// Few copies of short runs, at one point.
Ended rare(const std::string& arguments) {
  return shell("\"$R\" rare " + kScenario + " --replications 4 --effort 3 --set /duration=1s " + arguments +
               " 2>&1");
}

const std::string kOnePoint = "--set '/sweep/vary={\"/protocol/detector/timeout\": [\"55ms\"]}' ";

}  // namespace

TEST_CASE("rare prints a table, and leaves its numbers and how it came by them") {
  const Folder kept;
  const fs::path& folder = kept.path;
  const Ended run = rare(kOnePoint + "--out " + folder.string());
  CAPTURE(run.out);
  CHECK(run.code == 0);
  CHECK(run.out.find("split-brain-rare: split_brain, 4 replications at each of 1 points") == 0);
  CHECK(run.out.find("probability per run") != std::string::npos);
  const sim::Json json = sim::parse_json(sim::read_text_file(folder / "rare.json"), "rare.json");
  CHECK(json["points"][0]["plan"]["levels"].size() >= 3);
  CHECK(json["points"][0]["probability"]["value"] > 1e-7);
  CHECK(json["points"][0]["probability"]["value"] < 1e-3);
  const std::string csv = sim::read_text_file(folder / "rare.csv");
  CHECK(csv.find("/protocol/detector/timeout,event,n,virtual_seconds,probability,") == 0);
  CHECK(csv.find("\n55ms,split_brain,4,1,") != std::string::npos);
  const Ended again = rare(kOnePoint + "--json --jobs 1");
  CHECK(sim::parse_json(again.out, "stdout") == json);
}

TEST_CASE("rare refuses what it can't do before anything runs") {
  const auto refuses = [](const std::string& arguments, const std::string& because) {
    const Ended run = rare(arguments);
    CAPTURE(arguments, run.out, because);
    CHECK(run.code == 2);
    CHECK(run.out.find(because) != std::string::npos);
  };
  refuses("--event split_brian", "did you mean \"split_brain\"?");
  refuses("--levels 11ms,5", "rising durations such as 11ms,21ms,31ms");
  refuses("--levels 31ms,21ms", "found \"21ms\"");
  refuses("--seed -1", "--seed");
  refuses("--point nowhere", "no point has the label");
  refuses("--out /dev/null/folder", "can't be created as a folder");
}
