#include "sim/check/detector.hpp"

#include <algorithm>
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
        part_(record.replicas, true),
        pairs_(record.replicas * record.replicas),
        crashed_(record.replicas) {}

  DetectorJudgement run() {
    for (const auto& s : record_.suspicions) {
      while (next() <= s.at) advance();
      suspicion(s);
    }
    while (next() != kNever) advance();
    for (Pair& p : pairs_) end_mistake(p, record_.end);
    return result_;
  }

 private:
  struct Pair {
    bool suspected = false;
    bool detected = false;  // this crash
    std::optional<Time> mistaken_since{};
  };

  // A replica that is up and waits to be repaired serves nobody, so suspecting it is no mistake.
  bool serves(NodeId node) const { return lives_.up(node) && part_[node.value]; }

  Time next() const {
    return std::min(lives_.next(), next_part_ < record_.parts.size() ? record_.parts[next_part_].at : kNever);
  }

  void advance() {  // among changes at one instant, a restart comes before the word that it waits
    if (lives_.next() <= next()) return life();
    const Record::Part& part = record_.parts[next_part_++];
    part_[part.node.value] = part.taken;
    if (serves(part.node)) return rise(part.node, part.at);
    for (std::uint16_t i = 0; i < record_.replicas; ++i) end_mistake(pair(NodeId{i}, part.node), part.at);
  }

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
    if (!serves(s.of)) return;
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

  // Those that still suspect a node that serves again are mistaken from now on.
  void rise(NodeId node, Time now) {
    if (!serves(node)) return;
    for (std::uint16_t i = 0; i < record_.replicas; ++i) {
      Pair& p = pair(NodeId{i}, node);
      if (p.suspected && !p.mistaken_since && lives_.up(NodeId{i})) p.mistaken_since = now;
    }
  }

  const Record& record_;
  NodeLives lives_;
  std::vector<bool> part_;
  std::size_t next_part_ = 0;
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
