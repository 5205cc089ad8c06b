#include "sim/scenario/scenario.hpp"

#include <algorithm>
#include <span>

#include <fmt/format.h>

#include "sim/history/vocabulary.hpp"
#include "sim/scenario/delay_spec.hpp"
#include "sim/scenario/scenario_spec.hpp"
#include "sim/scenario/units.hpp"

namespace sim {
namespace {

void refuse_order(const ScenarioSpec& spec, const Fault& fault, const Place& place) {
  if (!is_order(fault.kind) || spec.protocol.plan->takes_orders()) return;
  (place / name_of(fault.kind))
      .fail(fmt::format("the protocol \"{}\" accepts no operator orders", spec.protocol.entry->name));
}

// A record that fails its check sum is for the protocol to treat.
void refuse_disk(const ScenarioSpec& spec, DiskFate fate, const Place& place) {
  if (spec.protocol.plan->restarts_with(fate)) return;
  const bool lied = fate == DiskFate::lost_fsync;
  (place / "disk")
      .fail(fmt::format("the protocol \"{}\" {}", spec.protocol.entry->name,
                        lied ? "keeps nothing on disk" : "says nothing of damaged records"),
            "kept, tail_lost or lost");
}

// A fault for each node that an entry strikes.
std::vector<Fault> faults_of(const FaultEntry& entry, std::size_t replicas) {
  std::vector<Fault> faults;
  for (const Victim& victim : laid_out(entry.victims, replicas)) {
    const bool together = !faults.empty();
    Fault& fault = faults.emplace_back(entry.fault);
    fault.victim = victim;
    fault.together = together;
    // Of several that are to restart, those that run need not.
    const bool several = entry.fault.kind == Fault::Kind::restart && entry.victims.all.size() > 1;
    if (several && victim.kind == Victim::Kind::number) fault.victim.kind = Victim::Kind::down;
  }
  return faults.empty() ? std::vector{entry.fault} : faults;
}

void split_faults(const ScenarioSpec& spec, const Place& place, Setup& setup) {
  std::optional<std::size_t> at_once;
  for (std::size_t i = 0; i < spec.faults.size(); ++i) {
    const auto& entry = spec.faults[i];
    if (!entry.random) {
      refuse_order(spec, entry.fault, place / i);
      refuse_disk(spec, entry.fault.disk.fate, place / i);
      for (const Fault& fault : faults_of(entry, spec.replicas)) setup.faults.push_back(fault);
      continue;
    }
    refuse_disk(spec, entry.random->disk.fate, place / i / "random");
    if (at_once && *at_once != entry.at_once) {
      (place / i / "at_once")
          .fail(fmt::format("found {}", entry.at_once),
                fmt::format("{} as in the other random faults", *at_once));
    }
    at_once = entry.at_once;
    setup.random_faults.push_back(*entry.random);
  }
  setup.crashed_at_once = at_once.value_or(1);
}

void refuse_actions(const ScenarioSpec& spec, const ClientOptions& options, const Place& place) {
  if (options.count == 0) return;
  const auto& protocol = spec.protocol;
  if (!protocol.plan->serves_clients()) {
    (place / "count")
        .fail(fmt::format("{} clients, but the protocol \"{}\" serves none", options.count,
                          protocol.entry->name),
              "0");
  }
  const auto refuse = [&](Action action, std::string_view key) {
    if (protocol.plan->carries_out(action)) return;
    (place / key)
        .fail(fmt::format("the protocol \"{}\" has no action \"{}\"", protocol.entry->name,
                          action_name(action)));
  };
  if (options.reads > 0) refuse(Action::read, "reads");
  if (options.reads == 1) return;
  for (const auto& [action, weight] : options.writes) {
    if (weight > 0) refuse(action, "writes");
  }
}

Setup setup_of(const ScenarioSpec& spec, const Place& place) {
  Setup setup{.replicas = spec.replicas,
              .duration = spec.duration,
              .settle = spec.settle,
              .max_events = spec.max_events,
              .max_memory = spec.max_memory,
              .model = spec.service.kind->model,
              .keys = spec.service.keys};
  setup.network = laws_of(spec.network, place / "network");
  split_faults(spec, place / "faults", setup);
  ClientOptions options = spec.clients.options;
  if (spec.clients.retry_by_timeout) options.retry = std::max(options.timeout / 10, Duration{1});
  options.outage_after = spec.clients.outage_after.value_or(several_latencies(setup.network));
  refuse_actions(spec, options, place / "clients");
  setup.clients = ClientPlan(options, spec.protocol.plan->client_policy(spec.replicas), *spec.service.kind,
                             spec.service.keys, spec.replicas);
  return setup;
}

Json canonical_of(ScenarioSpec& spec, const std::string& file) {
  Context context{.file = file};
  return write_object(context, [&](DocumentFields& f) { spec.describe(f); });
}

ScenarioSpec read_spec(const Json& document, Context& context) {
  ScenarioSpec spec;
  read_object(document, Place(context), [&](DocumentFields& f) { spec.describe(f); });
  context.network = nullptr;  // these pointed into the spec, which moves
  context.plan = nullptr;
  return spec;
}

bool is_there(const Json& document, const std::string& pointer) {
  try {
    return document.contains(Json::json_pointer(pointer));
  } catch (const Json::exception&) {
    return false;  // no pointer at all, or such as "/faults/01"
  }
}

// A place that the canonical form lacks may still be one, such as an optional key: going there shows. `at` is
// where the sweep names it. Other errors there may be right together with other values.
void check_place(const Scenario& scenario, const std::string& at, const std::string& pointer,
                 const Json& value) {
  if (!pointer.empty() && is_there(scenario.canonical, pointer)) return;
  try {
    scenario_at(scenario, {{pointer, value}});
  } catch (const InputError& e) {
    auto details = e.details;
    if (!details.pointer.empty() && details.found != kNoSuchPath) return;
    details.pointer = fmt::format("/sweep/{}/{}", at, escaped(pointer));
    throw InputError(details);
  }
}

void check_places(const Scenario& scenario) {
  if (!scenario.sweep) return;
  const SweepPlan& plan = *scenario.sweep;
  for (const auto& [pointer, values] : plan.vary) check_place(scenario, "vary", pointer, values.front());
  if (plan.random) {
    for (const auto& [pointer, range] : plan.random->values)
      check_place(scenario, "random/values", pointer, value_at(range, 0));
  }
  for (std::size_t l = 0; l < plan.lists.size(); ++l) {
    const std::string list = plan.lists.size() == 1 ? "points" : fmt::format("points/{}", l);
    for (std::size_t i = 0; i < plan.lists[l].size(); ++i) {
      for (const auto& [pointer, value] : plan.lists[l][i].values)
        check_place(scenario, fmt::format("{}/{}", list, i), pointer, value);
    }
  }
}

// A drawn fault, as an entry of a scenario.
Json entry_of(const Fault& fault, Context& context) {
  FaultEntry entry;
  entry.fault = fault;
  entry.victims.all = {fault.victim};
  return JsonValue<FaultEntry>::write(entry, context);
}

std::filesystem::path folder_of(const std::string& file) {
  return std::filesystem::absolute(file).lexically_normal().parent_path();
}

// Files are named relative to the scenario that names them.
void rename_files(Json& json, const std::filesystem::path& from, const std::filesystem::path& to) {
  for (auto& [key, value] : json.items()) {
    if (value.is_string() && names_delay_file(key)) {
      value = (from / value.get<std::string>()).lexically_normal().lexically_proximate(to).string();
    } else if (value.is_structured()) {
      rename_files(value, from, to);
    }
  }
}

}  // namespace

Json load_scenario_document(const std::string& file) { return parse_json(read_text_file(file), file); }

Scenario read_scenario(Json document, const std::string& file) {
  Context context{.file = file};
  ScenarioSpec spec = read_spec(document, context);
  Scenario scenario;
  scenario.setup = setup_of(spec, Place(context));
  scenario.canonical = canonical_of(spec, file);
  scenario.name = spec.name;
  scenario.about = spec.about;
  scenario.file = file;
  scenario.seed = spec.seed;
  scenario.protocol = spec.protocol.entry->name;
  scenario.plan = std::move(spec.protocol.plan);
  scenario.service = spec.service.kind;
  scenario.expectations = std::move(spec.expect);
  scenario.sweep = std::move(spec.sweep);
  scenario.document = std::move(document);
  check_places(scenario);
  return scenario;
}

SweepPlan read_sweep(const Json& document, const std::string& file) {
  SweepPlan plan;
  Context context{.file = file};
  const auto found = document.find("sweep");  // none if it is no object
  if (found != document.end()) JsonValue<SweepPlan>::read(plan, *found, Place(context) / "sweep");
  return plan;
}

Json explicit_scenario(const Scenario& scenario, std::uint64_t seed, const std::string& destination) {
  Json document = scenario.canonical;
  document.erase("sweep");
  document["seed"] = seed;
  const Setup& setup = scenario.setup;
  Context context{.file = scenario.file, .replicas = setup.replicas, .clients = setup.clients.options.count};
  Json faults = Json::array();
  const std::vector<Fault> struck = drawn(setup.faults, seed);
  std::size_t next = 0;  // of the faults with a spread, which stand in the same order
  for (auto& entry : document["faults"]) {
    if (entry.contains("random")) continue;
    if (entry.contains("spread")) {
      while (!setup.faults[next].spread || setup.faults[next].together) ++next;
      entry["at"] = to_text(struck[next++].at);
      entry.erase("spread");
    }
    faults.push_back(entry);
  }
  for (const auto& fault :
       generate(setup.random_faults, seed, setup.replicas, setup.duration, setup.crashed_at_once)) {
    faults.push_back(entry_of(fault, context));
  }
  document["faults"] = std::move(faults);
  rename_files(document["network"], folder_of(scenario.file), folder_of(destination));
  rename_files(document["faults"], folder_of(scenario.file), folder_of(destination));
  return document;
}

Json scenario_schema() {
  ScenarioSpec spec;
  Json schema{{"$schema", "https://json-schema.org/draft/2020-12/schema"}, {"title", "repsim scenario"}};
  schema.update(schema_of_object([&](DocumentFields& f) { spec.describe(f); }));
  schema["$defs"] = {{"delay_law", JsonValue<DelaySpec>::definition()}};
  return schema;
}

}  // namespace sim
