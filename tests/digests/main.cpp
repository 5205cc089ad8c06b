// Prints the digest of each scenario named on the command line: what every compiler must agree on.
#include <cstdio>

#include "sim/scenario/scenario.hpp"
#include "sim/world/world.hpp"

int main(int count, char** files) {
  for (int i = 1; i < count; ++i) {
    const auto scenario = sim::load_scenario(files[i]);
    sim::World world(scenario.setup, scenario.seed, scenario.plan->make_host(scenario.setup.replicas));
    world.run();
    std::printf("%s %016llx\n", files[i], static_cast<unsigned long long>(world.digest()));
  }
}
