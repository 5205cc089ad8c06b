// How scenarios write laws of links for some messages, and losses in bursts.
#include <string>
#include <vector>

#include "sim/scenario/scenario.hpp"
#include "tests/support/catch.hpp"

using namespace sim;

namespace {

Scenario links_and_faults(const std::string& network, const std::string& faults = "") {
  Scenario s = read_scenario(Json::parse(R"({ "name": "some", "duration": "1s", "settle": "0s", "replicas": 3,
    "protocol": { "name": "raft" }, "clients": { "count": 1 }, "network": {)" +
                                         network + R"(}, "faults": [)" + faults + "] }"),
                             "s.json");
  const Scenario again = read_scenario(s.canonical, "again");
  CHECK(again.setup.faults == s.setup.faults);
  CHECK(again.setup.network == s.setup.network);
  return s;
}

std::string refusal(const std::string& network, const std::string& faults = "") {
  try {
    links_and_faults(network, faults);
  } catch (const InputError& e) {
    return e.what();
  }
  return "none";
}

}  // namespace

TEST_CASE("a link's law may be for some messages", "[scenario]") {
  const auto laws = links_and_faults(R"("delay": "3ms",
      "links": [{"from": 0, "to": 1, "loss": 1, "messages": ["Append"], "nth": [3]}])")
                        .setup.network;
  REQUIRE(laws.overrides.size() == 1);
  CHECK(laws.overrides[0].only == MessageChoice{.types = {"Append"}, .nth = {3}});
  CHECK(laws.overrides[0].law.loss == 1);
  CHECK(laws.overrides[0].law.delay == DelayLaw::constant(3ms));
}

TEST_CASE("a link without a delay of its own has that of its two ends", "[scenario]") {
  const auto laws = links_and_faults(R"("delay": "10ms", "client": {"delay": "2ms"},
                          "links": [{"from": "*", "to": 2, "loss": 0.1}, {"from": 2, "to": "*", "loss": 0.2}])")
                        .setup.network;
  REQUIRE(laws.overrides.size() == 3 + 3);
  for (const auto& link : laws.overrides) {
    const bool client = link.from.index == 3 || link.to.index == 3;
    CHECK(link.law.delay == DelayLaw::constant(client ? 2ms : 10ms));
    CHECK(link.law.loss == (link.to.index == 2 ? 0.1 : 0.2));
  }
  const auto by_role = links_and_faults(R"("delay": "10ms")", R"({"from": "1ms", "to": "9ms", "network":
                                          {"links": [{"from": "primary", "to": "*", "loss": 0.1}]}})")
                           .setup.faults.at(0)
                           .links_of_roles;
  REQUIRE(by_role.size() == 2);
  CHECK(by_role[0].to == std::vector<Endpoint>{Endpoint{0}, Endpoint{1}, Endpoint{2}});
  CHECK(by_role[0].law.delay == DelayLaw::constant(10ms));
  CHECK(by_role[1].to == std::vector<Endpoint>{Endpoint{3}});
  CHECK(by_role[1].law.delay == DelayLaw::constant(0ms));
}

TEST_CASE("links by role keep their place among the others, and the fault's types of messages",
          "[scenario]") {
  const auto fault = links_and_faults(R"("delay": "3ms")", R"({"from": "1ms", "to": "9ms", "network":
      {"messages": ["Append"], "links": [{"from": "primary", "to": "others", "loss": 1, "nth": [1]},
                                         {"from": 0, "to": 1, "loss": 0},
                                         {"from": "others", "to": "primary", "loss": 1, "messages": ["Vote"]}]}})")
                         .setup.faults.at(0);
  const std::size_t usual = 3 * 2 + 3 * 2;
  CHECK(fault.laws.overrides.size() == usual + 1);
  REQUIRE(fault.links_of_roles.size() == 2);
  CHECK(fault.links_of_roles[0].place == usual);
  CHECK(fault.links_of_roles[0].only == MessageChoice{.types = {"Append"}, .nth = {1}});
  CHECK(fault.links_of_roles[1].place == usual + 1);
  CHECK(fault.links_of_roles[1].only == MessageChoice{.types = {"Vote"}});
}

TEST_CASE("laws of links that could strike nothing, or too many links, are refused", "[scenario]") {
  const auto fault = [](const std::string& network) {
    return R"({"from": "1ms", "to": "9ms", "network": )" + network + "}";
  };
  CHECK(refusal("", fault(R"({"loss": 1, "messages": ["Request"]})")).find("\"client\" beside it") !=
        std::string::npos);
  CHECK(refusal("", fault(R"({"client": {"loss": 1}, "messages": ["Request"]})")) == "none");
  CHECK(refusal(R"("client": "same")", fault(R"({"loss": 1, "messages": ["Request"]})")) == "none");
  const std::string stuck = R"("loss": {"gilbert_elliott": {"good_to_bad": 0, "bad_to_good": 0}})";
  CHECK(refusal(stuck).find("a link that never changes") != std::string::npos);
  Json many = Json::parse(R"({"name": "many", "duration": "1s", "replicas": 300, "protocol": {"name": "raft"},
    "faults": [{"from": "1ms", "to": "9ms", "network": {"links": [{"from": ["primary", "*"], "to": "*"}]}}]})");
  CHECK_THROWS_AS(read_scenario(many, "many.json"), InputError);
}

TEST_CASE("a change of the network for some messages leaves the others the usual laws", "[scenario]") {
  const auto fault = links_and_faults(R"("delay": "3ms", "loss": 0.1)",
                                      R"({"from": "1ms", "to": "9ms", "network": {"loss": 1,
                                          "messages": ["Append"], "pattern": "-x"}})")
                         .setup.faults.at(0);
  CHECK(fault.laws.only_overrides);
  CHECK(fault.laws.overrides.size() == 3 * 2 + 3 * 2);
  CHECK(fault.laws.overrides[0].law.loss == 1);
  CHECK(fault.laws.overrides[0].only == MessageChoice{.types = {"Append"}, .pattern = "-x"});
}

TEST_CASE("a change of the network for some messages doesn't say the usual links again", "[scenario]") {
  const std::string network =
      R"("delay": "3ms", "links": [{"from": 0, "to": 1, "loss": 1, "pattern": "--x"}])";
  const std::string some = R"({"from": "1ms", "to": "9ms", "network": {"delay": "5ms", "messages": ["Vote"])";
  const auto usual = links_and_faults(network, some + "}}").setup.faults.at(0).laws;
  CHECK(usual.overrides.size() == 3 * 2 + 3 * 2);
  const auto own = links_and_faults(network, some + R"(, "links": [{"from": 1, "to": 0, "loss": 1}]}})");
  REQUIRE(own.setup.faults.at(0).laws.overrides.size() == 3 * 2 + 3 * 2 + 1);
  CHECK(own.setup.faults.at(0).laws.overrides.back().only == MessageChoice{.types = {"Vote"}});
}

TEST_CASE("a cut may be for some messages", "[scenario]") {
  const auto cut = links_and_faults("", R"({"at": "1ms", "cut": [0, 1], "messages": ["Append"],
                                            "probability": 0.5})")
                       .setup.faults.at(0);
  CHECK(cut.messages == MessageChoice{.types = {"Append"}, .probability = 0.5});
}

TEST_CASE("losses in bursts are read wherever a loss is", "[scenario]") {
  const std::string bursts = R"("loss": {"gilbert_elliott": {"good_to_bad": 0.01, "bad_to_good": 0.25,
                                 "loss_good": 0.001, "loss_bad": 0.5}})";
  const GilbertElliott expected{0.01, 0.25, 0.001, 0.5};
  const auto s = links_and_faults(
      bursts + R"(, "client": {)" + bursts + R"(}, "links": [{"from": 0, "to": 1, )" + bursts + "}]",
      R"({"at": "1ms", "network": {)" + bursts + "}}");
  CHECK(s.setup.network.replicas.bursts == expected);
  CHECK(s.setup.network.clients.bursts == expected);
  CHECK(s.setup.network.overrides.at(0).law.bursts == expected);
  CHECK(s.setup.faults.at(0).laws.replicas.bursts == expected);
  const auto back = links_and_faults(bursts, R"({"at": "1ms", "network": {"loss": 0.5}})").setup.faults.at(0);
  CHECK(!back.laws.replicas.bursts);
}

TEST_CASE("what no law of a link has is refused with the nearest", "[scenario]") {
  const auto refused = [](const std::string& all, const std::string& words) {
    INFO(all);
    CHECK(all.find(words) != std::string::npos);
  };
  refused(refusal(R"("links": [{"from": 0, "to": 1, "messages": ["Apend"]}])"), R"(did you mean "Append")");
  refused(refusal("", R"({"at": "1ms", "cut": [0, 1], "messages": ["Apend"]})"), R"(did you mean "Append")");
  refused(refusal("", R"({"at": "1ms", "network": {"messages": ["Apend"]}})"), R"(did you mean "Append")");
  refused(refusal(R"("links": [{"from": 0, "to": 1, "mesages": ["Append"]}])"), R"(did you mean "messages")");
  refused(refusal(R"("links": [{"from": 0, "to": 1, "pattern": "xo"}])"), "signs");
  refused(refusal(R"("loss": {"gilbert_eliott": {}})"), R"(did you mean "gilbert_elliott")");
  refused(refusal(R"("loss": {"gilbert_elliott": {"good_to_bad": 0.1}})"), "bad_to_good");
  refused(refusal(R"("loss": {"gilbert_elliott": {"good_to_bad": 2, "bad_to_good": 1}})"), "from 0 to 1");
  refused(refusal(R"("loss": 1.5)"), "from 0 to 1");
}
