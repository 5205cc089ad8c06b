// Changes to a scenario from the command line: all are applied, and the result is checked once.
#include <string>
#include <vector>

#include "sim/experiment/sweep/sweep.hpp"
#include "sim/scenario/scenario.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/folder.hpp"
#include "tests/support/shell.hpp"

using namespace sim;
using Catch::Matchers::Contains;

namespace {

struct ScenarioFile : Folder {
  explicit ScenarioFile(const std::string& text) : file((path / "s.json").string()) { replace(file, text); }
  Scenario load(const std::vector<std::string>& settings, const std::vector<std::string>& labels = {}) const {
    return load_scenario(file, settings, labels);
  }
  std::string complaint(const std::vector<std::string>& settings,
                        const std::vector<std::string>& labels = {}) const {
    try {
      load(settings, labels);
    } catch (const InputError& e) {
      return e.what();
    }
    return {};
  }
  std::string file;
};

const std::string kOrders = R"({"name": "orders", "protocol": {"name": "primary_backup", "fencing": false},
    "faults": [{"at": "5s", "transfer": 1}]})";

const std::string kSwept = R"({"name": "swept", "protocol": {"name": "naive_broadcast"},
    "sweep": {"points": [{"label": "raft", "/protocol": {"name": "raft"}}, {"label": "as it is"}],
              "vary": {"/network/delay": ["1ms", "20ms"], "/network/loss": [0, 0.1],
                       "/network/duplicate": [0, 0.25]}}})";

}  // namespace

TEST_CASE("a document that is wrong by itself may be right with its settings", "[settings]") {
  const ScenarioFile orders(kOrders);
  CHECK_THAT(orders.complaint({}), Contains("accepts no operator orders"));
  CHECK(orders.load({R"(/protocol={"name":"raft"})"}).protocol == "raft");
  const ScenarioFile unnamed(R"({"name": "x"})");
  CHECK(unnamed.load({"/protocol/name=raft", "/replicas=5"}).setup.replicas == 5);
  const ScenarioFile late(R"({"name": "x", "protocol": {"name": "raft"}, "duration": "5s",
      "faults": [{"at": "20s", "crash": 0}]})");
  CHECK_THAT(late.complaint({}), Contains("/faults/0/at"));
  CHECK(late.load({"/duration=30s"}).setup.faults.size() == 1);
  CHECK(late.load({"/faults/0/at=1s", "/faults/-={\"at\":\"2s\",\"restart\":0}"}).setup.faults.size() == 2);
}

TEST_CASE("settings apply in turn, and reach what the document leaves out", "[settings]") {
  const ScenarioFile small(R"({"name": "x", "protocol": {"name": "raft"}, "network": {"delay": "2ms"}})");
  CHECK(small.load({"/network/delay/constant=3ms"}).setup.network.replicas.delay == DelayLaw::constant(3ms));
  CHECK(small.load({"/network/delay=4ms", "/network/delay/constant=5ms"}).setup.network.replicas.delay ==
        DelayLaw::constant(5ms));
  CHECK(small.load({"/clients/think=1ms"}).setup.clients.options.interval == 1ms);
  const Scenario swept = small.load({"/sweep/vary/~1network~1loss=[0,0.1]", "/sweep/seeds=7"});
  REQUIRE(swept.sweep.has_value());
  CHECK(swept.sweep->seeds == 7);
  CHECK(swept.sweep->vary.front().second.size() == 2);
}

TEST_CASE("a setting that leads nowhere is refused with the nearest path", "[settings]") {
  const ScenarioFile small(R"({"name": "x", "protocol": {"name": "raft"}, "network": {"delay": "2ms"}})");
  CHECK_THAT(small.complaint({"/clients/cuont=3"}),
             Contains("/clients/cuont: no such path in the scenario; did you mean \"/clients/count\"?"));
  CHECK_THAT(small.complaint({"/netwrk/loss=0"}), Contains("did you mean \"/network/loss\"?"));
  CHECK_THAT(small.complaint({"/faults/0/at=1s"}), Contains("/faults"));
  CHECK_THAT(small.complaint({"/seed/x=1"}), Contains("/seed: found"));
  CHECK_THAT(small.complaint({"/clients/count=-1"}), Contains("/clients/count: found -1"));
  CHECK_THAT(small.complaint({"clients=1"}), Contains("--set /json/pointer=VALUE"));
  CHECK_THAT(small.complaint({"/a~b=1"}), Contains("JSON pointer"));
  CHECK_THAT(small.complaint({R"(/protocol={"name":"raft","heartbaet":"1ms"})"}), Contains("\"heartbeat\""));
}

TEST_CASE("an element that a list doesn't have is refused, with the way to add one", "[settings]") {
  const ScenarioFile none(R"({"name": "x", "protocol": {"name": "raft"}})");
  const std::string added = ", which adds one";
  CHECK_THAT(none.complaint({"/faults/0/crash=1"}),
             Contains("/faults/0/crash: the scenario has no /faults, expected /faults/-" + added));
  CHECK_THAT(none.complaint({"/faults/0=1"}), Contains("/faults/0: the scenario has no /faults"));
  CHECK_THAT(none.complaint({"/network/links/2/delay=1ms"}), Contains("the scenario has no /network/links"));
  CHECK_THAT(none.complaint({"/sweep/points/0/label=a"}), Contains("the scenario has no /sweep/points"));
  const ScenarioFile one(
      R"({"name": "x", "protocol": {"name": "raft"}, "faults": [{"at": "1s", "crash": 0}]})");
  CHECK_THAT(one.complaint({"/faults/1/crash=1"}),
             Contains("/faults/1/crash: /faults ends with element 0, expected an element that is there, or "
                      "/faults/-" +
                      added));
  CHECK(one.load({"/faults/0/crash=1"}).setup.faults.size() == 1);
  CHECK(none.load({R"(/faults/-={"at": "1s", "crash": 1})"}).setup.faults.size() == 1);
}

TEST_CASE("points are chosen by the labels of lists and by the values of what varies", "[settings]") {
  const ScenarioFile swept(kSwept);
  CHECK(swept.load({}, {"raft"}).protocol == "raft");
  CHECK(swept.load({}, {"20ms"}).setup.network.replicas.delay == DelayLaw::constant(20ms));
  CHECK(swept.load({}, {"20000us", "raft"}).protocol == "raft");
  CHECK(swept.load({}, {"raft / 20ms / 0.1"}).setup.network.replicas.loss == 0.1);
  CHECK(swept.load({}, {"0.25"}).setup.network.replicas.duplicate == 0.25);
  CHECK(swept.load({}, {"/network/loss=0"}).setup.network.replicas.loss == 0);
  CHECK_THAT(swept.complaint({}, {"0"}), Contains("\"/network/loss=0\" or \"/network/duplicate=0\""));
  CHECK_THAT(swept.complaint({}, {"1ms", "20ms"}), Contains("both are values of /network/delay"));
  CHECK_THAT(swept.complaint({}, {"30ms"}), Contains("no point has the label \"30ms\""));
  CHECK_THAT(swept.complaint({}, {"rafd"}), Contains("did you mean \"raft\"?"));
  // Settings win over the point; those of the sweep make points.
  CHECK(swept.load({"/network/delay=3ms"}, {"20ms"}).setup.network.replicas.delay == DelayLaw::constant(3ms));
  CHECK(swept.load({"/sweep/vary/~1replicas=[5]"}, {"5"}).setup.replicas == 5);
  CHECK(swept.load({"/protocol/members=2"}, {"raft"}).protocol == "raft");
  Scenario kept = swept.load({});
  keep_points(kept, {"20ms", "raft", "/network/loss=0.1"});
  CHECK(points_of(*kept.sweep).size() == 2);
}

TEST_CASE("a replay line can be pasted into a shell, and gives the same run", "[settings]") {
  const ScenarioFile quoted(R"({"name": "x", "duration": "100ms", "settle": "0s",
      "protocol": {"name": "naive_broadcast"}, "expect": {"/operations/ok": 0},
      "sweep": {"seeds": 1, "points": [{"label": "it's $HOME", "/replicas": 4}], "vary": {"/network/loss": [0.25]}}})");
  const std::string odd = (quoted.path / "a b'c.json").string();
  std::filesystem::copy(quoted.file, odd);
  const Ended swept = shell("\"$R\" sweep '" + (quoted.path / "a b").string() + "'\\''c.json' --jobs 1 " +
                            "--set /network/loss=0.5 --set /seed=3 2>&1 >/dev/null");
  CHECK(swept.code == 1);
  const auto line = swept.out.find("repsim run");
  REQUIRE(line != std::string::npos);
  const std::string replay = swept.out.substr(line + 6, swept.out.find('\n', line) - line - 6);
  const Ended again = shell("\"$R\"" + replay + " 2>&1");
  INFO(swept.out << again.out);
  CHECK(again.code == 1);
  CHECK_THAT(again.out, Contains("4 replicas"));
}
