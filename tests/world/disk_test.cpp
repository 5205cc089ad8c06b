// Disks: what a restarted node finds, and what waits until it is written.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/catch.hpp"
#include "tests/world/quiet_world.hpp"

using namespace quiet_world;

namespace {

const DiskLaws slow{.delay = DelayLaw::constant(10ms)};

Fault hang(Duration from, Duration to) {
  return {.at = from, .kind = Fault::Kind::disk, .until = to, .victim = number(0), .writes = {.hang = true}};
}

// A node that starts this many writes at 1 ms, and waits for each of them.
Probe::Options writes(int count) {
  return {[count](ProbeEnv& env, const std::string& event) {
    if (event == "start") env.set_timer(Timer::first, 1ms);
    for (int i = 1; event == "first" && i <= count; ++i) {
      env.persist(i);
      env.when_durable(std::to_string(i));
    }
  }};
}

// When each of the writes of node 0 was durable, under these faults.
std::vector<Duration> completions(std::vector<Fault> faults, Probe::Options options, std::uint64_t seed = 1) {
  Setup setup = quiet_setup(1);
  setup.faults = std::move(faults);
  ProbeWorld probe(setup, std::move(options), seed);
  probe.world.run();
  std::vector<Duration> all;
  for (const auto& [what, at] : probe.node(0).seen) {
    if (what.ends_with(" is durable")) all.push_back(at);
  }
  return all;
}

Fault disk_from_start(const DiskLaws& laws) {
  return {.at = 0ms, .kind = Fault::Kind::disk, .victim = number(0), .writes = laws};
}

}  // namespace

TEST_CASE("what a restarted node finds on disk depends on how it went down") {
  const auto found = [](DiskFate fate) {
    Setup setup = quiet_setup(1);
    setup.faults = {disk_from_start(slow),
                    {.at = 35ms, .kind = Fault::Kind::crash, .victim = number(0)},
                    {.at = 90ms, .kind = Fault::Kind::restart, .victim = number(0), .disk = {fate}}};
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
  setup.faults = {disk_from_start(slow)};
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
    setup.faults = {disk_from_start(slow),
                    {.at = 5ms, .kind = Fault::Kind::crash, .victim = number(0)},
                    {.at = 6ms, .kind = Fault::Kind::restart, .victim = number(0), .disk = {fate}}};
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
  setup.faults = {disk_from_start(slow),
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

TEST_CASE("a disk that hangs completes nothing, and goes on with the write under way when the hang ends") {
  const std::vector<Duration> undisturbed{11ms, 21ms, 31ms, 41ms};
  CHECK(completions({disk_from_start(slow)}, writes(4)) == undisturbed);
  const std::vector<Duration> expected{11ms, 51ms, 61ms, 71ms};
  CHECK(completions({disk_from_start(slow), hang(15ms, 45ms)}, writes(4)) == expected);
}

TEST_CASE("what a fast disk is given while it hangs waits until the hang ends, and no longer") {
  CHECK(completions({hang(0ms, 40ms)}, writes(2)) == std::vector<Duration>{40ms, 40ms});
  CHECK(completions({hang(2ms, 40ms)}, writes(2)) == std::vector<Duration>{1ms, 1ms});
}

TEST_CASE("of several hangs at once the last to end counts, and each one delays what waits") {
  const std::vector<Fault> overlapping{disk_from_start(slow), hang(5ms, 30ms), hang(20ms, 50ms)};
  CHECK(completions(overlapping, writes(2)) == std::vector<Duration>{56ms, 66ms});
  const std::vector<Fault> apart{disk_from_start(slow), hang(5ms, 30ms), hang(33ms, 50ms)};
  CHECK(completions(apart, writes(2)) == std::vector<Duration>{53ms, 63ms});
}

TEST_CASE("a hang that nothing ends ends with the chaos phase") {
  Setup setup = quiet_setup(1, 100ms);
  setup.settle = 1s;
  setup.faults = {{.at = 0ms, .kind = Fault::Kind::disk, .victim = number(0), .writes = {.hang = true}}};
  ProbeWorld probe(setup, writes(1));
  probe.world.run();
  CHECK(probe.node(0).seen.back() == Probe::Seen{"1 is durable", 100ms});
}

TEST_CASE("power that fails while the disk hangs takes all that had not completed before") {
  const auto found = [](DiskFate fate) {
    Setup setup = quiet_setup(1);
    setup.faults = {disk_from_start(slow),
                    hang(15ms, 80ms),
                    {.at = 60ms, .kind = Fault::Kind::crash, .victim = number(0)},
                    {.at = 90ms, .kind = Fault::Kind::restart, .victim = number(0), .disk = {fate}}};
    Probe::Options once{[](ProbeEnv& env, const std::string& event) {
      if (event == "start" && env.first_life()) env.set_timer(Timer::first, 1ms);
      for (int i = 1; event == "first" && i <= 3; ++i) env.persist(i);
    }};
    ProbeWorld probe(setup, once);
    probe.world.run();
    return probe.node(0).found;
  };
  CHECK(found(DiskFate::tail_lost) == std::vector{1});
  CHECK(found(DiskFate::kept) == std::vector{1, 2, 3});
}

TEST_CASE("a node that restarts with its disk still hanging waits for it") {
  const std::vector<Fault> faults{hang(0ms, 70ms),
                                  {.at = 10ms, .kind = Fault::Kind::crash, .victim = number(0)},
                                  {.at = 20ms, .kind = Fault::Kind::restart, .victim = number(0)}};
  CHECK(completions(faults, writes(2)) == std::vector<Duration>{70ms, 70ms});
}

TEST_CASE("a pause that outlasts a hang leaves the news of the disk in order") {
  const Fault pause{.at = 15ms, .kind = Fault::Kind::pause, .until = 58ms, .victim = number(0)};
  const auto done = completions({disk_from_start(slow), hang(15ms, 45ms), pause}, writes(3));
  CHECK(done == std::vector<Duration>{11ms, 58ms, 61ms});
}

TEST_CASE("times of writes follow their law, and one seed draws them alike") {
  const DiskLaws uniform{.delay = DelayLaw::uniform(1ms, 3ms)};
  const auto times = [&](std::uint64_t seed) {
    return completions({disk_from_start(uniform)}, writes(200), seed);
  };
  const auto first = times(1);
  CHECK(first == times(1));
  CHECK(first != times(2));
  Duration last = 1ms;
  Duration shortest = 1s, longest = 0s;
  for (const Duration at : first) {
    shortest = std::min(shortest, at - last);
    longest = std::max(longest, at - last);
    last = at;
  }
  CHECK((shortest >= 1ms && shortest < 1100us));
  CHECK((longest <= 3ms && longest > 2900us));
}

TEST_CASE(
    "with group commit one flush takes all writes that wait, and the next takes those that came during it") {
  const DiskLaws together{.delay = DelayLaw::constant(10ms), .group_commit = true};
  Probe::Options every_four_ms{[](ProbeEnv& env, const std::string& event) {
    if (event == "start" || (event == "first" && env.now().time_since_epoch() < 21ms))
      env.set_timer(Timer::first, event == "start" ? 1ms : 4ms);
    if (event != "first") return;
    env.persist(1);
    env.when_durable("it");
  }};
  // Begun at 1, 5, 9, 13, 17 and 21 ms; flushes from 1 to 11, 11 to 21, and 21 to 31 ms.
  const std::vector<Duration> expected{11ms, 21ms, 21ms, 31ms, 31ms, 31ms};
  CHECK(completions({disk_from_start(together)}, every_four_ms) == expected);
  CHECK(completions({disk_from_start(together)}, writes(3)) == std::vector<Duration>{11ms, 11ms, 11ms});
}

TEST_CASE("a flush that a hang interrupts goes on after it") {
  const DiskLaws together{.delay = DelayLaw::constant(10ms), .group_commit = true};
  const std::vector<Duration> expected{36ms, 36ms};
  CHECK(completions({disk_from_start(together), hang(5ms, 30ms)}, writes(2)) == expected);
}

TEST_CASE("a power failure takes a flush as a whole") {
  Setup setup = quiet_setup(1);
  setup.faults = {
      disk_from_start({.delay = DelayLaw::constant(10ms), .group_commit = true}),
      {.at = 15ms, .kind = Fault::Kind::crash, .victim = number(0)},
      {.at = 90ms, .kind = Fault::Kind::restart, .victim = number(0), .disk = {DiskFate::tail_lost}}};
  ProbeWorld probe(setup, {[](ProbeEnv& env, const std::string& event) {
                     if (event == "start" && env.first_life()) env.set_timer(Timer::first, 1ms);
                     if (event == "first") env.set_timer(Timer::second, 2ms);
                     if (event == "first" || event == "second") env.persist(1), env.persist(2);
                   }});
  probe.world.run();
  CHECK(probe.node(0).found == std::vector{1, 2});
}

namespace {

// What a second life finds whose first has written 1 to 5, all complete but 4 and 5, and whose power failed.
std::pair<std::vector<int>, Record> found_after_power_failure(DiskFound disk) {
  Setup setup = quiet_setup(1);
  setup.faults = {disk_from_start(slow),
                  {.at = 35ms, .kind = Fault::Kind::crash, .victim = number(0)},
                  {.at = 90ms, .kind = Fault::Kind::restart, .victim = number(0), .disk = disk}};
  ProbeWorld probe(setup, {[](ProbeEnv& env, const std::string& event) {
                     if (event == "start" && env.first_life()) env.set_timer(Timer::first, 1ms);
                     for (int i = 1; event == "first" && i <= 5; ++i) env.persist(i);
                   }});
  probe.world.run();
  return {probe.node(0).found, probe.world.record()};
}
std::vector<int> found_with(DiskFound disk) { return found_after_power_failure(disk).first; }

}  // namespace

TEST_CASE("a torn record is the first that had not completed, and ends what a restart finds") {
  CHECK(found_with({DiskFate::torn}) == std::vector{1, 2, 3, Probe::Disk::kTorn});
}

TEST_CASE("a disk that lied lacks the last writes that it called complete") {
  CHECK(found_with({DiskFate::lost_fsync}) == std::vector{1, 2});
  CHECK(found_with({DiskFate::lost_fsync, 2}) == std::vector{1});
  CHECK(found_with({DiskFate::lost_fsync, 99}).empty());
}

TEST_CASE("a corrupt record is handed over as such, and the protocol says whether those after it count") {
  CHECK(found_with({DiskFate::corrupt}) == std::vector{1, 2, Probe::Disk::kCorrupt});
  CHECK(found_with({DiskFate::corrupt, 2}) == std::vector{1, Probe::Disk::kCorrupt, 3});
  CHECK(found_with({DiskFate::corrupt, 3}) == std::vector{Probe::Disk::kCorrupt});  // it asks for no more
}

TEST_CASE("judges learn which disks broke their word, and a fate that found nothing to harm is noted") {
  const auto record_of = [](DiskFate fate) { return found_after_power_failure({fate}).second; };
  for (const DiskFate fate : {DiskFate::lost, DiskFate::corrupt, DiskFate::lost_fsync})
    CHECK(record_of(fate).lost_disk.contains(NodeId{0}));
  for (const DiskFate fate : {DiskFate::kept, DiskFate::tail_lost, DiskFate::torn})
    CHECK(record_of(fate).lost_disk.empty());
  for (const DiskFate fate : {DiskFate::torn, DiskFate::corrupt, DiskFate::lost_fsync}) {
    CHECK(record_of(fate).idle.empty());
    Setup setup = quiet_setup(1);
    setup.faults = {{.at = 35ms, .kind = Fault::Kind::crash, .victim = number(0)},
                    {.at = 90ms, .kind = Fault::Kind::restart, .victim = number(0), .disk = {fate}}};
    ProbeWorld probe(setup, {});
    probe.world.run();
    CHECK(probe.world.record().idle.size() == 1);
    CHECK(probe.world.record().lost_disk.empty());
  }
}

TEST_CASE("a disk that is read at a restart keeps what that found: a later fate harms later writes only") {
  Setup setup = quiet_setup(1);
  setup.faults = {
      {.at = 10ms, .kind = Fault::Kind::crash, .victim = number(0)},
      {.at = 20ms, .kind = Fault::Kind::restart, .victim = number(0), .disk = {DiskFate::kept}},
      {.at = 30ms, .kind = Fault::Kind::crash, .victim = number(0)},
      {.at = 40ms, .kind = Fault::Kind::restart, .victim = number(0), .disk = {DiskFate::lost_fsync, 9}}};
  ProbeWorld probe(setup, {[](ProbeEnv& env, const std::string& event) {
                     if (event == "start") env.persist(env.first_life() ? 1 : 2);
                   }});
  probe.world.run();
  CHECK(probe.node(0).found == std::vector{1});
}
