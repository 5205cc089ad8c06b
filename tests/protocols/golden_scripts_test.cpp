// Each protocol, driven by hand through its normal case and its recoveries, behaves as recorded.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "sim/protocol/registry.hpp"
#include "tests/script/script.hpp"
#include "tests/support/catch.hpp"

using namespace script;

namespace {

const std::filesystem::path kScripts = std::filesystem::path(REPSIM_SOURCE_DIR) / "tests/goldens/scripts";

std::string content_of(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

std::vector<std::filesystem::path> scripts_of(const std::string& protocol) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(kScripts / protocol)) {
    if (entry.path().extension() == ".txt") files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

// To accept what is new, and say in the commit why it changed: REPSIM_REWRITE_GOLDENS=1.
void check_script(const std::filesystem::path& file, const std::string& name) {
  const bool rewrite = std::getenv("REPSIM_REWRITE_GOLDENS") != nullptr;
  const std::string golden = content_of(file);
  std::string now;
  try {
    now = play(golden, name);
  } catch (const ScriptError& error) {
    now = error.played;
    CHECK(error.what() == std::string());
  }
  if (!rewrite) CHECK(first_difference(golden, now, name) == "");
  if (rewrite && golden != now) std::ofstream(file) << now;
}

// What makes something fail, or is an operator's order; the rest is the normal case.
bool walks_through_a_recovery(const std::string& script) {
  const auto commands = {"crash", "fail", "drop", "pause", "partition", "fault", "order"};
  return std::ranges::any_of(commands, [&](const std::string& command) {
    return script.find("\n> " + command + ' ') != std::string::npos;
  });
}

std::string complaint_about(const std::string& script) {
  try {
    play(script, "file");
  } catch (const ScriptError& error) {
    return error.what();
  }
  return "none";
}

}  // namespace

TEST_CASE("golden scripts read as they always have, each protocol's normal case and a recovery among them") {
  for (const auto& protocol : sim::protocols()) {
    const std::string name(protocol.name);
    if (name == "echo") continue;  // exists in these tests only
    CAPTURE(name);
    REQUIRE(std::filesystem::exists(kScripts / name / "normal_case.txt"));
    int recoveries = 0;
    for (const auto& file : scripts_of(name)) {
      check_script(file, name + '/' + file.filename().string());
      recoveries += walks_through_a_recovery(content_of(file)) ? 1 : 0;
    }
    CHECK(recoveries >= 1);
  }
}

TEST_CASE("every folder of golden scripts is that of a protocol") {
  for (const auto& entry : std::filesystem::directory_iterator(kScripts)) {
    CAPTURE(entry.path());
    if (entry.is_directory()) CHECK(sim::find_protocol(entry.path().filename().string()) != nullptr);
  }
}

TEST_CASE("a script that makes no sense is refused with its file and line") {
  const std::string start = "protocol: chain\n> start\n";
  CHECK(complaint_about("protocol: chian\n> start\n").starts_with("file:2: "));
  CHECK_THAT(complaint_about("protocol: chian\n> start\n"), Catch::Contains("chain"));
  CHECK(complaint_about("replicas 3\n").starts_with("file:1: expected a comment"));
  CHECK(complaint_about("colour: red\n").starts_with("file:1: unknown setting colour"));
  CHECK(complaint_about(start + "> dance\n") == "file:3: unknown command dance");
  CHECK(complaint_about(start + "replicas: 5\n").starts_with("file:3: expected a comment"));
  CHECK(complaint_about(start + "> deliver all\n") == "file:3: no such message is on the wire");
  CHECK(complaint_about(start + "> fire 0 election\n") == "file:3: the protocol has no timer election");
  CHECK(complaint_about(start + "> fire 0 retransmit\n") == "file:3: the timer retransmit of 0 is not set");
  CHECK(complaint_about(start + "> crash 3\n") == "file:3: there is no replica 3");
  CHECK(complaint_about(start + "> restart 0\n") == "file:3: 0 is not down");
  CHECK(complaint_about(start + "> request c1 read x\n") == "file:3: there is no client c1");
  CHECK(complaint_about(start + "> request c0 read w\n").starts_with("file:3: there is no key w"));
  CHECK(complaint_about("> crash 0\n") == "file:1: the first command must be start");
  CHECK(complaint_about("# nothing\n") == "file: a script without a command");
}

TEST_CASE("a script whose outcome has changed names the first line that differs") {
  const std::string script = "protocol: chain\n> start\n  what used to happen\n";
  const std::string difference = first_difference(script, play(script, "file"), "file");
  CHECK(difference.starts_with("file:3:\n  golden:   what used to happen\n  now:        "));
  CHECK(first_difference(script, script, "file").empty());
}
