// Every input that the fuzzers kept, or once broke something with, tried again by an ordinary build.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/fuzz/harness.hpp"
#include "tests/support/catch.hpp"

namespace {

using Harness = void (*)(std::span<const std::uint8_t>);

void replay(const std::string& corpus, Harness harness) {
  const std::string folder = std::string(REPSIM_SOURCE_DIR) + "/tests/fuzz/corpus/" + corpus;
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) files.push_back(entry.path());
  std::ranges::sort(files);
  CHECK(files.size() > 50);
  for (const auto& file : files) {
    std::ifstream in(file, std::ios::binary);
    const std::vector<char> content{std::istreambuf_iterator<char>(in), {}};
    const std::vector<std::uint8_t> bytes(content.begin(), content.end());
    INFO(file);
    CHECK_NOTHROW(harness(bytes));
  }
}

TEST_CASE("whatever bytes the fuzzer kept are read as a history, or refused as none") {
  replay("readers", fuzz::read_bytes);
}

TEST_CASE("all judges agree on the histories that the fuzzer kept") { replay("judge", fuzz::judge_bytes); }

}  // namespace
