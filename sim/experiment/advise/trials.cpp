#include "sim/experiment/advise/trials.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "sim/experiment/rare/rare.hpp"
#include "sim/experiment/run.hpp"
#include "sim/experiment/table.hpp"
#include "sim/kernel/digest.hpp"
#include "sim/scenario/delay_spec.hpp"
#include "sim/scenario/units.hpp"

namespace sim {
namespace {

constexpr double kPlenty = 20;         // events that plain runs must see to be believed alone
constexpr std::uint64_t kBlock = 200;  // runs at a setting that are kept, or lost, together
constexpr std::uint64_t kPhases = 10;  // of a heartbeat in which pauses begin

std::string label_of(const Setting& s) {
  return fmt::format("{}, {}", to_text(s.heartbeat), to_text(s.timeout));
}

double seconds_of(const Json& document, const std::string& file) {
  const Setup setup = read_scenario(document, file).setup;
  return static_cast<double>((setup.duration + setup.settle).count()) / 1e9;
}

// Digests the files that a scenario names: a trial with other delays is another trial.
void digest_files(const Json& json, const std::filesystem::path& folder, Json& files) {
  for (const auto& [key, value] : json.items()) {
    if (value.is_structured()) digest_files(value, folder, files);
    if (!value.is_string() || !names_delay_file(key)) continue;
    const std::filesystem::path path = folder / value.get<std::string>();
    if (!std::filesystem::is_regular_file(path)) continue;
    Digest digest;
    for (const char c : read_text_file(path)) digest.add(static_cast<unsigned char>(c));
    files.push_back(digest.value());
  }
}

// The points of a pause: when it begins, and when it ends.
std::vector<Point> phases_of(Duration beat, Duration length) {
  std::vector<Point> phases;
  for (std::uint64_t i = 0; i < kPhases; ++i) {
    const Duration from = kWarmUp + beat * static_cast<std::int64_t>(i) / static_cast<std::int64_t>(kPhases);
    phases.push_back({{"/faults/0/from", to_text(from)}, {"/faults/0/to", to_text(from + length)}});
  }
  return phases;
}

double number_of(const Json& json) {
  return json.is_number() ? json.get<double>() : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace

// Runs of one kind: a document, how many seeds, and the points at which each seed runs.
struct Trials::Part {
  std::string name;
  Json document;
  std::uint64_t seeds = 0;
  std::vector<Point> points{Point{}};
  void (Tally::*take)(const Observation&);
};

Trials::Trials(const Scenario& scenario, const AdviceOptions& options, Duration longest)
    : options_(options),
      file_(scenario.file),
      knobs_(find_knobs(scenario)),
      calm_(calm_document(scenario)),
      longest_(longest),
      log_(options.folder),
      files_(Json::array()) {
  digest_files(scenario.canonical, std::filesystem::path(scenario.file).parent_path(), files_);
}

bool Trials::takes(const Setting& setting) const {
  if (setting.timeout < setting.heartbeat) return false;
  try {
    scenario_at(read_scenario(calm_, file_), point_of(knobs_, setting));
    return true;
  } catch (const InputError&) {
    return false;
  }
}

// The beat is the longest of a whole stage, so that a setting's trial doesn't depend on its companions.
std::vector<Trials::Part> Trials::parts_of(const Json& calm, const std::vector<Setting>& all,
                                           const Effort& effort) const {
  Duration beat{};
  for (const Setting& s : all) beat = std::max(beat, s.heartbeat);
  const auto calm_runs = static_cast<std::uint64_t>(std::ceil(effort.calm_seconds / seconds_of(calm, file_)));
  const Scenario scenario = read_scenario(calm, file_);
  std::vector<Part> parts{{.name = "calm", .document = calm, .seeds = calm_runs, .take = &Tally::take_calm},
                          {.name = "crashes",
                           .document = crash_document(scenario, beat, longest_),
                           .seeds = effort.crashes,
                           .take = &Tally::take_crash}};
  if (options_.pauses) {
    const Duration length = options_.pauses->length;
    parts.push_back({.name = "pauses",
                     .document = pause_document(scenario, beat, length, longest_),
                     .seeds = (effort.crashes + kPhases - 1) / kPhases,
                     .points = phases_of(beat, length),
                     .take = &Tally::take_pause});
  }
  return parts;
}

// Few enough settings that results come early, and enough that all threads have something to do.
std::size_t Trials::at_once(std::uint64_t runs) const {
  constexpr std::uint64_t kRunsOfThread = 16;
  return static_cast<std::size_t>(options_.jobs * kRunsOfThread / std::max<std::uint64_t>(runs, 1)) + 1;
}

void Trials::run(const std::string& stage, const Json& calm, const std::vector<Setting>& settings,
                 const Effort& effort, const Sink& sink) {
  const std::vector<Part> parts = parts_of(calm, settings, effort);
  stage_ = stage;
  progress_ = {};
  std::uint64_t fewest = effort.crashes, most = 0;
  for (const Part& part : parts) {
    progress_.total += settings.size() * part.seeds * part.points.size();
    fewest = std::min(fewest, part.seeds * part.points.size());
    most = std::max(most, part.seeds);
  }
  for (std::size_t first = 0; first < settings.size();) {
    const std::size_t n = std::min(at_once(fewest), settings.size() - first);
    const std::vector<Setting> some(settings.begin() + static_cast<std::ptrdiff_t>(first),
                                    settings.begin() + static_cast<std::ptrdiff_t>(first + n));
    std::vector<Tally> tallies(n);
    try_some(calm, parts, some, effort, tallies);
    for (std::size_t i = 0; i < n; ++i) sink(judged(some[i], tallies[i], options_));
    first += n;
  }
  next_seed_ += most;
}

Judged Trials::run(const std::string& stage, const Json& calm, const Setting& setting, const Effort& effort) {
  std::optional<Judged> only;
  run(stage, calm, std::vector{setting}, effort, [&](Judged j) { only = std::move(j); });
  return std::move(*only);
}

void Trials::try_some(const Json& calm, const std::vector<Part>& parts, const std::vector<Setting>& settings,
                      const Effort& effort, std::vector<Tally>& tallies) {
  for (const Part& part : parts) {
    for (std::uint64_t done = 0; done < part.seeds; done += kBlock)
      play_block(part, settings, {next_seed_ + done, std::min(kBlock, part.seeds - done)}, tallies);
  }
  if (effort.replications == 0) return;
  for (const Bound& bound : options_.bounds) {
    const RareEvent* event = rare_event_of(bound.concern);
    const auto c = static_cast<std::size_t>(bound.concern);
    for (std::size_t i = 0; event != nullptr && i < settings.size(); ++i) {
      if (tallies[i].calm[c] < kPlenty)
        tallies[i].rare[c] = split(*event, calm, settings[i], effort.replications);
    }
  }
}

void Trials::play_block(const Part& part, const std::vector<Setting>& settings, const Seeds& seeds,
                        std::vector<Tally>& tallies) {
  Scenario scenario = read_scenario(part.document, file_);
  auto& points = scenario.sweep.emplace().lists.emplace_back();
  std::vector<Json> inputs(settings.size()), outcomes(settings.size(), Json::array());
  std::vector<std::size_t> missing;
  for (std::size_t i = 0; i < settings.size(); ++i) {
    const Point setting = point_of(knobs_, settings[i]);
    inputs[i] = inputs_of(part, scenario_at(scenario, setting).canonical, seeds);
    if (const Json* known = log_.kept() ? log_.find(inputs[i]) : nullptr) {
      outcomes[i] = *known;
      check(part, settings[i], seeds, outcomes[i]);
      show(outcomes[i].size(), outcomes[i].size());
      continue;
    }
    missing.push_back(i);
    for (const Point& point : part.points) {
      points.push_back({.label = label_of(settings[i]), .values = setting});
      points.back().values.insert(points.back().values.end(), point.begin(), point.end());
    }
  }
  SweepOptions options{.first_seed = seeds.first, .seeds = seeds.count, .jobs = options_.jobs};
  options.observe = [&](std::size_t point, const RunResult& r) {
    outcomes[missing[point / part.points.size()]].push_back(Observation::of(r).json());
    show(1);
  };
  options.interrupt = [this] { stop_if_asked(); };
  if (!missing.empty()) sweep(scenario, options);
  for (const std::size_t i : missing)
    log_.add(inputs[i],
             fmt::format("{}: {}, {}, {} seeds from {}", stage_, part.name, label_of(settings[i]),
                         seeds.count, seeds.first),
             outcomes[i]);
  for (std::size_t i = 0; i < settings.size(); ++i) {
    runs_ += outcomes[i].size();
    for (const Json& outcome : outcomes[i]) {
      const Observation o = Observation::of(outcome);
      (tallies[i].*part.take)(o);
      if (part.take == &Tally::take_calm) calm_seconds_ += o.seconds;
    }
  }
}

Json Trials::inputs_of(const Part& part, const Json& canonical, const Seeds& seeds) const {
  return {{"part", part.name},     {"scenario", canonical}, {"files", files_},
          {"points", part.points}, {"seed", seeds.first},   {"seeds", seeds.count}};
}

// Trials of two programs that simulate differently must not be mixed: one of each kind runs again.
void Trials::check(const Part& part, const Setting& setting, const Seeds& seeds, const Json& outcome) {
  if (std::ranges::find(checked_, part.name) != checked_.end()) return;
  checked_.push_back(part.name);
  Point point = point_of(knobs_, setting);
  point.insert(point.end(), part.points.front().begin(), part.points.front().end());
  const Scenario scenario = scenario_at(read_scenario(part.document, file_), point);
  if (!outcome.empty() && Observation::of(run_for_sweep(scenario, seeds.first)).json() == outcome.front())
    return;
  throw InputError({.file = (*options_.folder / TrialLog::kFile).string(),
                    .found = fmt::format("running the trial with seed {} at {} again gave another result: "
                                         "another version of the program wrote it",
                                         seeds.first, label_of(setting)),
                    .expected = "a separate folder"});
}

// The rate an hour of events that were too rare in plain runs.
std::optional<Estimate> Trials::split(const RareEvent& event, const Json& calm, const Setting& setting,
                                      std::uint64_t replications) {
  Scenario scenario = read_scenario(calm, file_);
  scenario.sweep.emplace().lists.emplace_back().push_back(
      {.label = label_of(setting), .values = point_of(knobs_, setting)});
  const Json inputs{{"event", event.name},
                    {"scenario", scenario_at(scenario, point_of(knobs_, setting)).canonical},
                    {"files", files_},
                    {"seed", next_seed_},
                    {"replications", replications}};
  Json outcome;
  if (const Json* known = log_.kept() ? log_.find(inputs) : nullptr) {
    outcome = *known;
  } else {
    RareOptions options{
        .event = &event, .seed = next_seed_, .replications = replications, .jobs = options_.jobs};
    options.progress = [&](std::uint64_t, std::uint64_t) { show(0); };
    options.interrupt = [this] { stop_if_asked(); };
    const RareRow row = estimate_rare(scenario, options).rows.front();
    if (row.error.empty()) {
      outcome = json_of(row.expected);
      outcome["seconds"] = row.virtual_seconds;
    }
    log_.add(inputs, fmt::format("{}: {} by splitting, {}", stage_, event.name, label_of(setting)), outcome);
  }
  if (!outcome.is_object()) return std::nullopt;
  const double hourly = kSecondsOfHour / number_of(outcome["seconds"]);
  return Estimate{number_of(outcome["value"]) * hourly, number_of(outcome["low"]) * hourly,
                  number_of(outcome["high"]) * hourly};
}

void Trials::show(std::uint64_t done, std::uint64_t resumed) {
  progress_.done += done;
  progress_.resumed += resumed;
  if (options_.progress) options_.progress(stage_, progress_);
  stop_if_asked();
}

void Trials::stop_if_asked() const {
  const Stop stop = options_.stop ? options_.stop() : Stop::none;
  if (stop != Stop::none) throw Stopped{stop};
}

}  // namespace sim
