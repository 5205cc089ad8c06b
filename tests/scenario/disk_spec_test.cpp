// How scenarios write disks.
#include <string>

#include "sim/scenario/scenario.hpp"
#include "tests/support/catch.hpp"

using namespace sim;

namespace {

Scenario with_fault(const std::string& fault, const std::string& protocol = "raft") {
  return read_scenario(Json::parse(R"({ "name": "disks", "duration": "1s", "settle": "0s", "replicas": 3,
    "protocol": { "name": ")" + protocol +
                                   R"(" }, "faults": [)" + fault + "] }"),
                       "s.json");
}

DiskLaws laws_of(const std::string& fault) {
  const Scenario s = with_fault(R"({"from": "1ms", "disk": 0, )" + fault + "}");
  CHECK(read_scenario(s.canonical, "again").setup.faults == s.setup.faults);
  return s.setup.faults.at(0).writes;
}

void refuses(const std::string& fault, const std::string& pointer, const std::string& words,
             const std::string& protocol = "raft") {
  INFO(fault);
  try {
    with_fault((fault.starts_with("{") ? fault : R"({"from": "1ms", )" + fault + "}"), protocol);
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

TEST_CASE("a restart finds a disk that is torn, corrupt, or lacks what it had confirmed") {
  const auto found = [](const std::string& disk) {
    const Scenario s = with_fault(R"({"at": "1ms", "restart": 0, "disk": )" + disk + "}");
    CHECK(read_scenario(s.canonical, "again").setup.faults == s.setup.faults);
    return s.setup.faults.at(0).disk;
  };
  CHECK(found(R"("torn")") == DiskFound{DiskFate::torn});
  CHECK(found(R"("corrupt", "writes": 7)") == DiskFound{DiskFate::corrupt, 7});
  CHECK(found(R"("lost_fsync")") == DiskFound{DiskFate::lost_fsync, 1});
}

TEST_CASE("damage that a protocol says nothing of, and counts of nothing, are refused") {
  const std::string restart = R"({"at": "1ms", "restart": 0, "disk": )";
  const std::string random = R"({"random": {"kind": "crash", "disk": )";
  const std::string words = "\"viewstamped_replication\" says nothing of damaged records";
  refuses(restart + R"("torn"})", "/faults/0/disk", words, "viewstamped_replication");
  refuses(random + R"("corrupt", "rate": "1/s"}})", "/faults/0/random/disk", words,
          "viewstamped_replication");
  refuses(restart + R"("lost_fsync"})", "/faults/0/disk", "keeps nothing on disk", "viewstamped_replication");
  refuses(restart + R"("tail_lost", "writes": 2})", "/faults/0/writes", "corrupt");
  refuses(restart + R"("corrupt", "writes": 0})", "/faults/0/writes", "from 1 to 1000");
  refuses(restart + R"("tron"})", "/faults/0/disk", "\"torn\"");
}
