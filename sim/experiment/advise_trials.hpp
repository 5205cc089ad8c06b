// The runs that judge settings, stage by stage, each stage on seeds that no other one has run.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "sim/experiment/advise.hpp"
#include "sim/experiment/advise_knobs.hpp"

namespace sim {

/// Whether a bound on it is a rate of events in calm runs.
bool per_hour(Concern concern);

/// How long and how often each setting is tried.
struct Effort {
  double calm_seconds = 0;  ///< Virtual.
  std::uint64_t crashes = 0;
  std::uint64_t replications = 0;  ///< Of a splitting, for what is too rare for the calm runs; 0: none.
};

class Trials {
 public:
  /// `longest`: crash runs can see an outage of this length.
  Trials(const Scenario& scenario, const AdviceOptions& options, Duration longest);

  const Knobs& knobs() const { return knobs_; }
  /// The scenario's own calm document.
  const Json& calm() const { return calm_; }
  std::uint64_t runs() const { return runs_; }

  /// Whether the protocol takes the setting.
  bool takes(const Setting& setting) const;

  /// Tries every setting, in the calm scenario or in another one, whose network crash runs then have as well.
  std::vector<Judged> run(const std::string& stage, const std::vector<Setting>& settings,
                          const Effort& effort) {
    return run(stage, calm_, settings, effort);
  }
  std::vector<Judged> run(const std::string& stage, const Json& calm, const std::vector<Setting>& settings,
                          const Effort& effort);

 private:
  struct Tally;
  void sweep_over(const std::string& stage, const Json& document, const std::vector<Setting>& settings,
                  std::uint64_t runs, const std::function<void(std::size_t, const RunResult&)>& observe);
  void split_for(const std::string& stage, std::size_t bound, const Json& calm,
                 const std::vector<Setting>& settings, std::uint64_t replications,
                 std::vector<Tally>& tallies);
  void take_calm(Tally& tally, const RunResult& run) const;
  Judged judge(const Setting& setting, Tally& tally) const;
  void hold(Judged& judged, const Tally& tally, const Bound& bound, std::size_t index) const;

  const AdviceOptions& options_;
  std::string file_;
  Knobs knobs_;
  Json calm_;
  Duration longest_;
  std::uint64_t next_seed_ = 1;
  std::uint64_t runs_ = 0;
};

}  // namespace sim
