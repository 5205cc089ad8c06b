// Quantities with units: exact, or not at all.
#include "sim/scenario/units.hpp"
#include "tests/support/catch.hpp"

using namespace sim;

TEST_CASE("durations are read exactly", "[units]") {
  CHECK(parse_duration("15ms") == 15ms);
  CHECK(parse_duration("1.5s") == 1500ms);
  CHECK(parse_duration("2us") == 2us);
  CHECK(parse_duration("100ns") == 100ns);
  CHECK(parse_duration("3min") == 3min);
  CHECK(parse_duration("1h") == 1h);
  CHECK(parse_duration("-5ms") == -5ms);
  CHECK(parse_duration("0s") == 0s);
  CHECK(parse_duration("0.1s") == 100ms);
  CHECK(parse_duration("0.000000001s") == 1ns);
  CHECK(parse_duration("1.50us") == 1500ns);
  CHECK(parse_duration("0.5min") == 30s);
  CHECK(parse_duration("0.00125h") == 4500ms);
}

TEST_CASE("what is no whole number of nanoseconds, or malformed, is no duration", "[units]") {
  for (const char* text : {"",
                           "ms",
                           "15",
                           "15 ms",
                           " 15ms",
                           "15ms ",
                           "15MS",
                           "1.5ns",
                           "0.0000000001s",
                           ".5s",
                           "5.s",
                           "1e3s",
                           "+5s",
                           "--5s",
                           "5sec",
                           "1..5s",
                           "9223372036854775807s",
                           "99999999999999999999ns",
                           "nan",
                           "infs"}) {
    INFO(text);
    CHECK_FALSE(parse_duration(text).has_value());
  }
}

TEST_CASE("a duration is written in the largest unit in which it is whole, and reads back", "[units]") {
  CHECK(to_text(0s) == "0s");
  CHECK(to_text(1500ms) == "1500ms");
  CHECK(to_text(2s) == "2s");
  CHECK(to_text(120s) == "2min");
  CHECK(to_text(90s) == "90s");
  CHECK(to_text(24h) == "24h");
  CHECK(to_text(1ns) == "1ns");
  CHECK(to_text(-5ms) == "-5ms");
  std::uint64_t seed = 1;  // a plain congruential generator: any spread of values will do
  for (int i = 0; i < 1000; ++i) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    const Duration d{static_cast<std::int64_t>(seed >> (i % 60 + 2))};
    INFO(d.count());
    CHECK(parse_duration(to_text(d)) == d);
  }
}

TEST_CASE("rates are read per second, and read back as the same number", "[units]") {
  CHECK(parse_rate("200/s") == 200.0);
  CHECK(parse_rate("6/min") == 0.1);
  CHECK(parse_rate("3/h") == 3.0 / 3600);
  CHECK(parse_rate("0.5/s") == 0.5);
  for (const char* text :
       {"", "200", "/s", "0/s", "-1/s", "1/ms", "1 /s", "nan/s", "inf/s", "1e400/s", "1/s/s"}) {
    INFO(text);
    CHECK_FALSE(parse_rate(text).has_value());
  }
  for (const double rate : {0.1, 1.0 / 3, 200.0, 3.0 / 3600, 1e-7})
    CHECK(parse_rate(rate_text(rate)) == rate);
}
