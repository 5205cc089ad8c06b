// Schneider's state machine approach: every replica executes every request, in one order. This takes two
// things. Agreement: each request reaches all replicas. Order: each request gets a unique identifier (uid),
// and a replica executes the request with the smallest uid as soon as it is *stable*, that is, as soon as no
// request with a smaller uid can come any more. The tutorial has three ways to make uids and to tell
// stability, and ISIS a fourth (option `order`):
//
//   logical_clocks, synchronised_clocks                    replica_ids          abcast
//   client   p          the others                         client   replicas    client   replicas
//     |----->|  stamps     | |                               |--->| | |           |--->| | |
//     |      |--Ordered--->| |  relays to all                |    |<>|<>|         |<---| | |  offers: cuids
//     |      |<---Null---->| |  "nothing older from me"      |    Candidate       |--->| | |  the largest
//     |<-----|-------------|-|  all execute and answer       |<---| | |           |<---| | |
//
//   logical_clocks       The processor that a client asks plays the tutorial's client (its footnote 6): it
//     stamps the request with its Lamport clock (T, p), and relays it. A request is stable when a larger
//     stamp has come from every processor that has not failed. So that this doesn't wait for requests,
//     everyone sends null requests: every `null_every`, and, with `null_at_once`, as soon as somebody else's
//     request arrives.
//   synchronised_clocks  The same with real clocks, and `stability` by `clock` (test I: one's own clock has
//     passed uid + `delta`), by `clients` (test II: a larger stamp from every processor), or by `either`.
//   replica_ids          The client sends to all replicas. Each proposes a candidate, cuid = 1 + the largest
//     number that it has seen or accepted, with its own number to settle ties, and tells the others; uid is
//     the largest cuid. A request is stable when it is accepted and no request seen but not accepted has a
//     smaller cuid.
//   abcast               ISIS: the cuids go back to the client, which chooses the uid and tells all replicas.
//     If it doesn't (it gave up, a replica failed in between), the lowest replica takes over for it after
//     `takeover_after`: it asks all replicas, which follow the client no more, and settles on what one has
//     accepted.
//
// Replies (option `voting`): the client takes the `first` one (t + 1 replicas mask t fail-stop failures), or
// waits for t + 1 that are `equal` (t: `liars`). 2t + 1 replicas mask t liars; of 2t replicas the t honest
// ones are never enough; t + 1 liars that agree win.
//
// A replica that comes back (clock orders; joining.cpp) is integrated at a request r_join of its own. It gets
// the state after r_join and the requests pending there. For a while the sponsor also relays to it the
// messages that others sent before they knew of it.
//
// Costs: clocks 2n messages, and 3 delays plus what stability takes (with null_at_once 4 in all, and n(n-1)
// null requests off the path); replica_ids n^2 + n and 3; abcast 4n and 4.
//
// Assumptions, and what breaks without them:
//   * Fail-stop: everyone is told of a failure (fault "fail_stop", or a crash with "told_within"), and only
//     after the failed one's last message. A scenario must say so ("after_messages": true): by default the
//     word may come earlier, outside this assumption. A replica that is told too early executes without a
//     request that is still under way, others with it. A crash that nobody is told of stops the service,
//     except for test I, until its victim is back and says so. Several may come back at once, as long as a
//     member is left to sponsor them.
//   * Channels are reliable, and in the clock orders FIFO (network "fifo": true). A message that overtakes
//     another says "nothing older from me" too early; a lost one is missing for good.
//   * `delta` bounds the time from a request's stamp to its arrival *on the receiver's clock*: the largest
//     delay plus the skew of the clocks. If delta is too small, a replica that gets a request late executes
//     it too late. So does, with test I, a replica that was paused: all messages that waited for it are late.
//   * Skew is below the smallest delay. The tutorial needs that for causality between clients who talk to
//     one another; here they learn of requests through answers only. But it bounds what delta must cover:
//     largest + smallest delay is enough; and a null request sent at once has a larger stamp.
//   * replica_ids, abcast: nobody trusts the last words of a replica that fails. A request's uid is at least
//     the cuid of each replica that proposed one. A replica that failed before it proposed may have executed
//     and answered other requests, which come later at the survivors. `execute` `stable_everywhere` removes
//     this doubt: replicas tell each other what is stable, n(n-1) messages and one delay more. (The tutorial
//     wants a client to cause nothing else before every replica has accepted its request, which the first
//     answer does not say.)
//   * abcast: `takeover_after` is longer than a client's message takes.
//   * Liars lie to clients, and to a joining replica about the state: with `voting` `equal` it takes the
//     state for which t + 1 replicas vouch. They respect the order, including pending and relayed requests:
//     against a replica that breaks it, each request needs Byzantine agreement.
//   * Commands are deterministic. Clocks don't matter except to synchronised_clocks and to timers.
//
// Bug `cuid_without_accept`: cuid = 1 + the largest number seen: a request seen late can get a uid below one
// that has been executed. Bug `join_without_relay`: a joining replica gets the state, but not the messages
// that others sent before they knew of it. Bug `join_on_one_word`: it takes the first copy of the state, from
// a liar, too. Bug `returned_not_heard`: a replica that was itself repaired while another was down never
// counts what that one says later. Bug `silent_when_over`: a replica that missed a request, and has executed
// its client's later ones, says nothing of it, and the others wait for its word for ever.
//
// Source: Schneider, "Implementing Fault-Tolerant Services Using the State Machine Approach: A Tutorial", ACM
// Computing Surveys 22(4), 1990: 3.2.1 to 3.2.3 (order), 4 (voters), 7.2 (integration). ABCAST: Birman and
// Joseph, "Reliable Communication in the Presence of Failures", ACM TOCS 5(1), 1987.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "protocols/schneider/spoken.hpp"
#include "sim/protocol/registry.hpp"
#include "sim/protocol/sessions.hpp"

namespace protocols {

using namespace sim;

struct Schneider {
  /// An item with a place in a clock order.
  struct Item {
    enum class Kind : std::uint8_t { null, request, join };
    Kind kind = Kind::null;
    Request request{};  ///< request
    NodeId joiner{};    ///< join: the joiner ...
    LocalTime life{};   ///< ... in which of its lives, named by its beginning.
    /// As scripts show it: `c0#0 write x=1`.
    std::string text() const {
      if (kind == Kind::request) return text_of(request);
      return kind == Kind::null ? "null" : "join of " + std::to_string(joiner.value);
    }
  };

  // ---- messages of the clock orders
  struct Ordered {  // a processor -> all replicas: this has this place
    Stamp uid;      // the owner is the processor
    Item item;
    NodeSet sent_to;  // those that get it from the processor itself
  };
  struct Upkeep {  // the same with nulls and joins
    static constexpr bool background = true;
    Ordered ordered;
  };

  // ---- messages of the replicas' identifiers
  struct Candidate {
    Request request;
    Stamp cuid;
  };
  struct Stable {  // execute: stable_everywhere. At this replica it is
    RequestId id;
  };
  struct Stuck {  // to the lowest replica: take over
    static constexpr bool background = true;
    Request request;
  };
  struct TakeOver {  // the lowest replica -> all
    static constexpr bool background = true;
    Request request;
  };
  struct TakeOverReply {
    static constexpr bool background = true;
    RequestId id;
    bool accepted;
    Stamp stamp;  // the uid if accepted, else the cuid
  };
  struct Settled {
    static constexpr bool background = true;
    Request request;
    Stamp uid;
  };

  // ---- messages of a replica's return
  struct Back {  // the joiner -> all: what I was is gone
    static constexpr bool background = true;
    LocalTime life;
  };
  struct Noted {  // all -> the joiner: nothing up to this number goes to you directly
    static constexpr bool background = true;
    LocalTime life;
    std::uint64_t number;
    bool member;   // takes part itself
    NodeSet down;  // those that have failed
  };
  struct LetIn {  // the joiner -> a member: make my r_join, with a larger number than this
    static constexpr bool background = true;
    LocalTime life;
    std::uint64_t above;
  };
  struct State {  // the sponsor -> the joiner, when it executes r_join
    static constexpr bool background = true;
    LocalTime life;
    Stamp join;
    Snapshot service;
    Sessions sessions;
    std::uint64_t executed;
    std::uint64_t last;
    std::map<Stamp, Item> pending;
    std::vector<std::uint64_t> heard;
    NodeSet down;
  };
  struct Relayed {  // the sponsor -> the joiner: others have sent this to me, and not to you
    static constexpr bool background = true;
    LocalTime life;
    Ordered ordered;
  };
  struct HandedOver {  // the sponsor -> the joiner: this one's messages reach you themselves, or it has
                       // failed
    static constexpr bool background = true;
    LocalTime life;
    NodeId node;
    bool failed;
  };
  struct Vouch {  // a member -> the joiner, when it executes r_join: this is the state then
    static constexpr bool background = true;
    LocalTime life;
    Stamp join;
    std::uint64_t digest;
  };
  using Message = std::variant<Ordered, Upkeep, Candidate, Stable, Stuck, TakeOver, TakeOverReply, Settled,
                               Back, Noted, LetIn, State, Relayed, HandedOver, Vouch>;
  enum class Timer : std::uint8_t { null, stable, takeover, join, sponsor };

  struct Options {
    enum class Order : std::uint8_t { logical_clocks, synchronised_clocks, replica_ids, abcast };
    enum class Stability : std::uint8_t { clock, clients, either };
    enum class Voting : std::uint8_t { first, equal };
    enum class Execute : std::uint8_t { stable, stable_everywhere };
    enum class Bug : std::uint8_t {
      none,
      cuid_without_accept,
      join_without_relay,
      join_on_one_word,
      returned_not_heard,
      silent_when_over
    };

    Order order = Order::replica_ids;
    Stability stability = Stability::either;
    Duration delta = 10ms;
    Duration null_every = 5ms;
    bool null_at_once = false;
    Voting voting = Voting::first;
    std::int64_t liars = 0;
    Execute execute = Execute::stable;
    Duration takeover_after = 100ms;
    Duration join_retry = 100ms;
    Bug bug = Bug::none;

    void describe(Fields& fields);
    std::string complaint(std::size_t replicas) const;
    /// How many equal answers convince a client: more than liars can give.
    std::uint32_t votes(std::size_t replicas) const;
    bool by_clock() const { return order == Order::logical_clocks || order == Order::synchronised_clocks; }
    /// Stable once one's own clock says so.
    bool test_1() const { return order == Order::synchronised_clocks && stability != Stability::clients; }
    /// Stable once everyone has said more: null requests are needed.
    bool test_2() const {
      return by_clock() && (order == Order::logical_clocks || stability != Stability::clock);
    }
  };
  static ClientPolicy client_policy(const Options& options, std::size_t replicas);
  static std::optional<ServicePromise> promise(const Options& options, const Calm& calm);

  enum class Attack : std::uint8_t { none, false_state };
  static const Fields::Names<Attack>& attacks();

  using Env = EnvOf<Schneider>;
  Schneider(const Options& options, const NoDisk&) : options_(options) {}
  void on_start(Env& env);
  void on_message(Env& env, NodeId from, const Message& message);
  void on_timer(Env& env, Timer timer);
  void on_request(Env& env, const Request& request);
  void on_chosen(Env& env, const Request& request, const Offer& chosen);
  void on_failure(Env& env, NodeId node);

 private:
  /// Numbers beyond this are nobody's: they would leave no room for larger ones.
  static constexpr std::uint64_t kLargest = std::uint64_t{1} << 62;

  struct Peer {                     // as the clock orders see a processor
    std::uint64_t heard = 0;        ///< Everything from it up to this number has come.
    bool direct = true;             ///< It comes from itself; otherwise from this replica's sponsor, and
    std::uint64_t heard_early = 0;  ///< its own messages do not count yet.
    LocalTime back{};               ///< Its latest life that it came back to,
    LocalTime joined{};             ///< with which it was integrated,
    LocalTime asked{};              ///< for which this replica has made a join,
    LocalTime failed{};             ///< that ended.
  };
  struct Sponsorship {
    LocalTime life{};
    LocalTime since{};
    NodeSet handed_over{};
  };
  struct Proposal {  // a request on its way to its uid
    Request request{};
    Stamp place{};  ///< This replica's cuid; once accepted, the uid.
    bool accepted = false;
    LocalTime since{};
    NodeSet proposers{};  ///< Whose cuids have come, or whose word in a takeover.
    Stamp largest{};      ///< Of these cuids.
    NodeSet stable_at{};
    bool taken_over = false;  ///< The client is out.
    bool leads = false;       ///< This replica has taken over.
    bool settled = false;     ///< In a takeover: somebody has accepted `largest`.
  };
  using Proposals = std::map<RequestId, Proposal>;

  // execution (schneider.cpp)
  void on(Env& env, NodeId from, const Ordered& m);
  void on(Env& env, NodeId from, const Upkeep& m) { on(env, from, m.ordered); }
  Value execute(Env& env, const Request& request);
  void mark_down(Env& env, NodeId node);
  bool alive(NodeId node) const { return !down_.contains(node); }
  bool all_alive_in(const Env& env, const NodeSet& set) const;

  // clock orders (clocks.cpp)
  void submit(Env& env, const Item& item);
  std::uint64_t next_number(const Env& env) const;
  Stamp take_stamp(Env& env);
  template <class M> void send_to_members(Env& env, const M& message);
  NodeSet members(const Env& env) const;
  void say_null(Env& env);
  void enter(Env& env, const Ordered& m, bool counts);
  bool stable(const Env& env, Stamp uid) const;
  void advance(Env& env);
  void beat(Env& env);

  // identifiers (identifiers.cpp)
  Proposal* see(Env& env, const Request& request, bool others_wait = false);
  void on(Env& env, NodeId from, const Candidate& m);
  void on(Env& env, NodeId from, const Stable& m);
  void accept_if_complete(Env& env, Proposal& proposal);
  void accept(Env& env, Proposal& proposal, Stamp uid);
  void deliver(Env& env);
  void note_stable(Env& env);
  void review(Env& env);
  void watch(Env& env);
  NodeId lowest_alive() const;
  std::optional<Stamp> accepted_uid(RequestId id) const;
  void seek_takeover(Env& env);
  void on(Env& env, NodeId from, const Stuck& m);
  void on(Env& env, NodeId from, const TakeOver& m);
  void on(Env& env, NodeId from, const TakeOverReply& m);
  void settle_if_complete(Env& env, Proposal& proposal);
  void on(Env& env, NodeId from, const Settled& m);

  // a replica's return (joining.cpp)
  void come_back(Env& env);
  void on(Env& env, NodeId from, const Back& m);
  void on(Env& env, NodeId from, const Noted& m);
  void on(Env& env, NodeId from, const LetIn& m);
  void integrate(Env& env, Stamp uid, const Item& join);
  void on(Env& env, NodeId from, const State& m);
  static std::uint64_t digest_of(const State& state);
  void on(Env& env, NodeId from, const Vouch& m);
  void adopt_if_vouched(Env& env);
  bool knows_less(const Env& env, const State& state) const;
  void adopt(Env& env, NodeId from, const State& m);
  void relay(Env& env, const Ordered& m);
  void on(Env& env, NodeId from, const Relayed& m);
  void hand_over(Env& env, NodeId joiner, NodeId processor, bool failed);
  void hand_over_late(Env& env);
  void sponsor_without(Env& env, NodeId gone);
  void on(Env& env, NodeId from, const HandedOver& m);
  bool settled(const Env& env) const;

  Options options_;
  bool member_ = false;  ///< Takes part.
  NodeSet down_{};
  Sessions sessions_{};
  std::uint64_t executed_ = 0;  ///< How many requests, and
  std::uint64_t last_ = 0;      ///< the fingerprint of the last.

  // clock orders
  std::uint64_t clock_ = 0;         ///< The logical clock; with real clocks, the number of its last stamp.
  std::uint64_t said_ = 0;          ///< The number of the last stamp sent.
  std::uint64_t said_at_beat_ = 0;  ///< The same, when a null request was last due.
  std::map<Stamp, Item> pending_{};
  std::vector<Peer> peers_{};

  // identifiers
  std::uint64_t seen_ = 0;    ///< The largest number in a cuid of this replica's.
  std::uint64_t accept_ = 0;  ///< In a uid that it has accepted.
  Proposals proposals_{};
  std::map<ClientId, Spoken> spoken_{};
  std::set<std::pair<Stamp, RequestId>> queue_{};     ///< Those not executed, by place.
  std::deque<std::pair<RequestId, Stamp>> lately_{};  ///< Executed, for a takeover. abcast only.

  std::map<NodeId, Sponsorship> sponsored_{};

  // as joiner
  LocalTime life_{};
  NodeSet noted_{};
  NodeSet noted_by_members_{};
  NodeSet reported_down_{};  ///< By members, before it takes part.
  NodeSet told_down_{};      ///< By the failure detector, since.
  std::uint64_t above_ = 0;  ///< The largest number in a Noted.
  NodeId sponsor_{};
  NodeId first_choice_{};              ///< Of its sponsors. Where some lie, another one each time.
  std::optional<NodeId> asked_{};      ///< The member asked to let it in.
  std::optional<State> offered_{};     ///< By the sponsor, and not believed yet.
  std::map<NodeId, Vouch> vouched_{};  ///< The members' digests of the state.
  std::vector<std::pair<NodeId, Message>> held_{};  ///< From the sponsor, for when the state is adopted.
};

}  // namespace protocols
