#include <iterator>
#include <utility>

#include "sim/linearizability/monitors/monitors.hpp"

namespace sim {
namespace {

constexpr std::uint32_t kNoOperation = ~std::uint32_t{0};

// A value's write and reads.
struct Block {
  Time write_call = Time::min();
  Time first_return = kNever;
  Time last_call = Time::min();
  std::uint32_t first = kNoOperation;  // the operation that returned first
  std::uint32_t last = kNoOperation;   // the one that was called last
  bool counts = false;  // answered, read, or initial: an unread unanswered write may be left out

  void take(std::uint32_t index, const Operation& op) {
    counts = true;
    if (op.ret < first_return) {
      first_return = op.ret;
      first = index;
    }
    if (op.call > last_call) {
      last_call = op.call;
      last = index;
    }
  }
};

bool writes(const Operation& op) { return op.action != Action::read; }

class RegisterMonitor {
 public:
  RegisterMonitor(std::span<const Operation> all, std::span<const std::uint32_t> of_key, const Value& initial)
      : all_(all), of_key_(of_key), initial_(initial) {}

  std::optional<Monitored> run(Budget& spending) {
    const auto stop = [&] { return spending.spent_now(of_key_.size() * kBytesEach); };
    if (stop() || !find_values() || stop()) return std::nullopt;
    make_blocks();
    constexpr std::size_t ask_every = 1 << 16;
    for (std::size_t i = 0; i < of_key_.size(); ++i) {
      if (i % ask_every == 0 && stop()) return std::nullopt;
      const std::uint32_t index = of_key_[i];
      const Operation& op = all_[index];
      if (op.outcome != Outcome::ok || writes(op)) continue;
      Block* block = block_of(op.output);
      if (block == nullptr || op.ret < block->write_call) return Monitored{false, {index}};
      block->take(index, op);
    }
    if (stop()) return std::nullopt;
    return find_conflict();
  }

 private:
  static constexpr std::size_t kBytesEach = 64;  // an operation, at most

  static const Value& written(const Operation& op) {
    return op.action == Action::write ? op.argument : op.output;  // else a stamp or draw
  }

  // Finds out which operation wrote which value. False if a value isn't a number, or has two writers.
  bool find_values() {
    for (const std::uint32_t index : of_key_) {
      const Operation& op = all_[index];
      if (op.outcome == Outcome::failed || op.action == Action::read) continue;
      if (op.action == Action::stamp || op.action == Action::draw) {
        if (op.outcome == Outcome::pending) return false;
      } else if (op.action != Action::write) {
        return false;
      }
      const auto* value = written(op).as_number();
      if (value == nullptr || written(op) == initial_) return false;
      writers_.push_back({*value, index});
      if (writers_.size() == kFewWriters && value_repeats(writers_)) return false;
    }
    if (!std::ranges::is_sorted(writers_)) std::ranges::sort(writers_);
    const auto same = [](const Writer& a, const Writer& b) { return a.value == b.value; };
    return std::ranges::adjacent_find(writers_, same) == writers_.end();
  }

  void make_blocks() {
    blocks_.resize(writers_.size() + 1);
    for (std::size_t i = 0; i < writers_.size(); ++i) {
      const Operation& op = all_[writers_[i].index];
      blocks_[i].write_call = op.call;
      if (op.outcome == Outcome::ok) {
        blocks_[i].take(writers_[i].index, op);
      } else {
        blocks_[i].last_call = op.call;
        blocks_[i].last = writers_[i].index;
      }
    }
    blocks_.back().first_return = Time::min();  // the initial value was there before anything else
    blocks_.back().counts = true;
  }

  Block* block_of(const Value& value) {
    if (value == initial_) return &blocks_.back();
    const auto* number = value.as_number();
    if (number == nullptr || writers_.empty()) return nullptr;
    // Values are mostly counted up: look where this one would then be.
    const auto guess =
        static_cast<std::uint64_t>(*number) - static_cast<std::uint64_t>(writers_.front().value);
    if (guess < writers_.size() && writers_[guess].value == *number) return &blocks_[guess];
    const auto at = std::ranges::lower_bound(writers_, *number, {}, &Writer::value);
    if (at == writers_.end() || at->value != *number) return nullptr;
    return &blocks_[static_cast<std::size_t>(at - writers_.begin())];
  }

  // In order of their first returns, a block can only conflict with an earlier one that it must precede, too,
  // and of those the one that was called last is the most likely.
  Monitored find_conflict() {
    std::erase_if(blocks_, [](const Block& block) { return !block.counts; });
    std::ranges::sort(blocks_, {}, &Block::first_return);
    std::vector<std::uint32_t> latest(blocks_.size());  // of the blocks up to here, the one called last
    for (std::uint32_t y = 0; y < blocks_.size(); ++y) {
      const Block& block = blocks_[y];
      std::size_t before = y;  // blocks with an operation that returned before one of this block was called
      if (before > 0 && blocks_[before - 1].first_return >= block.last_call) {
        const auto end = blocks_.begin() + static_cast<std::ptrdiff_t>(before);
        const auto at =
            std::ranges::lower_bound(blocks_.begin(), end, block.last_call, {}, &Block::first_return);
        before = static_cast<std::size_t>(at - blocks_.begin());
      }
      if (before > 0) {
        const Block& other = blocks_[latest[before - 1]];
        if (block.first_return < other.last_call) return {false, witness(other, block)};
      }
      const bool later = y == 0 || block.last_call > blocks_[latest[y - 1]].last_call;
      latest[y] = later ? y : latest[y - 1];
    }
    return {};
  }

  static std::vector<std::size_t> witness(const Block& a, const Block& b) {
    std::vector<std::size_t> found;
    for (const std::uint32_t index : {a.first, a.last, b.first, b.last}) {
      if (index != kNoOperation) found.push_back(index);
    }
    std::ranges::sort(found);
    found.erase(std::unique(found.begin(), found.end()), found.end());
    return found;
  }

  struct Writer {
    std::int64_t value;
    std::uint32_t index;
    auto operator<=>(const Writer&) const = default;
  };
  std::span<const Operation> all_;
  std::span<const std::uint32_t> of_key_;
  const Value& initial_;
  std::vector<Writer> writers_{};
  std::vector<Block> blocks_{};  // of the writers, and then of the initial value
};

}  // namespace

std::optional<Monitored> monitor_register(std::span<const Operation> all,
                                          std::span<const std::uint32_t> of_key, const Value& initial,
                                          Budget& spending) {
  const auto swaps = [&](std::uint32_t index) {
    return all[index].action == Action::cas && all[index].outcome != Outcome::failed;
  };
  if (std::ranges::any_of(of_key, swaps)) return monitor_cas(all, of_key, initial, spending);
  return RegisterMonitor(all, of_key, initial).run(spending);
}

}  // namespace sim
