// A history that is truncated while it is read gives an error and never crashes the process.
#include <filesystem>
#include <fstream>
#include <string>

#include "sim/history/read_history.hpp"
#include "sim/history/reading_options.hpp"
#include "tests/support/catch.hpp"

namespace {

using namespace sim;
namespace fs = std::filesystem;

TEST_CASE("a history that is cut short while it is read is an error") {
  const fs::path file = fs::temp_directory_path() / "repsim-cut-history.jsonl";
  for (const std::string name : {"jsonl", "edn"}) {
    CAPTURE(name);
    {
      std::ofstream out(file);
      if (name == "jsonl") out << R"({"repsim":"history","version":1,"model":"register"})" << '\n';
      for (int i = 0; i < 150'000; ++i) {
        if (name == "jsonl") {
          out << R"({"client":0,"f":"write","key":0,"value":1,"call":)" << 2 * i << R"(,"return":)"
              << 2 * i + 1 << R"(,"outcome":"ok"})" << '\n';
        } else {
          out << "{:process 0, :type :invoke, :f :write, :value 1}\n{:process 0, :type :ok, :f :write, "
                 ":value 1}\n";
        }
      }
    }
    REQUIRE(fs::file_size(file) > (std::size_t{10} << 20));
    const auto cut = [&] {
      fs::resize_file(file, 1000);
      return false;
    };
    CHECK_THROWS_WITH(read_history_file(file.string(), HistoryFormat::automatic, cut),
                      Catch::Contains("was cut short while it was read"));
  }
  fs::remove(file);
}

}  // namespace
