#include "sim/cli/outputs.hpp"

#include <fmt/format.h>

#include "sim/scenario/delay_spec.hpp"

namespace sim {

namespace fs = std::filesystem;
namespace {

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

}  // namespace

std::vector<fs::path> input_files(const Scenario& scenario) {
  std::vector<fs::path> files{scenario.file};
  add_named_files(scenario.document, fs::path(scenario.file).parent_path(), files);
  return files;
}

fs::path output_path(const std::string& option) { return option == "-" ? "/dev/stdout" : option; }

void check_outputs(const std::vector<fs::path>& outputs, const std::vector<fs::path>& inputs) {
  for (auto output = outputs.begin(); output != outputs.end(); ++output) {
    if (output->empty()) continue;
    for (const fs::path& input : inputs) {
      if (!is_same_file(*output, input)) continue;
      throw InputError({.file = output->string(),
                        .found = fmt::format("is also an input (as {})", input.string()),
                        .expected = "another output file"});
    }
    for (auto other = outputs.begin(); other != output; ++other) {
      if (other->empty() || !is_same_file(*output, *other)) continue;
      throw InputError({.file = output->string(),
                        .found = "is named for two outputs",
                        .expected = "a different file for each output"});
    }
  }
}

std::optional<OutputFolder> answer_folder(const std::string& out, const std::vector<std::string>& names,
                                          const std::vector<fs::path>& inputs) {
  if (out.empty()) return std::nullopt;
  std::vector<fs::path> files;
  for (const std::string& name : names) files.push_back(fs::path(out) / name);
  check_outputs(files, inputs);
  if (fs::exists(fs::path(out) / "sweep.json"))
    throw InputError({.file = out, .found = "is the folder of a sweep", .expected = "a separate folder"});
  return std::make_optional<OutputFolder>(out);
}

}  // namespace sim
