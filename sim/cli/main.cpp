// The command line: parses, calls one subcommand, and turns any error into one line and an exit code.
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <new>
#include <string>
#include <system_error>

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "sim/cli/commands.hpp"
#include "sim/cli/standard_files.hpp"
#include "sim/cli/usage_error.hpp"
#include "sim/kernel/printable.hpp"
#include "sim/kernel/version.hpp"

namespace {

constexpr int kBadInput = 2, kUndecided = 3;

// Consecutive runs need about the same memory. It is kept, so that it need not be given back to the system
// and be cleared by it for each run, which takes a quarter of a run's time.
void keep_memory() {
#ifdef __GLIBC__
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
#endif
}

int run(int argc, char** argv) {
  CLI::App app("Simulates replication protocols deterministically and judges what their clients saw.",
               "repsim");
  app.require_subcommand(1);
  app.set_version_flag("--version", fmt::format("repsim {}", sim::build_description()));
  app.footer("Exit codes: 0 all checks held, 1 a check or an expectation failed, 2 bad input, 3 undecided.");
  int exit_code = 0;
  sim::add_run_command(app, exit_code);
  sim::add_sweep_command(app, exit_code);
  sim::add_advise_command(app, exit_code);
  sim::add_merge_command(app, exit_code);
  sim::add_rare_command(app, exit_code);
  sim::add_check_command(app, exit_code);
  sim::add_generate_command(app, exit_code);
  sim::add_determinism_command(app, exit_code);
  sim::add_list_command(app, exit_code);
  sim::add_schema_command(app, exit_code);
  sim::add_bench_command(app, exit_code);
  sim::add_completion_command(app, exit_code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    if (e.get_exit_code() == 0) return app.exit(e);  // a call for help
    sim::say(fmt::format("repsim: {}\n", sim::printable(sim::usage_error(app, e))));
    return kBadInput;
  }
  return exit_code;
}

}  // namespace

int main(int argc, char** argv) {
  keep_memory();
  sim::open_standard_files();
  try {
    const int code = run(argc, argv);
    sim::flush_standard_output();
    return code;
  } catch (const std::bad_alloc&) {
    sim::say("repsim: undecided: out of memory\n");
    return kUndecided;
  } catch (const std::filesystem::filesystem_error& e) {
    sim::say(fmt::format("repsim: {}: {}\n", sim::printable(e.path1().string()), e.code().message()));
    return kBadInput;
  } catch (const std::system_error& e) {
    const bool printing = std::ferror(stdout) != 0;  // the library that prints doesn't say where to
    sim::say(printing ? fmt::format("repsim: standard output: can't be written: {}\n", e.code().message())
                      : fmt::format("repsim: {}\n", sim::printable(e.what())));
    return kBadInput;
  } catch (const std::exception& e) {
    sim::say(fmt::format("repsim: {}\n", sim::printable(e.what())));
    return kBadInput;
  }
}
