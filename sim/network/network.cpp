#include "sim/network/network.hpp"

#include <algorithm>

#include "sim/kernel/check.hpp"
#include "sim/kernel/rng.hpp"

namespace sim {
namespace {

bool happens(double probability, std::uint64_t bits) { return probability > 0 && unit(bits) < probability; }

// The kind and number of its ends name a link, not its place in a table: the number of clients or replicas
// does not change the fates of the others.
std::uint64_t link_key(std::uint64_t seed, std::uint64_t from, std::uint64_t to) {
  return mix(seed ^ mix((from << 32 | to) + kGolden));
}

}  // namespace

Network::Network(std::uint64_t seed, std::size_t replicas, std::size_t clients, const NetworkLaws& laws)
    : replicas_(replicas), clients_(clients), links_(replicas * (replicas + 2 * clients)) {
  reseed(seed);
  set_laws(laws);
}

void Network::reseed(std::uint64_t seed) {
  constexpr std::uint64_t kClientMark = 1u << 31;
  const auto name = [&](std::size_t i) { return i < replicas_ ? i : (i - replicas_) | kClientMark; };
  const std::uint64_t stream = stream_seed(seed, "network");
  for_each_link([&](Endpoint from, Endpoint to) {
    links_[index(from, to)].key = link_key(stream, name(from.index), name(to.index));
  });
}

void Network::set_laws(const NetworkLaws& laws) {
  laws_ = {Law(laws.replicas), Law(laws.clients)};
  asks_for_types_ = false;
  for_each_link([&](Endpoint from, Endpoint to) {
    links_[index(from, to)].law = is_replica(from) && is_replica(to) ? 0 : 1;
  });
  for (const auto& o : laws.overrides) {
    SIM_CHECK(laws_.size() < 65536, "too many links with laws of their own");
    Link& link = links_[index(o.from, o.to)];
    laws_.emplace_back(o.law, o.only, link.law);
    link.law = static_cast<std::uint16_t>(laws_.size() - 1);
    asks_for_types_ = asks_for_types_ || laws_.back().choosy;
  }
  begin_bursts();
}

// Each link's state as the laws come into force; of several laws with bursts on one link the topmost counts.
void Network::begin_bursts() {
  bad_.clear();
  const auto in_bursts = [](const Law& law) { return law.bursts.has_value(); };
  if (std::ranges::none_of(laws_, in_bursts)) return;
  bad_.resize(links_.size());
  for (std::size_t i = 0; i < links_.size(); ++i) {
    const Law* law = &laws_[links_[i].law];
    while (law->choosy && !law->bursts) law = &laws_[law->below];
    if (law->bursts) bad_[i] = happens(law->bursts->bad_share(), mix(links_[i].key ^ kGolden));
  }
}

const Network::Law& Network::law_for(const Link& link, std::string_view type) {
  Law* law = &laws_[link.law];
  while (law->choosy && !(law->only.concerns(type) && law->only.strikes(++law->turn, 0)))
    law = &laws_[law->below];
  return *law;
}

bool Network::loses(const Link& link, const LinkLaw& law, const Draws& draws) {
  if (!law.bursts) return happens(law.loss, draws.loss());
  auto bad = bad_[static_cast<std::size_t>(&link - links_.data())];
  const bool lost = happens(bad ? law.bursts->loss_bad : law.bursts->loss_good, draws.loss());
  if (happens(bad ? law.bursts->bad_to_good : law.bursts->good_to_bad, draws.change())) bad = !bad;
  return lost;
}

std::uint32_t Network::pass_over(Endpoint from, Endpoint to, std::string_view type) {
  Link& link = links_[index(from, to)];
  loses(link, law_for(link, type), Draws{mix(link.key + link.sent * kGolden)});
  return link.sent++;
}

void Network::decide(Link& link, const Law& law, const Draws& draws, Time now, Fate& fate) {
  const bool lost = loses(link, law, draws);
  if (link.cuts > 0) {
    fate.lost = Fate::Loss::by_cut;
  } else if (lost) {
    fate.lost = Fate::Loss::by_chance;
  } else {
    const bool held = happens(law.reorder, draws.reorder());
    fate.arrival =
        held ? now + law.delay.sample(draws.delay()) + law.hold : arrival(link, law, draws.delay(), now);
    if (happens(law.duplicate, draws.duplicate()))
      fate.second_arrival = arrival(link, law, draws.second_delay(), now);
  }
}

Time Network::arrival(Link& link, const LinkLaw& law, std::uint64_t bits, Time now) const {
  Time at = now + law.delay.sample(bits);
  if (law.fifo) link.last_arrival = at = std::max(at, link.last_arrival);
  return at;
}

Network::Cut Network::between(const Groups& groups) const {
  const auto ends = static_cast<std::uint32_t>(replicas_ + clients_);
  std::vector<std::vector<std::size_t>> member(ends);  // endpoint -> the groups that it is in
  for (std::size_t g = 0; g < groups.size(); ++g) {
    for (const Endpoint e : groups[g]) member[e.index].push_back(g);
  }
  for (std::uint32_t e = 0; e < replicas_; ++e) {
    if (member[e].empty()) member[e].push_back(groups.size());
  }
  Cut cut;
  for_each_link([&](Endpoint a, Endpoint b) {
    const auto& one = member[a.index];
    const auto& other = member[b.index];
    if (a == b || one.empty() || other.empty()) return;
    if (std::ranges::find_first_of(one, other) == one.end()) cut.emplace_back(a, b);
  });
  return cut;
}

void Network::sever(const Cut& cut) {
  for (const auto& [from, to] : cut) ++links_[index(from, to)].cuts;
}

void Network::heal(const Cut& cut) {
  for (const auto& [from, to] : cut) --links_[index(from, to)].cuts;
}

Duration several_latencies(const NetworkLaws& laws) {
  constexpr std::uint64_t kHalf = std::uint64_t{1} << 63;
  Duration between = laws.replicas.delay.sample(kHalf);
  for (const auto& link : laws.overrides) between = std::max(between, link.law.delay.sample(kHalf));
  return std::max<Duration>(10ms, 10 * between + 5 * laws.clients.delay.sample(kHalf));
}

}  // namespace sim
