#include "sim/check/detector.hpp"

#include <optional>
#include <vector>

#include "sim/check/node_lives.hpp"

namespace sim {
namespace {

class DetectorReplay {
 public:
  explicit DetectorReplay(const Record& record)
      : record_(record),
        lives_(record),
        pairs_(record.replicas * record.replicas),
        crashed_(record.replicas) {}

  DetectorJudgement run() {
    for (const auto& s : record_.suspicions) {
      while (lives_.next() <= s.at) life();
      suspicion(s);
    }
    while (lives_.next() != kNever) life();
    for (Pair& p : pairs_) end_mistake(p, record_.end);
    return result_;
  }

 private:
  struct Pair {
    bool suspected = false;
    bool detected = false;  // this crash
    std::optional<Time> mistaken_since{};
  };
  Pair& pair(NodeId by, NodeId of) { return pairs_[by.value * record_.replicas + of.value]; }

  void end_mistake(Pair& p, Time now) {
    if (p.mistaken_since) result_.mistake_seconds += seconds(now - *p.mistaken_since);
    p.mistaken_since.reset();
  }

  void detect(Pair& p, NodeId of, Time now) {
    if (p.detected) return;
    p.detected = true;
    ++result_.detections;
    result_.detection_seconds += seconds(now - crashed_[of.value]);
  }

  void suspicion(const Record::Suspicion& s) {
    if (record_.byzantine.contains(s.by) || record_.byzantine.contains(s.of)) return;  // no truth to miss
    Pair& p = pair(s.by, s.of);
    p.suspected = s.suspected;
    if (!s.suspected) return end_mistake(p, s.at);
    if (!lives_.up(s.by)) return;
    if (!lives_.up(s.of)) return detect(p, s.of, s.at);
    ++result_.false_suspicions;
    p.mistaken_since = s.at;
  }

  void life() {
    const auto& change = lives_.advance();
    if (change.life == Record::Life::down) crash(change.node, change.at);
    if (change.life == Record::Life::up || change.life == Record::Life::paused) rise(change.node, change.at);
  }

  void crash(NodeId node, Time now) {
    crashed_[node.value] = now;
    for (std::uint16_t i = 0; i < record_.replicas; ++i) {
      end_mistake(pair(node, NodeId{i}), now);
      Pair& p = pair(NodeId{i}, node);
      end_mistake(p, now);
      p.detected = false;
      if (p.suspected && lives_.up(NodeId{i})) detect(p, node, now);
    }
  }

  // Whoever still suspects a node that is up again is mistaken from now on.
  void rise(NodeId node, Time now) {
    for (std::uint16_t i = 0; i < record_.replicas; ++i) {
      Pair& p = pair(NodeId{i}, node);
      if (p.suspected && !p.mistaken_since && lives_.up(NodeId{i})) p.mistaken_since = now;
    }
  }

  const Record& record_;
  NodeLives lives_;
  std::vector<Pair> pairs_;
  std::vector<Time> crashed_;
  DetectorJudgement result_;
};

}  // namespace

DetectorJudgement judge_detector(const Record& record) {
  if (record.suspicions.empty()) return {};
  return DetectorReplay(record).run();
}

}  // namespace sim
