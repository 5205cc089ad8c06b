// Every number of a scenario has a range: in the schema, and where it is read.
#include <string>

#include "sim/experiment/run.hpp"
#include "sim/scenario/scenario.hpp"
#include "tests/support/catch.hpp"

using namespace sim;

namespace {

void check_ranges(const Json& schema, const std::string& at) {
  INFO(at);
  const Json type = schema.is_object() ? schema.value("type", Json()) : Json();
  if (type == "integer" || type == "number") {
    CHECK(schema.contains("minimum"));
    CHECK(schema.contains("maximum"));
  }
  const std::string pattern = type == "string" ? schema.value("pattern", "") : "";
  if (pattern.find("|h)$") != std::string::npos) {
    CHECK(schema.contains("x-minimum"));
    CHECK(schema.contains("x-maximum"));
  }
  if (!schema.is_structured()) return;
  for (const auto& [key, inner] : schema.items()) check_ranges(inner, at + "/" + key);
}

std::string complaint(const std::string& pointer, const std::string& value) {
  Json document = Json::parse(R"({"name": "r", "duration": "1s", "protocol": {"name": "primary_backup"},
      "clients": {"count": 1, "rate": "10/s"}, "network": {"reorder": {}},
      "faults": [{"at": "50ms", "crash": 0}, {"from": "1ms", "slow": 1, "by": "1ms"}]})");
  document[Json::json_pointer(pointer)] = Json::parse(value);
  try {
    read_scenario(document, "r.json");
  } catch (const InputError& e) {
    CHECK(std::string(e.what()).find(pointer) != std::string::npos);
    return e.what();
  }
  return {};
}

}  // namespace

TEST_CASE("the schema states a range for every number, duration and rate", "[ranges]") {
  check_ranges(scenario_schema(), "");
}

TEST_CASE("a duration is at most a year, and negative only where that means something", "[ranges]") {
  for (const char* pointer :
       {"/faults/0/told_within", "/faults/0/spread", "/clients/retry", "/clients/timeout", "/clients/ping",
        "/network/delay", "/network/reorder/hold", "/faults/1/by", "/protocol/detector/timeout", "/settle"}) {
    INFO(pointer);
    for (const char* value :
         {R"("-5s")", R"("8761h")", R"("9223372036854775799ns")", R"("1e300s")", "5", "[]"})
      CHECK_FALSE(complaint(pointer, value).empty());
  }
  CHECK(
      complaint("/faults/0/told_within", R"("-5s")") ==
      R"(r.json: /faults/0/told_within: found "-5s", expected a duration from "0s" to "8760h"; did you mean "0s"?)");
}

TEST_CASE("counts, shares and rates are refused outside their range, whatever their form", "[ranges]") {
  for (const char* value :
       {"-1", "1.5", "1e3", "18446744073709551615", "1e308", "\"NaN\"", "null", "{}", "true"}) {
    INFO(value);
    CHECK_FALSE(complaint("/replicas", value).empty());
    CHECK_FALSE(complaint("/clients/count", value).empty());
    CHECK_FALSE(complaint("/max_events", value).empty());
  }
  for (const char* value : {"-1", "1.5", "1e308", "\"0.5\"", "null", "true"})
    CHECK_FALSE(complaint("/network/loss", value).empty());
  for (const char* value :
       {R"("0/s")", R"("1e-9/s")", R"("1e10/s")", R"("nan/s")", R"("inf/s")", R"("-1/s")", "10"})
    CHECK_FALSE(complaint("/clients/rate", value).empty());
  CHECK_THAT(complaint("/replicas", "1e3"), Catch::Contains("a whole number from 1 to 1000"));
}

TEST_CASE("a node that is slow for years works its backlog off behind the end of the run", "[ranges]") {
  const Scenario slow = read_scenario(Json::parse(R"({"name": "slow", "duration": "1s", "settle": "1s",
      "protocol": {"name": "raft"}, "clients": {"count": 4, "rate": "500/s"},
      "faults": [{"at": "1ms", "slow": "any", "by": "8760h"}, {"at": "1ms", "disk": 0, "delay": "8760h"}]})"),
                                      "slow.json");
  const RunResult r = run_for_sweep(slow, 1);
  CHECK(r.error.empty());
  CHECK(r.virtual_seconds == 2);
}
