#include "sim/experiment/sweep/sweep_folder.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <fstream>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "sim/files/input_file.hpp"
#include "sim/files/output_file.hpp"
#include "sim/report/result_json.hpp"

namespace sim {
namespace {

namespace fs = std::filesystem;

const Json::json_pointer kPlannedSeeds("/scenario/sweep/seeds");

// Names the input that differs between two sweeps.
std::string difference(const Json& old, const Json& about) {
  for (const auto& [key, value] : about.items()) {
    const auto found = old.find(key);
    if (found == old.end()) return fmt::format("\"{}\" is missing there", key);
    if (*found == value) continue;
    if (value.is_primitive())
      return fmt::format("\"{}\" is {} there, {} here", key, found->dump(), value.dump());
    return fmt::format("\"{}\" is another one there", key);
  }
  return "its sweep.json differs";
}

// The same sweep, or the first seeds of it: rows of more seeds come after those of fewer. Not so where seeds
// are divided among shards, or where points stop by what their seeds say.
bool goes_on(const Json& old, const Json& about) {
  const auto seeds = [](const Json& a) { return a.value("seeds", Json()); };
  const bool may_grow = about.at("shard") == "1/1" && !about.contains("until");
  if (!may_grow || !seeds(old).is_number_unsigned() || seeds(old) > seeds(about)) return old == about;
  Json same = about;
  same["seeds"] = seeds(old);
  if (same.contains(kPlannedSeeds) && old.contains(kPlannedSeeds))
    same[kPlannedSeeds] = old.at(kPlannedSeeds);
  return old == same;
}

// Another version of the program may go on with a sweep if it makes the same rows, which shows when some are
// run again.
Json without_version(Json about) {
  about.erase("repsim");
  return about;
}

void check_about(const fs::path& folder, const Json& about) {
  const fs::path path = folder / "sweep.json";
  if (!fs::exists(path)) {
    if (fs::exists(folder / "runs.jsonl"))
      refuse(folder, "contains runs without a sweep.json", "a separate folder");
    for (const char* answer : {"rare.json", "advice.json"}) {
      if (fs::exists(folder / answer))
        refuse(folder, fmt::format("contains the {} of another command", answer), "a separate folder");
    }
    return;
  }
  Json old = Json::parse(read_text_file(path), nullptr, false);
  if (!old.is_object())
    refuse(folder, "contains another sweep (its sweep.json describes no sweep)", "a separate folder");
  old = without_version(std::move(old));
  if (!goes_on(old, about))
    refuse(folder, fmt::format("contains another sweep ({})", difference(old, about)), "a separate folder");
}

void check_files(const fs::path& folder) {
  for (const std::string_view name : kSweepFiles) {
    const fs::path path = folder / name;
    if (fs::exists(path) && !fs::is_regular_file(path)) refuse(path, "is not a regular file");
    if (name != "sweep.json") check_writable(path);
    remove_stale_drafts(path);
  }
}

}  // namespace

void refuse(const fs::path& path, std::string found, std::string expected) {
  throw InputError({.file = path.string(), .found = std::move(found), .expected = std::move(expected)});
}

SweepFolder::SweepFolder(fs::path folder, const Json& about)
    : folder_(std::move(folder)), about_(about.dump(2) + '\n'), seal_(about) {
  check_about(folder_.path(), without_version(about));
  check_files(folder_.path());
}

RunResult checked_row(const RowSeal& seal, const std::string& line, const std::string& beginning,
                      const fs::path& file, std::uint64_t number) {
  const auto refuse_row = [&](std::string_view why) {
    refuse(file, fmt::format("line {} {}", number, why), "a separate folder");
  };
  if (beginning.empty()) refuse_row("is beyond the last row of this sweep");
  if (const std::string_view complaint = seal.complaint(line); !complaint.empty()) refuse_row(complaint);
  if (!line.starts_with(beginning)) refuse_row("does not belong to this sweep, or is out of place");
  try {
    return result_from_row(line);
  } catch (const std::exception&) {
    refuse_row("does not belong to this sweep");
  }
  return {};
}

void SweepFolder::resume(const Beginning& beginning, const Row& row) {
  std::ifstream in(rows_path(), std::ios::binary);
  std::string line;
  std::uint64_t n = 0;
  while (std::getline(in, line) && !in.eof()) {  // at the end of the file the last line is a torn one
    const std::string begins = beginning(n++);
    row(checked_row(seal_, line, begins, rows_path(), n), line);
    good_ += line.size() + 1;
  }
}

void SweepFolder::write_about() {
  const fs::path about = folder_.path() / "sweep.json";
  if (fs::exists(about) && read_text_file(about) == about_) return;
  drop_summary();
  write_whole(about, about_);
}

void SweepFolder::drop_summary() {
  std::error_code error;
  for (const char* last : {"summary.csv", "differences.csv"}) fs::remove(folder_.path() / last, error);
}

void SweepFolder::open_rows(bool complete) {
  if (!complete) drop_summary();
  write_about();
  const fs::path path = rows_path();
  rows_ = Descriptor(::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666));
  if (!rows_.open()) throw_errno(path, "can't be written");
  const bool torn = fs::file_size(path) > good_;
  if (torn && ::ftruncate(rows_.get(), static_cast<off_t>(good_)) != 0) throw_errno(path, "can't be written");
}

void SweepFolder::append(std::string_view lines) {
  if (!write_all(rows_.get(), lines)) throw_errno(rows_path(), "can't be written");
}

void SweepFolder::write_file(std::string_view name, const std::string& text) {
  // Some file systems find out only now that there was no room for the rows.
  if (rows_.open() && ::fsync(rows_.get()) != 0) throw_errno(rows_path(), "can't be written");
  write_whole(folder_.path() / name, text);
}

}  // namespace sim
