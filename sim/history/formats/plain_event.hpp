// Nearly all events of Jepsen's histories and of kv texts are plain: a map on one line whose keys are the
// usual ones, each once, with whole numbers, plain texts, keywords and vectors of those. Reading such events
// by hand takes a fraction of the time of a tree of EDN, with the same result. The rest is left to EdnReader.
#pragma once

#include <cstddef>
#include <string_view>

#include "sim/history/formats/edn.hpp"
#include "sim/history/formats/jepsen_reader.hpp"

namespace sim {

/// Reads one event after the other, and uses the memory of the last one again.
class PlainEvent {
 public:
  /// Reads the event at the front of `text`, which stands on `line`. Says how many characters it takes, all
  /// on that line; 0 if it isn't plain.
  std::size_t read(std::string_view text, std::size_t line);

  /// The event read last; valid as long as its text and this are, until the next `read`.
  const JepsenEvent& event() const { return event_; }

 private:
  JepsenEvent event_{};
  Edn process_{}, value_{}, key_{}, index_{}, skipped_{};
};

}  // namespace sim
