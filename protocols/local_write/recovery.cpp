// Local-write when a replica fails: the directory calls all items back and begins a new reign.
//
//   directory                          each survivor
//      |---Recall(reign, my copies)------->|  gives up its items, takes no more updates of the old reign
//      |<--Returned(its copies, what I lack)|
//      |---Restore(what it lacks)--------->|  once all have returned theirs
//      |<--Restored------------------------|  once all have confirmed, the directory owns everything
#include <algorithm>
#include <utility>

#include "protocols/local_write/local_write.hpp"

namespace protocols {

// The master reports a failure. A replica that the directory has told knows already.
void LocalWrite::on_failure(Env& env, NodeId node) {
  if (!member_ || !failed_.insert(node)) return;
  if (directory(env) == env.self()) return recall(env);
  for (auto& [key, x] : items_) go_on(env, key, x);  // nobody waits for that copy any more
}

// ---- the directory's side

// Reigns ascend: a later directory has a higher number, and each failure that it learns of begins another.
void LocalWrite::recall(Env& env) {
  begin_reign(Reign{env.self().value} << 16 | failed_.size());
  restoring_ = false;
  lines_.clear();
  returned_.clear();
  returned_by_.clear();
  restored_.clear();
  early_fetches_.clear();
  call_those_who_lag(env);
  restore(env);
}

// Asks again what was not answered yet; requests already executed are remembered.
void LocalWrite::begin_reign(Reign reign) {
  reign_ = reign;
  recovering_ = true;
  for (auto& [key, x] : items_) {
    for (auto answer = x.answers.rbegin(); answer != x.answers.rend(); ++answer) {
      x.waiting.push_front(std::move(answer->asked));
    }
    x = {.updates = std::move(x.updates), .waiting = std::move(x.waiting), .copies = std::move(x.copies)};
  }
}

// Repeats the call if something may have got lost.
void LocalWrite::call_those_who_lag(Env& env) {
  if (directory(env) != env.self()) return;
  for (std::uint16_t i = 0; i < env.cluster(); ++i) {
    const NodeId node{i};
    if (node == env.self() || failed_.contains(node)) continue;
    if (!returned_by_.contains(node)) {
      env.send(node, Recall{reign_, copies()});
    } else if (restoring_ && !restored_.contains(node)) {
      env.send(node, Restore{reign_, beyond(returned_[node])});
    }
  }
}

void LocalWrite::on(Env& env, NodeId from, const Returned& m) {
  if (!current(from, m.reign) || !recovering_ || directory(env) != env.self()) return;
  if (!returned_by_.insert(from)) return;
  returned_[from] = m.copies;
  for (const Update& update : m.more) store_in_order(env, item(env, update.key()), update);
  restore(env);
}

void LocalWrite::restore(Env& env) {
  if (!includes_all(env, returned_by_)) return;
  restoring_ = true;
  call_those_who_lag(env);
  reopen(env);
}

void LocalWrite::on(Env& env, NodeId from, const Restored& m) {
  if (!current(from, m.reign) || !restoring_) return;
  restored_.insert(from);
  reopen(env);
}

void LocalWrite::reopen(Env& env) {
  if (!includes_all(env, restored_)) return;
  recovering_ = restoring_ = false;
  for (auto& [key, x] : items_) {
    x.mine = true;
    x.epoch = 1;
    x.copies.assign(env.cluster(), x.last());
    go_on(env, key, x);
  }
  for (const auto& [from, fetch] : std::exchange(early_fetches_, {})) on(env, from, fetch);
}

// Whether `nodes` includes all that live, as far as is known.
bool LocalWrite::includes_all(const Env& env, const NodeSet& nodes) const {
  for (std::uint16_t i = 0; i < env.cluster(); ++i) {
    const NodeId node{i};
    if (node != env.self() && !failed_.contains(node) && !nodes.contains(node)) return false;
  }
  return true;
}

// ---- the survivors'

void LocalWrite::on(Env& env, NodeId from, const Recall& m) {
  if (failed_.contains(from) || from == env.self() || m.reign < reign_) return;
  if (m.reign > reign_) begin_reign(m.reign);
  for (std::uint16_t i = 0; i < from.value; ++i) failed_.insert(NodeId{i});  // or it were not the directory
  env.send(from, Returned{reign_, copies(), beyond(m.copies)});
}

void LocalWrite::on(Env& env, NodeId from, const Restore& m) {
  if (!current(from, m.reign)) return;
  if (recovering_) {
    for (const Update& update : m.more) store_in_order(env, item(env, update.key()), update);
    recovering_ = false;
    for (auto& [key, x] : items_) go_on(env, key, x);
  }
  env.send(from, Restored{reign_});
}

// ---- comparing copies

std::vector<LocalWrite::Copy> LocalWrite::copies() const {
  std::vector<Copy> result;
  for (const auto& [key, x] : items_) result.push_back({key, x.last()});
  return result;
}

// The updates that this replica has and a replica with these copies lacks.
std::vector<LocalWrite::Update> LocalWrite::beyond(const std::vector<Copy>& copies) const {
  std::map<Key, Number> known;
  for (const auto& [key, number] : copies) known[key] = number;
  std::vector<Update> result;
  for (const auto& [key, x] : items_) {
    const auto skipped = static_cast<std::ptrdiff_t>(std::min(known[key], x.last()));
    result.insert(result.end(), x.updates.begin() + skipped, x.updates.end());
  }
  return result;
}

}  // namespace protocols
