// A sweep's row as text: two writers agree on it, and a reader takes nothing else.
#include <exception>
#include <string>
#include <vector>

#include "sim/experiment/run.hpp"
#include "sim/report/result_json.hpp"
#include "tests/experiment/small_sweep.hpp"
#include "tests/support/catch.hpp"

using namespace small_sweep;

namespace {

// The rows of many runs, of a scenario whose names must be escaped, some of them failing an expectation.
std::vector<RunResult> results_for_rows() {
  std::vector<RunResult> results;
  Json json = document();
  json["name"] = "quote \" backslash \\ and \xc3\xa9";
  json["expect"] = {{"/messages/lost", 0}, {"/latency_ms/p99", {{"max", 3}}}};
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    json["max_events"] = seed % 5 == 4 ? 20 : 1'000'000;
    results.push_back(run_once(read_scenario(json, "small.json"), seed));
  }
  return results;
}

const Json kRowPoint{{"label", "a \"b\", {c}"}, {"/a", Json::array({1, "x\"]y"})}};

}  // namespace

TEST_CASE("a row is the same text from the tree and from the fast writer, and reads back") {
  for (const RunResult& result : results_for_rows()) {
    CAPTURE(result.seed);
    std::string row, again;
    append_row(row, result, kRowPoint.dump());
    REQUIRE(row == to_json(result, &kRowPoint).dump());
    append_row(again, result_from_row(row), kRowPoint.dump());
    REQUIRE(again == row);
  }
}

TEST_CASE("what is not exactly a row is refused") {
  std::string row;
  append_row(row, results_for_rows()[4], kRowPoint.dump());
  CHECK_NOTHROW(result_from_row(row));
  for (std::size_t length = 0; length < row.size(); ++length) {  // cut short
    CAPTURE(length);
    REQUIRE_THROWS(result_from_row(row.substr(0, length)));
  }
  CHECK_THROWS(result_from_row(row + " "));
  CHECK_THROWS(result_from_row(row + "}"));
  std::size_t harmless = 0;
  for (std::size_t i = row.find("\"protocol\""); i < row.size();
       ++i) {  // any character another one: refused, or a row that says so
    for (const char c : {'"', '}', ',', '0', 'x', '\\'}) {
      if (row[i] == c) continue;
      std::string other = row, again;
      other[i] = c;
      try {
        const RunResult read = result_from_row(other);
        append_row(again, read, {});
        ++harmless;
      } catch (const std::exception&) {
        continue;
      }
      const Json json = Json::parse(other, nullptr, false);
      CAPTURE(i, c);
      REQUIRE_FALSE(json.is_discarded());
    }
  }
  CHECK(harmless > 100);  // other digits, other letters in names
}
