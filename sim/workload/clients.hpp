// The clients: when they call, what they request, which replica they ask, and when they give up. They know no
// protocol, only its ClientPolicy; their observations go into the history that the judges read.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "sim/kernel/ids.hpp"
#include "sim/kernel/node_set.hpp"
#include "sim/kernel/rng.hpp"
#include "sim/kernel/short_list.hpp"
#include "sim/workload/command.hpp"
#include "sim/workload/options.hpp"
#include "sim/workload/service.hpp"

namespace sim {

/// A replica's answer to a request.
struct Reply {
  enum class Status : std::uint8_t {
    done,      ///< Executed; `output` is the result.
    redirect,  ///< Not executed; ask `hint`.
    offer,     ///< Not executed; the replica offers `stamp` and `output` for the second round.
  };
  RequestId id;
  Status status = Status::done;
  NodeId hint{};                  ///< Whom to ask instead (redirect); the primary (done, if `names_primary`).
  bool names_primary = false;     ///< The replica that answers need not be the one to ask next time.
  std::uint64_t provisional = 0;  ///< May be taken back: counts only with others of the same term. 0: final.
  Value output{};
  Stamp stamp{};      ///< offer
  NodeSet excused{};  ///< offer: replicas that will make none, and count as if they had.
};

/// A request on its way; in the second of two rounds it carries the client's choice.
struct Asked {
  Request request{};
  std::optional<Offer> chosen{};
};

/// The clients' interface to the world around them.
class ClientPort {
 public:
  enum class Wake : std::uint8_t { call, retry, retransmit, give_up, ping };

  virtual void send(ClientId from, NodeId to, const Asked& asked) = 0;
  virtual void wake(ClientId client, Wake why, std::uint32_t number, Time at) = 0;
  /// The client calls an operation now: it will ask replicas `request`. Returns the operation's place in the
  /// history.
  virtual std::uint32_t called(const Request& request) = 0;
  virtual void returned(std::uint32_t operation, const Value& output, std::uint8_t hops) = 0;
  virtual void gave_up(std::uint32_t operation) = 0;

 protected:
  ~ClientPort() = default;
};

/// Choices common to all clients of a run; the plan outlives them.
struct ClientPlan {
  ClientPlan() = default;
  ClientPlan(const ClientOptions& options, const ClientPolicy& policy, const ServiceKind& service,
             std::uint32_t keys, std::size_t replicas);
  Action choose_write(std::uint64_t bits) const;
  std::uint32_t choose_key(std::uint64_t bits) const;
  /// One of the keys that are `client`'s modulo the number of clients; if it has none, it shares one.
  std::uint32_t choose_own_key(ClientId client, std::uint64_t bits) const;

  ClientOptions options{};
  ClientPolicy policy{};
  std::uint32_t keys = 1;
  std::uint16_t replicas = 1;
  std::vector<std::pair<Action, double>> writes{};  ///< Actions with cumulative weights, the last being 1.
  std::vector<double> key_weights{};                ///< Cumulative; empty when all keys are alike.
};

/// The request number of a ping, which is no operation.
constexpr std::uint32_t kPingNumber = 0xffffffff;

class Clients {
 public:
  Clients(std::uint64_t seed, const ClientPlan& plan);

  void start(ClientPort& port, Time now);
  /// A call that was not the client's own idea; asks `whom` instead of the client's usual replica.
  void call(ClientPort& port, ClientId id, const Command& command, std::optional<NodeId> whom, Time now);
  void on_wake(ClientPort& port, ClientId client, ClientPort::Wake why, std::uint32_t number, Time now);
  void on_reply(ClientPort& port, ClientId client, NodeId from, const Reply& reply, std::uint8_t hops,
                Time now);
  /// Clients' draws follow from this seed from now on.
  void reseed(std::uint64_t seed);
  /// No further calls; operations under way go on.
  void stop() { stopped_ = true; }

 private:
  struct Vote {
    Value output{};
    std::uint64_t provisional = 0;
    std::uint32_t count = 0;
  };
  struct Pending {
    Asked asks;
    std::uint32_t operation = 0;
    std::uint32_t answers_needed = 1;
    std::uint32_t first_target = 0;  ///< For reads from some replicas: where the round begins.
    std::uint32_t attempts = 0;
    NodeId asked{};               ///< The replica that got the last attempt ...
    Time asked_at{};              ///< ... which was made then.
    std::uint32_t redirects = 0;  ///< Since the last retry: two confused replicas must not spin for ever.
    bool answered = false;        ///< The client has its answer; only retransmission goes on.
    Time gives_up_at{};
    NodeSet answered_by{};
    ShortList<Vote> votes{};
    std::uint32_t offers_needed = 0;
    NodeSet offered_by{};         ///< Or excused.
    std::optional<Offer> best{};  ///< The largest so far.

    const Request& request() const { return asks.request; }
    bool collects_offers() const { return offers_needed > 0 && !asks.chosen; }
  };
  struct Client {
    Rng arrivals;
    Rng choices;
    Rng samples;
    std::uint32_t next_number = 0;
    std::uint64_t last_bid = 0;  ///< The number of the last stamp of its own.
    std::array<NodeId, 2>
        presumed{};  ///< The replica to ask: for writes, and for reads if they have their own target.
    bool awaits_pong = false;
    bool awaits_patience = false;    ///< Its timer for that is set.
    std::vector<Pending> pending{};  ///< Ascending request numbers.
    std::vector<std::optional<std::int64_t>>
        last_seen{};  ///< Per key, for `cas`: the last value read, written or inserted.
  };

  void call(ClientPort& port, ClientId id, Time now);
  void send_call(ClientPort& port, ClientId id, const Command& command, Time now);
  void schedule_call(ClientPort& port, ClientId id, Time now);
  Command choose_command(Client& client, RequestId id) const;
  std::int64_t choose_argument(const Client& client, const Command& command, RequestId id,
                               std::uint64_t bits) const;
  static std::optional<std::int64_t> last_seen(const Client& client, std::uint32_t key);
  void expect(const Client& client, Command& command, std::uint64_t bits) const;
  void remember(Client& client, const Command& command, const Value& output) const;
  void transmit(ClientPort& port, ClientId id, const Pending& pending);
  void retry(ClientPort& port, ClientId id, std::uint32_t number, Time now);
  void ask_again(ClientPort& port, ClientId id, Pending& pending, Time now);
  void retransmit(ClientPort& port, ClientId id, std::uint32_t number, Time now);
  void await_patience(ClientPort& port, ClientId id);
  void lose_patience(ClientPort& port, ClientId id, Time now);
  void give_up(ClientPort& port, ClientId id, Pending& pending, Time now);
  void ping(ClientPort& port, ClientId id, Time now);
  ClientPolicy::Target target_of(const Command& command) const;
  NodeId& presumed(Client& client, const Command& command) const;
  void send_to_everyone(ClientPort& port, ClientId id, const Pending& pending);
  void try_next(NodeId& presumed) const;
  void resend_all(ClientPort& port, ClientId id, Time now);
  void redirected(ClientPort& port, ClientId id, Pending& pending, const Reply& reply, Time now);
  void offered(ClientPort& port, ClientId id, Pending& pending, NodeId from, const Reply& reply,
               std::uint8_t hops, Time now);
  static Offer choose(Client& client, const Pending& pending, bool outbid);
  void answered(ClientPort& port, ClientId id, Pending& pending, NodeId from, const Reply& reply,
                std::uint8_t hops, Time now);
  const Value* decided(Pending& pending, const Reply& reply) const;
  std::uint32_t answers_needed(const Pending& pending, const Reply& reply) const;
  /// The client has the answer that it waited for.
  void conclude(ClientPort& port, ClientId id, Pending& pending, const Value& output, std::uint8_t hops,
                Time now);
  /// Counts an answer; returns how many have been equal to it, itself included.
  static std::uint32_t vote(Pending& pending, const Reply& reply);
  static const Value& winner(const Pending& pending);
  void finish(ClientId id, const Pending& done);
  Pending* find(ClientId id, std::uint32_t number);

  const ClientPlan* plan_;
  std::vector<Client> clients_;
  bool stopped_ = false;
};

}  // namespace sim
