// Local-write without failures: how items move, and how they are written and read. recovery.cpp handles
// failures.
#include "protocols/local_write/local_write.hpp"

#include <algorithm>
#include <utility>

namespace protocols {

void LocalWrite::Options::describe(Fields& f) {
  f.choice("acknowledge", acknowledge,
           {{"after_backups", Acknowledge::after_backups}, {"before_backups", Acknowledge::before_backups}},
           "When an owner answers a write: after all replicas have it, or immediately.");
  f.choice("reads", reads, {{"local", Reads::local}, {"owner", Reads::owner}},
           "Who answers a read: the replica asked, from its copy, or the owner of the item.");
  f.switchable("retransmit", retransmit, {.min = 1us},
               "Interval at which unacknowledged messages are resent; false: never.");
  f.choice("bug", bug,
           {{"none", Bug::none}, {"unnumbered", Bug::unnumbered}, {"early_owner", Bug::early_owner}},
           "A planted bug: updates are applied in order of arrival; a new owner begins before its copy is up "
           "to date.");
}

// The lowest replica that is not known to have failed.
NodeId LocalWrite::directory(const Env& env) const {
  NodeId node{0};
  while (node != env.self() && failed_.contains(node)) ++node.value;
  return node;
}

// Items that nobody has touched yet belong to the directory.
LocalWrite::Item& LocalWrite::item(const Env& env, Key key) {
  const auto [place, is_new] = items_.try_emplace(key);
  if (is_new && directory(env) == env.self()) place->second = {.mine = true, .epoch = 1};
  if (is_new) place->second.copies.assign(env.cluster(), 0);
  return place->second;
}

void LocalWrite::on_start(Env& env) {
  member_ = env.first_life();
  if (!member_) env.takes_part(false);
  if (member_ && options_.retransmit) env.set_timer(Timer::retransmit, *options_.retransmit);
}

void LocalWrite::on_message(Env& env, NodeId from, const Message& message) {
  if (!member_) return;
  std::visit([&](const auto& m) { on(env, from, m); }, message);
}

// ---- clients

void LocalWrite::on_request(Env& env, const Request& request) {
  if (!member_) return;
  if (request.ping) return env.reply(request.id, {});
  const bool reads = is_read(request.command);
  if (reads && options_.reads == Options::Reads::local) {
    return env.reply(request.id, env.apply(request).output);
  }
  if (!reads && sessions_.is_over(request.id)) return;
  Item& x = item(env, request.command.key);
  const auto is_it = [&](const Asked& asked) { return asked.request.id == request.id; };
  if (request.again && std::ranges::any_of(x.waiting, is_it)) return;
  if (reads && !x.mine && !x.fetching) {
    return env.send(directory(env), Relay{reign_, env.self(), request, 0});
  }
  ask(env, {request, env.self()});
}

// A replica to which the item is on its way keeps the read; one that has given the item away forwards the
// read. A read that has been forwarded for long is chasing the item, or was lied into going in circles: the
// replica that has it then fetches the item.
void LocalWrite::on(Env& env, NodeId from, const Relay& m) {
  if (!current(from, m.reign) || m.by.value >= env.cluster()) return;
  const Key key = m.request.command.key;
  Item& x = item(env, key);
  const auto is_it = [&](const Asked& asked) { return asked.request.id == m.request.id; };
  if (std::ranges::any_of(x.waiting, is_it)) return;
  if (x.mine || x.fetching || recovering_ || m.hops > env.cluster()) return ask(env, {m.request, m.by});
  Relay onwards = m;
  ++onwards.hops;
  const auto line = lines_.find(key);
  const bool keeps_lines = directory(env) == env.self() && line != lines_.end();
  if (keeps_lines && line->second.back() != env.self()) return env.send(line->second.back(), onwards);
  if (x.given && x.given->node != env.self()) return env.send(x.given->node, onwards);
  ask(env, {m.request, m.by});
}

void LocalWrite::ask(Env& env, Asked asked) {
  const Key key = asked.request.command.key;
  Item& x = item(env, key);
  x.waiting.push_back(std::move(asked));
  go_on(env, key, x);
}

// ---- the life of an item

// Does whatever can be done with the item now.
void LocalWrite::go_on(Env& env, Key key, Item& x) {
  if (recovering_) return;
  if (x.arriving && (x.last() >= x.arriving->number || has_bug(Options::Bug::early_owner))) take_over(env, x);
  while (x.mine && !x.heir && !x.waiting.empty()) {
    execute(env, x, x.waiting.front());
    x.waiting.pop_front();
  }
  settle(env, key, x);
  if (x.mine || x.fetching || x.waiting.empty()) return;
  x.fetching = true;
  env.send(directory(env), Fetch{reign_, key, x.epoch});
}

// Serves the requests that have waited for the item, even if the next owner waits as well.
void LocalWrite::take_over(Env& env, Item& x) {
  x.mine = true;
  x.fetching = false;
  x.epoch = x.arriving->epoch;
  x.copies.assign(env.cluster(), x.arriving->number);  // so far all have it, if anybody confirms at all
  x.arriving.reset();
  for (const Asked& asked : std::exchange(x.waiting, {})) execute(env, x, asked);
}

void LocalWrite::execute(Env& env, Item& x, const Asked& asked) {
  const Request& request = asked.request;
  if (is_read(request.command)) {
    x.answers.push_back({x.last(), asked, env.apply(request).output});
    return;
  }
  if (sessions_.is_over(request.id)) return;
  if (const auto* earlier = sessions_.find(request.id)) {
    x.answers.push_back({x.last(), asked, earlier->output});
    return;
  }
  Applied applied = env.apply(request);
  adopt(x, {x.last() + 1, request, applied.change, std::move(applied.output)});
  x.answers.push_back({x.last(), asked, x.updates.back().output});
  env.broadcast(Store{reign_, x.updates.back()});
}

void LocalWrite::adopt(Item& x, const Update& update) {
  sessions_.add(update.request, update.number, update.output);
  x.updates.push_back(update);
}

// The last update that all copies have.
LocalWrite::Number LocalWrite::stable(const Env& env, const Item& x) const {
  Number lowest = x.last();
  for (std::uint16_t i = 0; i < env.cluster() && confirms(); ++i) {
    if (NodeId{i} != env.self() && !failed_.contains(NodeId{i})) lowest = std::min(lowest, x.copies[i]);
  }
  return lowest;
}

// Answers what may be answered, and hands the item over when there is a next owner and nothing is under way.
void LocalWrite::settle(Env& env, Key key, Item& x) {
  if (!x.mine) return;
  const Number everywhere = stable(env, x);
  while (!x.answers.empty() && (!acknowledges_after() || x.answers.front().number <= everywhere)) {
    answer(env, x.answers.front());
    x.answers.pop_front();
  }
  if (x.heir && everywhere == x.last()) give(env, key, x);
}

void LocalWrite::answer(Env& env, const Answer& a) const {
  if (a.asked.by == env.self()) return env.reply(a.asked.request.id, a.output);
  env.reply(a.asked.request.id, a.output, a.asked.by);  // the client goes on asking its own replica
}

void LocalWrite::give(Env& env, Key key, Item& x) {
  x.mine = false;
  x.given = std::exchange(x.heir, std::nullopt);
  x.given_at = x.last();
  env.send(x.given->node, Transfer{reign_, key, x.given->epoch, x.given_at});
}

// ---- ownership

// As directory: the replica that fetches comes next in the line. If it stands there already and has not had
// its turn, as far as it says, this is a copy of its message, or something got lost on the way.
void LocalWrite::on(Env& env, NodeId from, const Fetch& m) {
  if (!current(from, m.reign) || directory(env) != env.self()) return;
  if (recovering_) {
    early_fetches_.emplace_back(from, m);
    return;
  }
  item(env, m.key);
  auto& line = lines_[m.key];
  if (line.empty()) line.push_back(env.self());
  Epoch epoch = line.size();
  while (epoch > m.after && epoch > 1 && line[epoch - 1] != from) --epoch;
  if (epoch <= m.after || epoch == 1) {
    if (line.back() == from) return;  // it is its own, or will be
    line.push_back(from);
    epoch = line.size();
  }
  env.send(line[epoch - 2], Pass{reign_, m.key, epoch, from});
}

void LocalWrite::on(Env& env, NodeId from, const Pass& m) {
  if (!current(from, m.reign) || m.to.value >= env.cluster() || m.to == env.self()) return;
  Item& x = item(env, m.key);
  if (m.epoch <= x.epoch) return;  // a copy from before the item came back
  if (x.given && x.given->epoch == m.epoch) {
    return env.send(x.given->node, Transfer{reign_, m.key, m.epoch, x.given_at});
  }
  x.heir = {m.epoch, m.to};
  go_on(env, m.key, x);
}

void LocalWrite::on(Env& env, NodeId from, const Transfer& m) {
  if (!current(from, m.reign)) return;
  Item& x = item(env, m.key);
  if (m.epoch <= x.epoch) return;  // a copy
  x.arriving = m;
  go_on(env, m.key, x);
}

// ---- updates

void LocalWrite::on(Env& env, NodeId from, const Store& m) {
  if (!current(from, m.reign) || recovering_) return;
  const Key key = m.update.key();
  Item& x = item(env, key);
  const Number before = x.last();
  if (has_bug(Options::Bug::unnumbered)) {
    store_as_it_comes(env, x, m.update);
  } else {
    store_in_order(env, x, m.update);
  }
  const bool told_before = m.update.number <= before;  // but the message was lost
  if (confirms() && (told_before || x.last() > before)) env.send(from, Stored{reign_, key, x.last()});
  go_on(env, key, x);
}

// The bug. Each update is still adopted once: otherwise adopted copies would make logs longer, longer logs
// would be sent again, and the network would talk without end.
void LocalWrite::store_as_it_comes(Env& env, Item& x, const Update& update) {
  if (sessions_.is_over(update.request.id) || sessions_.find(update.request.id) != nullptr) return;
  env.store(update.request.id, update.change);
  adopt(x, update);
}

void LocalWrite::store_in_order(Env& env, Item& x, const Update& update) {
  if (update.number <= x.last()) return;
  x.early.emplace(update.number, update);
  while (!x.early.empty() && x.early.begin()->first == x.last() + 1) {
    const Update next = std::move(x.early.begin()->second);
    x.early.erase(x.early.begin());
    env.store(next.request.id, next.change);
    adopt(x, next);
  }
}

void LocalWrite::on(Env& env, NodeId from, const Stored& m) {
  if (!current(from, m.reign)) return;
  Item& x = item(env, m.key);
  Number& copy = x.copies[from.value];
  copy = std::max(copy, std::min(m.number, x.last()));
  go_on(env, m.key, x);
}

// ---- what may be lost

void LocalWrite::on_timer(Env& env, Timer) {
  env.set_timer(Timer::retransmit, *options_.retransmit);
  if (recovering_) return call_those_who_lag(env);
  for (const auto& [key, x] : items_) {
    if (x.mine) store_again(env, x);
    if (x.fetching) env.send(directory(env), Fetch{reign_, key, x.epoch});
  }
}

void LocalWrite::store_again(Env& env, const Item& x) const {
  for (std::uint16_t i = 0; i < env.cluster(); ++i) {
    if (NodeId{i} == env.self() || failed_.contains(NodeId{i})) continue;
    // An owner that began too early (a bug) may believe a liar that copies go on for ever.
    for (Number number = std::min(x.copies[i], x.last()); number < x.last(); ++number) {
      env.send(NodeId{i}, Store{reign_, x.updates[number]});
    }
  }
}

// All replicas that have not failed serve. An item on its way, or an unconfirmed update, may have been lost
// in a partition that is over: without `retransmit` it is missing for good, and nothing is promised.
std::optional<ServicePromise> LocalWrite::promise(const Options& o, const Calm& calm) {
  if (!o.retransmit || calm.loss > 0.2 || 16 * calm.delay > calm.client_timeout) return std::nullopt;
  if (calm.loss > 0 && 8 * *o.retransmit > calm.client_timeout) return std::nullopt;
  return ServicePromise{.within = 30 * (*o.retransmit + 8 * calm.delay) + 10 * calm.round(),
                        .running = 1,
                        .untold = false,
                        .memory = ServicePromise::Memory::in_others};
}

namespace {
static_assert(Protocol<LocalWrite>);
const Registered<LocalWrite> local_write_registered{
    "local_write", "primary-backup in which each item's primary moves to the replica that writes it"};
}  // namespace
}  // namespace protocols
