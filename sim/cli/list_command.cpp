// `repsim list` and `repsim schema`: what there is to choose from, and how a scenario is written.
#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "sim/cli/commands.hpp"
#include "sim/protocol/plan.hpp"
#include "sim/scenario/delay_spec.hpp"
#include "sim/scenario/fault_entry.hpp"
#include "sim/scenario/scenario.hpp"
#include "sim/workload/service.hpp"

namespace sim {
namespace {

Json protocol_list() {
  Json list = Json::array();
  for (const auto& entry : protocols()) list.push_back({{"name", entry.name}, {"about", entry.about}});
  return list;
}

Json service_list() {
  Json list = Json::array();
  for (const auto& kind : service_kinds()) {
    Json actions = Json::array({"read"});
    for (const auto action : kind.writes) actions.push_back(name_of(action));
    list.push_back({{"name", kind.name}, {"about", kind.about}, {"actions", std::move(actions)}});
  }
  return list;
}

Json list_of(const std::vector<NamedThing>& things) {
  Json list = Json::array();
  for (const auto& thing : things) list.push_back({{"name", thing.name}, {"about", thing.about}});
  return list;
}

// Those below ./scenarios. A file that can't be read is listed with what is wrong with it; one that is
// something else (points that scenarios share) is left out.
Json scenario_list() {
  namespace fs = std::filesystem;
  std::vector<std::string> files;
  std::error_code error;
  for (fs::recursive_directory_iterator at("scenarios", error), end; !error && at != end;
       at.increment(error)) {
    if (at->path().extension() == ".json") files.push_back(at->path().string());
  }
  std::ranges::sort(files);
  Json list = Json::array();
  for (const auto& file : files) {
    std::string about;
    try {
      const Json document = load_scenario_document(file);
      if (!document.contains("name") && !document.contains("protocol")) continue;
      about = document.value("about", "");
    } catch (const std::exception& e) {
      about = e.what();
    }
    list.push_back({{"name", file}, {"about", about}});
  }
  return list;
}

Json everything() {
  return {{"protocols", protocol_list()},
          {"services", service_list()},
          {"faults", list_of(fault_forms())},
          {"delays", list_of(delay_forms())},
          {"scenarios", scenario_list()}};
}

void print(const std::string& title, const Json& list) {
  std::size_t width = 0;
  for (const auto& item : list) width = std::max(width, item["name"].get_ref<const std::string&>().size());
  fmt::print("{}\n", title);
  for (const auto& item : list) {
    fmt::print("  {:{}}  {}\n", item["name"].get<std::string>(), width, item["about"].get<std::string>());
  }
  if (list.empty()) fmt::print("  (none{})\n", title == "scenarios" ? " below ./scenarios" : "");
}

void run_list(const std::string& what, bool json) {
  const Json all = everything();
  if (json) {
    const Json& shown_part = what.empty() ? all : all[what];
    fmt::print("{}\n", shown_part.dump(2, ' ', false, Json::error_handler_t::replace));
    return;
  }
  for (const auto& [title, list] : all.items()) {
    if (what.empty() || what == title) print(title, list);
  }
}

}  // namespace

void add_list_command(CLI::App& app, int& /*exit_code*/) {
  struct Options {
    std::string what;
    bool json = false;
  };
  auto options = std::make_shared<Options>();  // lives as long as the parser that fills it
  CLI::App* command = app.add_subcommand("list", "Show what there is to choose from");
  command->add_option("what", options->what, "Default: everything")
      ->check(CLI::IsMember({"protocols", "services", "faults", "delays", "scenarios"}));
  command->add_flag("--json", options->json, "As JSON");
  command->callback([options] { run_list(options->what, options->json); });
}

void add_schema_command(CLI::App& app, int& /*exit_code*/) {
  CLI::App* command = app.add_subcommand("schema", "Print the JSON Schema of scenarios, for editors");
  command->callback([] { fmt::print("{}\n", scenario_schema().dump(2)); });
}

}  // namespace sim
