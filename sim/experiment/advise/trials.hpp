// The runs that judge settings, stage by stage; each stage has its own seeds.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "sim/experiment/advise/advice.hpp"
#include "sim/experiment/advise/knobs.hpp"
#include "sim/experiment/advise/tally.hpp"
#include "sim/experiment/advise/trial_log.hpp"

namespace sim {

/// How long and how often each setting is tried.
struct Effort {
  double calm_seconds = 0;  ///< Virtual.
  std::uint64_t crashes = 0;
  std::uint64_t replications = 0;  ///< Of a splitting, for events too rare for the calm runs; 0: none.
};

/// Thrown out of a trial when it is time to stop.
struct Stopped {
  Stop why;
};

class Trials {
 public:
  using Sink = std::function<void(Judged)>;

  /// `longest`: crash runs can see an outage of this length.
  Trials(const Scenario& scenario, const AdviceOptions& options, Duration longest);

  /// The scenario's own calm document.
  const Json& calm() const { return calm_; }
  std::uint64_t runs() const { return runs_; }
  double calm_hours() const { return calm_seconds_ / 3600; }

  /// Whether the protocol takes the setting.
  bool takes(const Setting& setting) const;

  /// Tries every setting, in the calm scenario or in another one, whose network crash runs then have as well,
  /// and hands each on as soon as it is judged. Throws Stopped.
  void run(const std::string& stage, const Json& calm, const std::vector<Setting>& settings,
           const Effort& effort, const Sink& judged);
  Judged run(const std::string& stage, const Json& calm, const Setting& setting, const Effort& effort);

 private:
  struct Part;
  struct Seeds {
    std::uint64_t first = 0, count = 0;
  };
  std::size_t at_once(std::uint64_t runs) const;
  std::vector<Part> parts_of(const Json& calm, const std::vector<Setting>& all, const Effort& effort) const;
  void try_some(const Json& calm, const std::vector<Part>& parts, const std::vector<Setting>& settings,
                const Effort& effort, std::vector<Tally>& tallies);
  void play_block(const Part& part, const std::vector<Setting>& settings, const Seeds& seeds,
                  std::vector<Tally>& tallies);
  Json inputs_of(const Part& part, const Json& canonical, const Seeds& seeds) const;
  void check(const Part& part, const Setting& setting, const Seeds& seeds, const Json& outcome);
  std::optional<Estimate> split(const RareEvent& event, const Json& calm, const Setting& setting,
                                std::uint64_t replications);
  void show(std::uint64_t done, std::uint64_t resumed = 0);
  void stop_if_asked() const;  ///< Throws Stopped.

  const AdviceOptions& options_;
  std::string file_;
  Knobs knobs_;
  Json calm_;
  Duration longest_;
  TrialLog log_;
  Json files_;  ///< Digests of the scenario's files.
  std::uint64_t next_seed_ = 1;
  std::uint64_t runs_ = 0;
  double calm_seconds_ = 0;
  std::string stage_;
  SweepProgress progress_{};
  std::vector<std::string> checked_;  ///< Parts of which a trial that was taken up came out again.
};

}  // namespace sim
