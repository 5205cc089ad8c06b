// The register's monitor where there are compare-and-sets, too: see monitors.hpp.
#include <iterator>
#include <tuple>
#include <utility>

#include "sim/linearizability/monitors/monitors.hpp"

namespace sim {
namespace {

constexpr std::uint32_t kNoBlock = ~std::uint32_t{0};

class CasMonitor {
 public:
  CasMonitor(std::span<const Operation> all, std::span<const std::uint32_t> of_key, const Value& initial,
             Budget& spending)
      : all_(all), of_key_(of_key), initial_(initial), spending_(spending) {}

  std::optional<Monitored> run() {
    if (!collect() || stop()) return std::nullopt;
    if (auto broken = assign_reads()) return broken;
    if (auto broken = link()) return broken;
    if (stop()) return std::nullopt;
    if (auto broken = make_chains()) return broken;
    if (auto broken = find_conflict()) return broken;
    if (stop() || !place_all()) return std::nullopt;
    return Monitored{};
  }

 private:
  static constexpr std::size_t kBytesEach = 200;  // an operation, at most

  // An operation that bounds something, and where in its chain it is.
  struct Bound {
    Time time;
    std::uint32_t op = kNoBlock;
    std::uint32_t position = 0;
  };

  // A value: its only writer and its reads.
  struct Block {
    std::int64_t value = 0;
    std::uint32_t writer = kNoBlock;
    bool counts = false;              // it was written for sure: answered, seen, or initial
    std::uint32_t parent = kNoBlock;  // of a compare-and-set: the block it found
    std::uint32_t child = kNoBlock;   // and the other way round
    Bound first_read{kNever};         // by return
    Bound last_read{Time::min()};     // by call
    std::uint32_t place = 0;          // in the order that is built
  };

  // Blocks that follow each other at once.
  struct Chain {
    std::vector<std::uint32_t> blocks;
    Bound first_return{kNever};
    Bound last_call{Time::min()};
    Time start = kNever;    // in the order that is built in the end
    bool is_first = false;  // it begins with the initial value
  };

  bool stop() { return spending_.spent_now(of_key_.size() * kBytesEach); }

  // False if a value isn't a number, or has two writers.
  bool collect() {
    for (const std::uint32_t index : of_key_) {
      const Operation& op = all_[index];
      if (op.outcome == Outcome::failed || op.action == Action::read) continue;
      const bool answered = op.outcome == Outcome::ok;
      const bool own_choice = op.action == Action::stamp || op.action == Action::draw;
      const bool swaps = op.action == Action::cas;
      if (op.action != Action::write && !swaps && !(own_choice && answered)) return false;
      if (swaps && answered && op.output != Value{std::int64_t{1}}) {
        failed_.push_back(index);
        continue;
      }
      const Value& written = own_choice ? op.output : op.argument;
      if (written.as_number() == nullptr || written == initial_) return false;
      blocks_.push_back({.value = *written.as_number(), .writer = index, .counts = answered});
      if (blocks_.size() == kFewWriters && value_repeats(blocks_)) return false;
    }
    if (!std::ranges::is_sorted(blocks_, {}, &Block::value)) std::ranges::sort(blocks_, {}, &Block::value);
    const auto same = [](const Block& a, const Block& b) { return a.value == b.value; };
    if (std::ranges::adjacent_find(blocks_, same) != blocks_.end()) return false;
    blocks_.push_back({.counts = true});  // of the initial value
    return true;
  }

  std::uint32_t initial_block() const { return static_cast<std::uint32_t>(blocks_.size() - 1); }

  std::uint32_t block_of(const Value& value) const {
    if (value == initial_) return initial_block();
    const auto* number = value.as_number();
    if (number == nullptr) return kNoBlock;
    const auto written = std::span(blocks_).first(blocks_.size() - 1);
    const auto at = std::ranges::lower_bound(written, *number, {}, &Block::value);
    return at != written.end() && at->value == *number ? static_cast<std::uint32_t>(at - written.begin())
                                                       : kNoBlock;
  }

  std::optional<Monitored> assign_reads() {
    for (const std::uint32_t index : of_key_) {
      const Operation& op = all_[index];
      if (op.outcome != Outcome::ok || op.action != Action::read) continue;
      const std::uint32_t at = block_of(op.output);
      if (at == kNoBlock) return cas_contradiction({index});
      Block& block = blocks_[at];
      block.counts = true;
      if (op.ret < block.first_read.time) block.first_read = {op.ret, index};
      if (block.last_read.op == kNoBlock || op.call > block.last_read.time)
        block.last_read = {op.call, index};
    }
    return std::nullopt;
  }

  bool swaps(const Block& block) const {
    return block.writer != kNoBlock && all_[block.writer].action == Action::cas;
  }

  // A compare-and-set that counts found the value that it expected, and replaced it: nobody else did.
  std::optional<Monitored> link() {
    std::vector<std::uint32_t> pending;
    for (std::uint32_t i = 0; i < blocks_.size(); ++i) {
      if (blocks_[i].counts && swaps(blocks_[i])) pending.push_back(i);
    }
    while (!pending.empty()) {
      const std::uint32_t at = pending.back();
      pending.pop_back();
      Block& block = blocks_[at];
      block.parent = block_of(all_[block.writer].expected);
      if (block.parent == kNoBlock) return cas_contradiction({evidence(at)});
      Block& parent = blocks_[block.parent];
      if (parent.child != kNoBlock) return cas_contradiction({evidence(at), evidence(parent.child)});
      parent.child = at;
      if (!parent.counts && swaps(parent)) pending.push_back(block.parent);
      parent.counts = true;
    }
    return std::nullopt;
  }

  // An answer that says that this value was written.
  std::size_t evidence(std::uint32_t at) const {
    while (true) {
      const Block& block = blocks_[at];
      if (block.writer == kNoBlock) return kNoBlock;  // nobody has to say so of the initial value
      if (all_[block.writer].outcome == Outcome::ok) return block.writer;
      if (block.first_read.op != kNoBlock) return block.first_read.op;
      at = block.child;
    }
  }

  std::optional<Monitored> make_chains() {
    std::size_t in_chains = 0;
    for (std::uint32_t i = 0; i < blocks_.size(); ++i) {
      if (!blocks_[i].counts || swaps(blocks_[i])) continue;
      Chain chain;
      chain.is_first = i == initial_block();
      for (std::uint32_t at = i; at != kNoBlock; at = blocks_[at].child) {
        chain.blocks.push_back(at);
      }
      in_chains += chain.blocks.size();
      if (auto broken = measure(chain)) return broken;
      chains_.push_back(std::move(chain));
    }
    const auto counted = static_cast<std::size_t>(std::ranges::count(blocks_, true, &Block::counts));
    if (in_chains < counted) return told_circle();
    return std::nullopt;
  }

  // From its end on: nothing may have returned before something was called that comes earlier in the chain.
  std::optional<Monitored> measure(Chain& chain) {
    for (std::size_t k = chain.blocks.size(); k-- > 0;) {
      const auto position = static_cast<std::uint32_t>(k);
      Block& block = blocks_[chain.blocks[k]];
      block.first_read.position = block.last_read.position = position;
      if (block.last_read.op != kNoBlock) {
        if (block.last_read.time > chain.first_return.time)
          return told(chain, block.last_read, chain.first_return);
        chain.first_return = earlier(chain.first_return, block.first_read);
        chain.last_call = later(chain.last_call, block.last_read);
      }
      if (block.writer == kNoBlock) continue;
      const Operation& writer = all_[block.writer];
      const Bound call{writer.call, block.writer, position};
      if (call.time > chain.first_return.time) return told(chain, call, chain.first_return);
      chain.last_call = later(chain.last_call, call);
      if (writer.outcome == Outcome::ok) {
        chain.first_return = earlier(chain.first_return, {writer.ret, block.writer, position});
      }
    }
    if (chain.is_first) chain.first_return = {Time::min()};  // it was there before anything else
    return std::nullopt;
  }

  static Bound earlier(const Bound& a, const Bound& b) { return b.time < a.time ? b : a; }
  static Bound later(const Bound& a, const Bound& b) { return a.op == kNoBlock || b.time > a.time ? b : a; }

  // As for single blocks: two chains conflict if each must precede the other. Each is compared with the one
  // that is called last of all that have an operation that returned before one of its own was called.
  std::optional<Monitored> find_conflict() {
    by_return_.resize(chains_.size());
    for (std::uint32_t i = 0; i < by_return_.size(); ++i) by_return_[i] = i;
    const auto first_return = [&](std::uint32_t i) { return chains_[i].first_return.time; };
    std::ranges::sort(by_return_, {}, first_return);
    std::vector<std::uint32_t> latest;  // of those up to here, the one called last
    for (std::size_t k = 0; k < by_return_.size(); ++k) {
      const Chain& chain = chains_[by_return_[k]];
      const auto before =
          std::ranges::lower_bound(by_return_.begin(), by_return_.begin() + static_cast<std::ptrdiff_t>(k),
                                   chain.last_call.time, {}, first_return) -
          by_return_.begin();
      if (before > 0) {
        const Chain& other = chains_[latest[static_cast<std::size_t>(before - 1)]];
        if (chain.first_return.time < other.last_call.time) return told_conflict(chain, other);
      }
      const bool is_later = latest.empty() || chain.last_call.time > chains_[latest.back()].last_call.time;
      latest.push_back(is_later ? by_return_[k] : latest.back());
    }
    return std::nullopt;
  }

  // Puts all blocks in one order, each to begin as late as it can, and makes room for the failed ones: each
  // must lie before its value is written or behind the next writing. Where only the latter is left, that
  // writing must happen sooner, which may push others. If this succeeds there is an order; if not, there may
  // be another one.
  bool place_all() {
    order_chains();
    std::vector<std::uint32_t> order;
    for (const std::uint32_t i : by_return_) {
      order.insert(order.end(), chains_[i].blocks.begin(), chains_[i].blocks.end());
    }
    for (std::uint32_t k = 0; k < order.size(); ++k) blocks_[order[k]].place = k;
    std::vector<Time> latest(order.size(), Time::min());
    for (std::size_t k = 1; k < order.size(); ++k) {
      const Block& block = blocks_[order[k]];
      latest[k] = std::min(all_[block.writer].ret, block.first_read.time);  // kNever if unanswered
    }
    return make_room(latest) && can_begin(order, latest);
  }

  bool make_room(std::vector<Time>& latest) const {
    constexpr int rounds = 50;
    for (int round = 0; round < rounds; ++round) {
      for (std::size_t k = latest.size() - 1; k-- > 0;) latest[k] = std::min(latest[k], latest[k + 1]);
      bool pushed = false;
      for (const std::uint32_t index : failed_) {
        const Operation& op = all_[index];
        const std::uint32_t at = block_of(op.expected);
        if (at == kNoBlock || !blocks_[at].counts) continue;  // never there
        const std::size_t k = blocks_[at].place;
        if (k > 0 && op.call <= latest[k]) continue;
        if (k + 1 == latest.size()) return false;
        pushed = pushed || op.ret < latest[k + 1];
        latest[k + 1] = std::min(latest[k + 1], op.ret);
      }
      if (!pushed) return true;
    }
    return false;
  }

  // A block begins after its writer's call and those of the reads before it.
  bool can_begin(const std::vector<std::uint32_t>& order, const std::vector<Time>& begin) const {
    Time called = Time::min();
    for (std::size_t k = 1; k < order.size(); ++k) {
      called = std::max({called, blocks_[order[k - 1]].last_read.time, all_[blocks_[order[k]].writer].call});
      if (begin[k] < called) return false;
    }
    return true;
  }

  static bool lasts(const Chain& chain) { return chain.first_return.time < chain.last_call.time; }

  // A chain that lasts begins with its first return and is over with its last call, and no two of these
  // overlap. Other chains happen at one instant: at their first return, or right before the lasting chain of
  // that time.
  void order_chains() {
    std::vector<std::uint32_t> lasting;
    std::ranges::copy_if(by_return_, std::back_inserter(lasting),
                         [&](std::uint32_t i) { return lasts(chains_[i]); });
    const auto first_return = [&](std::uint32_t i) { return chains_[i].first_return.time; };
    for (Chain& chain : chains_) {
      chain.start = chain.first_return.time;
      if (lasts(chain)) continue;
      const auto after = std::ranges::lower_bound(lasting, chain.start, {}, first_return);
      if (after == lasting.begin()) continue;
      const Chain& around = chains_[*std::prev(after)];
      if (chain.start < around.last_call.time) chain.start = around.first_return.time;
    }
    std::ranges::sort(by_return_, {}, [&](std::uint32_t i) {
      return std::tuple(!chains_[i].is_first, chains_[i].start, lasts(chains_[i]));
    });
  }

  Monitored cas_contradiction(std::vector<std::size_t> witness) const {
    std::erase(witness, std::size_t{kNoBlock});
    std::ranges::sort(witness);
    witness.erase(std::unique(witness.begin(), witness.end()), witness.end());
    return {.linearizable = false, .witness = std::move(witness)};
  }

  // All operations that show that the blocks from one position to the other follow each other.
  void add_links(const Chain& chain, const Bound& a, const Bound& b,
                 std::vector<std::size_t>& witness) const {
    witness.insert(witness.end(), {a.op, b.op});
    for (std::uint32_t k = std::min(a.position, b.position); k <= std::max(a.position, b.position); ++k) {
      witness.push_back(blocks_[chain.blocks[k]].writer);
      witness.push_back(evidence(chain.blocks[k]));
    }
  }

  Monitored told(const Chain& chain, const Bound& a, const Bound& b) const {
    std::vector<std::size_t> witness;
    add_links(chain, a, b, witness);
    return cas_contradiction(std::move(witness));
  }

  Monitored told_conflict(const Chain& a, const Chain& b) const {
    std::vector<std::size_t> witness;
    add_links(a, a.first_return, a.last_call, witness);
    add_links(b, b.first_return, b.last_call, witness);
    return cas_contradiction(std::move(witness));
  }

  // Blocks in no chain: each was written by one that expected another.
  Monitored told_circle() const {
    std::vector<bool> in_chain(blocks_.size(), false);
    for (const Chain& chain : chains_) {
      for (const std::uint32_t at : chain.blocks) in_chain[at] = true;
    }
    std::uint32_t at = 0;
    while (!blocks_[at].counts || in_chain[at]) ++at;
    std::vector<std::size_t> witness;
    for (const std::uint32_t begin = at; witness.empty() || at != begin; at = blocks_[at].parent) {
      witness.push_back(blocks_[at].writer);
      witness.push_back(evidence(at));
    }
    return cas_contradiction(std::move(witness));
  }

  std::span<const Operation> all_;
  std::span<const std::uint32_t> of_key_;
  const Value& initial_;
  Budget& spending_;
  std::vector<Block> blocks_{};  // by value, and last that of the initial value
  std::vector<std::uint32_t> failed_{};
  std::vector<Chain> chains_{};
  std::vector<std::uint32_t> by_return_{};  // chains; in the end, in the order that is built
};

}  // namespace

std::optional<Monitored> monitor_cas(std::span<const Operation> all, std::span<const std::uint32_t> of_key,
                                     const Value& initial, Budget& spending) {
  return CasMonitor(all, of_key, initial, spending).run();
}

}  // namespace sim
