// Progress: once nothing goes wrong any more, clients are served again. Within which time is for the protocol
// to say; a run that can't tell, or in which the protocol's assumptions don't hold, isn't judged.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/history/record.hpp"

namespace sim {

/// What the protocol promises under the conditions of the run.
struct ProgressRules {
  Duration client_timeout{};   ///< A client stops waiting for an operation so long after its call.
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
  std::string why{};  ///< Nothing can be said, in words; or: who waits for whom.
  Time since{};       ///< From here on nothing went wrong any more.
  /// The longest time that operations waited and none of their kind was answered, of those called since then.
  Duration longest{};
};

/// Looks at the operations called since the last fault was over, those that only read and those that write
/// apart: what a replica answers from its own state says nothing of whether updates go on.
ProgressJudgement judge_progress(const Record& record, const std::optional<ProgressRules>& rules);

std::string_view name_of(ProgressJudgement::Verdict verdict);

}  // namespace sim
