#include <iterator>
#include <limits>
#include <utility>

#include "sim/linearizability/monitors/monitors.hpp"
#include "sim/linearizability/monitors/put_and_taken.hpp"

namespace sim {
namespace {

class QueueMonitor {
 public:
  QueueMonitor(std::span<const Operation> all, std::span<const std::uint32_t> of_key)
      : all_(all), of_key_(of_key), handed_(all, of_key), values_(handed_.values()) {}

  std::optional<Monitored> run(Budget& spending) {
    const auto stop = [&] { return spending.spent_now(of_key_.size() * kBytesEach); };
    if (!handed_.distinct() || stop()) return std::nullopt;
    if (!handed_.found_empty().empty() && !handed_.unanswered().empty()) return std::nullopt;
    if (auto broken = handed_.match()) return broken;
    if (stop()) return std::nullopt;
    std::ranges::sort(values_, {}, [&](const HandedValue& v) { return handed_.put_call(v); });
    if (stop()) return std::nullopt;
    if (auto broken = find_overtaking()) return broken;
    if (stop()) return std::nullopt;
    if (auto broken = handed_.find_false_emptiness(stays())) return broken;
    return Monitored{};
  }

 private:
  static constexpr std::size_t kBytesEach = 48;  // an operation, at most

  // For each value, the first of the values put in after it to be taken out (by its return). If this value
  // was then still in, it's a violation, unless nobody is known to have taken it and an unanswered dequeue
  // can have done so.
  std::optional<Monitored> find_overtaking() {
    std::vector<std::size_t> first_out(values_.size() + 1,
                                       values_.size());  // of this value and all called later
    for (std::size_t i = values_.size(); i-- > 0;) {
      const std::size_t later = first_out[i + 1];
      const bool sooner = values_[i].taken != kNobody &&
                          (later == values_.size() ||
                           handed_.taken_return(values_[i]) < handed_.taken_return(values_[later]));
      first_out[i] = sooner ? i : later;
    }
    std::vector<Overtaken> needing_taker;
    for (const HandedValue& v : values_) {
      const auto call_of = [&](const HandedValue& other) { return handed_.put_call(other); };
      const auto after = std::ranges::upper_bound(values_, handed_.put_return(v), {}, call_of);
      const std::size_t by = first_out[static_cast<std::size_t>(after - values_.begin())];
      if (by == values_.size()) continue;
      const Time out = handed_.taken_return(values_[by]);
      if (handed_.taken_call(v) <= out) continue;
      if (v.taken != kNobody) {
        return HandedValues::told({v.put, v.taken, values_[by].put, values_[by].taken});
      }
      if (handed_.unanswered().empty()) {
        return HandedValues::told(handed_.with_takers({v.put, values_[by].put}, out));
      }
      needing_taker.push_back({out, v.put, values_[by].taken});
    }
    return find_takers(needing_taker);
  }

  struct Overtaken {
    Time deadline;
    std::uint32_t put;
    std::uint32_t overtaker;
  };

  // The earliest deadline gets the earliest unanswered dequeue, and so on.
  std::optional<Monitored> find_takers(std::vector<Overtaken>& values) {
    const auto& unanswered = handed_.unanswered();
    std::ranges::sort(values, {}, &Overtaken::deadline);
    std::vector<std::uint32_t> involved;
    for (std::size_t i = 0; i < values.size(); ++i) {
      involved.insert(involved.end(), {values[i].put, values[i].overtaker});
      if (i >= unanswered.size() || unanswered[i] > values[i].deadline) {
        return HandedValues::told(handed_.with_takers(std::move(involved), values[i].deadline));
      }
    }
    return std::nullopt;
  }

  std::vector<Stay> stays() const {
    std::vector<Stay> stays;
    if (handed_.found_empty().empty()) return stays;
    for (const HandedValue& v : values_) {
      const Stay stay{handed_.put_return(v), handed_.taken_call(v), v.put, v.taken};
      if (stay.begin < stay.end) stays.push_back(stay);
    }
    return stays;
  }

  std::span<const Operation> all_;
  std::span<const std::uint32_t> of_key_;
  HandedValues handed_;
  std::vector<HandedValue>& values_;
};

}  // namespace

std::optional<Monitored> monitor_queue(std::span<const Operation> all, std::span<const std::uint32_t> of_key,
                                       const Value& initial, Budget& spending) {
  if (initial != Value{List{}}) return std::nullopt;
  return QueueMonitor(all, of_key).run(spending);
}

}  // namespace sim
