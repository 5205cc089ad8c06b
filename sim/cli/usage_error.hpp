// What is wrong with a command line, in one line, with the command or option that was probably meant.
#pragma once

#include <string>

#include <CLI/App.hpp>

namespace sim {

std::string usage_error(const CLI::App& app, const CLI::ParseError& error);

}  // namespace sim
