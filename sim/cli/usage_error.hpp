// An error on the command line, in one line, with the command or option that was probably meant.
#pragma once

#include <string>
#include <vector>

#include <CLI/App.hpp>

namespace sim {

/// The long names of a command's options, such as --seed.
std::vector<std::string> option_names(const CLI::App& command);

std::string usage_error(const CLI::App& app, const CLI::ParseError& error);

}  // namespace sim
