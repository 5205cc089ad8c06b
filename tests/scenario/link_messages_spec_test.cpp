// How scenarios write laws of links for some messages, and losses in bursts.
#include <string>

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

TEST_CASE("a change of the network for some messages leaves the others the usual laws", "[scenario]") {
  const auto fault = links_and_faults(R"("delay": "3ms", "loss": 0.1)",
                                      R"({"from": "1ms", "to": "9ms", "network": {"loss": 1,
                                          "messages": ["Append"], "pattern": "-x"}})")
                         .setup.faults.at(0);
  CHECK(fault.laws.replicas.loss == 0.1);
  CHECK(fault.laws.overrides.size() == 3 * 2 + 3 * 2);
  CHECK(fault.laws.overrides[0].law.loss == 1);
  CHECK(fault.laws.overrides[0].only == MessageChoice{.types = {"Append"}, .pattern = "-x"});
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
