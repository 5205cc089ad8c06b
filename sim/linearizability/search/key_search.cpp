#include "sim/linearizability/search/key_search.hpp"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "sim/linearizability/search/depth_first.hpp"
#include "sim/linearizability/search/just_in_time.hpp"
#include "sim/linearizability/search/key_verdict.hpp"
#include "sim/linearizability/verdict.hpp"

namespace sim {
namespace {

class KeySearch {
 public:
  KeySearch(const KeyHistory& history, Budget& spending) : history_(history), spending_(spending) {
    along_.emplace(history, spending);
  }

  // The depth-first search gets a share of the steps, but only where the other isn't through at once.
  KeyVerdict run() {
    constexpr std::uint64_t head_start = 50'000;
    constexpr std::uint64_t first_dive = 50'000;
    constexpr std::uint64_t share = 8;
    for (std::uint64_t turn = head_start;; turn += turn / 2) {
      if (const auto found = along_->advance(spending_.steps + turn)) {
        return ran_out_of_memory() ? dive_alone(*found) : *found;
      }
      if (const auto found = dive(down_ ? turn / share : first_dive)) return *found;
    }
  }

 private:
  bool ran_out_of_memory() const {
    return spending_.exhausted != nullptr && std::string_view(spending_.exhausted) == "memory";
  }

  std::optional<KeyVerdict> dive(std::uint64_t steps) {
    if (!down_) down_.emplace(history_, spending_, spending_.memory_max / 4);
    constexpr std::uint64_t between = 50'000;  // looks at what is left of the budget
    const std::uint64_t end = spending_.steps + steps;
    while (spending_.steps < end) {
      const auto found = down_->advance(std::min(end, spending_.steps + between));
      if (found) return found;
      if (spending_.spent(down_->bytes() + history_.states.bytes())) return KeyVerdict{};
    }
    spending_.held = down_->bytes();
    return std::nullopt;
  }

  KeyVerdict dive_alone(const KeyVerdict& undecided) {
    along_.reset();
    const char* memory = std::exchange(spending_.exhausted, nullptr);
    spending_.held = 0;
    const auto found = dive(spending_.steps);
    if (found && found->verdict != Verdict::unknown) return *found;
    if (spending_.exhausted == nullptr) spending_.exhausted = memory;
    return undecided;
  }

  const KeyHistory& history_;
  Budget& spending_;
  std::optional<just_in_time::WideningSearch> along_{};
  std::optional<DepthSearch> down_{};
};

}  // namespace

KeyVerdict search_key(const KeyHistory& history, Budget& spending) {
  const KeyVerdict result = KeySearch(history, spending).run();
  spending.held = 0;
  return result;
}

}  // namespace sim
