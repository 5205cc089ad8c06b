// Shell completion and manual page. Both are generated from the parser itself, so they always match what it
// accepts.
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "sim/cli/commands.hpp"
#include "sim/cli/usage_error.hpp"
#include "sim/kernel/version.hpp"
#include "sim/protocol/plan.hpp"

namespace sim {
namespace {

std::vector<const CLI::App*> commands_of(const CLI::App& app) {
  const auto all = app.get_subcommands([](const CLI::App* command) { return !command->get_group().empty(); });
  return {all.begin(), all.end()};
}

// The categories of `list`, the protocols among them.
std::vector<std::string> listable() {
  std::vector<std::string> words{"protocols", "services", "faults", "delays", "scenarios"};
  for (const ProtocolEntry& entry : protocols()) words.emplace_back(entry.name);
  return words;
}

std::string escaped(std::string_view text, char quote) {
  std::string out;
  for (const char c : text) out += c == quote ? std::string("'\\''") : std::string(1, c);
  return out;
}

std::string bash_completion(const CLI::App& app) {
  std::string names, cases;
  for (const CLI::App* command : commands_of(app)) {
    names += (names.empty() ? "" : " ") + command->get_name();
    cases += fmt::format("    {}) options=\"{}\" ;;\n", command->get_name(),
                         fmt::join(option_names(*command), " "));
  }
  return fmt::format(
      "# Completion of repsim for bash.\n"
      "_repsim() {{\n"
      "  local word=\"${{COMP_WORDS[COMP_CWORD]}}\" command=\"${{COMP_WORDS[1]}}\" options=\"\"\n"
      "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
      "    COMPREPLY=($(compgen -W \"{} --help --version\" -- \"$word\"))\n"
      "    return\n"
      "  fi\n"
      "  case \"$command\" in\n{}  esac\n"
      "  if [[ \"$word\" == -* ]]; then\n"
      "    COMPREPLY=($(compgen -W \"$options\" -- \"$word\"))\n"
      "  elif [ \"$command\" = list ]; then\n"
      "    COMPREPLY=($(compgen -W \"{}\" -- \"$word\"))\n"
      "  else\n"
      "    COMPREPLY=($(compgen -f -- \"$word\"))\n"
      "  fi\n"
      "}}\n"
      "complete -o filenames -F _repsim repsim\n",
      names, cases, fmt::join(listable(), " "));
}

// A word of zsh's _describe and _arguments: brackets and colons have a meaning there.
std::string zsh_text(std::string_view text) {
  std::string out;
  for (const char c : escaped(text, '\'')) {
    if (c == '[' || c == ']' || c == ':') out += '\\';
    out += c;
  }
  return out;
}

std::string zsh_completion(const CLI::App& app) {
  std::string names, cases;
  for (const CLI::App* command : commands_of(app)) {
    names += fmt::format("    '{}:{}'\n", command->get_name(), zsh_text(command->get_description()));
    cases += fmt::format("    {})\n      _arguments \\\n", command->get_name());
    for (const CLI::Option* option : command->get_options()) {
      const bool flag = option->get_expected_max() == 0;
      for (const auto& name : option->get_lnames()) {
        cases += fmt::format("        '*--{}[{}]{}' \\\n", name, zsh_text(option->get_description()),
                             flag ? "" : ":value:_files");
      }
    }
    const bool list = command->get_name() == "list";
    cases += list ? fmt::format("        '*:what:({})' ;;\n", fmt::join(listable(), " "))
                  : std::string("        '*:file:_files' ;;\n");
  }
  return fmt::format(
      "#compdef repsim\n"
      "# Completion of repsim for zsh.\n"
      "local -a commands=(\n{}  )\n"
      "if (( CURRENT == 2 )); then\n"
      "  _describe command commands\n"
      "  return\n"
      "fi\n"
      "local command=$words[2]\n"
      "shift words\n"
      "(( CURRENT-- ))\n"
      "case $command in\n{}esac\n",
      names, cases);
}

std::string fish_completion(const CLI::App& app) {
  std::string text = "# Completion of repsim for fish.\n";
  for (const CLI::App* command : commands_of(app)) {
    text += fmt::format("complete -c repsim -f -n __fish_use_subcommand -a {} -d '{}'\n", command->get_name(),
                        escaped(command->get_description(), '\''));
    for (const CLI::Option* option : command->get_options()) {
      for (const auto& name : option->get_lnames()) {
        text += fmt::format("complete -c repsim -n '__fish_seen_subcommand_from {}' -l {}{} -d '{}'\n",
                            command->get_name(), name, option->get_expected_max() == 0 ? "" : " -r",
                            escaped(option->get_description(), '\''));
      }
    }
  }
  return text + fmt::format("complete -c repsim -f -n '__fish_seen_subcommand_from list' -a '{}'\n",
                            fmt::join(listable(), " "));
}

// Text of a manual page: hyphens as they are typed, and no line that looks like a request.
std::string roff(std::string_view text) {
  std::string out;
  bool first = true;
  for (const char c : text) {
    if (first && (c == '.' || c == '\'')) out += "\\&";
    if (c == '\\')
      out += "\\\\";
    else if (c == '-')
      out += "\\-";
    else
      out += c;
    first = c == '\n';
  }
  return out;
}

// The type of an option's value and its possible values: the parser's "TEXT:{a,b}" taken apart.
struct ValueWords {
  std::string type, choices;
};

ValueWords words_of(const CLI::Option& option) {
  const std::string name = option.get_type_name();
  const auto brace = name.find(":{");
  if (brace == std::string::npos) return {name, ""};
  std::string choices;
  for (const char c : name.substr(brace + 2, name.size() - brace - 3))
    choices += c == ',' ? std::string(", ") : std::string(1, c);
  return {name.substr(0, brace), "; one of " + choices};
}

std::string options_in_roff(const CLI::App& command) {
  std::string text;
  for (const CLI::Option* option : command.get_options()) {
    if (option->get_lnames().empty()) {  // a positional argument
      text += fmt::format(".TP\n.I {}\n{}\n", roff(option->get_name(true)), roff(option->get_description()));
      continue;
    }
    std::vector<std::string> names;
    for (const auto& name : option->get_snames()) names.push_back("\\-" + name);
    for (const auto& name : option->get_lnames()) names.push_back("\\-\\-" + roff(name));
    const bool flag = option->get_expected_max() == 0;
    const ValueWords value = words_of(*option);
    text += fmt::format(".TP\n.BR \"{}\"{}\n{}\n", fmt::join(names, ", "),
                        flag ? "" : fmt::format(" \" \\fI{}\\fR\"", roff(value.type)),
                        roff(option->get_description() + value.choices));
  }
  return text;
}

std::string manual_page(const CLI::App& app) {
  std::string text = fmt::format(
      ".TH REPSIM 1 \"\" \"repsim {}\" \"User Commands\"\n.ad l\n.nh\n"
      ".SH NAME\nrepsim \\- simulate replication protocols and judge what their clients saw\n"
      ".SH SYNOPSIS\n.B repsim\n.I command\n.RI [ options ]\n"
      ".SH DESCRIPTION\n{}\n.SH COMMANDS\n",
      version(), roff(app.get_description()));
  for (const CLI::App* command : commands_of(app)) {
    text += fmt::format(".SS {}\n{}\n{}", roff(command->get_name()), roff(command->get_description()),
                        options_in_roff(*command));
  }
  return text +
         ".SH EXIT STATUS\n"
         "0 all checks held; 1 a check or an expectation failed; 2 bad input; 3 undecided within the "
         "budget.\n"
         ".SH ENVIRONMENT\n.TP\n.B NO_COLOR\nNo colours on a terminal.\n"
         ".SH FILES\n.TP\n.I PREFIX/share/repsim/scenarios\n"
         "Scenarios that may be named from any folder, such as lessons/naive_loss.\n";
}

}  // namespace

void add_completion_command(CLI::App& app, int& /*exit_code*/) {
  auto what = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand("completion", "Print shell completion or the manual page");
  command->add_option("what", *what, "bash, zsh, fish or man")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish", "man"}));
  command->callback([&app, what] {
    if (*what == "bash") return fmt::print("{}", bash_completion(app));
    if (*what == "zsh") return fmt::print("{}", zsh_completion(app));
    if (*what == "fish") return fmt::print("{}", fish_completion(app));
    fmt::print("{}", manual_page(app));
  });
}

}  // namespace sim
