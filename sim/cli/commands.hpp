// The subcommands of repsim. Each adds itself to the parser and, when it was chosen, sets the exit code:
// 0 all held, 1 a check or an expectation failed, 3 undecided. Bad input is thrown as a std::runtime_error,
// which main turns into one line and exit code 2.
#pragma once

#include <CLI/App.hpp>

namespace sim {

void add_run_command(CLI::App& app, int& exit_code);
void add_sweep_command(CLI::App& app, int& exit_code);
void add_advise_command(CLI::App& app, int& exit_code);
void add_merge_command(CLI::App& app, int& exit_code);
void add_rare_command(CLI::App& app, int& exit_code);
void add_check_command(CLI::App& app, int& exit_code);
void add_generate_command(CLI::App& app, int& exit_code);
void add_determinism_command(CLI::App& app, int& exit_code);
void add_list_command(CLI::App& app, int& exit_code);
void add_schema_command(CLI::App& app, int& exit_code);
void add_completion_command(CLI::App& app, int& exit_code);
void add_bench_command(CLI::App& app, int& exit_code);

}  // namespace sim
