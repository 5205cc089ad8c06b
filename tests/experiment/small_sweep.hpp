// A small sweep that many tests run: four points, twelve seeds each.
#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>

#include "sim/experiment/sweep/sweep.hpp"
#include "sim/scenario/scenario.hpp"

namespace small_sweep {

using namespace sim;

inline Json document() {
  return Json::parse(R"({"name": "small", "about": "A sweep for tests.", "duration": "50ms", "settle": "20ms",
    "replicas": 2, "protocol": {"name": "primary_backup"}, "service": {"name": "kv", "keys": 2},
    "clients": {"count": 2, "rate": "100/s", "timeout": "20ms"},
    "network": {"delay": {"exponential": "1ms"}, "loss": 0.05},
    "sweep": {"vary": {"/network/loss": [0.0, 0.3], "/clients/count": [1, 2]}, "seeds": 12}})");
}

inline Scenario scenario() { return read_scenario(document(), "small.json"); }

inline SweepOptions options(const std::filesystem::path& out, unsigned jobs = 1) {
  return {.seeds = 12, .jobs = jobs, .out = out};
}

// What is said when `action` meets bad input; empty when it doesn't.
template <class Action> std::string complaint_of(const Action& action) {
  try {
    action();
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return {};
}

}  // namespace small_sweep
