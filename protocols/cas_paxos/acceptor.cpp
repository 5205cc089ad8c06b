// CASPaxos, the acceptor: promises, and accepts what nobody has outbid.
#include "protocols/cas_paxos/cas_paxos.hpp"

namespace protocols {

void CasPaxos::on(Env& env, NodeId from, const Prepare& m) {
  Cell& cell = cells_[m.key];
  if (m.ballot < cell.promised) return env.send(from, Rejected{m.key, m.ballot, cell.promised});
  if (m.ballot > cell.promised) {
    cell.promised = m.ballot;
    env.persist({.key = m.key, .cell = cell});
  }
  env.when_durable({from, Promise{m.key, m.ballot, cell.accepted}});
}

void CasPaxos::on(Env& env, NodeId from, const Accept& m) {
  const Ballot ballot = m.proposed.ballot;
  Cell& cell = cells_[m.key];
  if (ballot < cell.promised) return env.send(from, Rejected{m.key, ballot, cell.promised});
  if (ballot > cell.accepted.ballot) accept(env, m.key, m.proposed);
  env.when_durable({from, Accepted{m.key, ballot}});
}

void CasPaxos::accept(Env& env, Key key, const Accepting& proposed) {
  Disk::Write write{.key = key, .cell = {.promised = proposed.ballot, .accepted = proposed}};
  cells_[key] = write.cell;
  for (const auto& [request, change] : proposed.content.recent) {
    if (heard_.find(request.id) != nullptr || heard_.is_over(request.id)) continue;
    heard_.add(request, 0, {});
    write.version = env.store(request.id, change);
    write.news.push_back({request, change});
  }
  env.persist(std::move(write));
  spare_what_is_executed(key, proposed.content);
}

// A client that has asked several proposers is answered by the first to succeed; else it asks again.
void CasPaxos::spare_what_is_executed(Key key, const Content& content) {
  const auto found = rounds_.find(key);
  if (found == rounds_.end()) return;
  Round& round = found->second;
  std::erase_if(round.waiting, [&](const Request& request) {
    const bool over = content.executed.find(request.id) != nullptr || content.executed.is_over(request.id);
    return over && !under_way(round, request.id);
  });
  if (round.waiting.empty()) rounds_.erase(found);
}

// What the replica says to itself waits for its own disk; then the others are asked.
void CasPaxos::on_durable(Env& env, const Deferred& said) {
  const auto& [to, message] = said;
  if (to != env.self()) return env.send(to, message);
  if (const auto* prepare = std::get_if<Prepare>(&message)) {
    if (round_in(prepare->key, prepare->ballot, Phase::prepare) == nullptr) return;
    env.broadcast(*prepare);
    on(env, to, Promise{prepare->key, prepare->ballot, {}});  // what it had accepted is counted already
  } else if (const auto* accept = std::get_if<Accept>(&message)) {
    if (round_in(accept->key, accept->proposed.ballot, Phase::accept) == nullptr) return;
    env.broadcast(*accept);
    on(env, to, Accepted{accept->key, accept->proposed.ballot});
  }
}

}  // namespace protocols
