// `repsim schema`: the format of scenarios, for editors.
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "sim/cli/commands.hpp"
#include "sim/kernel/printable.hpp"
#include "sim/scenario/scenario.hpp"

namespace sim {

void add_schema_command(CLI::App& app, int& /*exit_code*/) {
  CLI::App* command = app.add_subcommand("schema", "Print the JSON Schema of scenarios, for editors");
  command->callback([] {
    const std::string schema = scenario_schema().dump(2, ' ', false, Json::error_handler_t::replace);
    fmt::print("{}\n", printable_lines(schema));
  });
}

}  // namespace sim
