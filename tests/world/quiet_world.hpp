// Worlds in which nothing happens but what a test asks for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/probe.hpp"

namespace quiet_world {

using namespace sim;

using ProbeEnv = Probe::Env;
using Timer = Probe::Timer;
using Seen = std::vector<std::string>;

inline Setup quiet_setup(std::size_t replicas, Duration duration = 1s) {
  Setup setup;
  setup.replicas = replicas;
  setup.duration = duration;
  setup.clients.options.count = 0;
  setup.network.replicas.delay = DelayLaw::constant(1ms);
  return setup;
}

inline Victim number(std::uint16_t n) { return {Victim::Kind::number, NodeId{n}}; }

// What node 0 does at its start; the others only watch.
inline Probe::Options at_start(std::function<void(ProbeEnv&)> act) {
  return {[act](ProbeEnv& env, const std::string& event) {
    if (event == "start" && env.self() == NodeId{0}) act(env);
  }};
}

}  // namespace quiet_world
