// The network decides each message's fate: lost or not, how late, once or twice. It never sees a message's
// content. The fate of the n-th message on a link follows from (seed, link, n) alone; two runs that differ in
// a protocol's option deal the same fate to the same message. Two laws look further: one for messages of some
// types needs their type's name, and losses in bursts depend on what the link's earlier messages have drawn.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/kernel/ids.hpp"
#include "sim/kernel/rng.hpp"
#include "sim/kernel/time.hpp"
#include "sim/network/delay_law.hpp"
#include "sim/network/message_choice.hpp"

namespace sim {

/// Either end of a channel. Replicas come first, then clients: 0 .. replicas-1, replicas ..
/// replicas+clients-1.
struct Endpoint {
  std::uint32_t index = 0;
  auto operator<=>(const Endpoint&) const = default;
};

/// Losses in bursts: a directed link is good or bad, and each state has a probability of loss. After each
/// message the link may change its state; it begins with the stationary probabilities.
///
/// Sources: E. N. Gilbert, "Capacity of a burst-noise channel" (1960), where the good state loses nothing;
/// E. O. Elliott, "Estimates of error rates for codes on burst-noise channels" (1963), where it may.
struct GilbertElliott {
  double good_to_bad = 0;  ///< Probability that a good link is bad for the next message.
  double bad_to_good = 1;  ///< And back: a bad stretch lasts 1 / bad_to_good messages in the mean.
  double loss_good = 0;    ///< Probability that a good link loses a message.
  double loss_bad = 1;     ///< The same of a bad one.

  /// The share of messages that meet a bad link.
  double bad_share() const {
    const double both = good_to_bad + bad_to_good;
    return both > 0 ? good_to_bad / both : 0;
  }
  double mean_loss() const { return bad_share() * loss_bad + (1 - bad_share()) * loss_good; }
  bool operator==(const GilbertElliott&) const = default;
};

/// The effect of one directed link on its messages.
struct LinkLaw {
  DelayLaw delay{};
  double loss = 0;       ///< Probability that a message is lost.
  double duplicate = 0;  ///< Probability that a second copy arrives, with a delay of its own.
  bool fifo = false;     ///< Messages arrive in the order in which they were sent.
  double reorder = 0;    ///< Probability that a message is held back ...
  Duration hold{};       ///< ... by this much, so that later ones overtake it.
  std::optional<GilbertElliott> bursts{};  ///< Decides about losses in the place of `loss`.

  double mean_loss() const { return bursts ? bursts->mean_loss() : loss; }
  bool loses_all() const { return bursts ? bursts->loss_good >= 1 && bursts->loss_bad >= 1 : loss >= 1; }
  bool operator==(const LinkLaw&) const = default;
};

/// The laws of all links. Later entries of `overrides` win over earlier ones. One that is `only` for some
/// messages leaves all others to the law that the link would have without it; turns are counted on each link,
/// as long as the laws last.
struct NetworkLaws {
  LinkLaw replicas{};  ///< Between replicas.
  LinkLaw clients{};   ///< Between clients and replicas, both ways.
  struct Override {
    Endpoint from, to;
    LinkLaw law;
    MessageChoice only{};
    bool operator==(const Override&) const = default;
  };
  std::vector<Override> overrides{};
  bool only_overrides = false;  ///< They lie over what is in force otherwise; the other two laws don't count.
  bool operator==(const NetworkLaws&) const = default;
};

/// Two and a half times the duration of an operation that waits for four messages between replicas and two of
/// its client's, at least 10 ms. Longer silences are trouble, and what was sent so long ago has arrived.
Duration several_latencies(const NetworkLaws& laws);

/// Sets of endpoints that can talk only within a set. An endpoint in two sets is a bridge between them; one
/// in no set is not affected when it is a client, and talks to the other unnamed replicas when it is a
/// replica.
using Groups = std::vector<std::vector<Endpoint>>;

class Network {
 public:
  /// The links that a partition or a one-way cut severs: a token to heal it by.
  using Cut = std::vector<std::pair<Endpoint, Endpoint>>;

  Network(std::uint64_t seed, std::size_t replicas, std::size_t clients, const NetworkLaws& laws);

  struct Fate {
    enum class Loss : std::uint8_t { none, by_chance, by_cut };
    Loss lost = Loss::none;
    std::uint32_t number = 0;  ///< The message is the `number`-th on its link, from 0.
    Time arrival{};
    std::optional<Time> second_arrival{};  ///< Set when the network delivers a second copy.
  };
  /// From now on fates follow from this seed; messages already sent keep theirs.
  void reseed(std::uint64_t seed);
  /// Whether some law asks for the types of messages.
  bool asks_for_types() const { return asks_for_types_; }
  /// Decides the fate of a message sent now; its type's name only counts for laws that ask for it.
  Fate send(Endpoint from, Endpoint to, Time now, std::string_view type = {}) {
    Link& link = links_[index(from, to)];
    const Law& law = laws_[link.law];
    const Draws draws{mix(link.key + link.sent * kGolden)};
    Fate fate{.number = link.sent++};
    if (law.plain && link.cuts == 0) {
      fate.arrival = now + law.delay.sample(draws.delay());
    } else {
      decide(link, law_for(link, type), draws, now, fate);
    }
    return fate;
  }

  /// How many messages have been sent on the link.
  std::uint32_t sent(Endpoint from, Endpoint to) const { return links_[index(from, to)].sent; }
  /// A message that never gets as far as the network: later ones keep their fates. Returns its number.
  std::uint32_t pass_over(Endpoint from, Endpoint to, std::string_view type);

  /// Whether a cut severs the link at this moment; a message in flight when the cut begins is lost on
  /// arrival.
  bool severed(Endpoint from, Endpoint to) const { return links_[index(from, to)].cuts > 0; }

  /// Whether a message sent now could get through: no cut, and not every message lost.
  bool passes(Endpoint from, Endpoint to) const {
    const Link& link = links_[index(from, to)];
    const Law* law = &laws_[link.law];
    while (law->choosy) law = &laws_[law->below];
    return link.cuts == 0 && !law->loses_all();
  }

  /// The links that separate `groups`; see `Groups`.
  Cut between(const Groups& groups) const;
  void sever(const Cut& cut);
  void heal(const Cut& cut);

  /// Other laws while a fault lasts, which is named by a number; messages in flight keep their fate. Of the
  /// faults that last, the one that began last counts. Those of `only_overrides` lie over it, the later over
  /// the earlier. What they cover up is as it was when they are lifted: turns and bursts go on from there.
  void impose(std::uint32_t fault, const NetworkLaws& laws);
  void lift(std::uint32_t fault);
  /// Whether the laws are the usual ones.
  bool usual() const { return layers_.size() == 1; }

  Endpoint replica(NodeId id) const { return {id.value}; }
  Endpoint client(ClientId id) const { return {static_cast<std::uint32_t>(replicas_) + id.value}; }
  bool is_replica(Endpoint e) const { return e.index < replicas_; }

 private:
  struct Link {
    std::uint64_t key = 0;  ///< Derived from the seed and the link's two ends.
    Time last_arrival{};    ///< For FIFO.
    std::uint32_t sent = 0;
    std::uint16_t law = 0;
    std::uint16_t cuts = 0;
  };
  struct Law : LinkLaw {
    explicit Law(const LinkLaw& law, std::uint32_t its_layer, MessageChoice chosen = {})
        : LinkLaw(law),
          choosy(!chosen.whole()),
          plain(loss == 0 && duplicate == 0 && reorder == 0 && !fifo && !bursts && !choosy),
          layer(its_layer),
          only(std::move(chosen)) {}
    bool choosy;              ///< Concerns only some messages.
    bool plain;               ///< Only delays messages, and all of them.
    std::uint16_t below = 0;  ///< The law of all other messages.
    std::uint32_t layer;      ///< Its place in `layers_`.
    MessageChoice only;
    std::uint64_t turn = 0;  ///< So many messages of its types have come by.
  };
  /// The laws of the scenario, or of a fault: a block of `laws_`.
  struct Layer {
    std::uint32_t fault = 0;
    std::vector<std::pair<Endpoint, Endpoint>> links{};  ///< Of each override.
    bool only_overrides = false;
    std::vector<bool> bad{};  ///< Per link, where its losses come in bursts.
  };
  // The draws of one message, each from a word of its own: the n-th message is delayed alike whether or not a
  // loss or a duplication is possible.
  struct Draws {
    std::uint64_t word;
    std::uint64_t loss() const { return word; }
    std::uint64_t delay() const { return mix(word + kGolden); }
    std::uint64_t duplicate() const { return mix(word + 2 * kGolden); }
    std::uint64_t second_delay() const { return mix(word + 3 * kGolden); }
    std::uint64_t reorder() const { return mix(word + 4 * kGolden); }
    std::uint64_t change() const { return mix(word + 5 * kGolden); }
  };
  // From each replica to everyone, then from each client to the replicas: clients don't talk to each other.
  std::size_t index(Endpoint from, Endpoint to) const {
    const std::size_t ends = replicas_ + clients_;
    return from.index < replicas_ ? from.index * ends + to.index
                                  : replicas_ * ends + (from.index - replicas_) * replicas_ + to.index;
  }
  /// Calls `f` with the two ends of each link that there is, in the order of their indices.
  template <class F> void for_each_link(F&& f) const {
    const auto replicas = static_cast<std::uint32_t>(replicas_);
    const auto ends = static_cast<std::uint32_t>(replicas_ + clients_);
    for (std::uint32_t from = 0; from < ends; ++from) {
      for (std::uint32_t to = 0; to < (from < replicas ? ends : replicas); ++to)
        f(Endpoint{from}, Endpoint{to});
    }
  }
  void decide(Link& link, const Law& law, const Draws& draws, Time now, Fate& fate);
  const Law& law_for(const Link& link, std::string_view type);
  bool loses(const Link& link, const Law& law, const Draws& draws);
  void add_layer(std::uint32_t fault, const NetworkLaws& laws);
  void lay_over();
  void begin_bursts(Layer& layer, std::size_t first_law);
  Time arrival(Link& link, const LinkLaw& law, std::uint64_t bits, Time now) const;

  std::size_t replicas_;
  std::size_t clients_;
  std::vector<Layer> layers_;  ///< The usual laws, then those of faults.
  std::vector<Law> laws_;      ///< Of each layer: between replicas, of clients, overrides.
  std::vector<Link> links_;
  bool asks_for_types_ = false;
};

}  // namespace sim
