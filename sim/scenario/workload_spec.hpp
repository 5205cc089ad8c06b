// The service and its clients as a scenario writes them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/scenario/document_fields.hpp"
#include "sim/workload/options.hpp"
#include "sim/workload/service.hpp"

namespace sim {

struct ServiceSpec {
  const ServiceKind* kind = find_service("kv");
  std::uint32_t keys = 4;
  void describe(DocumentFields& fields);
};

struct WorkloadSpec {
  ClientOptions options{.count = 3};
  /// As in the scenario: `true` stands for a tenth of the timeout, whatever that is set to.
  bool retry_by_timeout = false;
  std::optional<Duration> outage_after{};  ///< Unset: it follows from the network's delays.
  /// Names of actions with weights; checked against the service.
  void describe(DocumentFields& fields, const ServiceKind& service);
};

}  // namespace sim
