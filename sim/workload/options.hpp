// What the clients of a scenario do.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "sim/history/operation.hpp"
#include "sim/kernel/time.hpp"

namespace sim {

struct ClientOptions {
  std::uint32_t count = 1;

  enum class Arrivals : std::uint8_t {
    poisson,  ///< Open loop: each client calls `rate` times a second on average, whether or not it has been
              ///< answered.
    fixed,    ///< Open loop: each client calls once every `interval`.
    closed,   ///< Closed loop: each client calls `interval` after it was answered (or gave up).
  };
  Arrivals arrivals = Arrivals::poisson;
  double rate = 10;  ///< Calls per client and second.
  Duration interval{};
  std::uint64_t operations = 0;  ///< Each client stops after so many; 0 = no limit.

  double reads = 0.5;  ///< Share of operations that only read.
  std::vector<std::pair<Action, double>>
      writes{};              ///< The rest: actions and weights. Empty = the default write.
  double zipf = 0;           ///< Exponent of the popularity of keys; 0 = all alike.
  std::uint32_t values = 0;  ///< Write values 1..`values`; 0 = every value is unique.

  Duration timeout = 1s;  ///< After this the client gives up; the operation is recorded as pending.
  std::optional<Duration>
      retry{};                     ///< Ask again (the next replica, or those that haven't answered) so often.
  std::optional<Duration> ping{};  ///< Ask the presumed primary so often whether it is there.
  Duration outage_after = 10ms;    ///< Operations waiting this long without any being answered are an outage.
};

/// How a protocol wants its clients to behave.
struct ClientPolicy {
  enum class Target : std::uint8_t {
    primary,   ///< Ask the replica believed to be primary; follow redirections; on silence try the next in
               ///< order.
    everyone,  ///< Send a write to every replica, a read to `read_answers` of them.
  };
  Target target = Target::primary;
  std::uint32_t write_answers = 1;  ///< The client waits for answers from so many replicas.
  std::uint32_t read_answers = 1;
  /// Resend a write this often to replicas that haven't answered, even after the client has enough answers.
  std::optional<Duration> retransmit{};
};

}  // namespace sim
