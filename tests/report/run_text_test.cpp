// Reports of runs that once misled readers.
#include "sim/report/run_text.hpp"

#include <string>

#include "tests/support/catch.hpp"

using namespace sim;
using Catch::Contains;

namespace {

std::string report(const RunResult& r) {
  const Scenario scenario =
      read_scenario(Json::parse(R"({"name": "t", "protocol": {"name": "naive_broadcast"}})"), "t.json");
  return run_text(scenario, r, 400);
}

}  // namespace

TEST_CASE("time of mistakes without a false suspicion is that of replicas that are back") {
  RunResult r;
  r.detector.detections = 1;
  r.detector.mistake_seconds = 0.00711;
  CHECK_THAT(report(r),
             Contains("no false suspicions (but restarted replicas stayed suspected for 7.11 ms)"));
  r.detector.false_suspicions = 2;
  CHECK_THAT(report(r), Contains("2 false suspicions (running replicas were suspected for 7.11 ms)"));
  r.detector.mistake_seconds = 0;
  CHECK_THAT(report(r), Contains("2 false suspicions, 1 crash detected"));
}

TEST_CASE("different answers are no contradiction where clients took those that fit") {
  RunResult r;
  r.answers.contested = 5;
  r.answers.undecided = 2;
  r.linearizability.verdict = Verdict::linearizable;
  CHECK_THAT(report(r),
             Contains("replicas gave different answers to 5 operations; clients took one of them in 3 "
                      "(linearizable: what they took fits), none in 2"));
  r.linearizability.verdict = Verdict::violation;
  CHECK_THAT(report(r), Contains("clients took one of them in 3, none in 2"));
}
