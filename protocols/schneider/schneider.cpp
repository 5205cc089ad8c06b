// The state machine approach: options, requests and their execution, failures. clocks.cpp and identifiers.cpp
// order the requests.
#include "protocols/schneider/schneider.hpp"

#include <algorithm>

namespace protocols {

void Schneider::Options::describe(Fields& f) {
  f.choice("order", order,
           {{"logical_clocks", Order::logical_clocks},
            {"synchronised_clocks", Order::synchronised_clocks},
            {"replica_ids", Order::replica_ids},
            {"abcast", Order::abcast}},
           "Where requests get their unique identifiers, which order them.");
  f.choice("stability", stability,
           {{"clock", Stability::clock}, {"clients", Stability::clients}, {"either", Stability::either}},
           "order: synchronised_clocks. A request is stable when the local clock is delta past it, when "
           "all processors have sent a later one, or when either holds.");
  f.duration("delta", delta, {.max = std::chrono::hours{1}},
             "Latest arrival of a request after its timestamp, by the receiver's clock.");
  f.duration("null_every", null_every, {.min = 1us},
             "Interval at which an idle processor sends null "
             "requests.");
  f.flag("null_at_once", null_at_once,
         "Whether a processor also sends one when another's request arrives (Lamport's acknowledgement).");
  f.choice(
      "voting", voting, {{"first", Voting::first}, {"equal", Voting::equal}},
      "Which answers clients accept: the first, if replicas only stop; or equal ones, one more than there "
      "may be liars.");
  f.count("liars", liars, {0, 500}, "voting: equal. Number of liars tolerated; 0: t of 2t + 1 replicas.");
  f.choice(
      "execute", execute, {{"stable", Execute::stable}, {"stable_everywhere", Execute::stable_everywhere}},
      "order: replica_ids, abcast. Whether a replica executes a request when it is stable there, or waits "
      "until it is stable at all replicas.");
  f.duration("takeover_after", takeover_after, {.min = 1us},
             "order: abcast. How long replicas wait for the client's choice before one takes over for it.");
  f.duration("join_retry", join_retry, {.min = 1us},
             "How long a repaired replica waits to be integrated before it starts again.");
  f.choice(
      "bug", bug,
      {{"none", Bug::none},
       {"cuid_without_accept", Bug::cuid_without_accept},
       {"join_without_relay", Bug::join_without_relay},
       {"join_on_one_word", Bug::join_on_one_word},
       {"returned_not_heard", Bug::returned_not_heard},
       {"silent_when_over", Bug::silent_when_over}},
      "A planted bug: candidates don't exceed accepted identifiers; joining replicas miss requests, accept a "
      "state from anybody, or ignore a replica that returns after them; replicas keep silent about a request "
      "that they missed and take for over.");
}

std::string Schneider::Options::complaint(std::size_t replicas) const {
  if (test_1() && join_retry < 5 * delta) return "join_retry is shorter than integration takes, 5 delta";
  if (votes(replicas) > replicas) return "there must be fewer liars than replicas";
  return {};
}

std::uint32_t Schneider::Options::votes(std::size_t replicas) const {
  if (voting == Voting::first) return 1;
  return static_cast<std::uint32_t>(liars > 0 ? static_cast<std::size_t>(liars) : (replicas - 1) / 2) + 1;
}

ClientPolicy Schneider::client_policy(const Options& options, std::size_t replicas) {
  ClientPolicy policy{.target =
                          options.by_clock() ? ClientPolicy::Target::own : ClientPolicy::Target::everyone};
  policy.spread_reads = true;
  policy.equal_answers = options.voting == Options::Voting::equal;
  policy.write_answers = policy.read_answers = options.votes(replicas);
  if (options.order == Options::Order::abcast)
    policy.write_offers = policy.read_offers = static_cast<std::uint32_t>(replicas);
  return policy;
}

// In the clock orders everyone keeps sending, so that messages lost in a partition that is over cost
// agreement but hold nobody up. A lost candidate holds up all later requests: replicas that make identifiers
// together promise nothing.
std::optional<ServicePromise> Schneider::promise(const Options& o, const Calm& calm) {
  const Duration stable = (o.test_1() ? o.delta : 0ns) + (o.test_2() ? o.null_every : 0ns) + 4 * calm.delay;
  if (!o.by_clock() || calm.loss > 0 || 2 * stable > calm.client_timeout) return std::nullopt;
  return ServicePromise{.within = 20 * (stable + o.join_retry) + 10 * calm.round(),
                        .running = o.votes(calm.members),
                        .untold = false,
                        .memory = ServicePromise::Memory::in_others};
}

void Schneider::on_start(Env& env) {
  peers_.resize(env.cluster());
  if (!env.first_life()) return come_back(env);
  member_ = true;
  if (options_.test_2()) beat(env);
}

void Schneider::on_message(Env& env, NodeId from, const Message& message) {
  std::visit([&](const auto& m) { on(env, from, m); }, message);
}

void Schneider::on_timer(Env& env, Timer timer) {
  switch (timer) {
    case Timer::null: return beat(env);
    case Timer::stable: return advance(env);
    case Timer::takeover: return seek_takeover(env);
    case Timer::join: return settled(env) ? void() : come_back(env);
    case Timer::sponsor: return hand_over_late(env);
  }
}

void Schneider::on_request(Env& env, const Request& request) {
  if (!member_) return;
  if (request.ping) return env.reply(request.id, {}, env.self());
  if (sessions_.is_over(request.id)) return;
  const auto* earlier = sessions_.find(request.id);
  if (options_.by_clock()) {
    // Voters need the others' answers again, too: it goes through the order a second time.
    if (earlier != nullptr && options_.voting == Options::Voting::first)
      return env.reply(request.id, earlier->output, env.self());
    return submit(env, {.kind = Item::Kind::request, .request = request});
  }
  if (Proposal* proposal = see(env, request)) {
    if (options_.order == Options::Order::replica_ids) return accept_if_complete(env, *proposal);
    if (!proposal->accepted) env.offer(request.id, {proposal->place, {}}, down_);
  } else if (earlier != nullptr) {
    env.reply(request.id, earlier->output);
  }
}

// Executes a request at most once; one that went through the order twice is answered twice. All replicas
// decide this alike, as it follows from what they have executed before.
Value Schneider::execute(Env& env, const Request& request) {
  if (const auto* earlier = sessions_.find(request.id)) return earlier->output;
  Value output = env.apply(request).output;
  last_ = fingerprint(request);
  env.decide(++executed_, last_);
  sessions_.add(request, executed_, output);
  return output;
}

// ---- failures

// By assumption all that `node` has sent to this replica has arrived. If others' messages still come through
// a sponsor, the sponsor has the last word on them.
void Schneider::on_failure(Env& env, NodeId node) {
  env.suspect(node);
  told_down_.insert(node);
  if (!member_ || peers_[node.value].direct) mark_down(env, node);
}

void Schneider::mark_down(Env& env, NodeId node) {
  peers_[node.value].failed = peers_[node.value].back;
  if (member_ && node == sponsor_ && !settled(env)) return come_back(env);
  if (!down_.insert(node)) return;
  if (!member_) return;
  sponsor_without(env, node);
  if (options_.by_clock()) return advance(env);
  review(env);
}

bool Schneider::all_alive_in(const Env& env, const NodeSet& set) const {
  for (std::uint16_t i = 0; i < env.cluster(); ++i) {
    if (alive(NodeId{i}) && !set.contains(NodeId{i})) return false;
  }
  return true;
}

namespace {
static_assert(Protocol<Schneider>);
const Registered<Schneider> schneider_registered{
    "schneider",
    "the state machine approach: all replicas execute all requests in one order, set by clocks or "
    "identifiers"};
}  // namespace
}  // namespace protocols
