// Any later change to the rows of a sweep is detected and reported with file and line.
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "sim/experiment/sweep/merge.hpp"
#include "sim/experiment/sweep/sweep.hpp"
#include "sim/kernel/version.hpp"
#include "sim/report/row_seal.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/folder.hpp"

using namespace sim;
namespace fs = std::filesystem;

namespace {

Scenario scenario(const std::string& loss = "0.1", std::uint64_t seeds = 10) {
  return read_scenario(Json::parse(R"({"name": "rows", "about": "A sweep for tests.", "duration": "50ms",
    "settle": "20ms", "replicas": 2, "protocol": {"name": "primary_backup"},
    "clients": {"count": 1, "rate": "100/s", "timeout": "20ms"}, "network": {"loss": )" +
                                   loss + R"(},
    "sweep": {"vary": {"/clients/count": [1, 2]}, "seeds": )" +
                                   std::to_string(seeds) + "}}"),
                       "rows.json");
}

SweepSummary run(const fs::path& out, std::uint64_t seeds, Shard shard = {}, const Scenario& s = scenario()) {
  return sweep(s, {.seeds = seeds, .shard = shard, .out = out});
}

std::vector<std::string> lines_of(const fs::path& file) {
  std::vector<std::string> lines;
  const std::string text = content(file);
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t end = text.find('\n', from) + 1;
    lines.push_back(text.substr(from, end - from));
    from = end;
  }
  return lines;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const auto& line : lines) text += line;
  return text;
}

std::string complaint_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return {};
}

// What may happen to rows 8 and 9 (from 1) of a file.
const std::map<std::string, std::function<void(std::vector<std::string>&)>> kAttacks{
    {"a value changed",
     [](auto& rows) {
       const auto at = rows[7].find("\"sent\":") + 7;
       rows[7][at] = rows[7][at] == '1' ? '2' : '1';
     }},
    {"a digit of the check sum changed",
     [](auto& rows) {
       char& digit = rows[7][rows[7].size() - 4];
       digit = digit == '0' ? '1' : '0';
     }},
    {"two swapped", [](auto& rows) { std::swap(rows[7], rows[8]); }},
    {"two of one point swapped", [](auto& rows) { std::swap(rows[7], rows[9]); }},
    {"one there twice", [](auto& rows) { rows.insert(rows.begin() + 7, rows[6]); }},
    {"one of one point instead of the next", [](auto& rows) { rows[7] = rows[5]; }},
    {"one missing", [](auto& rows) { rows.erase(rows.begin() + 7); }},
    {"one cut short", [](auto& rows) { rows[7].replace(rows[7].size() / 2, rows[7].size(), "\n"); }},
    {"one empty", [](auto& rows) { rows[7] = "\n"; }},
    {"nothing but zeros", [](auto& rows) { rows[7] = std::string(rows[7].size() - 1, '\0') + '\n'; }},
    {"a space added", [](auto& rows) { rows[7].insert(rows[7].size() - 1, " "); }},
    {"no checksum", [](auto& rows) { rows[7] = rows[7].substr(0, rows[7].find(",\"sum\"")) + "}\n"; }},
};

}  // namespace

TEST_CASE("whatever is done to rows in the middle is found out, by a sweep that resumes and by a merge") {
  Folder first, second, whole;
  run(first.path, 20, {1, 2});
  run(second.path, 20, {2, 2});
  for (const fs::path& part : {first.path, second.path}) {
    const fs::path file = part / "runs.jsonl";
    const std::string good = content(file);
    for (const auto& [what, attack] : kAttacks) {
      CAPTURE(what);
      auto rows = lines_of(file);
      attack(rows);
      replace(file, joined(rows));
      const Shard shard{part == first.path ? 1u : 2u, 2};
      for (const auto& complaint :
           {complaint_of([&] { run(part, 20, shard); }), complaint_of([&] {
              merge_shards(std::vector<fs::path>{first.path, second.path}, whole.path);
            })}) {
        CAPTURE(complaint);
        CHECK(complaint.starts_with(file.string() + ": line 8 "));
      }
      CHECK(content(file) == joined(rows));
      CHECK(fs::is_empty(whole.path));
      replace(file, good);
    }
  }
  CHECK(complaint_of([&] {
          merge_shards(std::vector<fs::path>{first.path, second.path}, whole.path);
        }).empty());
}

TEST_CASE("rows of another sweep with the same points and seeds are found out") {
  Folder ours, theirs;
  run(ours.path, 10);
  run(theirs.path, 10, {}, scenario("0.2"));
  auto rows = lines_of(ours.path / "runs.jsonl");
  rows[4] = lines_of(theirs.path / "runs.jsonl")[4];
  replace(ours.path / "runs.jsonl", joined(rows));
  CHECK(complaint_of([&] { run(ours.path, 10); }).find("line 5 has a wrong checksum") != std::string::npos);
}

TEST_CASE("a changed sweep.json is found out, by a merge of one folder, too") {
  Folder folder;
  run(folder.path, 10);
  const std::string good = content(folder.path / "sweep.json");
  const auto changed = [&](const std::string& pointer, const Json& value) {
    Json about = Json::parse(good);
    about[Json::json_pointer(pointer)] = value;
    replace(folder.path / "sweep.json", about.dump(2) + '\n');
    Folder out;
    return complaint_of([&] { merge_shards(std::vector<fs::path>{folder.path}, out.path); });
  };
  CHECK_FALSE(changed("/scenario/network/loss", 0.2).empty());
  CHECK_FALSE(changed("/points/0/~1clients~1count", 3).empty());
  CHECK_FALSE(changed("/vary", Json::object()).empty());
  CHECK_FALSE(changed("/baseline", 1).empty());
  CHECK_FALSE(changed("/seeds", 9).empty());
  CHECK_FALSE(changed("/seeds", 11).empty());
  CHECK_FALSE(changed("/first_seed", 2).empty());
  CHECK(changed("/seeds", 10).empty());
}

TEST_CASE("rows of an older version, without check sums, are refused with a word and left as they are") {
  Folder folder;
  run(folder.path, 10);
  auto rows = lines_of(folder.path / "runs.jsonl");
  for (auto& row : rows) row = row.substr(0, row.find(",\"sum\"")) + "}\n";
  replace(folder.path / "runs.jsonl", joined(rows));
  CHECK(complaint_of([&] { run(folder.path, 10); }).find("an older version of the program") !=
        std::string::npos);
  CHECK(content(folder.path / "runs.jsonl") == joined(rows));
}

TEST_CASE("a row that another version made is found out at whatever point it differs") {
  Folder folder;
  run(folder.path, 10);
  auto rows = lines_of(folder.path / "runs.jsonl");
  const RowSeal seal(Json::parse(content(folder.path / "sweep.json")));
  std::string& row = rows[rows.size() - 2];  // of the first point, as if only that ran otherwise
  row = row.substr(0, row.find(",\"sum\"")) + '}';
  const auto digest = row.find("\"digest\":\"") + 10;
  row[digest] = row[digest] == '0' ? '1' : '0';
  seal.close(row, 0);
  row += '\n';
  replace(folder.path / "runs.jsonl", joined(rows));
  CHECK(complaint_of([&] { run(folder.path, 10); }).find("another version of the program") !=
        std::string::npos);
}

TEST_CASE("a sweep can be extended with more seeds, finished or not, to the bytes of the longer one") {
  Folder whole, finished, cut;
  run(whole.path, 20);
  run(finished.path, 7);
  run(finished.path, 20);
  run(cut.path, 12);
  const std::string rows = content(cut.path / "runs.jsonl");
  replace(cut.path / "runs.jsonl", rows.substr(0, rows.size() / 2));
  run(cut.path, 20);
  for (const fs::path& folder : {finished.path, cut.path}) {
    for (const char* file : {"sweep.json", "runs.jsonl", "summary.csv", "differences.csv"})
      CHECK((content(folder / file) == content(whole.path / file)));
  }
  CHECK(complaint_of([&] { run(whole.path, 19); }).find("\"seeds\" is 20 there, 19 here") !=
        std::string::npos);
}

TEST_CASE("a sweep is extended, too, when the scenario itself asks for more seeds") {
  Folder whole, grown;
  run(whole.path, 14, {}, scenario("0.1", 14));
  run(grown.path, 10, {}, scenario("0.1", 10));
  run(grown.path, 14, {}, scenario("0.1", 14));
  for (const char* file : {"sweep.json", "runs.jsonl", "summary.csv", "differences.csv"})
    CHECK((content(grown.path / file) == content(whole.path / file)));
}

TEST_CASE("what can't be extended is refused and left alone") {
  Folder shard, first;
  run(shard.path, 20, {1, 2});
  const std::string rows = content(shard.path / "runs.jsonl");
  CHECK_FALSE(complaint_of([&] { run(shard.path, 30, {1, 2}); }).empty());
  CHECK(content(shard.path / "runs.jsonl") == rows);
  run(first.path, 10);
  auto damaged = lines_of(first.path / "runs.jsonl");
  damaged.erase(damaged.begin() + 3);
  replace(first.path / "runs.jsonl", joined(damaged));
  const std::string summary = content(first.path / "summary.csv"), about = content(first.path / "sweep.json");
  CHECK_FALSE(complaint_of([&] { run(first.path, 30); }).empty());
  CHECK(content(first.path / "runs.jsonl") == joined(damaged));
  CHECK(content(first.path / "summary.csv") == summary);
  CHECK(content(first.path / "sweep.json") == about);
}

namespace {

// As if another version had left this folder.
void pretend_version(const fs::path& folder, const Json& version) {
  Json about = Json::parse(content(folder / "sweep.json"));
  version.is_null() ? void(about.erase("repsim")) : void(about["repsim"] = version);
  replace(folder / "sweep.json", about.dump(2) + '\n');
}

}  // namespace

TEST_CASE("a sweep.json names the version of the program") {
  Folder folder;
  run(folder.path, 2);
  CHECK(Json::parse(content(folder.path / "sweep.json")).at("repsim") == version());
}

TEST_CASE("a sweep of another version is resumed and extended if it makes the same rows") {
  for (const Json& other : {Json("0.0.1"), Json()}) {
    Folder whole, cut;
    run(whole.path, 10);
    run(cut.path, 6);
    const std::string rows = content(cut.path / "runs.jsonl");
    replace(cut.path / "runs.jsonl", rows.substr(0, rows.size() / 2));
    pretend_version(cut.path, other);
    run(cut.path, 10);
    for (const char* file : {"sweep.json", "runs.jsonl", "summary.csv"})
      CHECK(content(cut.path / file) == content(whole.path / file));
  }
}

TEST_CASE("a merge takes shards of one version only, whichever it is") {
  Folder first, second;
  run(first.path, 10, {1, 2});
  run(second.path, 10, {2, 2});
  const auto complaint = [&] {
    Folder out;
    return complaint_of([&] { merge_shards(std::vector<fs::path>{first.path, second.path}, out.path); });
  };
  CHECK(complaint().empty());
  pretend_version(second.path, "0.0.1");
  CHECK(complaint().find("two versions of the program: \"0.0.1\" made this one") != std::string::npos);
  pretend_version(first.path, "0.0.1");
  CHECK(complaint().empty());
  pretend_version(first.path, Json());
  CHECK(complaint().find("two versions of the program") != std::string::npos);
}
