// The bench's yardsticks: bare loops that move the same messages as plain structs in one slab and one heap.
// Nothing is typed, lost, counted, recorded or checked.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <variant>
#include <vector>

#include "sim/kernel/digest.hpp"
#include "sim/kernel/rng.hpp"
#include "sim/kernel/time.hpp"

namespace sim {

constexpr Duration kBareDelayMin = 500us;
constexpr Duration kBareDelayMax = 1500us;

/// A 4-ary, bottom-up heap without branches: the fastest known for so few events.
class BareHeap {
 public:
  struct Key {
    std::uint64_t time, order;
  };
  void push(Key key) { rise(size_++, key); }
  Key pop() {
    const Key top = heap_[0];
    const Key last = heap_[--size_];
    std::size_t i = 0;
    for (std::size_t c = 1; c < size_; c = 4 * i + 1) {
      std::size_t least = c;
      if (c + 4 <= size_) {
        const std::size_t left = c + static_cast<std::size_t>(before(heap_[c + 1], heap_[c]));
        const std::size_t right = c + 2 + static_cast<std::size_t>(before(heap_[c + 3], heap_[c + 2]));
        least = left + ((right - left) & -static_cast<std::size_t>(before(heap_[right], heap_[left])));
      } else {
        for (std::size_t k = c + 1; k < size_; ++k) least = before(heap_[k], heap_[least]) ? k : least;
      }
      heap_[i] = heap_[least];
      i = least;
    }
    rise(i, last);
    return top;
  }

 private:
  static bool before(const Key& a, const Key& b) {
    return ((static_cast<Uint128>(a.time) << 64) | a.order) <
           ((static_cast<Uint128>(b.time) << 64) | b.order);
  }
  void rise(std::size_t i, Key key) {
    for (; i > 0 && before(key, heap_[(i - 1) / 4]); i = (i - 1) / 4) heap_[i] = heap_[(i - 1) / 4];
    heap_[i] = key;
  }
  Key heap_[256]{};
  std::size_t size_ = 0;
};

/// Messages with uniform delays, one after the other; a digest of the events keeps the compiler honest.
template <class Message> class BareNetwork {
 public:
  BareNetwork() : slab_(256) {
    for (std::uint32_t i = 0; i < slab_.size(); ++i) free_.push_back(i);
  }
  void send(const Message& m) {
    const auto width = static_cast<std::uint64_t>((kBareDelayMax - kBareDelayMin).count());
    const std::uint64_t bits = rng_.next();
    if ((bits & 0xffff) < lost_) return;
    send_after(static_cast<std::uint64_t>(kBareDelayMin.count()) + below(bits, width), m);
  }
  void send_after(std::uint64_t delay, const Message& m) {
    const std::uint32_t slot = free_.back();
    free_.pop_back();
    slab_[slot] = m;
    heap_.push({now_ + delay, (sequence_++ << 24) | slot});
  }
  Message next() {
    const auto key = heap_.pop();
    now_ = key.time;
    const auto slot = static_cast<std::uint32_t>(key.order & 0xffffff);
    const Message m = slab_[slot];
    free_.push_back(slot);
    const std::uint64_t ends = (std::uint64_t{m.from} << 56) ^ (std::uint64_t{m.to} << 48);
    digest_.add(now_ ^ ((key.order >> 24) * kGolden) ^ ends ^ m.type());
    return m;
  }
  std::uint64_t digest() const { return digest_.value(); }

 private:
  Rng rng_{42};
  std::uint64_t lost_ = 0;  ///< Of 65536 messages.
  Digest digest_;
  BareHeap heap_;
  std::vector<Message> slab_;
  std::vector<std::uint32_t> free_;
  std::uint64_t now_ = 0, sequence_ = 0;
};

/// Everybody talks to everybody: each message is answered.
class BareEcho {
 public:
  explicit BareEcho(std::size_t nodes) : counts_(nodes) {
    for (std::uint8_t a = 0; a < nodes; ++a) {
      for (std::uint8_t b = 0; b < nodes; ++b) {
        if (a != b) network_.send({0, a, b, {}});
      }
    }
  }
  void step() {
    const Message m = network_.next();
    Message out{static_cast<std::uint8_t>(m.kind ^ 1), m.to, m.from, {}};
    out.words[0] = m.words[0];
    out.words[1] = m.words[1] + (m.kind ^ 1u);
    out.words[5] = ++counts_[m.to];
    network_.send(out);
  }
  std::uint64_t digest() const { return network_.digest(); }

 private:
  struct Message {
    std::uint8_t kind, from, to;
    std::uint64_t words[6];
    std::uint8_t type() const { return kind; }
  };
  BareNetwork<Message> network_;
  std::vector<std::uint64_t> counts_;
};

/// Raft's normal case behind one virtual call a message: append, replicate, count, commit, apply; and one
/// client, which asks again as soon as it is answered.
class BareRaft {
 public:
  explicit BareRaft(std::size_t nodes) {
    for (std::size_t i = 0; i < nodes; ++i) nodes_.push_back(std::make_unique<Node>(i, nodes));
    nodes_.push_back(std::make_unique<Client>());
    network_.send({Request{1}, static_cast<std::uint8_t>(nodes), 0});
    network_.send_after(0, {Beat{}, 0, 0});
  }
  void step() {
    const Message m = network_.next();
    nodes_[m.to]->on_message(network_, m);
  }
  std::uint64_t commits() const { return leader().commit; }
  std::uint64_t digest() const { return network_.digest() ^ leader().state; }

 private:
  static constexpr std::uint64_t kTerm = 1;
  struct Append {
    std::uint64_t term, after, after_term, commit, entry_term, value;  // entry_term 0: no entry
  };
  struct Accepted {
    std::uint64_t term, index;
  };
  struct Request {
    std::uint64_t value;
  };
  struct Reply {
    std::uint64_t value;
  };
  struct Beat {};
  struct Message {
    std::variant<Append, Accepted, Request, Reply, Beat> body;
    std::uint8_t from, to;
    std::size_t type() const { return body.index(); }
  };
  using Channel = BareNetwork<Message>;
  struct Handler {
    virtual ~Handler() = default;
    virtual void on_message(Channel& network, const Message& m) = 0;
  };

  struct Client final : Handler {
    void on_message(Channel& network, const Message& m) override {
      if (const auto* reply = std::get_if<Reply>(&m.body))
        network.send({Request{reply->value + 1}, m.to, m.from});
    }
  };
  struct Node final : Handler {
    Node(std::size_t number, std::size_t nodes) : self(static_cast<std::uint8_t>(number)), match(nodes) {}
    void on_message(Channel& network, const Message& m) override {
      std::visit([&](const auto& body) { on(network, m.from, body); }, m.body);
    }
    void on(Channel& network, std::uint8_t, const Request& request) {
      const std::uint64_t last = log.size() - 1;
      log.push_back({kTerm, request.value});
      match[self] = last + 1;
      for (std::uint8_t to = 0; to < match.size(); ++to) {
        if (to == self) continue;
        network.send({Append{kTerm, last, log[last].term, commit, kTerm, request.value}, self, to});
      }
    }
    void on(Channel& network, std::uint8_t from, const Append& m) {
      if (m.term < kTerm || m.after >= log.size() || log[m.after].term != m.after_term) return;
      std::uint64_t last = m.after;
      if (m.entry_term != 0 && ++last == log.size()) log.push_back({m.entry_term, m.value});
      commit_up_to(std::min(m.commit, last));
      network.send({Accepted{kTerm, last}, self, from});
    }
    void on(Channel& network, std::uint8_t from, const Accepted& m) {
      if (m.term != kTerm) return;
      match[from] = std::max(match[from], m.index);
      if (m.index <= commit) return;
      const std::uint64_t index = held_by_majority();
      if (index <= commit || log[index].term != kTerm) return;
      while (commit < index) {
        commit_up_to(commit + 1);
        network.send({Reply{state}, self, static_cast<std::uint8_t>(match.size())});
      }
    }
    void on(Channel&, std::uint8_t, const Reply&) {}
    void on(Channel& network, std::uint8_t, const Beat& beat) {
      for (std::uint8_t to = 0; to < match.size(); ++to) {
        if (to == self) continue;
        network.send({Append{kTerm, match[to], log[match[to]].term, commit, 0, 0}, self, to});
      }
      network.send_after(30'000'000, {beat, self, self});
    }
    void commit_up_to(std::uint64_t index) {
      while (commit < index) state = (state ^ log[++commit].value) * kGolden;
    }
    std::uint64_t held_by_majority() const {
      std::array<std::uint64_t, 16> held{};
      for (std::size_t i = 0; i < match.size(); ++i) {
        std::size_t k = i;
        for (; k > 0 && held[k - 1] < match[i]; --k) held[k] = held[k - 1];
        held[k] = match[i];
      }
      return held[match.size() / 2];
    }

    struct Entry {
      std::uint64_t term, value;
    };
    std::uint8_t self;
    std::vector<Entry> log{{0, 0}};
    std::vector<std::uint64_t> match;
    std::uint64_t commit = 0;
    std::uint64_t state = 0;
  };

  const Node& leader() const { return static_cast<const Node&>(*nodes_[0]); }

  Channel network_;
  std::vector<std::unique_ptr<Handler>> nodes_;  ///< The last is the client.
};

}  // namespace sim
