// Shards: merged, they equal the whole sweep; a merge refuses an incomplete or mixed set.
#include "sim/experiment/sweep/merge.hpp"

#include <filesystem>
#include <string>
#include <vector>

#include "sim/experiment/sweep/sweep.hpp"
#include "tests/experiment/small_sweep.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/folder.hpp"

using namespace small_sweep;
namespace fs = std::filesystem;

namespace {

std::vector<Folder> shards(std::uint64_t count) {
  std::vector<Folder> parts(count);
  for (std::uint64_t i = 1; i <= count; ++i) {
    auto o = options(parts[i - 1].path, 2);
    o.shard = {i, count};
    sweep(scenario(), o);
  }
  return parts;
}

}  // namespace

TEST_CASE("the rows of the shards, one after the other, are those of the whole") {
  Folder whole;
  sweep(scenario(), options(whole.path));
  std::string joined;
  const auto parts = shards(5);
  for (const Folder& part : parts) joined += content(part.path / "runs.jsonl");
  CHECK(joined == content(whole.path / "runs.jsonl"));
}

TEST_CASE("shards merge into the bytes of the whole, in whatever order they are given") {
  Folder whole, out;
  sweep(scenario(), options(whole.path));
  const auto parts = shards(3);
  const std::vector<fs::path> paths{parts[2].path, parts[0].path, parts[1].path};
  const SweepSummary summary = merge_shards(paths, out.path);
  CHECK(to_csv(summary) == content(whole.path / "summary.csv"));
  for (const char* file : {"sweep.json", "runs.jsonl", "summary.csv"})
    CHECK(content(out.path / file) == content(whole.path / file));
  merge_shards(paths, out.path);  // again, as after a kill
  CHECK(content(out.path / "runs.jsonl") == content(whole.path / "runs.jsonl"));
  sweep(scenario(), options(out.path));  // finds everything done
  CHECK(content(out.path / "runs.jsonl") == content(whole.path / "runs.jsonl"));
}

TEST_CASE("a merge names what is missing, given twice, unfinished, damaged or foreign, and writes no rows") {
  Folder out, other;
  const auto parts = shards(3);
  const auto merge = [&](const std::vector<fs::path>& paths) {
    return complaint_of([&] { merge_shards(paths, out.path); });
  };
  const std::vector<fs::path> all{parts[0].path, parts[1].path, parts[2].path};
  CHECK(merge({all[0], all[2]}).find("shard 2/3 of this sweep is missing") != std::string::npos);
  CHECK(merge({all[0], all[1], all[1]}).find("shard 2/3 again") != std::string::npos);
  auto foreign = options(other.path);
  foreign.seeds = 13;
  foreign.shard = {3, 3};
  sweep(scenario(), foreign);
  CHECK(merge({all[0], all[1], other.path}).find("not a shard of the same sweep") != std::string::npos);
  CHECK_FALSE(fs::exists(out.path / "sweep.json"));

  const std::string rows = content(all[1] / "runs.jsonl");
  replace(all[1] / "runs.jsonl", rows.substr(0, rows.size() - 5));
  CHECK(merge(all).find("finish it") != std::string::npos);
  CHECK(fs::is_empty(out.path));
  replace(all[1] / "runs.jsonl", "{}\n" + rows);
  CHECK(merge(all).find("line 1 has no checksum") != std::string::npos);
  CHECK(fs::is_empty(out.path));
}
