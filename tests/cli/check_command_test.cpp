// `check` and `generate` on the command line: budgets, errors, and the same bytes for the same seed.
#include <cstddef>
#include <string>
#include <vector>

#include "tests/support/catch.hpp"
#include "tests/support/shell.hpp"

namespace {

// With what they print to standard error.
Ended together(const std::string& commands) { return shell('(' + commands + ") 2>&1"); }

bool says(const Ended& ended, const std::string& words) {
  INFO(ended.out);
  const bool found = ended.out.find(words) != std::string::npos;
  CHECK(found);
  return found;
}

// A stack is searched state by state: much to do.
const std::string kHard = "$R generate --model stack --operations 3000 --clients 12 --values 3 --seed 5";

TEST_CASE("a budget of steps, time or memory that is spent gives unknown, exit code 3 and what was spent") {
  const auto steps = together(kHard + " | $R check --steps 1000 /dev/stdin");
  CHECK(steps.code == 3);
  says(steps, "unknown");
  says(steps, "the budget of steps was spent");
  CHECK(together(kHard + " | $R check --steps 1000 /dev/stdin").out == steps.out);
  const auto time = together(kHard + " | $R check --budget 1ms /dev/stdin");
  CHECK(time.code == 3);
  says(time, "the budget of time was spent");
}

double peak_mib(const Ended& ended) {
  const std::string peak = "\"peak_mib\":";
  const auto at = ended.out.find(peak);
  REQUIRE(at != std::string::npos);
  return std::stod(ended.out.substr(at + peak.size()));
}

TEST_CASE("a search never grows beyond its budget of memory, and says what it needed") {
  const auto memory = together(kHard + " | $R check --time --json --memory 24MB /dev/stdin");
  CHECK(memory.code == 3);
  says(memory, "the budget of memory was spent after ");
  CHECK(peak_mib(memory) < 24);
  CHECK(peak_mib(memory) > 10);  // or it gave up too early
}

TEST_CASE("a budget of memory counts code and libraries, too") {
  const auto large =
      shell("$R generate --operations 150000 --clients 10 | $R check --json --time /dev/stdin");
  const double needed = peak_mib(large);
  for (const int above : {-4, -2, 0, 2, 4, 6}) {
    const int bound = static_cast<int>(needed) + above;
    const auto bounded =
        shell("$R generate --operations 150000 --clients 10 | $R check --json --time --memory " +
              std::to_string(bound) + "MB /dev/stdin");
    INFO("of " << bound << " MiB, where " << needed << " are needed");
    CHECK(peak_mib(bounded) <= bound);
    CHECK((bounded.code == 0 || bounded.code == 3));
  }
  const auto tiny =
      together("$R generate | $R check --memory 1MB /dev/stdin");  // less than the program takes
  CHECK(tiny.code == 3);
  says(tiny, "the budget of memory (1MB) was spent");
}

TEST_CASE("a line longer than the memory allows is left unread") {
  const std::string line =
      "f=$(mktemp); (printf '{:process 0 :type :invoke :f :write :value \"'; head -c 100000000 /dev/zero | "
      "tr '\\0' x; printf '\"}\\n') > $f; ";
  const auto bounded = together(line + "$R check --json --time --memory 20MB $f; e=$?; rm $f; exit $e");
  CHECK(bounded.code == 3);
  says(bounded, "the budget of memory (20MB) was spent");
  CHECK(peak_mib(bounded) <= 20);
}

TEST_CASE("the peak of memory is the check's own, not that of whoever started it") {
  const std::vector<char> large(std::size_t{100} << 20, 'x');
  const auto small =
      shell("exec $R check --json --time " REPSIM_SOURCE_DIR "/tests/data/histories/etcd/etcd_002.log");
  CHECK(peak_mib(small) < 50);
  CHECK(large.back() == 'x');
}

TEST_CASE("a budget holds while a large history is still being read") {
  const std::string large = "$R generate --operations 150000 --clients 10";
  const auto time = together(large + " | $R check --budget 1ms /dev/stdin");
  CHECK(time.code == 3);
  says(time, "/dev/stdin: unknown: undecided: the budget of time (1ms) was spent before all was read");
  const auto memory = together(large + " | $R check --memory 20MB /dev/stdin");
  CHECK(memory.code == 3);
  says(memory, "/dev/stdin: unknown: undecided: the budget of memory (20MB) was spent");
  const auto json = together(large + " | $R check --json --memory 20MB /dev/stdin");
  CHECK(json.code == 3);
  says(json, "\"verdict\":\"unknown\",\"story\":\"undecided: the budget of memory (20MB) was spent\"");
}

TEST_CASE("a bad budget is one line that says what was expected") {
  const auto time = together("$R check --budget 10 x.jsonl");
  CHECK(time.code == 2);
  CHECK(time.out ==
        "repsim: --budget: found \"10\"; expected a time such as 500ms, 10s or 2m, more than 0 "
        "and less than a million of its unit\n");
  const auto memory = together("$R check --memory 4 x.jsonl");
  CHECK(memory.code == 2);
  CHECK(memory.out ==
        "repsim: --memory: found \"4\"; expected an amount such as 500MB or 4GB, more "
        "than 0 and less than a million of its unit\n");
}

TEST_CASE("a bad number of steps is refused with its range") {
  for (const std::string steps : {"-1", "0", "18446744073709551616", "1e3", "x"}) {
    INFO(steps);
    const auto refused = together("$R check --steps " + steps + " x.jsonl");
    CHECK(refused.code == 2);
    says(refused,
         "repsim: --steps: found \"" + steps + "\", expected a whole number from 1 to 18446744073709551615");
  }
}

TEST_CASE("what check prints of files and values is clean, and the same JSON") {
  const std::string write =
      "(printf '{:process 0 :type :invoke :f :write :value 1}\n{:process 1 :type :invoke :f :read}\n"
      "{:process 1 :type :ok :f :read :value \"\\033[31m\"}\n') > \"$n\"; ";
  const std::string folder = "d=$(mktemp -d); n=\"$d/$(printf 'a\\033[1mb').edn\"; ";
  for (const std::string options : {"", "--json "}) {
    const auto ended = together(folder + write + "$R check " + options + "\"$n\" \"$n.none\"; rm -r \"$d\"");
    CHECK(ended.out.find('\033') == std::string::npos);
    says(ended, "a\\u001b[1mb.edn");
    says(ended, "\\u001b[31m");
  }
}

TEST_CASE("check --quiet leaves the exit code to speak") {
  const std::string history = "$R generate --quiet --bug stale-read | ";
  const auto violated = together(history + "$R check --quiet /dev/stdin");
  CHECK(violated.code == 1);
  CHECK(violated.out.empty());
  says(together("$R check --quiet /nowhere"), "repsim: /nowhere: no such file");
  says(together(history + "$R check --quiet --json /dev/stdin"), "\"verdict\":\"violation\"");
}

TEST_CASE("a verdict that nobody could take is an error") {
  for (const std::string options : {"", "--json ", "/nowhere "}) {
    const auto full = together("$R generate | $R check " + options + "/dev/stdin > /dev/full");
    CHECK(full.code == 2);
    says(full, "standard output: can't be written");
  }
}

TEST_CASE("generate gives the same bytes for the same seed, and says what is wrong with a plan") {
  const std::string plan = "$R generate --model kv --operations 200 --keys 3 --crashes 5% --bug stale-read";
  const auto first = together(plan);
  CHECK(first.code == 0);
  CHECK(together(plan).out == first.out);
  CHECK_FALSE(together(plan + " --seed 2").out == first.out);
  const auto refused = [](const std::string& options) { return together("$R " + options).out; };
  CHECK(refused("generate --model qeue")
            .ends_with("unordered-queue, mutex, multi-register; did you mean \"queue\"?\n"));
  CHECK(refused("generate --model qeue").starts_with("repsim: --model: found \"qeue\", expected register, "));
  CHECK(refused("generate --bug stale").ends_with("expected none, stale-read, lost-update, reordered\n"));
  CHECK(refused("check --model cas_register x").ends_with("did you mean \"cas-register\"?\n"));
  CHECK(refused("check --consistency serial x").ends_with("expected linearizable, sequential\n"));
  CHECK(refused("rare --event split-brain x").ends_with("did you mean \"split_brain\"?\n"));
  CHECK(refused("completion bahs").ends_with("expected bash, zsh, fish, man; did you mean \"bash\"?\n"));
  CHECK(together("$R generate --mix read=x").code == 2);
  CHECK(together("$R generate --mix cas=1").out == "repsim: the model register has no cas\n");
  CHECK(together("$R generate --bug worm").code == 2);
  const auto full = together("$R generate --operations 10000 --out /dev/full");
  CHECK(full.code == 2);
  CHECK(full.out == "repsim: /dev/full: can't be written: No space left on device\n");
}

TEST_CASE("what is generated with a bug is found by check, for the files' own model") {
  const auto found = together(
      "$R generate --model queue --operations 2000 --bug lost-update --bugs 3 | $R check /dev/stdin");
  CHECK(found.code == 1);
  says(found, "violation (2000 operations, queue)");
}

}  // namespace
