// Many threads in, one orderly file out: threads take batches of runs, and the products are handed on
// strictly in order, so that results don't depend on the number of threads.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "sim/report/run_result.hpp"

namespace sim {

class WorkLine {
 public:
  struct Product {
    RunResult result;
    std::string text;
  };
  struct Batch {
    std::vector<RunResult> results;
    std::string text;
  };

  /// For the items from `next` up to `total`.
  WorkLine(std::uint64_t next, std::uint64_t total) : next_(next), handed_on_(next), total_(total) {}

  /// Calls `produce` for each item, by any of `jobs` threads, and `consume` for their batches, in order, by
  /// one thread at a time. The first exception of either stops the work and is thrown here.
  void run(unsigned jobs, const std::function<Product(std::uint64_t)>& produce,
           const std::function<void(Batch&)>& consume);

 private:
  struct Range {
    std::uint64_t first = 0;
    std::uint64_t count = 0;
  };
  void work(const std::function<Product(std::uint64_t)>& produce, const std::function<void(Batch&)>& consume);
  Range take(std::uint64_t wanted);
  void hand_on(Range range, Batch batch, const std::function<void(Batch&)>& consume);
  void fail(std::exception_ptr why);

  std::mutex mutex_;
  std::condition_variable moved_on_;
  unsigned jobs_ = 1;
  std::uint64_t next_;       // nobody has taken it yet
  std::uint64_t handed_on_;  // everything before has been consumed
  std::uint64_t total_;
  bool stopped_ = false;
  std::map<std::uint64_t, Batch> waiting_;  // by the first item
  std::exception_ptr failure_;
};

}  // namespace sim
