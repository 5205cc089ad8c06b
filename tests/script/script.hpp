// A golden script: a protocol that runs by hand, command by command, and what it answered to each. README.md
// in tests/goldens/scripts tells the form.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace script {

/// What is wrong with a script; `what()` begins with file and line.
struct ScriptError : std::runtime_error {
  ScriptError(const std::string& what, std::string script)
      : std::runtime_error(what), played(std::move(script)) {}
  std::string played;  ///< The script, with what really happened up to the error.
};

/// Plays a script and returns it with what really happened after each command. Throws ScriptError.
std::string play(std::string_view text, const std::string& file);

/// The first line in which the two texts differ, as a sentence; empty when there is none.
std::string first_difference(std::string_view golden, std::string_view now, const std::string& file);

}  // namespace script
