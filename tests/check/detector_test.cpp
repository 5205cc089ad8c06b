// Failure detectors: mistakes, how long they last, and how soon a crash is detected.
#include "sim/check/detector.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/record_builder.hpp"

using namespace sim;

TEST_CASE("suspecting a running node is a mistake until it is withdrawn") {
  RecordBuilder b(2);
  b.suspect(100, 1, 0);
  b.suspect(150, 1, 0, false);
  b.suspect(900, 0, 1);
  const auto verdict = judge_detector(b.record);
  CHECK(verdict.false_suspicions == 2);
  CHECK(verdict.mistake_seconds == Approx(0.15));
  CHECK(verdict.detections == 0);
}

TEST_CASE("each running node detects a crash once, at the first suspicion after it") {
  RecordBuilder b(3);
  b.suspect(50, 2, 0);  // wrong until the crash, right from then on
  b.crash(100, 0);
  b.suspect(140, 1, 0);
  b.suspect(160, 1, 0, false);
  b.suspect(180, 1, 0);
  const auto verdict = judge_detector(b.record);
  CHECK(verdict.false_suspicions == 1);
  CHECK(verdict.mistake_seconds == Approx(0.05));
  CHECK(verdict.detections == 2);
  CHECK(verdict.detection_seconds == Approx(0.04));
}

TEST_CASE("who still suspects a restarted node is mistaken from then on") {
  RecordBuilder b(2);
  b.crash(100, 0);
  b.suspect(120, 1, 0);
  b.restart(200, 0);
  b.suspect(230, 1, 0, false);
  const auto verdict = judge_detector(b.record);
  CHECK(verdict.false_suspicions == 0);
  CHECK(verdict.mistake_seconds == Approx(0.03));
  CHECK(verdict.detections == 1);
}

TEST_CASE("to suspect a restarted node that waits for its repair is no mistake, once it is repaired it is") {
  RecordBuilder b(2);
  b.crash(100, 0);
  b.suspect(120, 1, 0);
  b.restart(200, 0);
  b.record.parts.push_back({at_ms(200), NodeId{0}, false});
  b.suspect(210, 1, 0, false);
  b.suspect(220, 1, 0);
  b.record.parts.push_back({at_ms(230), NodeId{0}, true});
  b.suspect(250, 1, 0, false);
  const auto verdict = judge_detector(b.record);
  CHECK(verdict.false_suspicions == 0);
  CHECK(verdict.mistake_seconds == Approx(0.02));
  CHECK(verdict.detections == 1);
}
