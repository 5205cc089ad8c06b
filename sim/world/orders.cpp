// Operator orders: their receivers and their outcome. The operator turns to one replica; a replica that can't
// carry an order out may name another, which is asked next, as clients are redirected.
#include <algorithm>
#include <utility>

#include "sim/world/world.hpp"

namespace sim {

using Fate = Record::Ordered::Fate;

Record::Ordered* World::find_order(OrderId id) {
  const auto found = std::ranges::find(record_.orders, id, &Record::Ordered::id);
  if (found != record_.orders.end()) return &*found;
  const Order& order = faults_[id].order;
  Record::Ordered& ordered =
      record_.orders.emplace_back(Record::Ordered{.at = now_, .id = id, .settled = {}});
  if (const auto* reconfigure = std::get_if<Reconfigure>(&order)) ordered.members = reconfigure->members;
  if (const auto* transfer = std::get_if<Transfer>(&order)) ordered.successor = transfer->to;
  return &ordered;
}

// An order comes like a message: not to a node that is down, later to one that is paused or slow.
void World::give_order(OrderId id, NodeId node) {
  find_order(id)->asked.push_back(identity(node));
  const Event event{
      .kind = Event::Kind::order, .node = node.value, .handle = id, .incarnation = machine(node).incarnation};
  queue_.push(now_, Rank::delivery, event);
}

// Two replicas that take each other for the leader don't send the operator round for ever.
void World::refuse(NodeId node, OrderId id, std::string_view why, std::optional<NodeId> instead) {
  Record::Ordered& order = *find_order(id);
  const bool another = instead && *instead != identity(node) && instead->value < replicas();
  if (another && order.asked.size() <= replicas()) return give_order(id, *instead);
  settle_order(order, Fate::refused, why);
}

void World::give_up(OrderId id, std::string_view why) { settle_order(*find_order(id), Fate::given_up, why); }

void World::carried_out(OrderId id) { settle_order(*find_order(id), Fate::carried_out); }

// An order that was given up may come about all the same; no other outcome is taken back.
void World::settle_order(Record::Ordered& order, Fate fate, std::string_view why) {
  const bool open = order.fate == Fate::under_way;
  if (!open && !(order.fate == Fate::given_up && fate == Fate::carried_out)) return;
  order.fate = fate;
  order.why = why;
  order.settled = now_;
}

void World::settle_order_to_nobody(OrderId id, std::string_view why) {
  settle_order(*find_order(id), Fate::unreachable, why);
}

void World::settle_orders_of(NodeId crashed) {
  for (Record::Ordered& order : record_.orders) {
    if (!order.asked.empty() && order.asked.back() == crashed)
      settle_order(order, Fate::given_up, "the replica that took it crashed");
  }
}

// A transfer ends when the next replica begins to lead, whoever that is.
void World::settle_transfers(NodeId leads) {
  for (Record::Ordered& order : record_.orders) {
    if (!order.successor || order.fate != Fate::under_way) continue;
    const bool as_ordered = *order.successor == identity(leads);
    settle_order(order, as_ordered ? Fate::carried_out : Fate::given_up,
                 as_ordered ? "" : "another replica was elected");
  }
}

// Settles the latest one if its members are the declared ones; an older one was about other members.
void World::settle_reconfiguration(const NodeSet& members) {
  const auto latest = std::find_if(record_.orders.rbegin(), record_.orders.rend(), [](const auto& order) {
    return !order.members.empty() && (order.fate == Fate::under_way || order.fate == Fate::given_up);
  });
  if (latest == record_.orders.rend() || latest->members.size() != members.size()) return;
  const auto is_member = [&](NodeId id) { return members.contains(id); };
  if (std::ranges::all_of(latest->members, is_member)) settle_order(*latest, Fate::carried_out);
}

}  // namespace sim
