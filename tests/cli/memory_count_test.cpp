// The memory that a run counts is close to the memory that it takes from the system, for every protocol, so
// that a bound on memory holds.
#include <unistd.h>

#include <cstddef>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "sim/protocol/plan.hpp"
#include "sim/scenario/scenario.hpp"
#include "sim/world/world.hpp"
#include "tests/support/catch.hpp"

using namespace sim;

namespace {

// Bytes of this process that are in memory now, but for what was given back; 0 where the system doesn't say.
std::size_t resident() {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
  std::ifstream in("/proc/self/statm");
  std::size_t all = 0, here = 0;
  in >> all >> here;
  return here * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

// Forty thousand operations at the protocol's own defaults; nothing where it serves no clients so.
std::optional<Scenario> long_run(std::string_view protocol) {
  for (const char* service : {"kv", "register"}) {
    Json json = Json::parse(R"({"name": "long", "duration": "40s", "settle": "1s", "replicas": 4,
        "clients": {"count": 4, "rate": "250/s", "reads": 0.3}, "network": {"delay": "1ms"}})");
    json["protocol"] = {{"name", protocol}};
    json["service"] = {{"name", service}};
    try {
      return read_scenario(json, "long.json");
    } catch (const InputError&) {
      continue;
    }
  }
  return std::nullopt;
}

}  // namespace

TEST_CASE("what is counted of a long run is within a factor of two of what it takes, for every protocol") {
  std::size_t held = 0;
  for (const ProtocolEntry& entry : protocols()) {
    const auto scenario = long_run(entry.name);
    if (!scenario) continue;
    const std::size_t before = resident();
    World world(scenario->setup, 1, scenario->plan->make_host(scenario->setup.replicas));
    world.run();
    const std::size_t now = resident();
    if (now < before + (std::size_t{4} << 20)) continue;  // too little to tell
    const double ratio = static_cast<double>(world.bytes()) / static_cast<double>(now - before);
    CAPTURE(entry.name, world.bytes(), now - before, ratio);
    CHECK(ratio > 0.5);
    CHECK(ratio < 2);
    ++held;
  }
  if (resident() > 0) CHECK(held >= 8);
}
