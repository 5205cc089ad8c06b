// The setup from which a world is made.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/fault/fault.hpp"
#include "sim/network/network.hpp"
#include "sim/workload/clients.hpp"
#include "sim/workload/service.hpp"

namespace sim {

/// Everything that runs of one scenario share. It does not change, and outlives them.
struct Setup {
  std::size_t replicas = 1;
  Duration duration = 10s;  ///< The chaos phase: clients call, faults strike.
  Duration settle = 0s;     ///< Then: faults are healed, clients quiet, replicas converge.
  std::uint64_t max_events = 100'000'000;
  std::uint64_t max_memory = std::uint64_t{2} << 30;  ///< Bytes, as the world counts them: World::bytes.
  Model model = Model::kv;
  std::uint32_t keys = 1;
  NetworkLaws network{};
  std::vector<Fault> faults{};  ///< In any order.
  std::vector<RandomFault> random_faults{};
  std::size_t crashed_at_once = 1;  ///< Limit for random faults.
  ClientPlan clients{};
};

}  // namespace sim
