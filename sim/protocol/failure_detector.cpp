#include "sim/protocol/failure_detector.hpp"

#include <algorithm>

#include "sim/kernel/math.hpp"

namespace sim {

void DetectorOptions::describe(Fields& fields) {
  fields.choice("kind", kind,
                {{"timeout", Kind::timeout}, {"chen", Kind::chen}, {"phi_accrual", Kind::phi_accrual}},
                "The failure detector: a fixed timeout, Chen's NFD-S or NFD-E, or phi accrual.");
  fields.choice("driver", driver, {{"heartbeats", Driver::heartbeats}, {"pings", Driver::pings}},
                "Whether replicas send heartbeats by themselves or answer pings.");
  fields.duration("heartbeat", heartbeat, {.min = 1us}, "Time between two heartbeats or pings.");
  fields.duration(
      "timeout", timeout, {.min = 1us},
      "How long a replica is trusted after its latest heartbeat; for the other kinds, before the first.");
  fields.choice("clocks", clocks, {{"synchronised", Clocks::synchronised}, {"own", Clocks::own}},
                "chen: NFD-S, which assumes synchronised clocks, or NFD-E, which estimates arrival times.");
  fields.duration("margin", margin, {},
                  "chen: a heartbeat is late by this much after it was sent (NFD-S) or expected (NFD-E).");
  fields.count("window", window, {.min = 2, .max = 100'000},
               "chen with own clocks, phi_accrual: number of arrivals remembered.");
  fields.number("threshold", threshold, {.min = 0.1, .max = 15},
                "phi_accrual: suspect when phi exceeds this.");
  fields.duration("deviation_min", deviation_min, {.min = 1us},
                  "phi_accrual: smallest standard deviation assumed.");
}

FailureDetector::FailureDetector(const DetectorOptions& options, LocalTime now)
    : options_(options), trusted_until_(now + options.timeout) {
  if (options.kind == DetectorOptions::Kind::phi_accrual) {
    // phi = -log10(1 - F(t)) exceeds the threshold where F does 1 - 10^-threshold.
    quantile_ = -normal_quantile(exact_pow(10, -options.threshold));
  }
}

void FailureDetector::heard(std::uint64_t number, LocalTime now) {
  constexpr Duration kForEver = std::chrono::hours{24 * 365 * 100};
  if (number >= static_cast<std::uint64_t>(kForEver / options_.heartbeat)) return;  // nobody has sent so many
  latest_ = heard_any_ ? std::max(latest_, number) : number;
  switch (options_.kind) {
    case DetectorOptions::Kind::timeout: trusted_until_ = now + options_.timeout; break;
    case DetectorOptions::Kind::chen:
      trusted_until_ = options_.clocks == DetectorOptions::Clocks::synchronised ? chen_synchronised()
                                                                                : chen_own(number, now);
      break;
    case DetectorOptions::Kind::phi_accrual: trusted_until_ = phi_accrual(now); break;
  }
  heard_any_ = true;
}

// NFD-S: heartbeat i is sent at i eta; from the freshness point i eta + delta on, only heartbeats from i on
// count.
LocalTime FailureDetector::chen_synchronised() const {
  const auto next = static_cast<std::int64_t>(latest_ + 1);
  return LocalTime{next * options_.heartbeat + options_.margin};
}

// NFD-E: the arrival of the next heartbeat is expected at the mean of the arrivals so far, each shifted by
// its number of intervals; alpha later is too late.
LocalTime FailureDetector::chen_own(std::uint64_t number, LocalTime now) {
  remember(now.time_since_epoch() - static_cast<std::int64_t>(number) * options_.heartbeat);
  __extension__ using Int128 = __int128;  // a clock may be off by a year, and the window be long
  Int128 sum = 0;
  for (const Duration d : samples_) sum += d.count();
  const Duration shift{static_cast<std::int64_t>(sum / static_cast<std::int64_t>(samples_.size()))};
  const auto next = static_cast<std::int64_t>(latest_ + 1);
  return LocalTime{shift + next * options_.heartbeat + options_.margin};
}

// phi accrual: the gaps between arrivals are taken as normal; phi exceeds the threshold a fixed number of
// standard deviations after the mean gap.
LocalTime FailureDetector::phi_accrual(LocalTime now) {
  if (heard_any_) remember(now - last_arrival_);
  last_arrival_ = now;
  if (samples_.size() < 2) return now + options_.timeout;
  double mean = 0;
  for (const Duration d : samples_) mean += static_cast<double>(d.count());
  const auto n = static_cast<double>(samples_.size());
  mean /= n;
  double squares = 0;
  for (const Duration d : samples_) {
    const double deviation = static_cast<double>(d.count()) - mean;
    squares += deviation * deviation;
  }
  const double variance = squares / n;
  const double deviation = variance > 0 ? exact_pow(variance, 0.5) : 0;
  const double least = static_cast<double>(options_.deviation_min.count());
  return now + Duration{static_cast<std::int64_t>(mean + quantile_ * std::max(deviation, least))};
}

void FailureDetector::remember(Duration sample) {
  const auto window = static_cast<std::size_t>(options_.window);
  if (samples_.size() < window) {
    samples_.push_back(sample);
    return;
  }
  samples_[next_sample_] = sample;
  next_sample_ = (next_sample_ + 1) % window;
}

}  // namespace sim
