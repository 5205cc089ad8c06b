// Reads the output of `ping` for its round trips and its losses.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/kernel/time.hpp"

namespace sim {

struct PingLog {
  std::vector<Duration> round_trips;
  std::uint64_t sent = 0;  ///< Answered, timed out, or missing between numbers; repeated answers count once.
  std::uint64_t lost() const { return sent - round_trips.size(); }
  /// The loss of a message on one way, if both ways lose alike.
  double one_way_loss() const;
};

/// A line that can't be read, from 1.
struct PingError {
  std::size_t line = 0;
  std::string found, expected;
};

/// Whether some line is one of ping's; otherwise a file is a list of numbers.
bool is_ping_log(std::string_view text);

/// Reads the output of ping on Linux (iputils, busybox), macOS, BSD and Windows. Several logs may follow one
/// another. Headers and summaries are left out. Throws PingError.
PingLog read_ping_log(std::string_view text);

}  // namespace sim
