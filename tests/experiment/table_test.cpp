// Tables fit the terminal: columns that don't fit continue below.
#include "sim/experiment/table.hpp"

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/catch.hpp"

using namespace sim;

namespace {

const std::vector<std::vector<std::string>> kRows{
    {"point", "first", "second", "third"}, {"a", "1", "22", "333"}, {"long name", "4", "55", "666"}};

std::size_t widest(const std::string& text) {
  std::istringstream in(text);
  std::size_t most = 0;
  for (std::string line; std::getline(in, line);) most = std::max(most, line.size());
  return most;
}

}  // namespace

TEST_CASE("a table that fits, or that nobody fits to anything, is one block") {
  const std::string whole =
      "point      first  second  third\n"
      "a              1      22    333\n"
      "long name      4      55    666\n";
  CHECK(aligned(kRows) == whole);
  CHECK(aligned(kRows, 31) == whole);
}

TEST_CASE("columns that don't fit follow in blocks below, each with its names") {
  CHECK(aligned(kRows, 30) ==
        "point      first  second\n"
        "a              1      22\n"
        "long name      4      55\n"
        "\n"
        "point      third\n"
        "a            333\n"
        "long name    666\n");
  CHECK(aligned(kRows, 24, 2) ==
        "point      first  second\n"
        "a              1      22\n"
        "long name      4      55\n"
        "\n"
        "point      first  third\n"
        "a              1    333\n"
        "long name      4    666\n");
}

TEST_CASE("no line is wider than was asked unless one column alone is") {
  for (std::size_t width = 18; width < 40; ++width) CHECK(widest(aligned(kRows, width)) <= width);
  const std::string narrow = aligned(kRows, 5);  // each column by itself
  CHECK(std::ranges::count(narrow, '\n') == 3 * 3 + 2);
}
