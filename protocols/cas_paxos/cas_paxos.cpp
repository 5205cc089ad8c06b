// CASPaxos, the proposer: one round at a time for each register.
#include "protocols/cas_paxos/cas_paxos.hpp"

namespace protocols {
namespace {

// All keys of a table are alike at first: nothing is written.
Service before_the_first(const CasPaxos::Env& env) {
  Service service = env.empty_snapshot().state;
  return service.keys() == 1 ? service : Service(Model::kv, 1);
}

}  // namespace

void CasPaxos::Options::describe(Fields& fields) {
  fields.duration("retransmit", retransmit, {.min = 1us, .max = 1h},
                  "Interval at which a proposer repeats requests to replicas that have not answered.");
  fields.duration("backoff", backoff, {.min = 1us, .max = 1h},
                  "Time that a proposer waits at most after it was outbid, before its next ballot: drawn "
                  "each time, and twice as long after each defeat.");
  fields.choice("bug", bug,
                {{"none", Bug::none},
                 {"read_unrepaired", Bug::read_unrepaired},
                 {"timeout_is_failure", Bug::timeout_is_failure},
                 {"no_memory", Bug::no_memory}},
                "A planted bug: reads skip the second phase; a cas that a minority accepted is reported "
                "as not met; a repeated request is executed again.");
}

// Nobody leads: a client is served if a majority runs, its proposer among them. A client loses its patience
// once for each proposer that is down; lost messages are repeated.
std::optional<ServicePromise> CasPaxos::promise(const Options& o, const Calm& calm) {
  if (calm.loss > 0.1 || 8 * calm.delay > calm.client_timeout) return std::nullopt;
  const auto down = static_cast<std::int64_t>(calm.members - majority_of(calm.members));
  return ServicePromise{.within = 30 * (o.retransmit + o.backoff + 8 * calm.delay) + 10 * calm.round() +
                                  2 * down * calm.client_timeout,
                        .running = majority_of(calm.members)};
}

void CasPaxos::on_start(Env& env) {
  if (snapshot_.version.id != 0) env.install(snapshot_);
  snapshot_ = {};
}

void CasPaxos::on_request(Env& env, const Request& request) {
  if (request.ping) return env.reply(request.id, {});
  Round& round = rounds_[request.command.key];
  const auto same = [&](const Request& other) { return other.id == request.id; };
  if (std::ranges::any_of(round.waiting, same)) return;
  std::erase_if(round.waiting, [&](const Request& other) {  // its client has given it up
    const bool older = other.id.client == request.id.client && other.id.number < request.oldest_pending;
    return older && !under_way(round, other.id);
  });
  round.waiting.push_back(request);
  if (round.waiting.size() == 1) take_ballot(env, request.command.key, round);
}

// The ballot is on disk, as a promise to oneself, before anybody hears of it: no later life reuses it.
void CasPaxos::take_ballot(Env& env, Key key, Round& round) {
  Cell& cell = cells_[key];
  round.phase = Phase::prepare;
  round.ballot = {std::max(cell.promised.number, round.seen) + 1, env.self().value};
  round.answers.clear();
  round.highest = cell.accepted;
  round.same = 1;
  cell.promised = round.ballot;
  env.persist({.key = key, .cell = cell});
  env.when_durable({env.self(), Prepare{key, round.ballot}});
  try_again_in(env, round, options_.retransmit);
}

void CasPaxos::on(Env& env, NodeId from, const Promise& m) {
  Round* round = round_in(m.key, m.ballot, Phase::prepare);
  if (round == nullptr || !round->answers.insert(from)) return;
  round->same += m.accepted.ballot == round->highest.ballot ? 1u : 0u;
  if (m.accepted.ballot > round->highest.ballot) {
    round->highest = m.accepted;
    round->same = 1;
  }
  if (round->answers.size() >= env.majority()) propose(env, m.key, *round);
}

void CasPaxos::propose(Env& env, Key key, Round& round) {
  const Request& request = round.waiting.front();
  Content content = round.highest.content;
  if (round.same >= env.majority()) content.recent.clear();
  const Sessions::Answer* known = content.executed.find(request.id);
  if (content.executed.is_over(request.id)) return next(env, key, round);  // a late copy
  if (known != nullptr && !has(Options::Bug::no_memory)) {
    round.output = known->output;
  } else {
    round.output = execute(env, content, request);
  }
  if (is_read(request.command) && has(Options::Bug::read_unrepaired)) return finish(env, key, round);
  if (cells_[key].promised > round.ballot) return outbid(env, round, cells_[key].promised);
  round.phase = Phase::accept;
  round.answers.clear();
  const Accepting proposed{round.ballot, std::move(content)};
  accept(env, key, proposed);
  env.when_durable({env.self(), Accept{key, proposed}});
  try_again_in(env, round, options_.retransmit);
}

void CasPaxos::on(Env& env, NodeId from, const Accepted& m) {
  Round* round = round_in(m.key, m.ballot, Phase::accept);
  if (round == nullptr || !round->answers.insert(from)) return;
  if (round->answers.size() >= env.majority()) finish(env, m.key, *round);
}

void CasPaxos::on(Env& env, NodeId, const Rejected& m) {
  const auto found = rounds_.find(m.key);
  if (found != rounds_.end() && found->second.ballot == m.ballot) outbid(env, found->second, m.promised);
}

void CasPaxos::outbid(Env& env, Round& round, Ballot promised) {
  if (round.phase == Phase::idle) return;
  round.phase = Phase::idle;
  round.seen = std::max(round.seen, promised.number);
  const auto most = static_cast<std::uint64_t>(options_.backoff.count()) << std::min(round.defeats++, 10u);
  try_again_in(env, round, Duration{static_cast<std::int64_t>(1 + env.rng().below(most))});
}

void CasPaxos::finish(Env& env, Key key, Round& round) {
  env.reply(round.waiting.front().id, round.output);
  next(env, key, round);
}

void CasPaxos::next(Env& env, Key key, Round& round) {
  round.waiting.pop_front();
  round.defeats = 0;
  if (!round.waiting.empty()) return take_ballot(env, key, round);
  rounds_.erase(key);
  if (rounds_.empty()) env.cancel_timer(Timer::next_ballot);
}

// Executes the request on the content, and says what the client shall be told. Only the proposer executes
// it, so that a command may depend on clock and chance.
Value CasPaxos::execute(Env& env, Content& content, const Request& request) {
  if (content.cell.keys() == 0) content.cell = before_the_first(env);
  Command command = request.command;
  command.key = 0;
  Value output;
  Change change = content.cell.execute(command, env.now(), env.rng(), output);
  if (is_read(command)) return output;
  change.key = request.command.key;
  content.recent.push_back({request, change});
  content.executed.add(request, 0, output);
  return output;
}

// ---- time

void CasPaxos::try_again_in(Env& env, Round& round, Duration delay) {
  round.due = env.now() + delay;
  wake_for_the_next(env);
}

void CasPaxos::wake_for_the_next(Env& env) {
  const auto next = std::ranges::min_element(rounds_, {}, [](const auto& entry) { return entry.second.due; });
  if (next != rounds_.end())
    env.set_timer(Timer::next_ballot, std::max<Duration>(next->second.due - env.now(), 0ns));
}

void CasPaxos::on_timer(Env& env, Timer) {
  for (auto next = rounds_.begin(); next != rounds_.end();) {
    const auto entry = next++;  // it may be over, and gone
    if (entry->second.due <= env.now()) try_again(env, entry->first, entry->second);
  }
  wake_for_the_next(env);
}

void CasPaxos::try_again(Env& env, Key key, Round& round) {
  const bool tries_cas = round.waiting.front().command.action == Action::cas;
  if (round.phase == Phase::idle) return take_ballot(env, key, round);
  if (cells_[key].promised > round.ballot) return outbid(env, round, cells_[key].promised);
  if (has(Options::Bug::timeout_is_failure) && tries_cas && round.phase == Phase::accept) {
    round.output = std::int64_t{0};
    return finish(env, key, round);
  }
  const bool own_disk_is_slow = !round.answers.contains(env.self());
  if (!own_disk_is_slow) ask_again(env, key, round);
  try_again_in(env, round, options_.retransmit);
}

void CasPaxos::ask_again(Env& env, Key key, const Round& round) {
  const auto silent = [&](NodeId node) { return !round.answers.contains(node); };
  if (round.phase == Phase::prepare) return env.multicast(Prepare{key, round.ballot}, silent);
  env.multicast(Accept{key, cells_[key].accepted}, silent);
}

CasPaxos::Round* CasPaxos::round_in(Key key, Ballot ballot, Phase phase) {
  const auto found = rounds_.find(key);
  const bool so = found != rounds_.end() && found->second.ballot == ballot && found->second.phase == phase;
  return so ? &found->second : nullptr;
}

namespace {
static_assert(Protocol<CasPaxos>);
const Registered<CasPaxos> cas_paxos_registered{
    "cas_paxos", "registers that change by compare-and-set: a round of Paxos for each operation, no log"};
}  // namespace
}  // namespace protocols
