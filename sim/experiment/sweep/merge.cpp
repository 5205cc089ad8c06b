#include "sim/experiment/sweep/merge.hpp"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "sim/experiment/sweep/sweep.hpp"
#include "sim/experiment/sweep/sweep_folder.hpp"
#include "sim/files/output_file.hpp"
#include "sim/report/result_json.hpp"

namespace sim {
namespace {

// The contents of a shard's sweep.json.
struct Part {
  std::filesystem::path folder;
  FolderLock lock;  // nobody writes there meanwhile
  Json about;
  Shard shard{};
  std::uint64_t seeds = 0, first_seed = 0, points = 0;

  explicit Part(const std::filesystem::path& path) : folder(path), lock(path, FolderLock::Kind::shared) {
    const auto file = folder / "sweep.json";
    about = parse_json(read_text_file(file), file.string());
    const auto whole = [&](const char* key) {
      if (!about.is_object() || !about.contains(key) || !about[key].is_number_unsigned())
        refuse(file, fmt::format("no number \"{}\"", key), "the sweep.json of a sweep");
      return about[key].get<std::uint64_t>();
    };
    seeds = whole("seeds");
    first_seed = whole("first_seed");
    const Json& which = about["shard"];
    if (!about["points"].is_array() || about["points"].empty() || !which.is_string() ||
        std::sscanf(which.get<std::string>().c_str(), "%lu/%lu", &shard.index, &shard.count) != 2 ||
        shard.index < 1 || shard.index > shard.count) {
      refuse(file, "no list of points or no shard", "the sweep.json of a sweep");
    }
    points = about["points"].size();
    if (about.contains("until"))
      refuse(file, "a sweep that stopped by precision has no shards", "the folders of all shards");
  }

  std::string version() const {
    return about.contains("repsim") ? about["repsim"].dump() : "a version that does not say so";
  }
  std::uint64_t begin() const { return seeds * (shard.index - 1) / shard.count; }
  std::uint64_t rows() const { return (seeds * shard.index / shard.count - begin()) * points; }
  Json whole() const {
    Json whole = about;
    whole["shard"] = "1/1";
    return whole;
  }
};

// All parts of one sweep, each once, in order.
std::vector<Part> ordered(std::span<const std::filesystem::path> folders) {
  std::vector<std::optional<Part>> by_index;
  for (const auto& folder : folders) {
    Part part(folder);
    if (by_index.empty()) by_index.resize(part.shard.count);
    const auto same = std::ranges::find_if(by_index, [](const auto& p) { return p.has_value(); });
    if (same != by_index.end() && (*same)->version() != part.version()) {
      refuse(folder,
             fmt::format("the shards were made by two versions of the program: {} made this one, {} made {}",
                         part.version(), (*same)->version(), (*same)->folder.string()),
             "shards of one version");
    }
    if (part.shard.count != by_index.size() || (same != by_index.end() && (*same)->whole() != part.whole()))
      refuse(folder, fmt::format("not a shard of the same sweep as {}", folders.front().string()));
    auto& place = by_index[part.shard.index - 1];
    if (place) {
      refuse(folder, fmt::format("shard {}/{} again, after {}", part.shard.index, part.shard.count,
                                 place->folder.string()));
    }
    place = std::move(part);
  }
  std::vector<Part> parts;
  for (std::size_t i = 0; i < by_index.size(); ++i) {
    if (!by_index[i]) {
      refuse(folders.front(), fmt::format("shard {}/{} of this sweep is missing", i + 1, by_index.size()),
             "the folders of all shards");
    }
    parts.push_back(std::move(*by_index[i]));
  }
  return parts;
}

class Merge {
 public:
  Merge(std::vector<Part> parts, const std::filesystem::path& out)
      : parts_(std::move(parts)), out_(out, parts_.front().whole()), rows_(out_.rows_path()) {
    const Json& about = parts_.front().about;
    summary_.scenario = about["scenario"].value("name", "");
    for (const Json& point : about["points"]) summary_.points.push_back(point);
    if (summary_.points.front().contains("label")) summary_.headings.emplace_back("label");
    for (const auto& [pointer, values] : about["vary"].items()) summary_.headings.push_back(pointer);
    summary_.summaries.resize(summary_.points.size());
    summary_.differences = Differences(summary_.points.size(), about.value("baseline", std::size_t{0}));
    for (const Json& point : summary_.points) {
      beginnings_.push_back(
          fmt::format("{{\"scenario\":{},\"point\":{},", Json(summary_.scenario).dump(), point.dump()));
    }
  }

  // Existing files are untouched until all rows have been checked.
  SweepSummary run() {
    for (const Part& part : parts_) join(part);
    out_.write_about();
    rows_.commit();
    out_.write_file("differences.csv", differences_csv(summary_));
    out_.write_file("summary.csv", to_csv(summary_));
    return std::move(summary_);
  }

 private:
  void join(const Part& part) {
    const auto file = part.folder / "runs.jsonl";
    std::ifstream in(file, std::ios::binary);
    std::string line;
    std::uint64_t rows = 0;
    while (std::getline(in, line) && !in.eof()) {  // at the end of the file the last line is a torn one
      if (rows == part.rows()) refuse(file, fmt::format("more than {} rows", rows));
      take(file, line, rows + 1, part.first_seed + part.begin() + rows / part.points);
      ++rows;
      rows_.stream() << line << '\n';
    }
    if (rows < part.rows()) {
      refuse(part.folder, fmt::format("{} of {} rows are there", rows, part.rows()),
             "a finished shard: give its sweep again to finish it");
    }
  }

  void take(const std::filesystem::path& file, const std::string& line, std::uint64_t row,
            std::uint64_t seed) {
    const std::size_t point = summary_.runs % summary_.points.size();
    const RunResult result = checked_row(out_.seal(), line, beginnings_[point], file, row);
    if (result.seed != seed)
      refuse(file, fmt::format("line {} is of seed {}, not {}: rows are missing before it, or were swapped",
                               row, result.seed, seed));
    summary_.add(point, result);
  }

  std::vector<Part> parts_;
  SweepFolder out_;
  OutputFile rows_;
  SweepSummary summary_;
  std::vector<std::string> beginnings_;  // of the rows of each point
};

// Before the folder for the whole is made or locked.
void check_apart(std::span<const std::filesystem::path> shards, const std::filesystem::path& out) {
  std::error_code error;
  for (const auto& shard : shards) {
    if (std::filesystem::equivalent(shard, out, error))
      refuse(out, "is the folder of a shard, too", "a separate folder");
    for (const std::string_view name : kSweepFiles) {
      if (std::filesystem::equivalent(shard / name, out / name, error))
        refuse(out / name, fmt::format("is the same file as {}", (shard / name).string()));
    }
  }
}

}  // namespace

SweepSummary merge_shards(std::span<const std::filesystem::path> shards, const std::filesystem::path& out) {
  check_apart(shards, out);
  return Merge(ordered(shards), out).run();
}

}  // namespace sim
