#include "sim/experiment/work_line.hpp"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

namespace sim {
namespace {

// A batch this long makes the hand-over cheap, and is little to lose when the program is killed.
constexpr double kBatchSeconds = 0.01;
constexpr std::uint64_t kLargestBatch = 1000;
// So many items may be ahead of the slowest: this bounds the memory.
constexpr std::uint64_t kLead = 20'000;

}  // namespace

void WorkLine::run(unsigned jobs, const std::function<Product(std::uint64_t)>& produce,
                   const std::function<void(Batch&)>& consume) {
  jobs_ = std::max(jobs, 1u);
  {
    std::vector<std::jthread> threads;
    for (unsigned i = 1; i < jobs_; ++i) threads.emplace_back([&] { work(produce, consume); });
    work(produce, consume);
  }
  if (failure_) std::rethrow_exception(failure_);
}

void WorkLine::work(const std::function<Product(std::uint64_t)>& produce,
                    const std::function<void(Batch&)>& consume) {
  using Clock = std::chrono::steady_clock;
  try {
    std::uint64_t wanted = 1;
    for (Range range = take(wanted); range.count > 0; range = take(wanted)) {
      const auto start = Clock::now();
      Batch batch;
      batch.results.reserve(range.count);
      for (std::uint64_t i = 0; i < range.count; ++i) {
        Product product = produce(range.first + i);
        batch.results.push_back(std::move(product.result));
        batch.text += product.text;
      }
      const double each =
          std::chrono::duration<double>(Clock::now() - start).count() / static_cast<double>(range.count);
      hand_on(range, std::move(batch), consume);
      wanted = std::clamp(static_cast<std::uint64_t>(kBatchSeconds / std::max(each, 1e-9)), std::uint64_t{1},
                          std::min(kLargestBatch, 4 * range.count));
    }
  } catch (...) {
    fail(std::current_exception());
  }
}

WorkLine::Range WorkLine::take(std::uint64_t wanted) {
  std::unique_lock lock(mutex_);
  moved_on_.wait(lock, [&] { return stopped_ || next_ >= total_ || next_ - handed_on_ < kLead; });
  if (stopped_ || next_ >= total_) return {};
  const std::uint64_t fair = std::max((total_ - next_) / (2 * jobs_), std::uint64_t{1});
  const Range range{next_, std::min(wanted, fair)};
  next_ += range.count;
  return range;
}

void WorkLine::hand_on(Range range, Batch batch, const std::function<void(Batch&)>& consume) {
  const std::scoped_lock lock(mutex_);
  waiting_.emplace(range.first, std::move(batch));
  while (!stopped_ && !waiting_.empty() && waiting_.begin()->first == handed_on_) {
    auto ready = waiting_.extract(waiting_.begin());
    consume(ready.mapped());
    handed_on_ += ready.mapped().results.size();
  }
  moved_on_.notify_all();
}

void WorkLine::fail(std::exception_ptr why) {
  const std::scoped_lock lock(mutex_);
  if (!failure_) failure_ = std::move(why);
  stopped_ = true;
  moved_on_.notify_all();
}

}  // namespace sim
