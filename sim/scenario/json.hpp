// Reads JSON documents: a file is read whole, and refused early and clearly when it is malformed. Every error
// names the file, the place in it, the found and the expected value.
#pragma once

#include <cstddef>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace sim {

using Json = nlohmann::ordered_json;

/// An error in the user's input. Its `what()` is one line for people.
struct InputError : std::runtime_error {
  struct Details {
    std::string file{};
    std::string pointer{};   ///< JSON pointer into the file; empty for the file as a whole.
    std::string found{};     ///< Such as `found 500` or `unknown key "detectr"`.
    std::string expected{};  ///< Empty, or such as `a duration with a unit such as "500ms"`.
    std::string nearest{};   ///< Empty, or the name that was probably meant.
  };
  explicit InputError(Details details);
  Details details;
};

constexpr std::size_t kLargestFile = 16 * 1024 * 1024;
constexpr std::size_t kDeepestNesting = 100;

/// The content of a text file, or of standard input for "-"; throws InputError when it can't be read or has
/// more than kLargestFile bytes.
std::string read_text_file(const std::filesystem::path& path);

/// Parses a document. Throws InputError with line and column when `text` is not JSON, names a key twice, or
/// is nested deeper than kDeepestNesting. `file` is for messages only.
Json parse_json(std::string_view text, const std::string& file);

/// A value as a message shows it: on one line, and cut when it is long.
std::string shown(const Json& value);

/// The candidate nearest to a misspelt `name` (edit distance), or empty when none is near.
std::string nearest(std::string_view name, const std::vector<std::string>& candidates);

/// `token` as it is written inside a JSON pointer.
std::string escaped(std::string_view token);

}  // namespace sim
