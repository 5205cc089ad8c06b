#include <algorithm>
#include <tuple>
#include <utility>
#include <vector>

#include "sim/linearizability/monitors/monitors.hpp"

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
    } else if (op.outcome == Outcome::ok && !op.output.is_nil()) {
      found.push_back({*op.output.as_number(), op.ret, true, index});
    }
  }
  // At one instant, enqueues go first: operations that only touch are concurrent.
  std::ranges::sort(found, {}, [](const Passage& p) { return std::tuple(p.value, p.at, p.out, p.index); });
  return found;
}

bool found_nothing(const Operation& op) {
  return op.action == Action::dequeue && op.outcome == Outcome::ok && op.output.is_nil();
}

// A violation by values alone, if there is one: taken out more often than put in, at some return.
std::optional<Monitored> taken_too_often(const std::vector<Passage>& sorted) {
  std::vector<std::size_t> taken;  // of the value at hand
  std::size_t put = 0;
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
  return std::nullopt;
}

// One value is in for certain from the return of its enqueue to the call of its dequeue, both excluded.
struct TimeInside {
  Time after, before;
  std::vector<std::size_t> operations;
};

// All of them, in order of their beginning; nothing if a value is put in twice, or may have been taken by
// somebody who wasn't told.
std::optional<std::vector<TimeInside>> stays(std::span<const Operation> all,
                                             std::span<const std::uint32_t> of_key,
                                             const std::vector<Passage>& sorted) {
  const auto untold = [&](std::uint32_t i) {
    return all[i].action == Action::dequeue && all[i].outcome == Outcome::pending;
  };
  if (std::ranges::any_of(of_key, untold)) return std::nullopt;
  std::vector<TimeInside> found;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    const bool again = i > 0 && sorted[i].value == sorted[i - 1].value;
    const bool taken = i + 1 < sorted.size() && sorted[i + 1].value == sorted[i].value;
    if (again || (taken && !sorted[i + 1].out)) return std::nullopt;
    const Operation& put = all[sorted[i].index];
    TimeInside stay{put.ret, taken ? all[sorted[i + 1].index].call : kNever, {sorted[i].index}};
    if (taken) stay.operations.push_back(sorted[++i].index);
    const bool answered = put.outcome == Outcome::ok;
    if (answered && stay.after < stay.before) found.push_back(std::move(stay));
  }
  std::ranges::sort(found, {}, [](const TimeInside& s) { return std::tuple(s.after, s.before); });
  return found;
}

// The stays that leave `empty`, which found nothing, no instant to do so; none if there is one. `widest[k]`:
// the one of the first k + 1 stays that ends last.
std::vector<std::size_t> always_something(const Operation& empty, const std::vector<TimeInside>& stays,
                                          const std::vector<std::size_t>& widest) {
  std::vector<std::size_t> covering;
  for (Time at = empty.call; at <= empty.ret;) {
    const auto begun = std::ranges::lower_bound(stays, at, {}, &TimeInside::after) - stays.begin();
    if (begun == 0) return {};
    const TimeInside& longest = stays[widest[static_cast<std::size_t>(begun) - 1]];
    if (longest.before <= at) return {};
    covering.insert(covering.end(), longest.operations.begin(), longest.operations.end());
    at = longest.before;
  }
  return covering;
}

std::vector<std::size_t> widest_so_far(const std::vector<TimeInside>& stays) {
  std::vector<std::size_t> widest;
  for (std::size_t i = 0; i < stays.size(); ++i) {
    const bool wider = i == 0 || stays[i].before > stays[widest.back()].before;
    widest.push_back(wider ? i : widest.back());
  }
  return widest;
}

}  // namespace

std::optional<Monitored> monitor_unordered_queue(std::span<const Operation> all,
                                                 std::span<const std::uint32_t> of_key, const Value& initial,
                                                 Budget& spending) {
  if (initial != Value{List{}} || spending.spent_now(of_key.size() * sizeof(Passage))) return std::nullopt;
  const std::vector<Passage> sorted = passages(all, of_key);
  if (auto violation = taken_too_often(sorted)) return violation;
  if (std::ranges::none_of(of_key, [&](std::uint32_t i) { return found_nothing(all[i]); }))
    return Monitored{};
  if (spending.spent_now(of_key.size() * sizeof(TimeInside))) return std::nullopt;
  const auto known = stays(all, of_key, sorted);
  if (!known) return std::nullopt;
  const std::vector<std::size_t> widest = widest_so_far(*known);
  for (const std::uint32_t i : of_key) {
    if (!found_nothing(all[i])) continue;
    std::vector<std::size_t> witness = always_something(all[i], *known, widest);
    if (witness.empty()) continue;
    witness.push_back(i);
    std::ranges::sort(witness);
    return Monitored{.linearizable = false, .witness = std::move(witness)};
  }
  return Monitored{};
}

}  // namespace sim
