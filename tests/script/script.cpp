#include "tests/script/script.hpp"

#include <algorithm>
#include <exception>
#include <vector>

#include "tests/script/player.hpp"

namespace script {
namespace {

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    lines.emplace_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

// Plays one line of the script and returns it with what follows from it.
std::string play_line(Player& player, const std::string& line, bool started) {
  if (line.empty() || line[0] == '#') return line + '\n';
  if (line[0] == ' ') return {};  // what happened the last time
  if (line.starts_with("> ")) return line + '\n' + player.command(line.substr(2));
  const auto colon = line.find(": ");
  if (started || colon == std::string::npos) {
    throw std::runtime_error(
        "expected a comment (# ...), a setting (name: value, before the first command), a command (> ...), "
        "or "
        "what it led to, indented");
  }
  player.set(line.substr(0, colon), line.substr(colon + 2));
  return line + '\n';
}

}  // namespace

std::string play(std::string_view text, const std::string& file) {
  Player player;
  std::string now;
  bool started = false;
  const auto lines = lines_of(text);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    started = started || lines[i].starts_with("> ");
    try {
      now += play_line(player, lines[i], started);
    } catch (const std::exception& problem) {
      const std::string place = file + ':' + std::to_string(i + 1) + ": ";
      for (; i < lines.size(); ++i) now += lines[i] + '\n';
      throw ScriptError(place + problem.what(), now);
    }
  }
  if (!started) throw ScriptError(file + ": a script without a command", now);
  return now;
}

std::string first_difference(std::string_view golden, std::string_view now, const std::string& file) {
  if (golden == now) return {};
  const auto before = lines_of(golden), after = lines_of(now);
  const auto [was, is] = std::ranges::mismatch(before, after);
  const auto shown = [](auto line, const auto& lines) {
    return line == lines.end() ? std::string("(the end)") : *line;
  };
  return file + ':' + std::to_string(was - before.begin() + 1) + ":\n  golden: " + shown(was, before) +
         "\n  now:    " + shown(is, after);
}

}  // namespace script
