// Every input that the fuzzer kept, tried again: none may break what one broke before.
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/catch.hpp"
#include "tests/fuzz/history_fuzz.cpp"  // one more translation unit would be built for this alone

TEST_CASE("the fuzzer's corpus is read or refused, and all judges agree on it") {
  int tried = 0;
  const std::filesystem::path folder = std::string(REPSIM_SOURCE_DIR) + "/tests/data/fuzz";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::ifstream in(entry.path(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(in), {}};
    INFO(entry.path().string());
    fuzz::try_history(bytes);
    ++tried;
  }
  CHECK(tried >= 30);
}
