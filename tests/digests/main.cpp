// Prints the digest of each scenario named on the command line, or that it is refused. Every compiler must
// give the same output.
#include <cstdio>

#include "sim/scenario/scenario.hpp"
#include "sim/world/world.hpp"

namespace {

void print_digest(const char* file) {
  const auto scenario = sim::load_scenario(file);
  sim::World world(scenario.setup, scenario.seed, scenario.plan->make_host(scenario.setup.replicas));
  world.run();
  std::printf("%s %016llx\n", file, static_cast<unsigned long long>(world.digest()));
}

}  // namespace

int main(int count, char** files) {
  for (int i = 1; i < count; ++i) {
    try {
      print_digest(files[i]);
    } catch (const sim::InputError& e) {
      std::printf("%s refused\n", e.what());
    }
  }
}
