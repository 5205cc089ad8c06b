// Scenarios are read as meant, and written scenarios read back the same.
#include "sim/scenario/scenario.hpp"

#include <fstream>

#include "sim/scenario/document_fields.hpp"
#include "sim/scenario/fault_entry.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/echo_protocol.hpp"

using namespace sim;

namespace {

const Registered<test::Echo> registered{"echo", "Replica 0 executes requests and tells nobody."};

Json minimal() { return Json::parse(R"({ "name": "least", "protocol": { "name": "echo" } })"); }

// The design's example, for the echo protocol.
Json example() {
  return Json::parse(R"({
    "name": "example", "about": "One of everything.", "seed": 7, "duration": "30s", "settle": "5s", "replicas": 5,
    "protocol": { "name": "echo", "loud": true, "share": 0.25, "limit": 9, "period": "25ms", "nap": "1s",
                  "mood": "eager", "inner": { "deadline": "40ms" } },
    "service": { "name": "kv", "keys": 4 },
    "clients": { "count": 3, "rate": "50/s", "reads": 0.5, "writes": { "write": 3, "cas": 1 }, "timeout": "500ms",
                 "retry": true, "zipf": 1.1 },
    "network": { "delay": { "exponential": "2ms" }, "loss": 0.05, "duplicate": 0.01, "fifo": false,
                 "reorder": { "probability": 0.1, "hold": "5ms" },
                 "links": [ { "from": 0, "to": 1, "loss": 0.2 }, { "from": "c0", "to": 1, "delay": "9ms" } ],
                 "client": { "delay": "1ms" } },
    "faults": [ { "at": "5s", "crash": "primary", "in_flight": "lost", "told_within": "3ms" }, { "at": "9s", "spread": "500ms", "restart": 0, "disk": "tail_lost" },
                { "at": "10s", "fail_stop": 4, "within": "10ms", "after_messages": true }, { "from": "12s", "to": "15s", "partition": [[0], [1, 2]] },
                { "from": "12s", "overlap": [[0, 1, 2], [2, 3, "c1"]] }, { "from": "20s", "to": "21s", "pause": "primary" },
                { "from": "1s", "to": "2s", "slow": "any", "by": "5ms" }, { "at": "1s", "clock": 1, "offset": "-5ms", "drift": 1e-4 },
                { "from": "2s", "disk": "backup", "delay": "10ms" }, { "from": "2s", "to": "3s", "cut": ["c2", 1] },
                { "from": "3s", "to": "4s", "network": { "loss": 1 } }, { "at": "25s", "heal": true },
                { "random": { "kind": "crash", "rate": "6/min", "mean": "500ms", "disk": "lost" }, "at_once": 2 },
                { "random": { "kind": "partition", "rate": "0.2/s" }, "at_once": 2 } ],
    "expect": { "/linearizability/verdict": "linearizable" },
    "sweep": { "vary": { "/protocol/inner/deadline": ["15ms", "20ms"], "/clients/count": [1, 2] }, "seeds": 10 }
  })");
}

std::uint64_t digest_of(const Scenario& s) {
  World world(s.setup, s.seed, s.plan->make_host(s.setup.replicas));
  world.run();
  return world.digest();
}

std::string complaint(Json document) {
  try {
    read_scenario(std::move(document), "s.json");
  } catch (const InputError& e) {
    return e.what();
  }
  return "none";
}

}  // namespace

TEST_CASE("a name and a protocol are enough", "[scenario]") {
  const Scenario s = read_scenario(minimal(), "s.json");
  CHECK(s.protocol == "echo");
  CHECK(s.setup.replicas == 3);
  CHECK(s.setup.clients.options.count == 3);
  CHECK(s.setup.model == Model::kv);
  CHECK(digest_of(s) != 0);
}

TEST_CASE("others in a group are the replicas that no group names", "[scenario]") {
  const auto groups_of = [](std::size_t replicas, const char* groups) {
    Json document = minimal();
    document["replicas"] = replicas;
    document["faults"] = Json::array({{{"from", "1s"}, {"overlap", Json::parse(groups)}}});
    return read_scenario(document, "s.json").canonical["faults"][0]["overlap"].dump();
  };
  CHECK(groups_of(3, R"([[0, 1, "others"], [1, 2, "others"]])") == "[[0,1],[1,2]]");
  CHECK(groups_of(5, R"([[0, 1, "others"], [1, 2, "others"]])") == "[[0,1,3,4],[1,2,3,4]]");
  CHECK(groups_of(4, R"([["others", "c0"], [2]])") == R"([["c0",0,1,3],[2]])");
}

TEST_CASE("the canonical form reads back as the same scenario", "[scenario]") {
  const Scenario s = read_scenario(example(), "s.json");
  const Scenario again = read_scenario(s.canonical, "s.json");
  CHECK(again.canonical == s.canonical);
  CHECK(again.canonical.dump() == s.canonical.dump());
  CHECK(again.setup.faults == s.setup.faults);
  CHECK(again.setup.random_faults == s.setup.random_faults);
  CHECK(again.setup.network == s.setup.network);
  CHECK(digest_of(again) == digest_of(s));
}

TEST_CASE("every key of the example arrives", "[scenario]") {
  const Scenario s = read_scenario(example(), "s.json");
  CHECK(s.seed == 7);
  CHECK(s.setup.settle == 5s);
  const auto& clients = s.setup.clients.options;
  CHECK(clients.rate == 50.0);
  CHECK(clients.retry == 50ms);
  CHECK(clients.writes == std::vector<std::pair<Action, double>>{{Action::write, 3}, {Action::cas, 1}});
  const auto& network = s.setup.network;
  CHECK(network.replicas.delay == DelayLaw::exponential(2ms));
  CHECK(network.replicas.reorder == 0.1);
  CHECK(network.clients.delay == DelayLaw::constant(1ms));
  CHECK(network.clients.loss == 0.0);
  REQUIRE(network.overrides.size() == 2);
  CHECK(network.overrides[0].law.loss == 0.2);
  CHECK(network.overrides[0].law.delay == DelayLaw::exponential(2ms));
  CHECK(network.overrides[1].from == Endpoint{5});
  CHECK(network.overrides[1].law.delay == DelayLaw::constant(9ms));
  REQUIRE(s.setup.faults.size() == 12);
  const auto& faults = s.setup.faults;
  CHECK(faults[0] ==
        Fault{.at = 5s, .victim = {Victim::Kind::primary, {}}, .in_flight_lost = true, .told = 3ms});
  CHECK(faults[1].disk.fate == DiskFate::tail_lost);
  CHECK(faults[2].span == 10ms);
  CHECK(faults[3].until == 15s);
  CHECK(faults[4].groups == Groups{{{0}, {1}, {2}}, {{2}, {3}, {6}}});
  CHECK(faults[7].span == -5ms);
  CHECK(faults[7].drift_ppb == 100'000);
  CHECK(faults[9].from == std::vector{Endpoint{7}});
  CHECK(faults[10].laws.replicas.loss == 1.0);
  CHECK(faults[10].laws.replicas.delay == DelayLaw::exponential(2ms));
  CHECK(s.setup.random_faults.size() == 2);
  CHECK(s.setup.crashed_at_once == 2);
  CHECK(s.sweep->vary.size() == 2);
}

TEST_CASE("every delay law can be written, and reads back", "[scenario]") {
  const std::string folder = REPSIM_SOURCE_DIR "/scenarios/data/";
  const std::pair<const char*, DelayLaw> laws[] = {
      {R"("2ms")", DelayLaw::constant(2ms)},
      {R"({"constant":"2ms"})", DelayLaw::constant(2ms)},
      {R"({"uniform":["1ms","2ms"]})", DelayLaw::uniform(1ms, 2ms)},
      {R"({"exponential":"2ms","min":"1ms"})", DelayLaw::exponential(2ms, 1ms)},
      {R"({"normal":{"mean":"9ms","deviation":"1ms"}})",
       {.kind = DelayLaw::Kind::normal, .mean = 9ms, .spread = 1ms}},
      {R"({"lognormal":{"median":"3ms","sigma":0.5,"min":"1ms"}})",
       {.kind = DelayLaw::Kind::lognormal, .min = 1ms, .mean = 3ms, .shape = 0.5}},
      {R"({"pareto":{"scale":"1ms","shape":2}})", {.kind = DelayLaw::Kind::pareto, .mean = 1ms, .shape = 2}}};
  for (const auto& [text, law] : laws) {
    INFO(text);
    Json document = minimal();
    document["network"]["delay"] = Json::parse(text);
    const Scenario s = read_scenario(document, folder + "s.json");
    CHECK(s.setup.network.replicas.delay == law);
    CHECK(read_scenario(s.canonical, s.file).setup.network == s.setup.network);
  }
}

TEST_CASE("regions give each pair of nodes half of its round trip", "[scenario]") {
  Json document = minimal();
  document["clients"] = {{"count", 1}};
  document["network"] = Json::parse(
      R"({"delay":{"regions":"aws_rtt_2017.csv","place":["us-east-1","us-west-1"],"jitter":{"exponential":"1ms"}},
          "client":"same"})");
  const Scenario s = read_scenario(document, REPSIM_SOURCE_DIR "/scenarios/data/s.json");
  const auto law_of = [&](std::uint32_t from, std::uint32_t to) {
    for (const auto& o : s.setup.network.overrides) {
      if (o.from.index == from && o.to.index == to) return o.law.delay;
    }
    return DelayLaw{};
  };
  CHECK(law_of(0, 1) == DelayLaw::exponential(1ms, 36'370us));  // 72.74 ms there and back
  CHECK(law_of(1, 0) == DelayLaw::exponential(1ms, 35'815us));  // the table is not symmetric
  CHECK(law_of(0, 2) == DelayLaw::exponential(1ms, 0ms));       // places are used again from the start
  CHECK(law_of(3, 1) == DelayLaw::exponential(1ms, 36'370us));  // client 0 is where replica 0 is
  CHECK(read_scenario(s.canonical, s.file).setup.network == s.setup.network);
}

TEST_CASE("a fault's network starts from the scenario's", "[scenario]") {
  Json document = minimal();
  document["network"] = {{"loss", 0.1}, {"client", "same"}};
  document["faults"] = Json::parse(R"([{"from":"1s","to":"2s","network":{"delay":"50ms"}}])");
  const Scenario s = read_scenario(document, "s.json");
  const auto& laws = s.setup.faults[0].laws;
  CHECK(laws.replicas.loss == 0.1);
  CHECK(laws.clients == laws.replicas);
  CHECK(laws.clients.delay == DelayLaw::constant(50ms));
}

TEST_CASE("an operator's orders are addressed to the primary or to a node, and read back", "[scenario]") {
  for (const auto* text : {R"({"at": "5s", "reconfigure": [0, 2, 1]})", R"({"at": "5s", "transfer": 2})",
                           R"({"at": "5s", "reconfigure": [1], "by": 2})"}) {
    CAPTURE(text);
    Context context{.replicas = 3, .end = 10s};
    FaultEntry entry, again;
    JsonValue<FaultEntry>::read(entry, Json::parse(text), Place(context));
    const bool to_primary = std::string(text).find("by") == std::string::npos;
    CHECK(entry.fault.victim.kind == (to_primary ? Victim::Kind::primary : Victim::Kind::number));
    JsonValue<FaultEntry>::read(again, JsonValue<FaultEntry>::write(entry, context), Place(context));
    CHECK(again.fault == entry.fault);
  }
}

TEST_CASE("a run saved without its randomness replays to the same digest", "[scenario]") {
  const Scenario s = read_scenario(example(), "s.json");
  for (const std::uint64_t seed : {1u, 2u, 3u}) {
    const Scenario saved = read_scenario(explicit_scenario(s, seed, "elsewhere/t.json"), "elsewhere/t.json");
    CHECK(saved.setup.random_faults.empty());
    CHECK_FALSE(saved.sweep.has_value());
    CHECK(saved.setup.faults.size() > s.setup.faults.size());
    World world(s.setup, seed, s.plan->make_host(s.setup.replicas));
    world.run();
    CHECK(digest_of(saved) == world.digest());
  }
}

TEST_CASE("a setting changes what it names, and what follows from it", "[scenario]") {
  const Scenario s = read_scenario(example(), "s.json");
  const auto at = [&](const std::string& pointer, Json value) {
    return scenario_at(s, {{pointer, std::move(value)}});
  };
  CHECK(at("/clients/timeout", "1s").setup.clients.options.retry == 100ms);
  CHECK(at("/network/fifo", true).setup.network.replicas.fifo);
  CHECK(at("/network/delay/exponential", "4ms").setup.network.replicas.delay == DelayLaw::exponential(4ms));
  CHECK(at("/network/delay", "4ms").setup.network.overrides[0].law.delay == DelayLaw::constant(4ms));
  CHECK(at("/network/client/delay/constant", "3ms").setup.network.clients.delay == DelayLaw::constant(3ms));
  CHECK(at("/faults/1/disk", "lost").setup.faults[1].disk.fate == DiskFate::lost);
  CHECK(at("/max_events", 5).setup.max_events == 5);
  CHECK_FALSE(at("/max_events", 5).sweep.has_value());
  CHECK_THROWS_WITH(at("/clients/cuont", 1),
                    "s.json: /clients/cuont: no such path in the scenario; did you mean "
                    "\"/clients/count\"?");
  CHECK_THROWS_AS(at("/faults/99/at", "1s"), InputError);
  CHECK_THROWS_AS(at("/faults/-", "1s"), InputError);
  CHECK_THROWS_AS(at("", 1), InputError);
  CHECK_THROWS_AS(at("clients", 1), InputError);
}

TEST_CASE("complaints name the place, what was found, what was expected, and the nearest name",
          "[scenario]") {
  Json document = minimal();
  document["protocol"]["inner"] = {{"daedline", "5ms"}};
  CHECK(complaint(document) ==
        R"(s.json: /protocol/inner/daedline: unknown key "daedline"; did you mean "deadline"?)");
  document = minimal();
  document["clients"] = {{"timeout", 500}};
  CHECK(complaint(document) ==
        R"(s.json: /clients/timeout: found 500, expected a duration with a unit such as "500ms")");
  document = minimal();
  document["protocol"]["name"] = "ecoh";
  CHECK_THAT(complaint(document), Catch::Matchers::Contains("did you mean \"echo\"?"));
  document = minimal();
  document["replicas"] = 10;
  CHECK(complaint(document) == "s.json: /protocol: echo fills the room with more than 9 replicas");
}

TEST_CASE("the schema knows every key of the canonical form", "[scenario]") {
  const Json schema = scenario_schema();
  const Scenario s = read_scenario(example(), "s.json");
  for (const auto& [key, value] : s.canonical.items()) {
    INFO(key);
    REQUIRE(schema["properties"].contains(key));
    CHECK(schema["properties"][key].contains("description"));
  }
  CHECK(schema["required"] == Json::parse(R"(["name","protocol"])"));
}
