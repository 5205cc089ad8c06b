#include <algorithm>
#include <tuple>
#include <utility>
#include <vector>

#include "sim/check/monitors.hpp"

namespace sim {
namespace {

// One value goes in, at the earliest, or out, at the latest.
struct Passage {
  std::int64_t value;
  Time at;
  bool out;
  std::uint32_t index;
};

std::vector<Passage> passages(std::span<const Operation> all, std::span<const std::uint32_t> of_key) {
  std::vector<Passage> found;
  for (const std::uint32_t index : of_key) {
    const Operation& op = all[index];
    if (op.outcome == Outcome::failed) continue;
    if (op.action == Action::enqueue) {
      found.push_back({*op.argument.as_number(), op.call, false, index});
    } else if (op.outcome == Outcome::ok) {
      found.push_back({*op.output.as_number(), op.ret, true, index});
    }
  }
  // Of one instant, what goes in first: operations that only touch are concurrent.
  std::ranges::sort(found, {}, [](const Passage& p) { return std::tuple(p.value, p.at, p.out, p.index); });
  return found;
}

}  // namespace

std::optional<Monitored> monitor_unordered_queue(std::span<const Operation> all,
                                                 std::span<const std::uint32_t> of_key, const Value& initial,
                                                 Spending& spending) {
  if (initial != Value{List{}} || spending.spent_now(of_key.size() * sizeof(Passage))) return std::nullopt;
  const auto takes_no_value = [&](std::uint32_t i) {
    const Operation& op = all[i];
    return op.action != Action::enqueue && op.outcome == Outcome::ok && op.output.as_number() == nullptr;
  };
  if (std::ranges::any_of(of_key, takes_no_value)) return std::nullopt;
  std::vector<std::size_t> taken;  // of the value at hand
  std::size_t put = 0;
  const std::vector<Passage> sorted = passages(all, of_key);
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    if (i == 0 || sorted[i].value != sorted[i - 1].value) {
      taken.clear();
      put = 0;
    }
    put += sorted[i].out ? 0 : 1;
    if (!sorted[i].out) continue;
    taken.push_back(sorted[i].index);
    if (taken.size() <= put) continue;
    std::ranges::sort(taken);
    return Monitored{.linearizable = false, .witness = std::move(taken)};
  }
  return Monitored{};
}

}  // namespace sim
