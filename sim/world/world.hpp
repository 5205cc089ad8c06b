// One simulated world: clock, queue, network, machines, clients, faults, and the observer's record. It is a
// value: copy it halfway, and each copy finishes as the original would have.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/fault/fault.hpp"
#include "sim/history/record.hpp"
#include "sim/kernel/clock.hpp"
#include "sim/kernel/digest.hpp"
#include "sim/kernel/event_queue.hpp"
#include "sim/kernel/node_set.hpp"
#include "sim/kernel/pool.hpp"
#include "sim/kernel/rng.hpp"
#include "sim/network/network.hpp"
#include "sim/workload/clients.hpp"
#include "sim/workload/service.hpp"
#include "sim/world/host.hpp"
#include "sim/world/machine.hpp"
#include "sim/world/setup.hpp"
#include "sim/world/tracer.hpp"

namespace sim {

/// A primary's log as its term begins.
struct LogView {
  std::uint64_t after = 0;  ///< Everything up to here is part of its state: compacted, and not shown.
  std::span<const std::uint64_t> values{};  ///< Fingerprints of the entries after that, in order.
};

/// Why `World::run` came back.
enum class Ending : std::uint8_t { complete, too_many_events, too_much_memory };

/// A complete copy of one replica's service, and which version it is.
struct Snapshot {
  Service state{};
  Version version{};
};

/// The result of executing or storing a request.
struct Applied {
  Value output{};
  Change change{};
  Version version{};
};

class World final : private ClientPort {
 public:
  /// `tracer`, if any, is told of everything from the start on.
  World(const Setup& setup, std::uint64_t seed, std::unique_ptr<Host> host, Tracer* tracer = nullptr);
  World(const World& other) = default;
  World& operator=(const World&) = delete;
  World(World&&) noexcept = default;
  ~World() = default;

  /// A copy that diverges from the original: what either draws from now on (fates of messages, nodes',
  /// clients' and faults' choices) is independent of the other's. Earlier draws stay: messages on their way,
  /// calls that are due, the timeline of faults, lies that have been told. The same seed gives the same copy.
  World fork(std::uint64_t seed) const;

  /// Runs to the end of the settle phase.
  Ending run() { return run_until(end_); }
  /// Runs everything that happens up to and including `until`.
  Ending run_until(Time until);
  /// Handles the next event; returns false when nothing is pending up to the end of the run.
  bool step();

  Time now() const { return now_; }
  std::uint64_t events() const { return events_; }
  /// The run's memory in bytes: pending events, messages on their way and the record, counted piece by piece,
  /// so that it is the same on every machine; the replicas' part is estimated (sim/world/memory.cpp).
  std::uint64_t bytes() const;
  /// The same before the first event, from the setup alone.
  static std::uint64_t bytes_to_begin(const Setup& setup);
  std::uint64_t digest() const { return digest_.value(); }
  /// The observer's record; complete once the run is.
  const Record& record() const { return record_; }
  /// For a run that stops before its end: its record ends now, for the judges too.
  void cut_short();
  /// The record, from a world that is not needed any more.
  Record take_record() { return std::move(record_); }
  const Host& host() const { return *host_; }
  std::size_t replicas() const { return setup_->replicas; }
  /// Tells `tracer` of everything from now on; nullptr stops it. Copies start without one.
  void trace_to(Tracer* tracer) { tracer_ = tracer; }

  /// The name that a node bears: its own, unless it is the twin of a Byzantine one.
  NodeId identity(NodeId node) const { return machine(node).identity; }
  /// The pending events, in order.
  std::vector<EventQueue::Pending> pending() const { return queue_.pending(); }
  /// The two ends between which the message of an event goes.
  std::pair<Endpoint, Endpoint> ends(const Event& event) const;
  /// The content of an event's message, in words.
  std::string content(const Event& event) const;

  // The functions behind a protocol's Env, by node. Facts:
  bool first_life(NodeId node) const { return machine(node).incarnation == 0; }
  LocalTime clock(NodeId node) const { return machine(node).clock.read(now_); }
  Rng& rng(NodeId node) { return machine(node).rng; }
  Version version(NodeId node) const { return machine(node).version; }
  Snapshot snapshot(NodeId node) const { return {machine(node).service, machine(node).version}; }
  Snapshot empty_snapshot() const { return {Service(setup_->model, setup_->keys), Version{}}; }
  bool authentic(const Request& request) const;

  // Facts of misbehaving nodes:
  /// How the node misbehaves at the moment; nullptr when it does not.
  const Misbehaviour* misbehaviour(NodeId node) const {
    const std::uint32_t fault = machine(node).misbehaves_by;
    return fault == kNoFault ? nullptr : &faults_[fault].misbehaviour;
  }
  /// The nodes that collude with this one, itself included; none when it doesn't.
  NodeSet colluders(NodeId node) const;
  /// The source of this node's lies: the same for all who collude.
  std::uint64_t lie_salt(NodeId node) const;
  /// Decides when Byzantine nodes act at random.
  Rng& whims() { return whims_; }

  // Effects:
  /// Returns how many copies the network will deliver.
  std::uint32_t send(NodeId from, NodeId to, std::uint32_t message, std::uint8_t tag, bool background);
  void set_timer(NodeId node, std::uint8_t timer, Duration local);
  void cancel_timer(NodeId node, std::uint8_t timer);
  void reply(NodeId from, Reply&& reply);
  Applied apply(NodeId node, const Request& request);
  Version store(NodeId node, RequestId request, const Change& change);
  void install(NodeId node, const Snapshot& snapshot);
  // The disk (sim/world/disk.cpp), on its own clock (sim/world/disk_queue.hpp):
  Time persist(NodeId node);           ///< Returns when the write completes.
  Time written_by(NodeId node) const;  ///< What is due by now has completed.
  void sync(NodeId node);
  bool durable(NodeId node) const;
  void become(NodeId node, Role role, std::uint64_t term);
  void lead(NodeId node, std::uint64_t term, const LogView& log);
  void decide(NodeId node, std::uint64_t slot, std::uint64_t value, std::uint64_t term);
  void propose(NodeId node, std::uint64_t value);
  void takes_part(NodeId node, bool does);
  void declare_members(NodeId node, std::uint64_t version, const NodeSet& members);
  void suspect(NodeId node, NodeId of, bool suspected);
  // The outcome of an operator's order (sim/world/orders.cpp):
  void refuse(NodeId node, OrderId id, std::string_view why, std::optional<NodeId> instead);
  void give_up(OrderId id, std::string_view why);
  void carried_out(OrderId id);

 private:
  friend class ByHand;

  /// The bytes of a fault in the timeline, with its beginning and its end in the queue.
  static constexpr std::uint64_t kBytesOfFault = sizeof(Fault) + 2 * 64;

  bool honest(NodeId node) const { return !record_.byzantine.contains(identity(node)); }
  Machine& machine(NodeId node) { return machines_[node.value]; }
  const Machine& machine(NodeId node) const { return machines_[node.value]; }

  // The loop.
  void take(const EventQueue::Next& next);
  void handle(const Event& event);
  void handle_at_node(const Event& event);
  bool stale(const Event& event);
  void get_to(const Event& event);
  void happen_at_node(const Event& event);
  void deliver(const Event& event);
  void fire(const Event& event);
  void complete_syncs(NodeId node);
  void lose(const Event& event, std::string_view why);
  void drop(const Event& event);
  bool to_itself(const Event& event) const;
  Ending ended(Ending how);
  bool died_in_flight(const Event& event) const;
  void note(const Event& event);
  void note_reached(NodeId node, const Request& request);

  // Channels.
  std::uint32_t transmit(Endpoint from, Endpoint to, Event& event, Duration late = {});
  std::uint32_t transmit_from(NodeId from, Endpoint to, Event& event);
  void note_sent(Endpoint from, Endpoint to, std::uint32_t number, Event& event);
  bool speaks_to(NodeId node, Endpoint to) const;
  NodeId copy_that_hears(NodeId node, Endpoint from) const;
  Tracer::Message describe(const Event& event, Endpoint from, Endpoint to, bool copy = false) const;

  bool is_too_large();

  // Versions.
  Version extend(NodeId node, RequestId request);
  void move(NodeId node, Version to);
  void push_timer(NodeId node, std::uint8_t timer);

  // Faults (sim/world/faults.cpp).
  std::vector<Fault> timeline(const Setup& setup, std::uint64_t seed);
  void schedule(std::vector<Fault> faults);
  void strike(const Event& event);
  void begin(std::uint32_t index, const Fault& fault);
  void begin_at_node(std::uint32_t index, const Fault& fault, NodeId node);
  void end(std::uint32_t index, const Fault& fault);
  void begin_settling();
  void disturb(Time until) { record_.disturbed_until = std::max(record_.disturbed_until, until); }
  void note_reach();
  void impose(std::uint32_t index);
  void lift(std::uint32_t index);
  bool goes_on(Fault::Kind kind, NodeId node) const;
  const Fault* imposed(Fault::Kind kind, std::optional<NodeId> node);
  void set_value(Fault::Kind kind, std::optional<NodeId> node, const Fault* fault);
  void restore_laws();
  void heal(std::uint32_t index);
  void heal_network();
  void crash(NodeId node, const Fault& fault);
  void restart(NodeId node, const DiskFound& disk);
  void remember_writes();
  void note_disk(NodeId node, DiskFate fate, bool harmed);
  void tell_of_failure(NodeId failed, Duration within, bool after_messages);

  // Disks (sim/world/disk.cpp).
  void await_disk(NodeId node, Time due, Event event);
  bool comes_early(const Event& event);
  void begin_hang(NodeId node);
  void end_hang(NodeId node);

  // Waiting events (sim/world/waiting.cpp).
  void hold(const Event& event);
  void schedule_turn(NodeId node);
  void take_turn(const Event& turn);
  void give_up_held(NodeId node);
  void resume(NodeId node);
  void work_at(NodeId node, Duration each);

  // Omissions, and crashes amid a broadcast (sim/world/omission.cpp).
  static constexpr std::string_view kOmitted = "omitted";
  void begin_omission(NodeId node, std::uint32_t fault);
  void end_omission(NodeId node, std::uint32_t fault);
  std::string_view type_of(const Event& event) const;
  bool omits(NodeId node, Omission::Of way, Endpoint from, Endpoint to, const Event& event);
  double chance(std::uint32_t fault, Endpoint from, Endpoint to, std::uint64_t number) const;
  bool is_cut(Endpoint from, Endpoint to, const Event& event);
  std::uint32_t lose_unsent(Endpoint from, Endpoint to, Event& event, std::string_view why);
  bool omits_receipt(const Event& event);
  bool omits_all(NodeId from, NodeId to) const;
  std::string_view lost_in_sending(NodeId from, Endpoint to, const Event& event);
  bool leaves_no_more(NodeId from, const Event& event);
  void expect_crash(NodeId node, std::uint32_t fault);
  void forget_crash(NodeId node);
  void give_up_crashes();
  void fall();
  void crash_of(NodeId node, const Fault& fault);

  // Orders (sim/world/orders.cpp). An order is named by its place in the timeline of faults.
  void give_order(OrderId id, NodeId node);
  void settle_order(Record::Ordered& order, Record::Ordered::Fate fate, std::string_view why = {});
  void settle_order_to_nobody(OrderId id, std::string_view why);
  void settle_orders_of(NodeId crashed);
  void settle_transfers(NodeId leads);
  void settle_reconfiguration(const NodeSet& members);
  Record::Ordered* find_order(OrderId id);

  // More of faults (sim/world/faults.cpp).
  void misbehave(NodeId node, std::uint32_t fault);
  void behave(NodeId node);
  void split(NodeId node);
  std::optional<NodeId> resolve(const Victim& victim, const NodeSet& taken = {});
  std::optional<NodeId> playing_primary() const;
  void lay_links_of_roles(Fault& fault);
  NodeSet struck_together_with(std::uint32_t index) const;
  bool name_ends(Fault& fault);
  bool resolve_ends(const std::vector<std::vector<Endpoint>*>& lists);

  // ClientPort.
  void send(ClientId from, NodeId to, const Asked& asked) override;
  void wake(ClientId client, Wake why, std::uint32_t number, Time at) override;
  std::uint32_t called(const Request& request) override;
  void returned(std::uint32_t operation, const Value& output, std::uint8_t hops) override;
  void gave_up(std::uint32_t operation) override;

  const Setup* setup_;
  Time now_{};
  Time chaos_end_;
  Time end_;
  std::uint64_t events_ = 0;
  std::uint64_t look_at_ = 0;    ///< After so many events `bytes` is looked at.
  std::uint64_t cut_bytes_ = 0;  ///< Room that cuts_ takes.
  bool has_too_many_faults_ = false;
  std::uint8_t hops_ = 0;  ///< One-way delays behind the event being handled.
  EventQueue queue_;
  Digest digest_;
  Network network_;
  std::vector<Machine> machines_;
  Clients clients_;
  Pool<Asked> requests_;
  Pool<Reply> replies_;
  std::vector<Fault> faults_;
  std::vector<Network::Cut> cuts_;             ///< Per fault: the links that it severs now.
  std::vector<std::uint32_t> severing_;        ///< The faults that may sever some.
  std::vector<std::uint32_t> choosy_cuts_{};   ///< The cuts that sever links for some messages now.
  std::vector<std::optional<NodeId>> struck_;  ///< Per fault: the node that it struck, until it ends.
  std::vector<NodeSet> reach_;                 ///< Per node, as last written down.
  /// Faults that set a value, by kind and node, in order of their beginning. Some of them may have ended.
  std::map<std::pair<Fault::Kind, std::optional<NodeId>>, std::vector<std::uint32_t>> lasting_;
  std::vector<bool> lasts_;                 ///< Per fault: it sets a value, and hasn't ended.
  std::vector<std::uint32_t> slow_begins_;  ///< The faults that slow a node down, in order of time.
  Rng fault_rng_;
  Rng whims_;
  std::uint64_t lies_;                ///< The source of all lies.
  std::uint64_t omission_key_;        ///< What omissions by chance derive from.
  std::uint32_t impaired_ = 0;        ///< Omissions and crashes amid a broadcast that may strike now.
  std::vector<std::uint64_t> turns_;  ///< Per fault: how many messages that it concerns have passed it.
  struct Falling {
    NodeId node;
    std::uint64_t copies_left = 0;
  };
  std::optional<Falling> falling_{};  ///< Crashes once the handler that runs has returned.
  Record record_;
  std::vector<std::uint32_t> oldest_pending_;  ///< Per operation: its request's `oldest_pending`.
  OwnedHost host_;
  Listener tracer_;
};

}  // namespace sim
