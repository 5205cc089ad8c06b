#include "sim/scenario/fault_entry.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "sim/protocol/plan.hpp"
#include "sim/scenario/disk_spec.hpp"
#include "sim/scenario/node_names.hpp"
#include "sim/scenario/omission_spec.hpp"

namespace sim {

namespace {

constexpr DurationRange kAnySpan{0ns, std::chrono::hours{24 * 365}};

// ------------------------------------------------------------------------------------------------ when

void describe_at(DocumentFields& f, Fault& x) {
  f.required().duration("at", x.at, kAnySpan, "time of the fault, from the start of the run");
  f.require(x.at <= f.context().end, "at", "a time up to the end of the chaos phase (\"duration\")");
  f.optional("spread", x.spread, "delays the fault by up to this much, drawn uniformly");
  f.require(!x.spread || (*x.spread >= 0ns && x.at + *x.spread <= f.context().end), "spread",
            "a time that keeps the fault within the chaos phase (\"duration\")");
}

void describe_span(DocumentFields& f, Fault& x) {
  const bool at = f.wants("at", false), from = f.wants("from", true);
  if (from) f.duration("from", x.at, kAnySpan, "begin of the fault, from the start of the run");
  if (at) f.duration("at", x.at, kAnySpan, "the same as \"from\"");
  f.require(at || from, "from", "the time when the fault begins");
  f.require(!at || !from, "at", "\"from\" or \"at\", not both");
  const std::string_view begin = from ? "from" : "at";
  f.require(x.at <= f.context().end, begin, "a time up to the end of the chaos phase (\"duration\")");
  f.optional("to", x.until,
             "end of the fault; by default that of the chaos phase, for the network a heal before it, for a "
             "clock that of the run");
  f.require(!x.until || *x.until > x.at, "to", "a time after the beginning");
  f.require(!x.until || *x.until <= f.context().end, "to",
            "a time up to the end of the chaos phase (\"duration\")");
}

bool names(const FaultEntry& e, Victim::Kind kind) {
  return std::ranges::find(e.victims.all, kind, &Victim::kind) != e.victims.all.end();
}
void describe_victims(DocumentFields& f, std::string_view name, FaultEntry& e, std::string_view about) {
  f.required().value(name, e.victims, about);
  f.require(!names(e, Victim::Kind::crashed), name, "running nodes; only a restart can strike a crashed one");
}

// ------------------------------------------------------------------------------------------------ what

void describe_after_messages(DocumentFields& f, Fault& x) {
  f.flag("after_messages", x.after_messages,
         "a node learns of the failure only after the last message that the failed node sent it");
}
void describe_crash(DocumentFields& f, FaultEntry& e) {
  describe_at(f, e.fault);
  describe_victims(f, "crash", e, "the node that crashes");
  InFlight in_flight{e.fault.in_flight_lost, e.fault.amid};
  f.value("in_flight", in_flight,
          "fate of the messages that it has sent; {\"first\": 2}: it crashes as it next sends something, and "
          "only the first two copies leave, in the order of sending");
  e.fault.in_flight_lost = in_flight.lost;
  e.fault.amid = std::move(in_flight.amid);
  f.optional("told_within", e.fault.told,
             "every running node learns of it within this time; by default never");
  describe_after_messages(f, e.fault);
}
void describe_restart(DocumentFields& f, FaultEntry& e) {
  describe_at(f, e.fault);
  f.required().value(
      "restart", e.victims,
      "the node that restarts: a number, \"crashed\", a list, or \"*\": all that have crashed");
  const bool fits = !e.victims.others && !names(e, Victim::Kind::primary) &&
                    !names(e, Victim::Kind::backup) && !names(e, Victim::Kind::any);
  f.require(fits, "restart", "a replica's number or \"crashed\"");
  describe_disk_found(f, e.fault.disk);
}
void describe_fail_stop(DocumentFields& f, FaultEntry& e) {
  describe_at(f, e.fault);
  describe_victims(f, "fail_stop", e, "the node that fails permanently");
  f.duration("within", e.fault.span, kAnySpan, "every running node learns of it within this time");
  describe_after_messages(f, e.fault);
}
void describe_pause(DocumentFields& f, FaultEntry& e) {
  describe_span(f, e.fault);
  describe_victims(f, "pause", e, "the node that is paused");
}
void describe_slow(DocumentFields& f, FaultEntry& e) {
  describe_span(f, e.fault);
  describe_victims(f, "slow", e, "the node that is slow");
  f.required().duration("by", e.fault.span, kAnySpan, "time that each event keeps the node busy");
}
void describe_clock(DocumentFields& f, FaultEntry& e) {
  constexpr double kBillion = 1e9;
  constexpr Duration kFarOff = std::chrono::hours{24 * 365};
  describe_span(f, e.fault);
  describe_victims(f, "clock", e, "the node whose clock is wrong");
  f.duration("offset", e.fault.span, {-kFarOff, kFarOff}, "how far the clock is ahead; negative: behind");
  double drift = static_cast<double>(e.fault.drift_ppb) / kBillion;
  f.number("drift", drift, {-0.5, 0.5}, "seconds that the clock gains per second");
  e.fault.drift_ppb = static_cast<std::int64_t>(drift * kBillion + (drift < 0 ? -0.5 : 0.5));
}
void describe_disk(DocumentFields& f, FaultEntry& e) {
  describe_span(f, e.fault);
  describe_victims(f, "disk", e, "the node whose disk is slow, or hangs");
  describe_disk_laws(f, e.fault.writes, e.delay);
}

bool names_one_twice(const Groups& groups, bool across) {
  std::vector<Endpoint> seen;
  for (const auto& group : groups) {
    if (!across) seen.clear();
    for (const auto e : group) {
      if (std::ranges::find(seen, e) != seen.end()) return true;
      seen.push_back(e);
    }
  }
  return false;
}
void describe_partition(DocumentFields& f, FaultEntry& e) {
  describe_span(f, e.fault);
  f.required().value(
      "partition", e.fault.groups,
      "groups that can't talk to each other, of nodes, roles and regions; unlisted replicas form another "
      "group; \"others\" are the replicas that no group names, \"*\" all such nodes");
  f.require(!e.fault.groups.empty(), "partition", "at least one group of nodes");
  f.require(!names_one_twice(e.fault.groups, true), "partition",
            "each node once (\"overlap\" allows bridges)");
}
void describe_overlap(DocumentFields& f, FaultEntry& e) {
  describe_span(f, e.fault);
  f.required().value("overlap", e.fault.groups, "groups that may share members, which bridge them");
  f.require(!e.fault.groups.empty(), "overlap", "at least one group of nodes");
  f.require(!names_one_twice(e.fault.groups, false), "overlap", "each node once in a group");
}
void describe_cut(DocumentFields& f, FaultEntry& e) {
  describe_span(f, e.fault);
  Ends ends{e.fault.from, e.fault.to};
  f.required().value("cut", ends,
                     "[from, to]: messages in this direction are lost, the other direction is not affected; "
                     "each is a node, a role, \"others\", \"*\", a region or a list");
  e.fault.from = std::move(ends.from);
  e.fault.to = std::move(ends.to);
  describe_choice(f, e.fault.messages, !e.fault.messages.whole());
}
void describe_network(DocumentFields& f, FaultEntry& e) {
  describe_span(f, e.fault);
  if (!e.network) {
    e.network = f.context().network != nullptr ? *f.context().network : NetworkSpec{};
    e.network->usual_links = true;
  }
  f.required().value("network", *e.network, "network settings that differ during the fault; all others stay");
}
void describe_heal(DocumentFields& f, FaultEntry& e) {
  describe_at(f, e.fault);
  bool all = true;
  f.required().flag("heal", all, "true: ends every partition, overlap, cut and change of the network");
  f.require(all, "heal", "true");
}
// The part of the fault's order that is of type T; an empty T while it has none.
template <class T> T order_of(const Fault& fault) {
  const T* order = std::get_if<T>(&fault.order);
  return order != nullptr ? *order : T{};
}
void describe_order(DocumentFields& f, Fault& x) {
  describe_at(f, x);
  f.value("by", x.victim, "the node that gets the order: a number, or \"primary\" (default)");
  f.require(x.victim.kind == Victim::Kind::number || x.victim.kind == Victim::Kind::primary, "by",
            "a replica's number or \"primary\"");
}
void describe_reconfigure(DocumentFields& f, FaultEntry& e) {
  describe_order(f, e.fault);
  auto order = order_of<Reconfigure>(e.fault);
  f.required().value("reconfigure", order.members, "the new set of members");
  auto sorted = order.members;
  std::ranges::sort(sorted);
  const bool once = std::ranges::adjacent_find(sorted) == sorted.end();
  f.require(once && !sorted.empty(), "reconfigure", "at least one replica, each once");
  e.fault.order = std::move(order);
}
void describe_transfer(DocumentFields& f, FaultEntry& e) {
  describe_order(f, e.fault);
  auto order = order_of<Transfer>(e.fault);
  f.required().value("transfer", order.to, "the new primary");
  e.fault.order = order;
}
// The protocol's own attacks by name; of all protocols when no protocol has been chosen yet.
enum class AttackNumber : std::uint8_t { none };
Fields::Names<AttackNumber> attacks_of(const ProtocolPlan* plan) {
  Fields::Names<AttackNumber> names{{"none", AttackNumber::none}};
  const auto add = [&](const ProtocolPlan& p) {
    for (const auto& [name, number] : p.attacks()) names.emplace_back(name, AttackNumber{number});
  };
  if (plan != nullptr) {
    add(*plan);
  } else {
    for (const auto& entry : protocols()) add(*entry.make_plan());
  }
  return names;
}
void ends(DocumentFields& f, std::string_view name, std::vector<Endpoint>& these, std::string_view about) {
  EndList list{these, true};
  f.value(name, list, about);
  these = std::move(list.ends);
}
void describe_byzantine(DocumentFields& f, FaultEntry& e) {
  describe_span(f, e.fault);
  describe_victims(f, "byzantine", e, "the nodes that violate the protocol: a replica, a role, or a list");
  Misbehaviour& m = e.fault.misbehaviour;
  ends(f, "silent", m.silent, "nodes to which it sends nothing");
  ends(f, "equivocate", m.equivocate, "nodes that get another version of each message than the rest");
  ends(f, "twin", m.twin, "nodes that talk to a second copy of it with the same name");
  f.number("mutate", m.mutate, {0, 1}, "share of messages in which one field is changed slightly");
  f.flag("wild", m.wild,
         "mutate and equivocate change a field to any value of its type instead of a close one");
  f.number("replay", m.replay, {0, 1}, "share of messages after which it resends an old one");
  f.duration("delay", m.delay, kAnySpan, "delay before each of its messages is sent");
  f.flag("lie", m.lie, "answers clients with a wrong value");
  f.flag("collude", m.collude, "treats other colluders correctly and tells the same lies as they do");
  auto attack = AttackNumber{m.attack};
  f.choice("attack", attack, attacks_of(f.context().plan), "a protocol-specific attack");
  m.attack = static_cast<std::uint8_t>(attack);
}
void describe_omits(DocumentFields& f, FaultEntry& e) {
  describe_span(f, e.fault);
  describe_victims(f, "omission", e, "the node that loses messages, and follows its program otherwise");
  describe_omission(f, e.fault.omission, true);
}
// Checked once all keys are known: a misspelt key says more than that the right one is missing.
void check_misbehaviour(const FaultEntry& e, const Json& json, const Place& place) {
  const Misbehaviour& m = e.fault.misbehaviour;
  if (Misbehaviour{.wild = m.wild, .collude = m.collude} != m) return;
  const std::string expected =
      "what the node does: silent, equivocate, twin, mutate, replay, delay, "
      "lie or attack";
  (place / "byzantine").unexpected(json["byzantine"], expected);
}
void describe_random(DocumentFields& f, FaultEntry& e) {
  if (!e.random) e.random.emplace(RandomFault{.rate = 0.1, .duration_mean = 500ms});
  RandomFault& r = *e.random;
  const auto process = [&](DocumentFields& g) {
    using Kind = Fault::Kind;
    const Fields::Names<Kind> kinds{{"crash", Kind::crash},
                                    {"pause", Kind::pause},
                                    {"slow", Kind::slow},
                                    {"omission", Kind::omission},
                                    {"partition", Kind::partition}};
    g.required().choice("kind", r.kind, kinds,
                        "the fault, each time on one node; a partition isolates that node");
    Rate rate{r.rate};
    g.required().value("rate", rate, "rate of faults in the whole cluster (a Poisson process)");
    r.rate = rate.per_second;
    g.duration("mean", r.duration_mean, {1ns, kAnySpan.max}, "mean of the exponential duration");
    describe_disk_found(g, r.disk);
    g.duration("by", r.span, kAnySpan, "for slow: time that each event keeps the node busy");
    describe_omission(g, r.omission, r.kind == Kind::omission);
  };
  f.required().object("random", process, "faults at random times, each of random length");
  f.whole("at_once", e.at_once, {1, 1000}, "the most nodes that are crashed at a time");
}

struct FaultForm {
  NamedThing named;
  Fault::Kind kind;
  void (*describe)(DocumentFields&, FaultEntry&);
};
using Kind = Fault::Kind;
// "restart" comes before "disk", which is also one of its options.
constexpr std::array<FaultForm, 17> kFaultForms{{
    {{"crash", "the node loses its volatile state and all messages sent to it",
      R"({"at": "5s", "crash": "primary", "in_flight": {"first": 1}})"},
     Kind::crash,
     describe_crash},
    {{"restart", "a crashed node restarts with what its disk holds",
      R"({"at": "9s", "restart": "crashed", "disk": "tail_lost"})"},
     Kind::restart,
     describe_restart},
    {{"fail_stop", "a permanent crash that is reported to all nodes",
      R"({"at": "5s", "fail_stop": 2, "within": "10ms"})"},
     Kind::fail_stop,
     describe_fail_stop},
    {{"pause", "the node stops working; messages to it wait",
      R"({"from": "5s", "to": "6s", "pause": ["primary", "backup"]})"},
     Kind::pause,
     describe_pause},
    {{"slow", "each event keeps the node busy for a while",
      R"({"from": "5s", "to": "6s", "slow": "others", "by": "2ms"})"},
     Kind::slow,
     describe_slow},
    {{"clock", "the node's clock is wrong or drifts",
      R"({"at": "5s", "clock": 1, "offset": "-200ms", "drift": 0.0001})"},
     Kind::clock,
     describe_clock},
    {{"disk", "the node's disk is slow, or hangs: what waits for a write waits, and heartbeats go on",
      R"({"from": "5s", "to": "6s", "disk": "primary", "hang": true})"},
     Kind::disk,
     describe_disk},
    {{"partition", "groups of nodes can't talk to each other",
      R"({"from": "5s", "to": "6s", "partition": [["primary"], ["others"]]})"},
     Kind::partition,
     describe_partition},
    {{"overlap", "groups can talk only through shared members",
      R"({"from": "5s", "to": "6s", "overlap": [[0, 1], [1, 2]]})"},
     Kind::overlap,
     describe_overlap},
    {{"cut", "one direction of links is cut, for all messages or some",
      R"({"from": "5s", "to": "6s", "cut": ["primary", "others"], "nth": [2]})"},
     Kind::cut,
     describe_cut},
    {{"byzantine", "the node violates the protocol",
      R"({"from": "5s", "byzantine": 2, "silent": [0], "mutate": 0.1})"},
     Kind::byzantine,
     describe_byzantine},
    {{"omission", "the node loses messages that it sends or gets, unnoticed; judges hold it to its word",
      R"({"from": "2s", "to": "3s", "omission": "primary", "of": "send", "probability": 0.1})"},
     Kind::omission,
     describe_omits},
    {{"network", "the network's delay, loss or order changes for a time, for all messages or some",
      R"({"from": "5s", "to": "6s", "network": {"links": [{"from": "primary", "to": "*", "loss": 0.5}]}})"},
     Kind::network,
     describe_network},
    {{"heal", "ends partitions, cuts and network changes", R"({"at": "7s", "heal": true})"},
     Kind::heal,
     describe_heal},
    {{"reconfigure", "an operator order: change the members", R"({"at": "5s", "reconfigure": [0, 1, 2]})"},
     Kind::reconfigure,
     describe_reconfigure},
    {{"transfer", "an operator order: change the primary", R"({"at": "5s", "transfer": 2})"},
     Kind::transfer,
     describe_transfer},
    {{"random", "faults at random times",
      R"({"random": {"kind": "crash", "rate": "0.2/s", "mean": "500ms"}, "at_once": 1})"},
     Kind::crash,
     describe_random},
}};

const FaultForm& form_of(const FaultEntry& entry) {
  if (entry.random) return kFaultForms.back();
  return *std::ranges::find(kFaultForms, entry.fault.kind, &FaultForm::kind);
}

[[noreturn]] void no_such_fault(const Json& json, const Place& place) {
  std::vector<std::string> names;
  for (const auto& form : kFaultForms) names.emplace_back(form.named.name);
  for (const auto& [key, value] : json.items()) {
    const std::string near = key == "at" || key == "to" || key == "from" ? "" : nearest(key, names);
    if (!near.empty()) (place / key).fail(fmt::format("unknown key {}", shown(key)), {}, near);
  }
  place.unexpected(json, fmt::format("one of the faults {}", fmt::join(names, ", ")));
}

}  // namespace

std::vector<NamedThing> fault_forms() {
  std::vector<NamedThing> all;
  for (const auto& form : kFaultForms) all.push_back(form.named);
  return all;
}

void JsonValue<FaultEntry>::read(FaultEntry& value, const Json& json, const Place& place) {
  if (!json.is_object()) place.unexpected(json, "a fault such as {\"at\": \"5s\", \"crash\": \"primary\"}");
  const auto form =
      std::ranges::find_if(kFaultForms, [&](const FaultForm& f) { return json.contains(f.named.name); });
  if (form == kFaultForms.end()) no_such_fault(json, place);
  value = FaultEntry{};
  value.fault.kind = form->kind;
  if (is_order(form->kind)) value.fault.victim.kind = Victim::Kind::primary;
  read_object(json, place, [&](DocumentFields& f) { form->describe(f, value); });
  if (form->kind == Kind::byzantine) check_misbehaviour(value, json, place);
  if (form->kind == Kind::disk) check_disk_laws(value.fault.writes, value.delay, place);
  if (value.network) {
    value.fault.laws = laws_of(*value.network, place / "network");
    value.fault.links_of_roles = role_links_of(*value.network, value.fault.laws, place / "network");
  }
}

Json JsonValue<FaultEntry>::write(const FaultEntry& value, Context& context) {
  FaultEntry copy = value;
  return write_object(context, [&](DocumentFields& f) { form_of(value).describe(f, copy); });
}

Json JsonValue<FaultEntry>::schema() {
  Json forms = Json::array();
  for (const auto& form : kFaultForms) {
    FaultEntry entry;
    forms.push_back(schema_of_object([&](DocumentFields& f) { form.describe(f, entry); }));
  }
  return {{"anyOf", std::move(forms)}};
}

}  // namespace sim
