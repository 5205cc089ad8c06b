#include "sim/cli/outputs.hpp"

#include <sys/stat.h>

#include <fmt/format.h>

#include "sim/scenario/delay_spec.hpp"

namespace sim {

namespace fs = std::filesystem;
namespace {

constexpr const char* kStandardOutput = "/dev/stdout";

// The keys under which a scenario names files, which lie beside it.
void add_named_files(const Json& json, const fs::path& folder, std::vector<fs::path>& files) {
  for (const auto& [key, value] : json.items()) {
    const bool names_files = names_delay_file(key) || key == "points";
    if (names_files && value.is_string()) files.push_back(folder / value.get<std::string>());
    if (names_files && value.is_array()) {
      for (const Json& one : value) {
        if (one.is_string()) files.push_back(folder / one.get<std::string>());
      }
    }
    if (value.is_structured()) add_named_files(value, folder, files);
  }
}

bool is_same_file(const fs::path& one, const fs::path& other) {
  std::error_code error;
  const auto exists = [&](const fs::path& path) { return fs::exists(path, error); };
  if (fs::equivalent(one, other, error)) return !exists(one) || fs::is_regular_file(one, error);
  if (exists(one) || exists(other)) return false;
  error.clear();
  const auto whole = [&](const fs::path& path) {
    return fs::weakly_canonical(fs::absolute(path, error), error).lexically_normal();
  };
  return whole(one) == whole(other) && !error;
}

// std::filesystem compares neither pipes nor devices.
bool is_same_node(const fs::path& one, const fs::path& other) {
  struct stat a {
  }, b{};
  if (::stat(one.c_str(), &a) != 0 || ::stat(other.c_str(), &b) != 0) return false;
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

// Whether writing to both would mix their contents.
bool is_same_place(const fs::path& one, const fs::path& other) {
  if (one == kStandardOutput && other == kStandardOutput) return true;  // wherever it leads
  if (is_same_node(one, other)) return !is_same_node(one, "/dev/null");
  return is_same_file(one, other);
}

std::string shown_place(const fs::path& path) {
  return path == kStandardOutput ? "standard output" : path.string();
}

}  // namespace

std::vector<fs::path> input_files(const Scenario& scenario) {
  std::vector<fs::path> files{scenario.file};
  add_named_files(scenario.document, fs::path(scenario.file).parent_path(), files);
  return files;
}

Destination output_of(const std::string& name, const std::string& option) {
  return {name, option == "-" ? kStandardOutput : option};
}

Destination json_output(bool wanted) { return {"--json", wanted ? kStandardOutput : ""}; }

bool fills_standard_output(const Destination& output) {
  return !output.path.empty() && is_same_place(output.path, kStandardOutput);
}

void check_outputs(const std::vector<Destination>& outputs, const std::vector<fs::path>& inputs) {
  for (auto output = outputs.begin(); output != outputs.end(); ++output) {
    if (output->path.empty()) continue;
    for (const fs::path& input : inputs) {
      if (!is_same_file(output->path, input)) continue;
      throw InputError({.file = output->path.string(),
                        .found = fmt::format("is also an input (as {})", input.string()),
                        .expected = "another output file"});
    }
    for (auto other = outputs.begin(); other != output; ++other) {
      if (other->path.empty() || !is_same_place(output->path, other->path)) continue;
      throw InputError(
          {.file = shown_place(output->path),
           .found = fmt::format("both {} and {} would be written there", other->name, output->name),
           .expected = "a different place for each"});
    }
  }
}

void require_folder(const std::string& out) {
  if (out == "-") throw InputError({.file = "--out", .found = "found \"-\"", .expected = "a folder"});
}

std::optional<OutputFolder> answer_folder(const std::string& out, const std::vector<std::string>& names,
                                          const std::vector<fs::path>& inputs) {
  if (out.empty()) return std::nullopt;
  require_folder(out);
  std::vector<Destination> files;
  for (const std::string& name : names) files.push_back({name, fs::path(out) / name});
  check_outputs(files, inputs);
  if (fs::exists(fs::path(out) / "sweep.json"))
    throw InputError({.file = out, .found = "is the folder of a sweep", .expected = "a separate folder"});
  return std::make_optional<OutputFolder>(out);
}

}  // namespace sim
