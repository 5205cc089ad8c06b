#include "sim/network/network.hpp"

#include <algorithm>
#include <utility>

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
  add_layer(0, laws);
  lay_over();
}

void Network::reseed(std::uint64_t seed) {
  constexpr std::uint64_t kClientMark = 1u << 31;
  const auto name = [&](std::size_t i) { return i < replicas_ ? i : (i - replicas_) | kClientMark; };
  const std::uint64_t stream = stream_seed(seed, "network");
  for_each_link([&](Endpoint from, Endpoint to) {
    links_[index(from, to)].key = link_key(stream, name(from.index), name(to.index));
  });
}

void Network::impose(std::uint32_t fault, const NetworkLaws& laws) {
  add_layer(fault, laws);
  lay_over();
}

void Network::lift(std::uint32_t fault) {
  std::size_t law = 2 + layers_.front().links.size();
  for (auto layer = layers_.begin() + 1; layer != layers_.end(); ++layer) {
    const std::size_t count = 2 + layer->links.size();
    if (layer->fault == fault) {
      const auto first = laws_.begin() + static_cast<std::ptrdiff_t>(law);
      laws_.erase(first, first + static_cast<std::ptrdiff_t>(count));
      layers_.erase(layer);
      return lay_over();
    }
    law += count;
  }
}

void Network::add_layer(std::uint32_t fault, const NetworkLaws& laws) {
  const auto place = static_cast<std::uint32_t>(layers_.size());
  const std::size_t first = laws_.size();
  laws_.emplace_back(laws.replicas, place);
  laws_.emplace_back(laws.clients, place);
  Layer& layer = layers_.emplace_back(Layer{.fault = fault, .only_overrides = laws.only_overrides});
  for (const auto& o : laws.overrides) {
    laws_.emplace_back(o.law, place, o.only);
    layer.links.emplace_back(o.from, o.to);
  }
  SIM_CHECK(laws_.size() < 65536, "too many links with laws of their own");
  begin_bursts(layer, first);
}

// Gives each link its laws: those of the topmost layer for all messages, and over them the overrides.
void Network::lay_over() {
  std::vector<std::size_t> first;  // law of each layer
  std::size_t base = 0, laws = 0;
  for (std::uint32_t i = 0; i < layers_.size(); ++i) {
    first.push_back(laws);
    laws += 2 + layers_[i].links.size();
    if (!layers_[i].only_overrides) base = i;
  }
  asks_for_types_ = false;
  for (std::uint32_t i = 0; i < layers_.size(); ++i) {
    for (std::size_t k = 0; k < 2 + layers_[i].links.size(); ++k) laws_[first[i] + k].layer = i;
  }
  for_each_link([&](Endpoint from, Endpoint to) {
    const bool client = !is_replica(from) || !is_replica(to);
    links_[index(from, to)].law = static_cast<std::uint16_t>(first[base] + (client ? 1 : 0));
  });
  const auto overrides = [&](std::size_t layer) {
    for (std::size_t k = 0; k < layers_[layer].links.size(); ++k) {
      const auto& [from, to] = layers_[layer].links[k];
      const std::size_t place = first[layer] + 2 + k;
      laws_[place].below = std::exchange(links_[index(from, to)].law, static_cast<std::uint16_t>(place));
      asks_for_types_ = asks_for_types_ || laws_[place].choosy;
    }
  };
  overrides(base);
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    if (layers_[i].only_overrides) overrides(i);
  }
}

// Each link's state as the layer comes into force; of several of its laws with bursts on one link the topmost
// counts.
void Network::begin_bursts(Layer& layer, std::size_t first_law) {
  const auto begin = laws_.begin() + static_cast<std::ptrdiff_t>(first_law);
  if (std::none_of(begin, laws_.end(), [](const Law& law) { return law.bursts.has_value(); })) return;
  layer.bad.resize(links_.size());
  const std::uint64_t which = layers_.size() == 1 ? kGolden : mix(layer.fault + 2 * kGolden);
  const auto draw = [&](Endpoint from, Endpoint to, const Law& law) {
    const std::size_t i = index(from, to);
    if (law.bursts) layer.bad[i] = happens(law.bursts->bad_share(), mix(links_[i].key ^ which));
  };
  for_each_link([&](Endpoint from, Endpoint to) {
    draw(from, to, laws_[first_law + (is_replica(from) && is_replica(to) ? 0 : 1)]);
  });
  for (std::size_t k = 0; k < layer.links.size(); ++k)
    draw(layer.links[k].first, layer.links[k].second, laws_[first_law + 2 + k]);
}

const Network::Law& Network::law_for(const Link& link, std::string_view type) {
  Law* law = &laws_[link.law];
  while (law->choosy && !(law->only.concerns(type) && law->only.strikes(++law->turn, 0)))
    law = &laws_[law->below];
  return *law;
}

bool Network::loses(const Link& link, const Law& law, const Draws& draws) {
  if (!law.bursts) return happens(law.loss, draws.loss());
  auto bad = layers_[law.layer].bad[static_cast<std::size_t>(&link - links_.data())];
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
