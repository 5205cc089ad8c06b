// How scenarios write omissions and crashes amid a broadcast.
#include <string>

#include "sim/scenario/scenario.hpp"
#include "tests/support/catch.hpp"

using namespace sim;

namespace {

Scenario with_fault(const std::string& fault) {
  return read_scenario(Json::parse(R"({ "name": "omissions", "duration": "1s", "settle": "0s", "replicas": 3,
    "protocol": { "name": "primary_backup" }, "clients": { "count": 2 }, "faults": [)" +
                                   fault + "] }"),
                       "s.json");
}

Fault fault_of(const std::string& fault) {
  const Scenario s = with_fault(fault);
  const Scenario again = read_scenario(s.canonical, "again");
  CHECK(again.setup.faults == s.setup.faults);
  CHECK(again.setup.random_faults == s.setup.random_faults);
  return s.setup.faults.at(0);
}

void refuses(const std::string& fault, const std::string& pointer, const std::string& words) {
  INFO(fault);
  try {
    with_fault(fault);
    FAIL("it was read");
  } catch (const InputError& e) {
    INFO(e.what());
    CHECK(e.details.pointer == pointer);
    CHECK(std::string(e.what()).find(words) != std::string::npos);
  }
}

}  // namespace

TEST_CASE("every key of an omission arrives, and reads back", "[scenario]") {
  const Fault f = fault_of(R"({"from": "1ms", "to": "9ms", "omission": "primary", "of": "send",
      "messages": ["Update", "Reply"], "probability": 0.25, "towards": [1, "clients"]})");
  CHECK(f.kind == Fault::Kind::omission);
  CHECK(f.victim.kind == Victim::Kind::primary);
  CHECK(f.omission == Omission{.of = Omission::Of::send,
                               .messages = {.types = {"Update", "Reply"}, .probability = 0.25},
                               .towards = {{{1}, {3}, {4}}}});
  CHECK(fault_of(R"({"at": "1ms", "omission": 0})").omission == Omission{});
  CHECK(fault_of(R"({"at": "1ms", "omission": 0, "pattern": "x-"})").omission.messages.pattern == "x-");
  CHECK(fault_of(R"({"at": "1ms", "omission": 0, "nth": [1, 7]})").omission.messages.nth ==
        std::vector<std::uint64_t>{1, 7});
  CHECK(fault_of(R"({"at": "1ms", "omission": 0, "towards": "others"})").omission.towards->size() == 3);
  CHECK(fault_of(R"({"at": "1ms", "omission": 0, "towards": "*"})").omission.towards->size() == 5);
}

TEST_CASE("a random process of omissions says which messages, and writes out a timeline", "[scenario]") {
  const Scenario s = with_fault(R"({"random": {"kind": "omission", "rate": "9/s", "mean": "50ms",
      "of": "receive", "messages": ["Heartbeat"], "probability": 0.5}})");
  REQUIRE(s.setup.random_faults.size() == 1);
  const Omission expected{.of = Omission::Of::receive,
                          .messages = {.types = {"Heartbeat"}, .probability = 0.5}};
  CHECK(s.setup.random_faults[0].omission == expected);
  const Scenario written = read_scenario(explicit_scenario(s, 3, "written.json"), "written");
  REQUIRE(written.setup.faults.size() > 1);
  CHECK(written.setup.faults[0].omission == expected);
}

TEST_CASE("a crash amid a broadcast says how many copies leave, and may wait for a type", "[scenario]") {
  const Fault f = fault_of(R"({"at": "1ms", "crash": 0, "in_flight": {"first": 2, "messages": ["Update"]}})");
  CHECK(f.amid == CrashAmidSending{.first = 2, .types = {"Update"}});
  CHECK_FALSE(f.in_flight_lost);
  CHECK(fault_of(R"({"at": "1ms", "crash": 0, "in_flight": "lost"})").in_flight_lost);
  CHECK_FALSE(fault_of(R"({"at": "1ms", "crash": 0})").amid);
}

TEST_CASE("what is wrong with an omission is named with its place, and what was meant", "[scenario]") {
  const std::string o = R"({"at": "1ms", "omission": 0, )";
  refuses(o + R"("messages": ["Updat"]})", "/faults/0/messages/0", "\"Update\"");
  refuses(o + R"("messages": ["Append"]})", "/faults/0/messages/0", "one of the protocol's messages Update");
  refuses(o + R"("messages": "Update"})", "/faults/0/messages", "a list");
  refuses(o + R"("of": "sent"})", "/faults/0/of", "\"send\"");
  refuses(o + R"("probability": 1.5})", "/faults/0/probability", "from 0 to 1");
  refuses(o + R"("pattern": "xo"})", "/faults/0/pattern", "signs \"x\" (struck)");
  refuses(o + R"("pattern": ""})", "/faults/0/pattern", "with an \"x\" among them");
  refuses(o + R"("pattern": "---"})", "/faults/0/pattern", "with an \"x\" among them");
  refuses(o + R"("messages": []})", "/faults/0/messages", "at least one type");
  refuses(o + R"("nth": []})", "/faults/0/nth", "numbers from 1 on");
  refuses(o + R"("nth": [0]})", "/faults/0/nth", "numbers from 1 on");
  refuses(o + R"("nth": [1], "pattern": "x"})", "/faults/0/nth", "not two");
  refuses(o + R"("probability": 0.5, "pattern": "x"})", "/faults/0/pattern", "not two");
  refuses(o + R"("towards": []})", "/faults/0/towards", "at least one node");
  refuses(o + R"("towards": 3})", "/faults/0/towards", "a replica from 0 to 2");
  refuses(o + R"("propability": 0.5})", "/faults/0/propability", "\"probability\"");
  refuses(R"({"at": "1ms", "omision": 0})", "/faults/0/omision", "\"omission\"");
  refuses(R"({"at": "1ms", "crash": 0, "in_flight": {"frist": 2}})", "/faults/0/in_flight/frist",
          "\"first\"");
  refuses(R"({"at": "1ms", "crash": 0, "in_flight": "gone"})", "/faults/0/in_flight", "\"lost\"");
}
