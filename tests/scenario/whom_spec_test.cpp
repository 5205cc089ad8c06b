// How scenarios name those whom a fault strikes.
#include <string>

#include "sim/scenario/fault_entry.hpp"
#include "sim/scenario/scenario.hpp"
#include "tests/support/catch.hpp"

using namespace sim;

namespace {

const std::string kPlaces = R"("delay": {"regions": "../../scenarios/data/aws_rtt_2017.csv",
    "place": ["us-east-1", "eu-west-1", "us-east-1"]})";

Scenario with(const std::string& faults, const std::string& network = R"("delay": "1ms")") {
  return read_scenario(Json::parse(R"({ "name": "whom", "duration": "1s", "settle": "0s", "replicas": 5,
    "protocol": { "name": "raft" }, "clients": { "count": 2 }, "network": {)" +
                                   network + R"(}, "faults": [)" + faults + "] }"),
                       std::string(REPSIM_SOURCE_DIR) + "/tests/data/s.json");
}

std::vector<Fault> faults_of(const std::string& faults, const std::string& network = R"("delay": "1ms")") {
  const Scenario s = with(faults, network);
  CHECK(read_scenario(s.canonical, s.file).setup.faults == s.setup.faults);
  return s.setup.faults;
}

std::string complaint(const std::string& faults, const std::string& network = R"("delay": "1ms")") {
  try {
    with(faults, network);
  } catch (const InputError& e) {
    return e.what();
  }
  return "none";
}

std::vector<int> victims_of(const std::string& whom, const std::string& network = R"("delay": "1ms")") {
  std::vector<int> nodes;
  for (const Fault& f : faults_of(R"({"at": "1ms", "crash": )" + whom + "}", network))
    nodes.push_back(f.victim.node.value);
  return nodes;
}

}  // namespace

TEST_CASE("every fault of a node strikes one, a list, all, or those of a region", "[scenario]") {
  CHECK(victims_of("3") == std::vector{3});
  CHECK(victims_of("[4, 1]") == std::vector{4, 1});
  CHECK(victims_of(R"("*")") == std::vector{0, 1, 2, 3, 4});
  CHECK(victims_of(R"({"region": "eu-west-1"})", kPlaces) == std::vector{1, 4});
  CHECK(victims_of(R"([0, {"region": "eu-west-1"}])", kPlaces) == std::vector{0, 1, 4});
  for (const std::string fault :
       {R"("fail_stop": [0, 1])", R"("pause": [0, 1])", R"("clock": [0, 1])",
        R"("slow": [0, 1], "by": "1ms")", R"("disk": [0, 1], "delay": "1ms")", R"("omission": [0, 1])",
        R"("byzantine": [0, 1], "lie": true)", R"("restart": [0, 1])"}) {
    INFO(fault);
    const auto faults = faults_of(R"({"at": "1ms", )" + fault + "}");
    CHECK(faults.size() == 2);
    CHECK(!faults[0].together);
    CHECK(faults[1].together);
  }
}

TEST_CASE("others are those that a fault does not name, alone all but the primary", "[scenario]") {
  using Kind = Victim::Kind;
  const auto alone = faults_of(R"({"at": "1ms", "to": "2ms", "pause": "others"})");
  CHECK(alone.size() == 5);
  CHECK(alone[3].victim == Victim{Kind::other, NodeId{3}});
  const auto rest = faults_of(R"({"at": "1ms", "to": "2ms", "pause": [2, "others"]})");
  CHECK(rest.size() == 5);
  CHECK(rest[0].victim == Victim{Kind::number, NodeId{2}});
  CHECK(rest[3].victim == Victim{Kind::unnamed, NodeId{3}});
}

TEST_CASE("cuts name several ends, and roles wait for the strike", "[scenario]") {
  const auto cut = [](const std::string& ends) {
    return faults_of(R"({"at": "1ms", "cut": )" + ends + "}")[0];
  };
  CHECK(cut(R"([0, "others"])").to == std::vector<Endpoint>{{1}, {2}, {3}, {4}});
  CHECK(cut(R"(["*", 0])").from.size() == 7);
  CHECK(cut(R"([["c0", 1], "clients"])").to == std::vector<Endpoint>{{5}, {6}});
  CHECK(cut(R"(["primary", "others"])").from == std::vector<Endpoint>{end_of(RoleEnd::primary)});
  CHECK(cut(R"(["primary", "others"])").to == std::vector<Endpoint>{end_of(RoleEnd::others)});
  const auto groups = faults_of(R"({"at": "1ms", "partition": [[0], ["*"]]})")[0].groups;
  CHECK(groups == Groups{{{0}}, {{1}, {2}, {3}, {4}, {5}, {6}}});
  const auto region =
      faults_of(R"({"at": "1ms", "partition": [[{"region": "eu-west-1"}], ["*"]]})", kPlaces)[0].groups;
  CHECK(region[0] == std::vector<Endpoint>{{1}, {4}, {6}});
}

TEST_CASE("links name several ends, and a role only in a fault", "[scenario]") {
  const auto overrides = [](const std::string& link) {
    return with("", R"("links": [{"loss": 0.5, )" + link + "}]").setup.network.overrides.size();
  };
  CHECK(overrides(R"("from": "*", "to": 0)") == 6);
  CHECK(overrides(R"("from": [0, 1], "to": "others")") == 6);
  CHECK(overrides(R"("from": "*", "to": "*")") == 5 * 4 + 2 * 5 * 2);
  const auto fault = faults_of(
      R"({"at": "1ms", "network": {"links": [{"from": "primary", "to": "others", "loss": 1}]}})")[0];
  CHECK(fault.laws.overrides.empty());
  CHECK(fault.links_of_roles.at(0).law.loss == 1);
  CHECK(complaint("", R"("links": [{"from": "primary", "to": 0}])").find("before the run") !=
        std::string::npos);
}

TEST_CASE("names that nobody has are refused with the nearest", "[scenario]") {
  const auto refused = [](const std::string& fault, const std::string& words) {
    const std::string all = complaint(R"({"at": "1ms", )" + fault + "}", kPlaces);
    INFO(all);
    CHECK(all.find(words) != std::string::npos);
  };
  refused(R"("crash": "primray")", R"(did you mean "primary")");
  refused(R"("slow": ["backpu"], "by": "1ms")", R"(did you mean "backup")");
  refused(R"("cut": ["primary", "ohters"])", R"(did you mean "others")");
  refused(R"("partition": [["primaary"]])", R"(did you mean "primary")");
  refused(R"("network": {"links": [{"from": "primarry", "to": 0}]})", R"(did you mean "primary")");
  refused(R"("omission": 0, "towards": "cleints")", R"(did you mean "clients")");
  refused(R"("byzantine": 0, "silent": "ohters")", R"(did you mean "others")");
  refused(R"("crash": {"region": "eu-west-2x"})", R"(did you mean "eu-west-1")");
  refused(R"("crash": {"regoin": "eu-west-1"})", R"(did you mean "region")");
  refused(R"("crash": [1, 1])", "each node once");
  refused(R"("restart": "primary")", "crashed");
  refused(R"("crash": "crashed")", "only a restart");
  CHECK(complaint(R"({"at": "1ms", "crash": {"region": "eu"}})").find("no regions") != std::string::npos);
}

TEST_CASE("every fault has an example, and a scenario with it reads", "[scenario]") {
  for (const NamedThing& form : fault_forms()) {
    INFO(form.name << ": " << form.example);
    REQUIRE(!form.example.empty());
    const std::string document = R"({ "name": "example", "duration": "10s", "replicas": 3,
        "protocol": { "name": "raft" }, "faults": [)";
    const Scenario s = read_scenario(Json::parse(document + std::string(form.example) + "] }"), "s.json");
    CHECK(s.setup.faults.size() + s.setup.random_faults.size() >= 1);
    CHECK(read_scenario(s.canonical, "again").setup.faults == s.setup.faults);
  }
}
