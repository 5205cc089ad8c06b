// `repsim check`: judges recorded histories, ours or those of other testers.
#pragma once

#include <CLI/App.hpp>

namespace sim {

/// Adds the subcommand to `app`; when it runs it sets `exit_code` to 0 (all linearizable), 1 (some violation)
/// or 3 (some undecided and no violation). Bad input is thrown as a std::runtime_error.
void add_check_command(CLI::App& app, int& exit_code);

}  // namespace sim
