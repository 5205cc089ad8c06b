#include "sim/cli/usage_error.hpp"

#include <vector>

#include <fmt/format.h>

#include "sim/scenario/json.hpp"

namespace sim {
namespace {

std::string meant(const std::string& near) {
  return near.empty() ? std::string() : fmt::format("; did you mean {}?", near);
}

std::string unknown_command(const CLI::App& app, const std::string& found) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(command->get_name());
  const std::string near = nearest(found, names);
  const std::string all = near.empty() ? fmt::format(", expected one of {}", fmt::join(names, ", ")) : "";
  return fmt::format("unknown command {}{}{}", shown(found), all, meant(near));
}

std::string unknown_option(const CLI::App& command, const std::string& found) {
  const std::string name = found.substr(0, found.find('='));
  return fmt::format("{}: unknown option {}{}", command.get_name(), name,
                     meant(nearest(name, option_names(command))));
}

}  // namespace

std::vector<std::string> option_names(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options()) {
    for (const auto& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

std::string usage_error(const CLI::App& app, const CLI::ParseError& error) {
  const auto chosen = app.get_subcommands();
  const CLI::App& command = chosen.empty() ? app : *chosen.front();
  const std::string help =
      fmt::format("; see {} --help", chosen.empty() ? "repsim" : "repsim " + command.get_name());
  for (const std::string& extra : command.remaining()) {
    if (extra.size() > 1 && extra.front() == '-') return unknown_option(command, extra) + help;
    if (chosen.empty()) return unknown_command(app, extra) + help;
    return fmt::format("{}: {}: unexpected argument", command.get_name(), shown(extra)) + help;
  }
  if (chosen.empty()) return "no command given" + help;
  return fmt::format("{}: {}", command.get_name(), error.what()) + help;
}

}  // namespace sim
