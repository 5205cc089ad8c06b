// Requests and answers in words, for traces and scripts.
#pragma once

#include <cstdint>
#include <string>

#include "sim/kernel/time.hpp"
#include "sim/workload/clients.hpp"
#include "sim/workload/command.hpp"
#include "sim/workload/service.hpp"

namespace sim {

/// A duration such as `150ms`; nanoseconds beyond whole microseconds are left out.
std::string text_of(Duration duration);
/// Keys are called x, y, z, k3, k4 ...
std::string key_name(std::uint32_t key);
std::string text_of(const Value& value);
std::string text_of(RequestId id);  ///< `c0#1`: the request 1 of client 0.
std::string text_of(const Command& command);
std::string text_of(const Request& request);
std::string text_of(const Stamp& stamp);  ///< `(7,2)`: number and owner.
std::string text_of(const Asked& asked);
std::string text_of(const Change& change);
std::string text_of(const Service& service);
std::string text_of(const Reply& reply);

}  // namespace sim
