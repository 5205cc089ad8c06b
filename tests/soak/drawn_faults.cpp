#include "tests/soak/drawn_faults.hpp"

#include <algorithm>
#include <array>
#include <numeric>

#include "sim/protocol/plan.hpp"
#include "sim/scenario/units.hpp"

namespace soak {

using namespace std::chrono_literals;
using sim::Duration;
using sim::Json;

std::vector<int> Drawing::some(int n, int least) {
  std::vector<int> all(static_cast<std::size_t>(n));
  std::iota(all.begin(), all.end(), 0);
  for (int i = n - 1; i > 0; --i)
    std::swap(all[static_cast<std::size_t>(i)], all[rng_.below(static_cast<std::uint64_t>(i) + 1)]);
  all.resize(static_cast<std::size_t>(between(least, n)));
  std::ranges::sort(all);
  return all;
}

namespace {

struct Window {
  Duration from{}, to{};
  bool overlaps(const Window& other) const { return from < other.to && other.from < to; }
};

struct Down : Window {
  int node = 0;
};
constexpr int kAnybody = -1;  // of a Down

class Timeline {
 public:
  Timeline(Drawing& drawing, const Json& allowed, int replicas, std::string protocol)
      : draw_(drawing), allowed_(allowed), n_(replicas), protocol_(std::move(protocol)) {}

  Json drawn() {
    if (allowed_.contains("clock")) wrong_clock(allowed_["clock"]);
    if (allowed_.contains("byzantine")) liars(allowed_["byzantine"]);
    std::vector<std::string> kinds;
    for (const auto& [kind, limits] : allowed_.items()) {
      if (kind != "clock" && kind != "byzantine") kinds.push_back(kind);
    }
    const auto count = kinds.empty() ? 0 : draw_.between(0, 8);
    for (std::int64_t i = 0; i < count; ++i) strike(draw_.one_of(kinds));
    return faults_;
  }

 private:
  void strike(const std::string& kind) {
    const Json& limits = allowed_[kind];
    if (kind == "crash") return crash(limits);
    if (kind == "fail_stop") return fail_stop(limits);
    if (kind == "reconfigure") return add({{"at", at()}, {kind, draw_.some(n_, std::min(n_, 3))}});
    if (kind == "transfer") return add({{"at", at()}, {kind, draw_.node(n_)}});
    const Window when = window(600ms);
    Json fault{{"from", text(when.from)}, {"to", text(when.to)}};
    if (kind == "pause") fault[kind] = node();
    if (kind == "slow") fault.update({{kind, node()}, {"by", text(draw_.between(100us, 4ms))}});
    if (kind == "disk") fault.update({{kind, node()}, {"delay", text(draw_.between(1ms, 40ms))}});
    if (kind == "partition") fault[kind] = groups(false);
    if (kind == "overlap") fault[kind] = groups(true);
    if (kind == "cut") {
      fault[kind] = cut();
      if (fault[kind][0] == fault[kind][1]) return;
      if (draw_.chance(0.3)) fault.update(some_messages());
    }
    if (kind == "network") fault[kind] = bad_network();
    add(fault);
  }

  // Crashes and restarts, never more at a time than the protocol bears. A node that is back counts as down
  // until it may be relied upon.
  void crash(const Json& limits) {
    if (draw_.chance(0.2)) return crash_primary(limits);
    const bool comes_back = limits.value("restarts", true) && !(may_stay_down() && draw_.chance(0.2));
    const Down down{down_time(limits), draw_.node(n_)};
    Down counted = down;
    counted.to = comes_back ? down.to + time_of(limits, "recovering") : Duration::max();
    if (!bearable(counted, limits)) return;
    down_.push_back(counted);
    Json fault{{"at", text(down.from)}, {"crash", down.node}};
    if (draw_.chance(0.2)) fault["in_flight"] = "lost";
    if (limits.contains("told_within")) {
      fault.update({{"told_within", limits["told_within"]}, {"after_messages", true}});
      fault.erase("in_flight");
    }
    add(fault);
    if (!comes_back) return;
    Json restart{{"at", text(down.to)}, {"restart", down.node}};
    if (limits.contains("disk")) restart["disk"] = draw_.one_of(limits["disk"]);
    add(restart);
  }

  // Whoever leads at that time, perhaps since a moment ago. Which node that is can't be said before: it
  // crashes while no other is down, and comes back.
  void crash_primary(const Json& limits) {
    if (!limits.value("restarts", true) || limits.contains("told_within")) return;
    Down down{down_time(limits), kAnybody};
    Down counted = down;
    counted.to = down.to + time_of(limits, "recovering");
    const auto near = [&](const Down& other) { return other.overlaps(counted); };
    if (std::ranges::any_of(down_, near) || !bearable(counted, limits)) return;
    down_.push_back(counted);
    add({{"at", text(down.from)}, {"crash", "primary"}});
    Json restart{{"at", text(down.to)}, {"restart", "crashed"}};
    if (limits.contains("disk")) restart["disk"] = draw_.one_of(limits["disk"]);
    add(restart);
  }

  // Some crash before they have said a word, some are back before anybody has noticed.
  Window down_time(const Json& limits) {
    Window down = window(500ms);
    const Duration lasts = draw_.chance(0.25) ? draw_.between(0ms, 5ms) : down.to - down.from;
    if (draw_.chance(0.25)) down.from = draw_.between(0ms, 2 * kChaosFrom);
    const Duration told = time_of(limits, "told_within");  // before it is back
    down.to = down.from + std::max(lasts, told);
    return down;
  }

  void fail_stop(const Json& limits) {
    const Down down{{down_time(limits).from, Duration::max()}, draw_.node(n_)};
    if (!bearable(down, limits)) return;
    down_.push_back(down);
    Json fault{{"at", text(down.from)}, {"fail_stop", down.node}, {"within", text(draw_.between(0ms, 10ms))}};
    if (limits.value("after_messages", draw_.chance(0.5))) fault["after_messages"] = true;
    add(fault);
  }

  bool bearable(const Down& next, const Json& limits) const {
    const Duration apart = time_of(limits, "apart");
    int others = 0;
    for (const Down& down : down_) {
      const bool perhaps_same = down.node == next.node || down.node == kAnybody;
      if (perhaps_same && down.overlaps(next)) return false;
      if (apart > 0ns && Window{down.from - apart, down.from + apart}.overlaps({next.from, next.from + 1ns}))
        return false;
      others += down.overlaps(next);
    }
    return others < most_down(limits);
  }

  int most_down(const Json& limits) const {
    const std::string down = limits.value("down", "any");
    if (down == "minority") return (n_ - 1) / 2;
    if (down == "a third") return (n_ - 1) / 3 - static_cast<int>(liars_);
    if (down == "all but one") return n_ - 1;
    return n_;
  }

  // Whether another node may stay down for good: only a minority, and only while an operator removes nobody.
  bool may_stay_down() const {
    if (allowed_.contains("reconfigure")) return false;
    const auto gone = std::ranges::count_if(down_, [](const Down& d) { return d.to == Duration::max(); });
    const std::string most = allowed_["crash"].value("down", "any");
    const int bearable = most == "a third" ? (n_ - 1) / 3 : most == "all but one" ? n_ - 1 : (n_ - 1) / 2;
    return gone < bearable;
  }

  void wrong_clock(const Json& limits) {
    if (draw_.chance(0.3)) return;
    Json fault{{"from", "0s"}, {"clock", node()}};
    const Duration most = limits.contains("offset") ? time_of(limits, "offset") : Duration{500ms};
    fault["offset"] = text(draw_.between(Duration{0}, most));
    if (!limits.contains("offset")) fault["drift"] = static_cast<double>(draw_.between(-20, 20)) / 100;
    add(fault);
  }

  void liars(const Json& limits) {
    const int most = limits["liars"] == "a third" ? (n_ - 1) / 3 : limits["liars"].get<int>();
    std::vector<int> traitors = draw_.some(n_, 1);
    traitors.resize(std::min(traitors.size(), static_cast<std::size_t>(draw_.between(1, most))));
    liars_ = traitors.size();
    Json fault{{"from", "0s"}, {"byzantine", traitors}};
    if (traitors.size() > 1 && draw_.chance(0.5)) fault["collude"] = true;
    if (limits.value("attacks", false) && draw_.chance(0.5)) {
      const auto attacks = sim::find_protocol(protocol_)->make_plan()->attacks();
      if (!attacks.empty()) fault["attack"] = std::string(draw_.one_of(attacks).first);
    }
    deceive(fault, limits.value("deceits", Json()));
    add(fault);
  }

  // What may be done is all, or what the table names.
  void deceive(Json& fault, const Json& named) {
    const auto may = [&](const char* deceit, double probability) {
      return (named.is_null() || std::ranges::find(named, Json(deceit)) != named.end()) &&
             draw_.chance(probability);
    };
    if (may("silent", 0.2)) fault["silent"] = draw_.some(n_, 1);
    if (may("equivocate", 0.3)) fault["equivocate"] = draw_.some(n_, 1);
    if (may("twin", 0.2)) fault["twin"] = draw_.some(n_, 1);
    if (may("mutate", 0.3)) fault["mutate"] = draw_.share(0.3);
    if (may("wild", 0.2)) fault["wild"] = true;
    if (may("replay", 0.3)) fault["replay"] = draw_.share(0.3);
    if (may("delay", 0.2)) fault["delay"] = text(draw_.between(0ms, 5ms));
    if (may("lie", 0.3)) fault["lie"] = true;
    if (deceives(fault)) return;
    if (named.is_null()) fault["mutate"] = 0.1;
    if (named.is_array()) fault[named[0].get<std::string>()] = true;
  }

  static bool deceives(const Json& fault) {
    constexpr std::array<const char*, 8> kDeceits{"attack", "silent", "equivocate", "twin",
                                                  "mutate", "replay", "delay",      "lie"};
    return std::ranges::any_of(kDeceits, [&](const char* how) {
      return fault.contains(how) && fault[how] != 0 && fault[how] != "0us";
    });
  }

  Json cut() {
    if (draw_.chance(0.3)) return Json::array({"primary", draw_.chance(0.5) ? "others" : "*"});
    if (draw_.chance(0.2)) {
      std::vector<int> side = draw_.some(n_, 1);
      if (side.size() == static_cast<std::size_t>(n_)) side.pop_back();
      return Json::array({side, "others"});
    }
    return {draw_.node(n_), draw_.node(n_)};
  }

  Json some_messages() {
    if (draw_.chance(0.3)) return {{"nth", Json::array({draw_.between(1, 4)})}};
    if (draw_.chance(0.3)) return {{"pattern", draw_.chance(0.5) ? "-x" : "x-x"}};
    const auto types = sim::find_protocol(protocol_)->make_plan()->messages();
    if (types.empty()) return {{"probability", 0.5}};
    return {{"messages", Json::array({std::string(draw_.one_of(types))})}};
  }

  Json groups(bool overlapping) {
    if (!overlapping && draw_.chance(0.2))
      return Json::array({Json::array({"primary"}), Json::array({"others"})});
    const std::vector<int> one = draw_.some(n_, 1);
    if (!overlapping) return {one};
    std::vector<int> rest{one.front()};  // the bridge
    for (int i = 0; i < n_; ++i) {
      if (std::ranges::find(one, i) == one.end()) rest.push_back(i);
    }
    std::ranges::sort(rest);
    return {one, rest};
  }

  Json bad_network() {
    Json network{{"loss", draw_.share(0.6)}};
    if (draw_.chance(0.3)) {
      const Json bursts{{"good_to_bad", draw_.share(0.1)}, {"bad_to_good", 0.05 + draw_.share(0.5)}};
      network["loss"] = {{"gilbert_elliott", bursts}};
    }
    if (draw_.chance(0.5)) network["delay"] = {{"exponential", text(draw_.between(1ms, 30ms))}};
    return network;
  }

  Json node() {
    if (draw_.chance(0.3)) return draw_.chance(0.7) ? "primary" : "backup";
    return draw_.node(n_);
  }
  std::string at() { return text(draw_.between(kChaosFrom, kChaosTo)); }
  Window window(Duration longest) {
    const Duration from = draw_.between(kChaosFrom, kChaosTo - 20ms);
    return {from, std::min(kChaosTo, from + draw_.between(5ms, longest))};
  }
  static Duration time_of(const Json& limits, const char* key) {
    return limits.contains(key) ? *sim::parse_duration(limits[key].get<std::string>()) : Duration{0};
  }
  void add(Json fault) { faults_.push_back(std::move(fault)); }

  Drawing& draw_;
  const Json& allowed_;
  int n_;
  std::string protocol_;
  std::size_t liars_ = 0;
  std::vector<Down> down_{};
  Json faults_ = Json::array();
};

}  // namespace

Json draw_faults(Drawing& drawing, const Json& allowed, int replicas, const std::string& protocol) {
  return Timeline(drawing, allowed, replicas, protocol).drawn();
}

}  // namespace soak
