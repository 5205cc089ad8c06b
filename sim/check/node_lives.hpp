// Which nodes are up and which act as primary, in the course of a run: the basis of several judges. An
// instant counts as it ends: a state that begins and ends at one instant has not happened.
#pragma once

#include <vector>

#include "sim/history/record.hpp"

namespace sim {

/// The replicas that have not crashed, as time goes by. A paused replica is up. A Byzantine one counts as
/// down throughout: nothing is demanded of it, and its state is not held against the others.
class NodeLives {
 public:
  explicit NodeLives(const Record& record);

  /// When the next change is due; kNever when there is none.
  Time next() const { return next_ < record_->lives.size() ? record_->lives[next_].at : kNever; }
  /// Takes the next change into account and returns it.
  const Record::LifeChange& advance();
  bool up(NodeId node) const { return up_[node.value] != 0; }

 private:
  const Record* record_;
  std::size_t next_ = 0;
  std::vector<char> up_;
};

/// Which replicas are up when the run ends.
NodeLives at_end(const Record& record);

/// The replicas that should hold the service's state, as time goes by: correct ones that are up, are members,
/// and take part. The state of the others doesn't matter.
class Concerned {
 public:
  explicit Concerned(const Record& record);

  Time next() const;  ///< When the next change is due; kNever when there is none.
  void advance();     ///< Takes the next change into account.
  bool contains(NodeId node) const { return tells(node) && part_[node.value]; }
  /// Whether its state tells what the service has: a replica that waits to be repaired says that it has
  /// nothing, while one that is down may come back with everything on its disk.
  bool tells(NodeId node) const { return lives_.up(node) && member_[node.value]; }

 private:
  const Record* record_;
  NodeLives lives_;
  std::vector<bool> member_;
  std::vector<bool> part_;
  std::size_t next_membership_ = 0;
  std::size_t next_part_ = 0;
};

/// The replicas that should hold it when the run ends.
Concerned concerned_at_end(const Record& record);

/// The replicas that make up the service when the run ends.
NodeSet members_at_end(const Record& record);

/// Whether `node` was down at some time from `from` to `to`.
bool was_down(const Record& record, NodeId node, Time from, Time to);

/// A node begins or ceases to act as primary: to be in that role and neither down nor paused.
struct ActingChange {
  Time at;
  NodeId node;
  bool acting;
};

/// All such changes of correct nodes in order of time, then of nodes.
std::vector<ActingChange> acting_primaries(const Record& record);

}  // namespace sim
