#include "sim/cli/shipped.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <system_error>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sim/scenario/json.hpp"

namespace sim {
namespace {

namespace fs = std::filesystem;

bool is_folder(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

// The program's own file; empty where the system doesn't say.
fs::path own_file() {
  std::error_code error;
  fs::path path = fs::read_symlink("/proc/self/exe", error);
  return error ? fs::path() : path;
}

// The scenarios of this name below `folder`, in any folder there.
std::vector<std::string> files_named(const std::string& stem, const fs::path& folder) {
  std::vector<std::string> found;
  std::error_code error;
  for (fs::recursive_directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    if (at->path().extension() == ".json" && at->path().stem() == stem) found.push_back(at->path().string());
  }
  std::ranges::sort(found);
  return found;
}

}  // namespace

fs::path shipped_scenarios() {
  if (is_folder("scenarios")) return "scenarios";
  const fs::path program = own_file();
  if (program.empty()) return {};
  const fs::path above = program.parent_path().parent_path();
  for (const fs::path& folder : {above / "share" / "repsim" / "scenarios", above / "scenarios"}) {
    if (is_folder(folder)) return folder;
  }
  return {};
}

std::string scenario_file(const std::string& name) {
  constexpr std::string_view kFolder = "scenarios/";
  if (name.empty() || name == "-" || fs::path(name).is_absolute() || is_there(name)) return name;
  const fs::path shipped = shipped_scenarios();
  if (shipped.empty()) return name;
  const std::string inside = name.starts_with(kFolder) ? name.substr(kFolder.size()) : name;
  for (const std::string& candidate : std::array{inside, inside + ".json"}) {
    if (is_there(shipped / candidate) && !is_folder(shipped / candidate))
      return (shipped / candidate).string();
  }
  const fs::path first = *fs::path(inside).begin();  // lessons/naive_loss: wherever in lessons
  const fs::path below = fs::path(inside).has_parent_path() ? shipped / first : shipped;
  const std::vector<std::string> found = files_named(fs::path(inside).stem().string(), below);
  if (found.size() == 1) return found.front();
  if (found.size() > 1) {
    throw InputError({.file = name,
                      .found = "several scenarios have this name",
                      .expected = fmt::format("one of {}", fmt::join(found, ", "))});
  }
  return name;
}

}  // namespace sim
