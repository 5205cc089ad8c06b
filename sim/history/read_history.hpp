// Histories from files: from here and from other testers' archives, so that the judge can be tried on
// histories whose verdicts are known.
#pragma once

#include <functional>
#include <iosfwd>
#include <string>

#include "sim/history/history.hpp"
#include "sim/history/reading_options.hpp"

namespace sim {

/// Reads a whole history. `file` is only used in errors. Throws HistoryError on malformed or empty input; a
/// history that begins and has no operations isn't empty in that sense.
History read_history(std::istream& in, const std::string& file, const ReadingOptions& options = {});

/// Opens and reads `path`; throws HistoryError also when it can't be opened. `enough`, if given, is asked
/// every few megabytes; reading then ends with ReadingStopped when it says so.
History read_history_file(const std::string& path, const ReadingOptions& options = {},
                          const std::function<bool()>& enough = {});

}  // namespace sim
