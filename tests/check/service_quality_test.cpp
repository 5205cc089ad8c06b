// Service quality and cost: percentiles of latency, messages and delays per operation.
#include "sim/check/service_quality.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/record_builder.hpp"

using namespace sim;

TEST_CASE("percentiles are those of the nearest rank") {
  RecordBuilder b(1);
  for (std::int64_t i = 100; i > 0; --i) b.call(0, i);
  b.call(0);
  const auto latency = judge_latency(b.record);
  CHECK(latency.p50 == 50ms);
  CHECK(latency.p99 == 99ms);
  CHECK(latency.max == 100ms);
  CHECK_FALSE(judge_latency(RecordBuilder(1).record).p50);
}

TEST_CASE("cost is per answered operation, and unknown without any") {
  RecordBuilder b(1);
  b.record.messages_for_operations = 12;
  b.record.hops_of_answers = 8;
  b.call(0);
  CHECK_FALSE(judge_cost(b.record).messages_per_operation);
  b.call(0, 1);
  b.call(0, 1);
  CHECK(*judge_cost(b.record).messages_per_operation == 6);
  CHECK(*judge_cost(b.record).delays_per_operation == 4);
}
