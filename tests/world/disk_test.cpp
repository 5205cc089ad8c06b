// Disks: what a restarted node finds, and what waits until it is written.
#include <string>
#include <vector>

#include "tests/support/catch.hpp"
#include "tests/world/quiet_world.hpp"

using namespace quiet_world;

TEST_CASE("what a restarted node finds on disk depends on how it went down") {
  const auto found = [](DiskFate fate) {
    Setup setup = quiet_setup(1);
    setup.faults = {{.at = 0ms, .kind = Fault::Kind::disk, .victim = number(0), .span = 10ms},
                    {.at = 35ms, .kind = Fault::Kind::crash, .victim = number(0)},
                    {.at = 90ms, .kind = Fault::Kind::restart, .victim = number(0), .disk = fate}};
    const auto act = [](ProbeEnv& env, const std::string& event) {
      if (event == "start" && env.first_life()) env.set_timer(Timer::first, 1ms);
      if (event != "first") return;
      for (const int i : {1, 2, 3, 4, 5}) env.persist(i);  // safe at 11, 21, 31, 41, 51 ms
    };
    ProbeWorld probe(setup, {act});
    probe.world.run();
    return probe.node(0).found;
  };
  CHECK(found(DiskFate::kept) == std::vector{1, 2, 3, 4, 5});
  CHECK(found(DiskFate::tail_lost) == std::vector{1, 2, 3});
  CHECK(found(DiskFate::lost).empty());
}

TEST_CASE("what waits for the disk waits for what was written before it, and for no more") {
  Setup setup = quiet_setup(1);
  setup.faults = {{.at = 0ms, .kind = Fault::Kind::disk, .victim = number(0), .span = 10ms}};
  ProbeWorld probe(setup, {[](ProbeEnv& env, const std::string& event) {
                     if (event == "start") env.set_timer(Timer::first, 1ms);
                     if (event != "first") return;
                     env.when_durable("nothing");
                     env.persist(1);
                     env.when_durable("one");
                     env.persist(2);
                     env.persist(3);
                     env.when_durable("three");
                     env.when_durable("three again");
                     CHECK_FALSE(env.durable());
                   }});
  probe.world.run();
  const std::vector<Probe::Seen> expected{{"start", 0ms},
                                          {"first", 1ms},
                                          {"nothing is durable", 1ms},
                                          {"one is durable", 11ms},
                                          {"three is durable", 31ms},
                                          {"three again is durable", 31ms}};
  CHECK(probe.node(0).seen == expected);
}

TEST_CASE("a crash forgets what waited for the disk, and a new life's own waits are told apart from it") {
  for (const DiskFate fate : {DiskFate::kept, DiskFate::tail_lost, DiskFate::lost}) {
    Setup setup = quiet_setup(1);
    setup.faults = {{.at = 0ms, .kind = Fault::Kind::disk, .victim = number(0), .span = 10ms},
                    {.at = 5ms, .kind = Fault::Kind::crash, .victim = number(0)},
                    {.at = 6ms, .kind = Fault::Kind::restart, .victim = number(0), .disk = fate}};
    ProbeWorld probe(setup, {[](ProbeEnv& env, const std::string& event) {
                       if (event == "start") env.set_timer(Timer::first, 1ms);
                       if (event != "first") return;
                       env.persist(1);
                       env.when_durable(env.first_life() ? "the old life" : "the new life");
                     }});
    probe.world.run();
    const std::vector<Probe::Seen> expected{
        {"start", 6ms}, {"first", 7ms}, {"the new life is durable", 17ms}};
    CHECK(probe.node(0).seen == expected);
  }
}

TEST_CASE("a paused node says what waited for its disk when it wakes, in order") {
  Setup setup = quiet_setup(1);
  setup.faults = {{.at = 0ms, .kind = Fault::Kind::disk, .victim = number(0), .span = 10ms},
                  {.at = 5ms, .kind = Fault::Kind::pause, .until = 50ms, .victim = number(0)}};
  ProbeWorld probe(setup, {[](ProbeEnv& env, const std::string& event) {
                     if (event == "start") env.set_timer(Timer::first, 1ms);
                     if (event != "first") return;
                     for (const int i : {1, 2, 3}) {
                       env.persist(i);
                       env.when_durable(std::to_string(i));
                     }
                   }});
  probe.world.run();
  const std::vector<Probe::Seen> expected{
      {"start", 0ms}, {"first", 1ms}, {"1 is durable", 50ms}, {"2 is durable", 50ms}, {"3 is durable", 50ms}};
  CHECK(probe.node(0).seen == expected);
}
