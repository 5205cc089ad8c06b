// `repsim list`: available protocols, services, faults and delays.
#include <algorithm>
#include <array>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <CLI/CLI.hpp>

#include "sim/cli/commands.hpp"
#include "sim/cli/listed_options.hpp"
#include "sim/cli/shipped.hpp"
#include "sim/cli/terminal.hpp"
#include "sim/history/vocabulary.hpp"
#include "sim/kernel/printable.hpp"
#include "sim/protocol/plan.hpp"
#include "sim/report/labelled_lines.hpp"
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
    for (const auto action : kind.writes) actions.push_back(action_name(action));
    list.push_back({{"name", kind.name}, {"about", kind.about}, {"actions", std::move(actions)}});
  }
  return list;
}

Json list_of(const std::vector<NamedThing>& things) {
  Json list = Json::array();
  for (const auto& thing : things) {
    list.push_back({{"name", thing.name}, {"about", thing.about}});
    if (!thing.example.empty()) list.back()["example"] = thing.example;
  }
  return list;
}

// The shipped ones. A file that can't be read is listed with its error; other kinds of file (points that
// scenarios share) are left out.
Json scenario_list() {
  namespace fs = std::filesystem;
  std::vector<std::string> files;
  std::error_code error;
  for (fs::recursive_directory_iterator at(shipped_scenarios(), error), end; !error && at != end;
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

struct Category {
  std::string_view name;
  Json (*list)();
};
constexpr std::array<Category, 5> kCategories{{{"protocols", protocol_list},
                                               {"services", service_list},
                                               {"faults", [] { return list_of(fault_forms()); }},
                                               {"delays", [] { return list_of(delay_forms()); }},
                                               {"scenarios", scenario_list}}};

void print_list(std::string_view title, const Json& list) {
  std::size_t width = 0;
  for (const auto& item : list) width = std::max(width, item["name"].get_ref<const std::string&>().size());
  fmt::print("{}\n", title);
  for (const auto& item : list) {
    const std::string about = wrapped(item["about"].get_ref<const std::string&>(), line_width(), width + 4);
    fmt::print("  {:{}}  {}\n", printable(item["name"].get_ref<const std::string&>()), width, about);
  }
  if (list.empty())
    fmt::print("  (none{})\n",
               title == "scenarios" ? " are installed, and there is no folder ./scenarios" : "");
}

void print_details(const std::string& category, const Json& thing) {
  const std::string kind = category.substr(0, category.size() - 1);  // "fault" of "faults"
  fmt::print("{} {}\n  {}\n", kind, thing["name"].get<std::string>(),
             wrapped(thing["about"].get_ref<const std::string&>(), line_width(), 2));
  if (thing.contains("actions"))
    fmt::print("  actions: {}\n", fmt::join(thing["actions"].get<std::vector<std::string>>(), ", "));
  if (thing.contains("example")) fmt::print("  example: {}\n", thing["example"].get<std::string>());
  if (thing.contains("options")) fmt::print("\n{}", options_text(thing["options"], line_width()));
}

// Everything of this name, with its description, by category.
Json details_of(const std::string& name, const std::string& category) {
  Json all = Json::object();
  for (const Category& c : kCategories) {
    if (c.name == "scenarios" || (!category.empty() && category != c.name)) continue;
    for (Json& thing : c.list()) {
      if (thing["name"] != name) continue;
      if (c.name != "services") thing["options"] = options_of(c.name, name);
      all[std::string(c.name)] = std::move(thing);
    }
  }
  return all;
}

[[noreturn]] void nothing_of(const std::string& name, const std::string& category) {
  std::vector<std::string> names, categories;
  for (const Category& c : kCategories) {
    categories.emplace_back(c.name);
    if (c.name == "scenarios" || (!category.empty() && category != c.name)) continue;
    for (const Json& thing : c.list()) names.push_back(thing["name"].get<std::string>());
  }
  const std::string expected =
      fmt::format("one of {}", fmt::join(category.empty() ? categories : names, ", "));
  if (category.empty()) names.insert(names.begin(), categories.begin(), categories.end());
  throw InputError({.file = "list",
                    .found = "found " + shown(name),
                    .expected = category.empty()
                                    ? expected + ", or the name of a protocol, service, fault or delay"
                                    : expected,
                    .nearest = nearest(name, names)});
}

// Scenarios are named by their files: any part of the name will do.
Json scenarios_with(const std::string& part) {
  Json some = Json::array();
  for (Json& item : scenario_list()) {
    if (item["name"].get_ref<const std::string&>().find(part) != std::string::npos)
      some.push_back(std::move(item));
  }
  return some;
}

void print_listed(const Json& json) {
  fmt::print("{}\n", printable_lines(json.dump(2, ' ', false, Json::error_handler_t::replace)));
}

void run_list(const std::string& what, const std::string& name, bool json) {
  Json lists = Json::object();
  for (const Category& c : kCategories) {
    if (what.empty() || (what == c.name && name.empty())) lists[std::string(c.name)] = c.list();
  }
  if (what == "scenarios" && !name.empty()) lists[what] = scenarios_with(name);
  if (!lists.empty()) {
    if (json) return print_listed(what.empty() ? lists : lists[what]);
    for (const auto& [title, list] : lists.items()) print_list(title, list);
    return;
  }
  const bool category = std::ranges::find(kCategories, what, &Category::name) != kCategories.end();
  const std::string& wanted = name.empty() ? what : name;
  if (!category && !name.empty()) nothing_of(what, "");
  const Json details = details_of(wanted, category ? what : "");
  if (details.empty()) nothing_of(wanted, category ? what : "");
  if (json) return print_listed(details.size() == 1 ? details.front() : details);
  bool first = true;
  for (const auto& [title, thing] : details.items()) {
    if (!std::exchange(first, false)) fmt::print("\n");
    print_details(title, thing);
  }
}

}  // namespace

void add_list_command(CLI::App& app, int& /*exit_code*/) {
  struct Options {
    std::string what, name;
    bool json = false;
  };
  auto options = std::make_shared<Options>();  // lives as long as the parser that fills it
  CLI::App* command = app.add_subcommand(
      "list", "List protocols, services, faults, delays and scenarios, with their options");
  command->add_option(
      "what", options->what,
      "protocols, services, faults, delays, scenarios, or a name such as raft; default: all lists");
  command->add_option("name", options->name, "Show the options of this one: list faults crash");
  command->add_flag("--json", options->json, "As JSON");
  command->callback([options] { run_list(options->what, options->name, options->json); });
}

}  // namespace sim
