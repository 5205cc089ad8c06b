// Progress: once nothing goes wrong any more, clients are served again, within the time that the protocol
// promises. A run is not judged if it can't tell, or if the protocol's assumptions don't hold.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/history/record.hpp"

namespace sim {

/// The protocol's promise under the conditions of the run.
struct ProgressRules {
  Duration client_timeout{};  ///< A client stops waiting for an operation so long after its call.
  bool clients_ask_again =
      false;                   ///< Meanwhile they repeat it, so that a loss before the calm doesn't matter.
  Duration within{};           ///< Where operations wait for so long, one is answered.
  std::size_t running = 0;     ///< If so many members are up, none of them ever Byzantine ...
  bool despite_liars = false;  ///< ... and either no replica was Byzantine, or this holds all the same ...
  bool untold = true;          ///< ... and everybody was told of each crash, or needn't be ...
  bool on_disk = true;  ///< ... and no disk was lost; or, if replicas rely on others' memories, so many ran
                        ///< at any time, those that came back not counted before `within` is over.
};

struct ProgressJudgement {
  enum class Verdict : std::uint8_t { held, stopped, unknown };
  Verdict verdict = Verdict::unknown;
  std::string why{};  ///< Why nothing can be said, in words; or: who waits for whom.
  Time since{};       ///< From here on nothing went wrong any more.
  /// The longest time since then that operations waited and none of their kind was answered.
  Duration longest{};
};

/// Looks at the operations called since the last fault was over, and at those that clients still asked for
/// then, reads and writes apart: an answer from a replica's own state says nothing of whether updates go on.
ProgressJudgement judge_progress(const Record& record, const std::optional<ProgressRules>& rules);

std::string_view name_of(ProgressJudgement::Verdict verdict);

}  // namespace sim
