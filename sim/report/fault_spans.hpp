// The faults of a run as its history records them: what, from when, until when.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/history/history.hpp"

namespace sim {

/// Gathers them from the lines of the run's trace.
class FaultSpans {
 public:
  /// One line; of other things than faults nothing is kept.
  void take(std::string_view line);

  /// All that happened, in order of their beginning. Without an end: what lasted to the end.
  std::vector<HistoryFault> spans() const;

 private:
  struct Span {
    HistoryFault fault;
    std::optional<std::uint64_t> node;
  };

  void end(std::string_view what, std::optional<std::uint64_t> node, Time at);

  std::vector<Span> spans_;
};

}  // namespace sim
