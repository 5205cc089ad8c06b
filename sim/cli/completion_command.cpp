// Shell completion and manual page. Both are generated from the parser itself, so they always match what it
// accepts.
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "sim/cli/commands.hpp"
#include "sim/cli/option_values.hpp"
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

// The type of an option's value and its possible values: the parser's "TEXT:{a,b}" taken apart.
struct ValueWords {
  std::string type;
  std::vector<std::string> choices;
};

ValueWords words_of(const CLI::Option& option) {
  const std::string name = option.get_type_name();
  const auto brace = name.find(":{");
  if (brace == std::string::npos) return {name, {}};
  ValueWords words{name.substr(0, brace), {""}};
  for (const char c : name.substr(brace + 2, name.size() - brace - 3)) {
    if (c == ',')
      words.choices.emplace_back();
    else
      words.choices.back() += c;
  }
  return words;
}

bool is_flag(const CLI::Option& option) { return option.get_expected_max() == 0; }

// What a shell offers in one place: words, a scenario (a file, or the name of a shipped one), files, nothing.
struct Suggestion {
  enum class Kind : std::uint8_t { nothing, words, files, scenario };
  Kind kind = Kind::nothing;
  std::vector<std::string> words{};
};

// A value that isn't text is a number, of which no shell can offer any.
Suggestion suggestion_for_value(const CLI::Option& option) {
  ValueWords value = words_of(option);
  if (!value.choices.empty()) return {Suggestion::Kind::words, std::move(value.choices)};
  return {value.type == "TEXT" ? Suggestion::Kind::files : Suggestion::Kind::nothing};
}

Suggestion suggestion_for_arguments(const CLI::App& command) {
  if (command.get_name() == "list") return {Suggestion::Kind::words, listable()};
  for (const CLI::Option* option : command.get_options()) {
    if (!option->get_positional()) continue;
    if (option->get_description().starts_with("Scenario")) return {Suggestion::Kind::scenario};
    return suggestion_for_value(*option);
  }
  return {};
}

std::string in_bash(const Suggestion& suggestion) {
  switch (suggestion.kind) {
    case Suggestion::Kind::words:
      return fmt::format("kind=words words=\"{}\"", fmt::join(suggestion.words, " "));
    case Suggestion::Kind::files: return "kind=files";
    case Suggestion::Kind::scenario: return "kind=scenario";
    case Suggestion::Kind::nothing: break;
  }
  return "kind=nothing";
}

// Shipped scenarios are asked for when they are needed, and offered folder by folder, as files are.
constexpr std::string_view kBashSuggestions = R"SH(
  case "$word" in -*) kind=words words=$options ;; esac
  COMPREPLY=()
  if [ "$kind" = words ]; then
    compopt +o filenames 2>/dev/null
    COMPREPLY=($(compgen -W "$words" -- "$word"))
    return
  fi
  [ "$kind" != nothing ] || return
  local IFS=$'\n' name rest
  COMPREPLY=($(compgen -f -- "$word"))
  [ "$kind" = scenario ] || return
  for name in $("${COMP_WORDS[0]}" list scenarios --json 2>/dev/null |
                sed -n 's|^ *"name": ".*scenarios/\(.*\)\.json",*$|\1|p'); do
    [[ "$name" == "$word"* ]] || continue
    rest=${name#"$word"}
    [[ "$rest" != */* ]] || name=$word${rest%%/*}/
    [[ "$IFS${COMPREPLY[*]}$IFS" == *"$IFS$name$IFS"* ]] || COMPREPLY+=("$name")
  done
  [[ "${#COMPREPLY[@]}" -ne 1 || "${COMPREPLY[0]}" != */ ]] || compopt -o nospace 2>/dev/null
}
complete -o filenames -F _repsim repsim
)SH";

std::string bash_completion(const CLI::App& app) {
  std::string names, cases, values;
  for (const CLI::App* command : commands_of(app)) {
    names += (names.empty() ? "" : " ") + command->get_name();
    cases += fmt::format("    {}) options=\"{}\" {} ;;\n", command->get_name(),
                         fmt::join(option_names(*command), " "), in_bash(suggestion_for_arguments(*command)));
    for (const CLI::Option* option : command->get_options()) {
      if (is_flag(*option)) continue;
      for (const auto& name : option->get_lnames())
        values += fmt::format("    \"{} --{}\") {} ;;\n", command->get_name(), name,
                              in_bash(suggestion_for_value(*option)));
    }
  }
  return fmt::format(
             "# Completion of repsim for bash.\n"
             "_repsim() {{\n"
             "  local word=\"${{COMP_WORDS[COMP_CWORD]}}\" before=\"${{COMP_WORDS[COMP_CWORD-1]}}\"\n"
             "  local command=\"${{COMP_WORDS[1]}}\" options=\"\" kind=nothing words=\"\"\n"
             "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
             "    COMPREPLY=($(compgen -W \"{} --help --version\" -- \"$word\"))\n"
             "    return\n"
             "  fi\n"
             "  case \"$command\" in\n{}  esac\n"
             "  case \"$command $before\" in\n{}  esac\n",
             names, cases, values)
      .append(kBashSuggestions.substr(1));
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

std::string in_zsh(const Suggestion& suggestion) {
  switch (suggestion.kind) {
    case Suggestion::Kind::words: return fmt::format("({})", fmt::join(suggestion.words, " "));
    case Suggestion::Kind::files: return "_files";
    case Suggestion::Kind::scenario: return "_repsim_scenario";
    case Suggestion::Kind::nothing: break;
  }
  return " ";
}

constexpr std::string_view kZshBegin = R"SH(#compdef repsim
# Completion of repsim for zsh.
_repsim_scenario() {
  local -a names
  names=(${(f)"$(repsim list scenarios --json 2>/dev/null |
                 sed -n 's|^ *"name": ".*scenarios/\(.*\)\.json",*$|\1|p')"})
  _alternative 'files:file:_files' 'scenarios:shipped scenario:_multi_parts / names'
}
local -a commands=(
)SH";

constexpr std::string_view kZshMiddle = R"SH(  )
if (( CURRENT == 2 )); then
  if [[ $words[2] == -* ]]; then
    compadd -- --help --version
  else
    _describe command commands
  fi
  return
fi
local command=$words[2]
shift words
(( CURRENT-- ))
case $command in
)SH";

std::string zsh_completion(const CLI::App& app) {
  std::string names, cases;
  for (const CLI::App* command : commands_of(app)) {
    names += fmt::format("    '{}:{}'\n", command->get_name(), zsh_text(command->get_description()));
    cases += fmt::format("    {})\n      _arguments \\\n", command->get_name());
    for (const CLI::Option* option : command->get_options()) {
      for (const auto& name : option->get_lnames()) {
        cases += fmt::format("        '*--{}[{}]{}' \\\n", name, zsh_text(option->get_description()),
                             is_flag(*option) ? "" : ":value:" + in_zsh(suggestion_for_value(*option)));
      }
    }
    cases += fmt::format("        '*:argument:{}' ;;\n", in_zsh(suggestion_for_arguments(*command)));
  }
  return fmt::format("{}{}{}{}esac\n", kZshBegin, names, kZshMiddle, cases);
}

constexpr std::string_view kFishBegin = R"SH(# Completion of repsim for fish.
function __repsim_scenarios
  repsim list scenarios --json 2>/dev/null | string replace -rf '^ *"name": ".*scenarios/(.*)\.json",?$' '$1'
end
complete -c repsim -n __fish_use_subcommand -l help -d 'Print this help message and exit'
complete -c repsim -n __fish_use_subcommand -l version -d 'Display program version information and exit'
)SH";

// Files are what fish offers unless -f says otherwise.
std::string in_fish(const Suggestion& suggestion) {
  switch (suggestion.kind) {
    case Suggestion::Kind::words: return fmt::format(" -f -a '{}'", fmt::join(suggestion.words, " "));
    case Suggestion::Kind::scenario: return " -a '(__repsim_scenarios)'";
    case Suggestion::Kind::nothing: return " -f";
    case Suggestion::Kind::files: break;
  }
  return "";
}

std::string fish_completion(const CLI::App& app) {
  std::string text(kFishBegin);
  for (const CLI::App* command : commands_of(app)) {
    const std::string chosen = fmt::format("-n '__fish_seen_subcommand_from {}'", command->get_name());
    text += fmt::format("complete -c repsim -f -n __fish_use_subcommand -a {} -d '{}'\n", command->get_name(),
                        escaped(command->get_description(), '\''));
    for (const CLI::Option* option : command->get_options()) {
      for (const auto& name : option->get_lnames()) {
        text += fmt::format("complete -c repsim {} -l {}{} -d '{}'\n", chosen, name,
                            is_flag(*option) ? "" : " -r" + in_fish(suggestion_for_value(*option)),
                            escaped(option->get_description(), '\''));
      }
    }
    text += fmt::format("complete -c repsim {}{}\n", chosen, in_fish(suggestion_for_arguments(*command)));
  }
  return text;
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
    const ValueWords value = words_of(*option);
    const std::string choices =
        value.choices.empty() ? "" : fmt::format("; one of {}", fmt::join(value.choices, ", "));
    text += fmt::format(".TP\n.BR \"{}\"{}\n{}\n", fmt::join(names, ", "),
                        is_flag(*option) ? "" : fmt::format(" \" \\fI{}\\fR\"", roff(value.type)),
                        roff(option->get_description() + choices));
  }
  return text;
}

std::string manual_page(const CLI::App& app) {
  std::string text = fmt::format(
      ".TH REPSIM 1 \"\" \"repsim {}\" \"User Commands\"\n.ad l\n.nh\n"
      ".SH NAME\nrepsim \\- simulate replication protocols and judge what their clients saw\n"
      ".SH SYNOPSIS\n.B repsim\n.I command\n.RI [ options ]\n"
      ".SH DESCRIPTION\n{}\n.SH OPTIONS\n{}.SH COMMANDS\n",
      version(), roff(app.get_description()), options_in_roff(app));
  for (const CLI::App* command : commands_of(app)) {
    text += fmt::format(".SS {}\n{}\n{}", roff(command->get_name()), roff(command->get_description()),
                        options_in_roff(*command));
  }
  return text +
         ".SH EXIT STATUS\n"
         "0 all checks held; 1 a check or an expectation failed; 2 bad input; 3 undecided within the "
         "budget.\n"
         ".SH FILES\n.TP\n.I PREFIX/share/repsim/scenarios\n"
         "Scenarios that may be named from any folder, such as lessons/naive_loss.\n";
}

}  // namespace

void add_completion_command(CLI::App& app, int& /*exit_code*/) {
  auto what = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand("completion", "Print shell completion or the manual page");
  add_word_option(*command, "what", *what, {"bash", "zsh", "fish", "man"}, "bash, zsh, fish or man")
      ->required();
  command->callback([&app, what] {
    if (*what == "bash") return fmt::print("{}", bash_completion(app));
    if (*what == "zsh") return fmt::print("{}", zsh_completion(app));
    if (*what == "fish") return fmt::print("{}", fish_completion(app));
    fmt::print("{}", manual_page(app));
  });
}

}  // namespace sim
