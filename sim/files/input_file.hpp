// Reading a file whole, whatever kind of file it is.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

#include "sim/files/descriptor.hpp"

namespace sim {

/// Opens a file for reading; throws FileError. A pipe is opened without waiting for its writer: reading it is
/// for read_at_most.
Descriptor open_to_read(const std::filesystem::path& path);

/// The first `most` bytes of an open file, or all that it has. `path` is for messages. Throws FileError, also
/// on a pipe that nobody opens for writing within some seconds. If a pipe's writer keeps it waiting, it says
/// so on standard error.
std::string read_at_most(const Descriptor& file, const std::filesystem::path& path, std::size_t most);
std::string read_at_most(const std::filesystem::path& path, std::size_t most);

}  // namespace sim
