// Failure detectors by heartbeat: given the arrivals of one peer's heartbeats, how long to trust that peer?
// Trusting too long costs availability after a crash, too short suspects the living. Each detector here is
// that one function; a protocol asks `trusted_until` after each arrival and sets a timer.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/kernel/fields.hpp"
#include "sim/kernel/time.hpp"

namespace sim {

struct DetectorOptions {
  enum class Kind : std::uint8_t {
    timeout,  ///< Trust lasts `timeout` after the latest arrival.
    chen,     ///< Chen, Toueg, Aguilera, IEEE ToC 2002: NFD-S (synchronised clocks) or NFD-E (own clocks).
    phi_accrual,  ///< Hayashibara, Defago, Yared, Katayama, SRDS 2004.
  };
  enum class Clocks : std::uint8_t { synchronised, own };
  enum class Driver : std::uint8_t { heartbeats, pings };

  Kind kind = Kind::timeout;
  Driver driver = Driver::heartbeats;  ///< Replicas send heartbeats by themselves, or only when pinged.
  Duration heartbeat = 10ms;           ///< Time between heartbeats (or pings): eta.
  Duration timeout = 30ms;             ///< `timeout`: TO. The others: trust before the first arrivals are in.
  Clocks clocks = Clocks::own;         ///< chen: NFD-S or NFD-E.
  Duration margin = 20ms;              ///< chen: delta of NFD-S, alpha of NFD-E.
  std::int64_t window = 100;           ///< chen (NFD-E), phi_accrual: arrivals that are remembered.
  double threshold = 8;                ///< phi_accrual: suspect when phi exceeds it.
  Duration deviation_min = 1ms;        ///< phi_accrual: the least standard deviation assumed.

  void describe(Fields& fields);
};

/// Watches one peer.
class FailureDetector {
 public:
  /// Starts trusting the peer at `now`.
  FailureDetector(const DetectorOptions& options, LocalTime now);

  /// The peer's heartbeat `number` (counted from 0, one every `heartbeat` since its clock's zero) has
  /// arrived.
  void heard(std::uint64_t number, LocalTime now);

  /// The first moment at which the peer is suspected if nothing more is heard.
  LocalTime trusted_until() const { return trusted_until_; }

 private:
  void remember(Duration sample);
  LocalTime chen_synchronised() const;
  LocalTime chen_own(std::uint64_t number, LocalTime now);
  LocalTime phi_accrual(LocalTime now);

  DetectorOptions options_;
  LocalTime trusted_until_;
  std::uint64_t latest_ = 0;  ///< The largest heartbeat number heard.
  bool heard_any_ = false;
  double quantile_ = 0;  ///< phi_accrual: how many deviations above the mean the threshold lies.
  LocalTime last_arrival_{};
  std::vector<Duration> samples_;  ///< A ring: shifted arrivals (NFD-E) or gaps between arrivals (phi).
  std::size_t next_sample_ = 0;
};

}  // namespace sim
