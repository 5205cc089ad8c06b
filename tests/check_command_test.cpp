// Do `check` and `generate` keep their word on the command line: budgets, errors, and the same bytes for the
// same seed?
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <string>

#include <fmt/format.h>

#include "tests/catch.hpp"

namespace {

struct CheckEnded {
  int code;
  std::string out;  ///< Standard output and error together.
};

CheckEnded shell(const std::string& commands) {
  FILE* pipe = popen(fmt::format("R='{}'; ({}) 2>&1", REPSIM_BINARY, commands).c_str(), "r");
  REQUIRE(pipe != nullptr);
  CheckEnded ended{};
  std::array<char, 4096> part{};
  for (std::size_t n; (n = fread(part.data(), 1, part.size(), pipe)) > 0;) ended.out.append(part.data(), n);
  const int status = pclose(pipe);
  ended.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return ended;
}

bool says(const CheckEnded& ended, const std::string& words) {
  INFO(ended.out);
  const bool found = ended.out.find(words) != std::string::npos;
  CHECK(found);
  return found;
}

// A stack is searched state by state: much to do.
const std::string kHard = "$R generate --model stack --operations 3000 --clients 12 --values 3 --seed 5";

TEST_CASE("a budget of steps, time or memory that is spent gives unknown, exit code 3 and what was spent") {
  const auto steps = shell(kHard + " | $R check --steps 1000 /dev/stdin");
  CHECK(steps.code == 3);
  says(steps, "unknown");
  says(steps, "the budget of steps was spent");
  CHECK(shell(kHard + " | $R check --steps 1000 /dev/stdin").out == steps.out);
  const auto time = shell(kHard + " | $R check --budget 1ms /dev/stdin");
  CHECK(time.code == 3);
  says(time, "the budget of time was spent");
}

TEST_CASE("a bad budget is one line that says what was expected") {
  const auto time = shell("$R check --budget 10 x.jsonl");
  CHECK(time.code == 2);
  CHECK(time.out == "repsim: --budget: found \"10\"; expected a time such as 500ms, 10s or 2m\n");
  const auto memory = shell("$R check --memory 4 x.jsonl");
  CHECK(memory.code == 2);
  CHECK(memory.out == "repsim: --memory: found \"4\"; expected an amount such as 500MB or 4GB\n");
}

TEST_CASE("generate gives the same bytes for the same seed, and says what is wrong with a plan") {
  const std::string plan = "$R generate --model kv --operations 200 --keys 3 --crashes 5% --bug stale-read";
  const auto first = shell(plan);
  CHECK(first.code == 0);
  CHECK(shell(plan).out == first.out);
  CHECK_FALSE(shell(plan + " --seed 2").out == first.out);
  CHECK(shell("$R generate --model qeue").out == "repsim: --model: found \"qeue\"; expected queue\n");
  CHECK(shell("$R generate --mix read=x").code == 2);
  CHECK(shell("$R generate --mix cas=1").out == "repsim: the model register has no cas\n");
  CHECK(shell("$R generate --bug worm").code == 2);
}

TEST_CASE("what is generated with a bug is found by check, for the files' own model") {
  const auto found =
      shell("$R generate --model queue --operations 2000 --bug lost-update --bugs 3 | $R check /dev/stdin");
  CHECK(found.code == 1);
  says(found, "violation (2000 operations, queue)");
}

}  // namespace
