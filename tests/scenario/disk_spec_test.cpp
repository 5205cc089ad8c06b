// How scenarios write disks.
#include <string>

#include "sim/scenario/scenario.hpp"
#include "tests/support/catch.hpp"

using namespace sim;

namespace {

Scenario with_fault(const std::string& fault) {
  return read_scenario(Json::parse(R"({ "name": "disks", "duration": "1s", "settle": "0s", "replicas": 3,
    "protocol": { "name": "raft" }, "faults": [)" +
                                   fault + "] }"),
                       "s.json");
}

DiskLaws laws_of(const std::string& fault) {
  const Scenario s = with_fault(R"({"from": "1ms", "disk": 0, )" + fault + "}");
  CHECK(read_scenario(s.canonical, "again").setup.faults == s.setup.faults);
  return s.setup.faults.at(0).writes;
}

void refuses(const std::string& fault, const std::string& pointer, const std::string& words) {
  INFO(fault);
  try {
    with_fault(R"({"from": "1ms", )" + fault + "}");
    FAIL("it was read");
  } catch (const InputError& e) {
    CHECK(e.details.pointer == pointer);
    CHECK_THAT(std::string(e.what()), Catch::Contains(words));
  }
}

}  // namespace

TEST_CASE("a disk takes writes by any law of delays, together or one by one, or hangs") {
  CHECK(laws_of(R"("delay": "3ms")") == DiskLaws{.delay = DelayLaw::constant(3ms)});
  CHECK(laws_of(R"("delay": {"uniform": ["1ms", "2ms"]})") == DiskLaws{.delay = DelayLaw::uniform(1ms, 2ms)});
  CHECK(laws_of(R"("delay": "3ms", "group_commit": true)") ==
        DiskLaws{.delay = DelayLaw::constant(3ms), .group_commit = true});
  CHECK(laws_of(R"("hang": true)") == DiskLaws{.hang = true});
  CHECK(laws_of(R"("delay": {"normal": {"mean": "3ms", "deviation": "1ms"}})").delay.kind ==
        DelayLaw::Kind::normal);
}

TEST_CASE("a disk of which nothing is said, or too much, is refused") {
  refuses(R"("disk": 0)", "/faults/0/disk", "\"hang\": true");
  refuses(R"("disk": 0, "group_commit": true)", "/faults/0/disk", "\"delay\"");
  refuses(R"("disk": 0, "hang": true, "delay": "1ms")", "/faults/0/hang", "no \"delay\"");
  refuses(R"("disk": 0, "hang": true, "group_commit": true)", "/faults/0/group_commit", "false");
  refuses(R"("disk": 0, "delay": "-1ms")", "/faults/0/delay", "");
  refuses(R"("disk": 0, "delay": {"unifrm": ["1ms", "2ms"]})", "/faults/0/delay", "uniform");
  refuses(R"("disk": 0, "delay": {"uniform": ["2ms", "1ms"]})", "/faults/0/delay/uniform", "ascending");
  refuses(R"("disk": 0, "hangs": true)", "/faults/0/hangs", "\"hang\"");
}
