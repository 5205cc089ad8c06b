// A message on its way costs no allocation: a run that has warmed up allocates only as its records grow.
#include <atomic>
#include <cstdlib>
#include <new>
#include <string>

#include "sim/protocol/registry.hpp"
#include "tests/support/catch.hpp"

namespace {
std::atomic<std::uint64_t> allocations = 0;
}

// Counts whatever this executable allocates.
void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

using namespace sim;

namespace {

struct Count {
  std::uint64_t allocations, deliveries;
};

// What a protocol with its default options allocates in a second without faults, after one to warm up.
Count allocated_in_a_second(const ProtocolPlan& plan, std::size_t replicas, std::uint32_t clients) {
  ClientOptions options;
  options.count = clients;
  options.arrivals = ClientOptions::Arrivals::closed;
  Setup setup{.replicas = replicas, .duration = 10s, .keys = 4};
  setup.network.replicas = {.delay = DelayLaw::uniform(500us, 1500us)};
  setup.network.clients = setup.network.replicas;
  setup.clients =
      ClientPlan(options, plan.client_policy(replicas), *find_service("kv"), setup.keys, replicas);
  World world(setup, 1, plan.make_host(replicas));
  world.run_until(Time{1s});
  const Count before{allocations, world.record().messages_delivered};
  world.run_until(Time{2s});
  return {allocations - before.allocations, world.record().messages_delivered - before.deliveries};
}

}  // namespace

TEST_CASE("a message costs no allocation") {
  for (const auto* name : {"naive_broadcast", "raft"}) {
    const auto plan = find_protocol(name)->make_plan();
    for (const std::size_t replicas : {3u, 5u}) {
      const auto [allocated, delivered] = allocated_in_a_second(*plan, replicas, 1);
      CAPTURE(name, replicas, allocated, delivered);
      CHECK(delivered > 1000);
      CHECK(allocated * 20 < delivered);  // what is left: records, logs, and states that grow
    }
  }
}
