// The faults of a run as its history records them: kind, beginning, end.
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
  /// Takes one line; keeps faults only.
  void take(std::string_view line);

  /// All faults, in order of their beginning. Those that lasted to the end of the run have no end.
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
