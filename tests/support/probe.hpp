// A protocol made for looking into the world: it does what the test tells it to, and writes down what it
// sees.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "sim/protocol/host.hpp"

namespace sim {

struct Probe {
  struct Note {
    int number;
  };
  struct Beat {
    static constexpr bool background = true;
  };
  using Message = std::variant<Note, Beat>;
  enum class Timer : std::uint8_t { first, second };
  struct Seen {
    std::string what;
    Duration at;  ///< On the node's clock.
    bool operator==(const Seen&) const = default;
  };
  struct Disk {
    using Write = int;
    std::vector<int> written;
    static constexpr int kTorn = -1, kCorrupt = -2;
    void replay(const Write& w) { written.push_back(w); }
    /// It goes on after a second record, for tests of both.
    bool replay_damaged(const Write& w, Damage damage) {
      written.push_back(damage == Damage::torn ? kTorn : kCorrupt);
      return w == 2;
    }
  };
  using Deferred = std::string;
  using Env = EnvOf<Probe>;
  /// What the probe does; called on each event with what happened.
  struct Options {
    std::function<void(Env&, const std::string& event)> act = [](Env&, const std::string&) {};
    /// What it offers to a request instead of an answer, if it is to.
    std::function<std::optional<Offer>(NodeId self)> offer = [](NodeId) { return std::nullopt; };
    NodeSet excused{};  ///< From making offers.
  };

  Probe(const Options& o, const Disk& d) : options(o), found(d.written) {}
  void see(Env& env, std::string what) {
    seen.push_back({what, env.now().time_since_epoch()});
    options.act(env, what);
  }
  void on_start(Env& env) { see(env, "start"); }
  void on_message(Env& env, NodeId from, const Message& m) {
    const auto* note = std::get_if<Note>(&m);
    see(env, note != nullptr ? "note " + std::to_string(note->number) + " from " + std::to_string(from.value)
                             : "beat");
  }
  void on_timer(Env& env, Timer t) { see(env, t == Timer::first ? "first" : "second"); }
  void on_request(Env& env, const Request& r) {
    see(env, "request " + std::to_string(r.id.number));
    const auto offer = options.offer(env.self());
    if (offer) return env.offer(r.id, *offer, options.excused);
    env.reply(r.id, env.apply(r).output);
  }
  void on_chosen(Env& env, const Request& r, const Offer& chosen) {
    see(env, "choice " + std::to_string(chosen.stamp.number) + "." + std::to_string(chosen.stamp.owner));
    env.reply(r.id, chosen.value);
  }
  void on_durable(Env& env, const Deferred& what) { see(env, what + " is durable"); }
  void on_order(Env& env, OrderId, const Order& order) {
    const auto* transfer = std::get_if<Transfer>(&order);
    see(env, transfer != nullptr ? "transfer to " + std::to_string(transfer->to.value) : "reconfigure");
  }
  void on_failure(Env& env, NodeId failed) { see(env, "failed " + std::to_string(failed.value)); }

  Options options;
  std::vector<int> found;  ///< What the disk held at the start of this life.
  std::vector<Seen> seen{};
};

/// A world of probes, and what each has seen in its present life.
struct ProbeWorld {
  ProbeWorld(const Setup& setup, Probe::Options options, std::uint64_t seed = 1)
      : world(setup, seed, std::make_unique<HostOf<Probe>>(options, setup.replicas)) {}
  const Probe& node(std::uint16_t i) const {
    return static_cast<const HostOf<Probe>&>(world.host()).node(NodeId{i});
  }
  std::vector<std::string> events(std::uint16_t i) const {
    std::vector<std::string> all;
    for (const auto& seen : node(i).seen) all.push_back(seen.what);
    return all;
  }
  World world;
};

}  // namespace sim
