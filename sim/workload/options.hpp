// The options of a scenario's clients.
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
  double locality = 0;       ///< Share of operations that go to the client's own keys.
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
    primary,  ///< Ask the replica believed to be primary, at first replica 0; follow redirections; on silence
              ///< try the next in order.
    last,     ///< The same, beginning with the last replica.
    own,      ///< The same, client i beginning with replica i modulo n.
    everyone,  ///< Send a write to every replica, a read to `read_answers` of them (to all, if answers must
               ///< be equal).
  };
  Target target = Target::primary;
  std::optional<Target> read_target{};  ///< For reads, if it differs; the client remembers both addresses.
  std::uint32_t write_answers = 1;      ///< The client waits for answers from so many replicas.
  std::uint32_t read_answers = 1;
  /// Target::everyone: reads go to every replica, too.
  bool spread_reads = false;
  /// The answers waited for must be equal: a vote, against replicas that lie. A replica's answer may come
  /// with the name of the primary to ask next time.
  bool equal_answers = false;
  /// With equal_answers: so many provisional answers of one term are as good as the equal ones.
  std::uint32_t provisional_answers = 1;
  /// An operation that was not answered in time is sent to every replica.
  bool retry_everyone = false;
  /// A write that was not answered in time is sent to the same replica again: no other may take it up.
  bool writes_stay = false;
  /// Two rounds, with the client as coordinator, for protocols whose replicas answer a request with an offer:
  /// once so many replicas have made theirs, the client sends the request again with the largest stamp
  /// offered and its value. Both rounds go to everyone. 0: one round. When no answers are waited for, the
  /// operation ends with the choice: its value is the output.
  std::uint32_t write_offers = 0;
  std::uint32_t read_offers = 0;
  /// A write's second round carries a stamp of the client's own, larger than all offered and than all its
  /// earlier ones, and the value written.
  bool outbid = false;
  /// Sends to as many replicas as answers are needed instead of to everyone, drawn anew each time.
  bool sample = false;
  /// Resend a write this often to replicas that haven't answered, even after the client has enough answers.
  std::optional<Duration> retransmit{};
};

}  // namespace sim
