// Finds the scenarios that come with the program, so that they can be named from any folder.
#pragma once

#include <filesystem>
#include <string>

namespace sim {

/// The folder of shipped scenarios: ./scenarios if there is one, else the one beside the installed program
/// (PREFIX/share/repsim/scenarios), else that of the source tree in which the program was built. Empty if
/// there is none.
std::filesystem::path shipped_scenarios();

/// The file that `name` means: itself if there is such a file, else the shipped scenario of that name, in
/// which folders and the ending ".json" may be left out: naive_order, lessons/naive_loss. Without such a
/// scenario it is `name` itself, so that the error repeats what was typed. Throws InputError if several have
/// the name.
std::string scenario_file(const std::string& name);

}  // namespace sim
