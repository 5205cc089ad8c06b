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

/// The file that an option names: "-" is standard output.
std::filesystem::path output_path(const std::string& option);

/// Throws InputError when an output is an input, too, under whatever name (a link, ./x for x), or two outputs
/// are one file. Empty paths are not wanted.
void check_outputs(const std::vector<std::filesystem::path>& outputs,
                   const std::vector<std::filesystem::path>& inputs);

/// The folder for the answer of a command, made and locked; nothing where `out` is empty. Throws InputError
/// when it is a sweep's, or one of `names` in it is an input.
std::optional<OutputFolder> answer_folder(const std::string& out, const std::vector<std::string>& names,
                                          const std::vector<std::filesystem::path>& inputs);

}  // namespace sim
