// Partial quorums: how often a read misses the last write if their quorums need not intersect. A write is stored by W of
// N replicas, a read asks R of N, each set drawn at random: the read misses with probability C(N-W, R) / C(N,
// R) (theory.md, section 7).
#include <vector>

#include "tests/fidelity/fidelity.hpp"

using namespace fidelity;

namespace {

double binomial(int n, int k) {
  if (k > n) return 0;
  double result = 1;
  for (int i = 1; i <= k; ++i) result = result * (n - k + i) / i;
  return result;
}

// One client, one operation after the other: its stamps ascend even if it doesn't see them again, so that the
// last write is the one with the largest stamp, and a read is stale if and only if it missed the W replicas.
Scenario one_client(int n, int reads, int writes, const std::string& bug) {
  return scenario_of(
      R"({"name": "partial-quorum", "duration": "60s", "replicas": )" + std::to_string(n) +
      R"(, "protocol": {"name": "abd", "coordinator": "client", "contact": "quorum", "bug": ")" + bug +
      R"(", "read_quorum": )" + std::to_string(reads) + R"(, "write_quorum": )" + std::to_string(writes) +
      R"(}, "service": {"name": "register"},
    "clients": {"count": 1, "think": "1ms", "reads": 0.5}, "network": {"delay": "1ms"}})");
}

struct Reads {
  std::uint64_t stale = 0, all = 0;
};

// Reads that come after a write; all of them, or only the first after each.
Reads reads_after_a_write(const Record& record, bool only_first) {
  Reads reads;
  std::optional<Value> last;
  bool fresh = false;
  for (const Operation& op : record.operations) {
    if (op.action == Action::write) {
      last = op.argument;
      fresh = true;
    } else if (last && op.outcome == Outcome::ok && (fresh || !only_first)) {
      ++reads.all;
      reads.stale += op.output != *last ? 1 : 0;
      fresh = false;
    }
  }
  return reads;
}

}  // namespace

TEST_CASE("reads of R replicas after writes to W of N are stale with probability C(N-W,R)/C(N,R)",
          "[fidelity]") {
  for (const auto& [n, r, w] :
       {std::tuple{3, 1, 1}, {3, 2, 1}, {3, 1, 2}, {5, 1, 1}, {5, 2, 2}, {5, 3, 3}, {7, 2, 3}}) {
    CAPTURE(n, r, w);
    const double p = binomial(n - w, r) / binomial(n, r);
    // Without write-back reads change nothing: each is a trial. With it, the first after each write is.
    for (const bool write_back : {false, true}) {
      CAPTURE(write_back);
      Reads total;
      for_each_run(one_client(n, r, w, write_back ? "none" : "no_write_back"), 2, [&](const Record& record) {
        const Reads reads = reads_after_a_write(record, write_back);
        total.stale += reads.stale;
        total.all += reads.all;
      });
      REQUIRE(total.all > 20'000);
      check_share(total.stale, total.all, p);
    }
  }
}
