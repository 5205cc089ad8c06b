// Local-write: primary-backup in which the primary moves to the writer. Every replica holds a copy of every
// item (key), and each item has one owner, which alone changes it and sends the updates to all others. A
// replica that is asked to write an item that is not its own first fetches the ownership; from then on writes
// there are as cheap as at a fixed primary, and a client that keeps writing its own items never waits for a
// far one. Two replicas that write the same item in turn make it travel to and fro.
//
//   client     replica r      directory       owner        others
//     |--write x-->|              |              |            |
//     |            |---Fetch----->|              |            |     x belongs to another: 3 messages and
//     |            |              |----Pass----->|            |     3 delays more; 2 and 2 when r or the
//     |            |<----------Transfer----------|            |     owner is the directory
//     |            |--------------Store(x, 7)--->|----------->|     r owns x: 2n messages, 4 delays;
//     |            |<-------------Stored---------|------------|     before_backups: n + 1 and 2
//     |<--answer---|              |              |            |
//
//   ordering   An item's updates are numbered, by one owner at a time, and adopted in that order: an old
//              owner's update that arrives after a new owner's is put where it belongs. A new owner begins
//              once it has every update up to the number that Transfer names.
//   fetching   Replica 0 is the directory: it keeps, for each item, the line of its owners. A replica that
//              fetches joins at the end, and the one before is told to whom it must Pass the item on. So two
//              replicas that fetch at once get it one after the other. One that is told before the item has
//              arrived remembers it. Places in the line are numbered (epochs), which tells copies from news.
//   writing    A replica executes the requests that have waited for the item. Once it knows the next owner it
//              finishes what is under way and gives the item up; requests that come then wait for its return.
//   answering  after_backups: when all replicas have the update. An owner then gives an item away only when
//              all have all its updates. before_backups: at once.
//   reading    local: each replica answers from its copy, in 2 messages and 2 delays. The answer may be
//              stale: a read elsewhere may have seen more. owner: the directory relays the read to the item's
//              owner (2 and 2 at the owner, otherwise 4 and 4, or 3 and 3), and reads are linearizable.
//   failure    The directory (or the next replica, if that has failed) calls all items back: every survivor
//              gives up its items and sends the updates that the directory lacks. The directory sends each
//              survivor what that one lacks, owns everything when all have confirmed, and the fetching begins
//              anew. Any update that a survivor had is kept; a reign number voids all earlier messages.
//
// Assumptions, and what breaks without them:
//   * Fail-stop, and a master that tells everyone (`on_failure`, by the fault "fail_stop"); n - 1 may fail.
//     If the master were wrong, an item could have two owners. A plain crash, of which nobody is told, stops
//     all writes that need that replica (after_backups: all). A replica that comes back has lost all and
//     stays out.
//   * Reliable channels; duplicates and reordering do no harm. With losses items and answers are stuck until
//     `retransmit` repeats what was not confirmed.
//   * before_backups: updates that a failed owner had answered and no survivor holds are lost.
// Commands may be nondeterministic: their changes are shipped. Clocks don't matter, except to `retransmit`.
// No replica is *the* primary, and there is no common log, only one per item. So roles and decisions are not
// declared, and replicas that apply updates of different items in different orders differ for a while. Left
// out: nobody forgets old updates (a checkpoint of an item would do).
//
// Bugs, for the judges to catch: `unnumbered`, a replica adopts updates as they arrive; `early_owner`, a new
// owner begins with the copy that it has.
//
// Source: Tanenbaum and van Steen, Distributed Systems, section 7.5 (3rd edition), primary-based protocols:
// local-write; there the answer comes before the backups are updated. The line of owners is the fixed
// distributed manager of Li and Hudak, Memory Coherence in Shared Virtual Memory Systems (TOCS 1989).
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "sim/protocol/registry.hpp"
#include "sim/protocol/sessions.hpp"

namespace protocols {

using namespace sim;

struct LocalWrite {
  using Key = std::uint32_t;
  using Number = std::uint64_t;  ///< Of an item's updates, from 1.
  using Epoch = std::uint64_t;   ///< Of an item's owners, from 1 in each reign.
  using Reign = std::uint64_t;   ///< Of directories and their recoveries, ascending.

  struct Update {
    Number number = 0;
    Request request{};
    Change change{};
    Value output{};
    Key key() const { return request.command.key; }
  };
  struct Copy {  // of an item: how far it goes
    Key key = 0;
    Number number = 0;
  };

  // ---- messages
  struct Fetch {  // to the directory: I want the item, which was last mine in epoch `after`
    Reign reign;
    Key key;
    Epoch after;
  };
  struct Pass {  // to the owner before `epoch`: when you are done, give it to `to`
    Reign reign;
    Key key;
    Epoch epoch;
    NodeId to;
  };
  struct Transfer {  // it is yours, once you have all up to `number`
    Reign reign;
    Key key;
    Epoch epoch;
    Number number;
  };
  struct Store {
    Reign reign;
    Update update;
  };
  struct Stored {  // my copy goes up to `number`
    Reign reign;
    Key key;
    Number number;
  };
  struct Relay {  // a read on its way to the owner; `by` was asked
    Reign reign;
    NodeId by;
    Request request;
    std::uint16_t hops = 0;  ///< How often it has been passed on.
  };
  struct Recall {  // directory -> all: a new reign begins; give up all items. These are my copies
    static constexpr bool background = true;
    Reign reign;
    std::vector<Copy> copies;
  };
  struct Returned {  // these are mine, and the updates beyond yours
    static constexpr bool background = true;
    Reign reign;
    std::vector<Copy> copies;
    std::vector<Update> more;
  };
  struct Restore {  // this goes beyond yours
    static constexpr bool background = true;
    Reign reign;
    std::vector<Update> more;
  };
  struct Restored {
    static constexpr bool background = true;
    Reign reign;
  };
  using Message =
      std::variant<Fetch, Pass, Transfer, Store, Stored, Relay, Recall, Returned, Restore, Restored>;
  enum class Timer : std::uint8_t { retransmit };

  struct Options {
    enum class Acknowledge : std::uint8_t { after_backups, before_backups };
    enum class Reads : std::uint8_t { local, owner };
    enum class Bug : std::uint8_t { none, unnumbered, early_owner };
    Acknowledge acknowledge = Acknowledge::after_backups;
    Reads reads = Reads::local;
    std::optional<Duration> retransmit{};
    Bug bug = Bug::none;

    void describe(Fields& fields);
    std::string complaint(std::size_t) const { return {}; }
  };
  static Duration tells_again_every(const Options& options) { return options.retransmit.value_or(0ns); }
  static ClientPolicy client_policy(const Options&, std::size_t) {
    return {.target = ClientPolicy::Target::own};
  }
  static std::optional<ServicePromise> promise(const Options& options, const Calm& calm);

  using Env = EnvOf<LocalWrite>;
  LocalWrite(const Options& options, const NoDisk&) : options_(options) {}
  void on_start(Env& env);
  void on_message(Env& env, NodeId from, const Message& message);
  void on_timer(Env& env, Timer timer);
  void on_request(Env& env, const Request& request);
  void on_failure(Env& env, NodeId node);

 private:
  struct Asked {
    Request request;
    NodeId by;  ///< The client asked this replica.
  };
  struct Answer {  // to be given once all have the item up to `number`
    Number number;
    Asked asked;
    Value output;
  };
  struct Heir {
    Epoch epoch;
    NodeId node;
  };
  struct Item {
    std::vector<Update> updates{};     ///< Number i is at place i - 1.
    std::map<Number, Update> early{};  ///< Arrived before those that precede them.

    bool mine = false;
    Epoch epoch = 0;                     ///< In which this replica owns it, or last did.
    bool fetching = false;               ///< From Fetch until this replica owns it.
    std::optional<Transfer> arriving{};  ///< It has been given to me, but my copy is not up to date.
    std::optional<Heir> heir{};          ///< The next owner.
    std::optional<Heir> given{};         ///< The last replica that got it from this one.
    Number given_at = 0;                 ///< How far it went then.

    std::deque<Asked> waiting{};   ///< For the item.
    std::deque<Answer> answers{};  ///< For the others' copies.
    std::vector<Number> copies{};  ///< As owner: how far each replica's copy is known to go.

    Number last() const { return updates.size(); }
  };

  NodeId directory(const Env& env) const;
  Item& item(const Env& env, Key key);
  bool confirms() const { return acknowledges_after() || options_.retransmit; }
  bool acknowledges_after() const { return options_.acknowledge == Options::Acknowledge::after_backups; }
  bool has_bug(Options::Bug bug) const { return options_.bug == bug; }
  /// Whether a message belongs to the time since the last recovery.
  bool current(NodeId from, Reign reign) const { return reign == reign_ && !failed_.contains(from); }

  // the life of an item
  void ask(Env& env, Asked asked);
  void go_on(Env& env, Key key, Item& item);
  void take_over(Env& env, Item& item);
  void execute(Env& env, Item& item, const Asked& asked);
  void answer(Env& env, const Answer& answer) const;
  Number stable(const Env& env, const Item& item) const;
  void settle(Env& env, Key key, Item& item);
  void give(Env& env, Key key, Item& item);
  void adopt(Item& item, const Update& update);
  void store_as_it_comes(Env& env, Item& item, const Update& update);
  void store_in_order(Env& env, Item& item, const Update& update);

  void on(Env& env, NodeId from, const Fetch& m);
  void on(Env& env, NodeId from, const Pass& m);
  void on(Env& env, NodeId from, const Transfer& m);
  void on(Env& env, NodeId from, const Store& m);
  void on(Env& env, NodeId from, const Stored& m);
  void on(Env& env, NodeId from, const Relay& m);
  void store_again(Env& env, const Item& item) const;

  // recovery
  void recall(Env& env);
  void begin_reign(Reign reign);
  bool includes_all(const Env& env, const NodeSet& nodes) const;
  std::vector<Copy> copies() const;
  std::vector<Update> beyond(const std::vector<Copy>& copies) const;
  void restore(Env& env);
  void reopen(Env& env);
  void call_those_who_lag(Env& env);
  void on(Env& env, NodeId from, const Recall& m);
  void on(Env& env, NodeId from, const Returned& m);
  void on(Env& env, NodeId from, const Restore& m);
  void on(Env& env, NodeId from, const Restored& m);

  Options options_;
  bool member_ = false;
  NodeSet failed_{};
  Reign reign_ = 0;
  bool recovering_ = false;  ///< Items are called back: nobody owns any.
  std::map<Key, Item> items_{};
  Sessions sessions_{};

  std::map<Key, std::vector<NodeId>> lines_{};      ///< As directory: the owners of each item, by epoch;
  NodeSet returned_by_{};                           ///< recovering: those that have given up their items,
  std::map<NodeId, std::vector<Copy>> returned_{};  ///< how far its copies went,
  bool restoring_ = false;                          ///< whether all have,
  NodeSet restored_{};                              ///< those that are up to date,
  std::vector<std::pair<NodeId, Fetch>> early_fetches_{};  ///< and what comes too soon.
};

}  // namespace protocols
