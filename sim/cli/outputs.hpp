// Checks a command's output files against its input files before anything runs.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "sim/files/output_folder.hpp"
#include "sim/scenario/scenario.hpp"

namespace sim {

/// The scenario's own file and those that it names.
std::vector<std::filesystem::path> input_files(const Scenario& scenario);

/// An output of a command, and its path. An empty path: it isn't wanted.
struct Destination {
  std::string name;  ///< The option that asks for it, or the file's name in a folder.
  std::filesystem::path path;
};

/// The output of an option: "-" is standard output.
Destination output_of(const std::string& name, const std::string& option);
/// The output of --json.
Destination json_output(bool wanted);

/// Whether text for people would get mixed with this output, and so belongs on standard error.
bool fills_standard_output(const Destination& output);

/// Throws InputError when an output is an input, too, under any name (a link, ./x for x), or two outputs go
/// to one place: a file, a pipe, standard output. All of them may go to /dev/null.
void check_outputs(const std::vector<Destination>& outputs, const std::vector<std::filesystem::path>& inputs);

/// Throws InputError for "-": a folder can't go to standard output.
void require_folder(const std::string& out);

/// The folder for the answer of a command, made and locked; nothing where `out` is empty. Throws InputError
/// when it is a sweep's, or one of `names` in it is an input.
std::optional<OutputFolder> answer_folder(const std::string& out, const std::vector<std::string>& names,
                                          const std::vector<std::filesystem::path>& inputs);

}  // namespace sim
