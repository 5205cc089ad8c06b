// Impossible expectations are refused before anything runs.
#include "sim/report/expectation.hpp"

#include <string>

#include "tests/support/catch.hpp"

using namespace sim;

namespace {

std::string complaint(const std::string& expectations) {
  Json document = Json::parse(R"({"name": "e", "protocol": {"name": "naive_broadcast"}})");
  document["expect"] = Json::parse(expectations);
  try {
    check_expectations(read_scenario(document, "e.json"));
  } catch (const InputError& e) {
    return e.what();
  }
  return {};
}

void refused(const std::string& expectations, const std::string& part) {
  INFO(expectations);
  CHECK_THAT(complaint(expectations), Catch::Contains(part));
}

}  // namespace

TEST_CASE("a pointer that leads nowhere is refused with the nearest that leads somewhere", "[expect]") {
  refused(
      R"({"/availability/longest_outag": {"max": 5}})",
      R"(/expect/~1availability~1longest_outag: no such value in a result; did you mean "/availability/longest_outage_s"?)");
  refused(R"({"/nonsense": null})", "no such value");
  refused(R"({"/a~": 1})", "JSON pointer");
  refused(R"({"/a~2b": 1})", "JSON pointer");
  refused(R"({"/messages": 5})", "/messages/sent");
  refused(R"({"/linearizability/witness/-": 1})", "no such value");
  refused(R"({"/linearizability/witness/01": 1})", "no such value");
  refused(R"({"/expectations": []})", "no such value");
}

TEST_CASE("what can never be met is refused", "[expect]") {
  refused(R"({"/lost_writes/count": -1})", "a number from 0");
  refused(R"({"/lost_writes/count": 1.5})", "found 1.5, expected a whole number");
  refused(R"({"/availability/called/40": 1})", "one from 0 to 39");
  refused(R"({"/availability/fraction": 1.01})", "a number from 0 to 1");
  refused(R"({"/events": {"min": "x"}})", "/expect/~1events/min: found \"x\", expected a number");
  refused(R"({"/events": {"mni": 1}})", "did you mean \"min\"?");
  refused(R"({"/events": {}})", "\"min\", \"max\" or both");
  refused(R"({"/events": {"min": 2, "max": 1}})", "a minimum that isn't above the maximum");
  refused(R"({"/events": "many"})", "expected a number");
  refused(R"({"/events": true})", "expected a number");
  refused(R"({"/events": null})", "expected a number");
  refused(R"({"/events": [1, "x"]})", "/expect/~1events/1");
  refused(R"({"/events": []})", "at least one value");
  refused(R"({"/divergence/diverged": 0})", "true or false");
  refused(R"({"/divergence/cause": {"min": 1}})", "a text");
  refused(R"({"/linearizability/verdict": "linearisable"})", "did you mean \"linearizable\"?");
  refused(R"({"/linearizability/witness": 3})", "a list");
  refused(R"({"/linearizability/witness/0": null})", "a number");
}

TEST_CASE("a text that can only be one of a few words must be one of them", "[expect]") {
  refused(R"({"/progress/verdict": "stoped"})", "one of held, stopped, unknown; did you mean \"stopped\"?");
  refused(R"({"/progress/verdict": ["held", "helt"]})", "/expect/~1progress~1verdict/1: found \"helt\"");
  refused(R"({"/divergence/cause": "split-brain"})", "did you mean \"split_brain\"?");
  refused(R"({"/protocol": "naive_brodcast"})", "did you mean \"naive_broadcast\"?");
  refused(R"({"/error": "too many event"})", "did you mean \"too many events\"?");
  refused(R"({"/scenario": "f"})", "the scenario's name, \"e\"");
  refused(R"({"/digest": "12ab"})", "16 hexadecimal digits");
  refused(R"({"/digest": "00000000000000AB"})", "16 hexadecimal digits");
  CHECK(complaint(R"({"/progress/verdict": "stopped", "/divergence/cause": ["loss", null], "/scenario": "e",
      "/protocol": "naive_broadcast", "/error": "too much memory", "/digest": "00000000000000ab",
      "/progress/story": "any words"})")
            .empty());
}

TEST_CASE("no bound lies where the value never is", "[expect]") {
  refused(R"({"/events": {"max": -1}})", "/expect/~1events/max: found -1, expected a number from 0 to ");
  refused(R"({"/failover/mean_s": {"min": -0.5}})", "a number from 0 on");
  refused(R"({"/availability/fraction": {"min": 1.01}})", "found 1.01, expected a number from 0 to 1");
  refused(R"({"/availability/called/3": {"max": -2}})", "/max: found -2");
  refused(R"({"/lost_writes/operations": [[1, {"min": -1}]]})", "found -1");
  refused(R"({"/divergence/first_index": {"max": 1e10}})", "found 10000000000.0");
  CHECK(complaint(R"({"/events": {"min": 0, "max": 1e9}, "/availability/fraction": {"min": 0, "max": 1},
      "/messages/sent": {"min": 0.5}})")
            .empty());
}

TEST_CASE("whatever a result can hold may be expected", "[expect]") {
  CHECK(complaint(R"({"/failover/mean_s": {"max": 1}, "/divergence/cause": null, "/error": null,
      "/divergence/diverged": [true, false], "/events": [1, {"min": 5}], "/latency_ms/p50": [null, 3.5],
      "/linearizability/witness": [], "/linearizability/verdict": ["linearizable", "unknown"],
      "/availability/called/0": {"min": 1}, "/lost_writes/operations": [1, 2], "/operations/ok": 1})")
            .empty());
}

TEST_CASE("what a run says nothing about meets no bound", "[expect]") {
  const Json result{{"a", nullptr}, {"b", {1, 2}}};
  CHECK_FALSE(hold_against(result, "/a", {{"max", 1}}).held);
  CHECK_FALSE(hold_against(result, "/b/2", {{"max", 5}}).held);
  CHECK_FALSE(hold_against(result, "/c", {{"min", 0}}).held);
  CHECK(hold_against(result, "/a", nullptr).held);
  CHECK(hold_against(result, "/b/1", {{"min", 2}}).held);
}

TEST_CASE("expectations may be a value, a list of values, or a range") {
  CHECK(meets(3, 3));
  CHECK_FALSE(meets(3, 4));
  CHECK(meets("order", Json::array({"loss", "order"})));
  CHECK_FALSE(meets("order", Json::array({"loss"})));
  CHECK(meets(3, {{"min", 3}}));
  CHECK_FALSE(meets(3, {{"min", 2}, {"max", 2.5}}));
  CHECK_FALSE(meets(nullptr, {{"max", 1}}));
  CHECK(meets(nullptr, nullptr));
  const Json result{{"a", {{"b", 1}}}};
  CHECK(hold_against(result, "/a/b", 1).held);
  CHECK_FALSE(hold_against(result, "/a/c", 1).held);
}
