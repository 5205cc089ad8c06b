// Standard output and standard error, which may be closed, full, or a pipe like any other file.
#pragma once

#include <string>

namespace sim {

/// Takes the places of closed standard files, so that no file opened later gets them and is printed into.
/// Writing to a closed standard output is still an error.
void open_standard_files();

/// Flushes standard output. Throws FileError when not all of it was taken.
void flush_standard_output();

/// Prints to standard error. It doesn't matter if nobody can read it.
void say(const std::string& text);

}  // namespace sim
