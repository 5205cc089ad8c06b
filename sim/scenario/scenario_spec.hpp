// A scenario's document in typed form; both the document and the Scenario can be made again from it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/protocol/plan.hpp"
#include "sim/scenario/document_fields.hpp"
#include "sim/scenario/expectation.hpp"
#include "sim/scenario/fault_entry.hpp"
#include "sim/scenario/network_spec.hpp"
#include "sim/scenario/sweep_spec.hpp"
#include "sim/scenario/workload_spec.hpp"
#include "sim/world/setup.hpp"

namespace sim {

struct ProtocolSpec {
  const ProtocolEntry* entry = nullptr;
  std::unique_ptr<ProtocolPlan> plan{};
};

struct ScenarioSpec {
  std::string name{};
  std::string about{};
  std::uint64_t seed = 1;
  Duration duration = 30s;
  Duration settle = 5s;
  std::size_t replicas = 3;
  std::uint64_t max_events = 100'000'000;
  std::uint64_t max_memory = Setup{}.max_memory;
  ProtocolSpec protocol{};
  ServiceSpec service{};
  WorkloadSpec clients{};
  NetworkSpec network{};
  std::vector<FaultEntry> faults{};
  std::vector<Expectation> expect{};
  std::optional<SweepPlan> sweep{};

  /// The one description of a scenario. Later keys are checked against earlier ones, so their order matters.
  void describe(DocumentFields& fields);
};

}  // namespace sim
