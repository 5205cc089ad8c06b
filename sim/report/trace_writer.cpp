#include "sim/report/trace_writer.hpp"

#include <array>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "sim/history/vocabulary.hpp"
#include "sim/scenario/units.hpp"

namespace sim {
namespace {

std::int64_t nanoseconds(Time t) { return t.time_since_epoch().count(); }

std::string_view name_of(Role role) {
  constexpr std::array<std::string_view, 4> names{"none", "backup", "candidate", "primary"};
  return names[static_cast<std::size_t>(role)];
}

Json json_of(const Value& value) {
  if (const auto* n = value.as_number()) return *n;
  if (const auto* list = value.as_list()) return *list;
  if (const auto* text = value.as_text()) return *text;
  return nullptr;
}

bool has_output(Action action) { return output_of(action) != Output::none; }

std::string output_json(const Operation& operation) {
  if (output_of(operation.action) == Output::truth)
    return operation.output == Value{std::int64_t{1}} ? "true" : "false";
  return json_of(operation.output).dump();
}

}  // namespace

TraceWriter::TraceWriter(const Scenario& scenario, std::uint64_t seed, Sink sink)
    : replicas_(scenario.setup.replicas), sink_(std::move(sink)) {
  const Json head{{"repsim", "trace"},
                  {"version", 1},
                  {"scenario", scenario.name},
                  {"protocol", scenario.protocol},
                  {"seed", seed},
                  {"replicas", scenario.setup.replicas},
                  {"clients", scenario.setup.clients.options.count},
                  {"duration", scenario.setup.duration.count()},
                  {"settle", scenario.setup.settle.count()}};
  sink_(head.dump(-1, ' ', false, Json::error_handler_t::replace));
}

void TraceWriter::begin(Time at, std::string_view event) {
  line_.clear();
  fmt::format_to(std::back_inserter(line_), R"({{"t":{},"e":"{}")", nanoseconds(at), event);
}

void TraceWriter::end() {
  line_ += '}';
  sink_(line_);
}

// Names of events, messages and roles are identifiers: they need no escapes.
template <class T> void TraceWriter::add(std::string_view key, const T& value) {
  if constexpr (std::is_convertible_v<T, std::string_view>) {
    fmt::format_to(std::back_inserter(line_), R"(,"{}":"{}")", key, value);
  } else {
    fmt::format_to(std::back_inserter(line_), R"(,"{}":{})", key, value);
  }
}

void TraceWriter::add_end(std::string_view key, Endpoint e) {
  if (e.index < replicas_) return add(key, e.index);
  fmt::format_to(std::back_inserter(line_), R"(,"{}":"c{}")", key, e.index - replicas_);
}

void TraceWriter::add_ends(std::string_view key, const std::vector<Endpoint>& ends) {
  if (ends.size() == 1) return add_end(key, ends.front());
  const std::string list = groups_json({ends});
  fmt::format_to(std::back_inserter(line_), R"(,"{}":{})", key, list.substr(1, list.size() - 2));
}

void TraceWriter::message(Time at, std::string_view event, const Message& m) {
  begin(at, event);
  add_end("from", m.from);
  add_end("to", m.to);
  add("n", m.number);
  add("msg", m.type);
  if (m.copy) add("copy", true);
}

void TraceWriter::sent(Time at, const Message& m) {
  message(at, "send", m);
  end();
}

void TraceWriter::delivered(Time at, const Message& m) {
  message(at, "deliver", m);
  end();
}

void TraceWriter::lost(Time at, const Message& m, std::string_view why) {
  message(at, "lose", m);
  add("why", why);
  end();
}

void TraceWriter::timer_fired(Time at, NodeId node, std::uint8_t timer) {
  begin(at, "timer");
  add("node", node.value);
  add("timer", static_cast<unsigned>(timer));
  end();
}

void TraceWriter::became(Time at, NodeId node, Role role, std::uint64_t term) {
  begin(at, "role");
  add("node", node.value);
  add("role", name_of(role));
  if (term > 0) add("term", term);
  end();
}

void TraceWriter::suspects(Time at, NodeId by, NodeId of, bool suspected) {
  begin(at, suspected ? "suspect" : "trust");
  add("node", by.value);
  add("peer", of.value);
  end();
}

void TraceWriter::applied(Time at, NodeId node, RequestId request, std::uint64_t state) {
  begin(at, "apply");
  add("node", node.value);
  add("client", request.client.value);
  add("request", request.number);
  add("state", fmt::format("{:016x}", state));
  end();
}

void TraceWriter::installed(Time at, NodeId node, std::uint64_t state) {
  begin(at, "install");
  add("node", node.value);
  add("state", fmt::format("{:016x}", state));
  end();
}

void TraceWriter::fault(Time at, const Fault& fault, std::optional<NodeId> node) {
  using enum Fault::Kind;
  begin(at, "fault");
  // In a trace the node is just down from now on; the text says that it is for good.
  add("what", std::string_view(sim::name_of(fault.kind == fail_stop ? crash : fault.kind)));
  if (node) add("node", node->value);
  if (!fault.groups.empty()) line_ += R"(,"groups":)" + groups_json(fault.groups);
  if (fault.kind == cut) {
    add_ends("from", fault.from);
    add_ends("to", fault.to);
  }
  if (fault.until) add("until", fault.until->count());
  add("text", text_of(fault, node));
  end();
}

void TraceWriter::resumed(Time at, NodeId node) {
  begin(at, "fault");
  add("what", "resume");
  add("node", node.value);
  add("text", fmt::format("replica {} goes on", node.value));
  end();
}

void TraceWriter::settling(Time at) {
  begin(at, "fault");
  add("what", "settle");
  add("text", "faults are healed, clients stop");
  end();
}

void TraceWriter::called(Time at, std::uint32_t number, const Operation& operation) {
  begin(at, "call");
  add("client", operation.client.value);
  add("op", number);
  add("f", action_name(operation.action));
  add("key", operation.key);
  if (!operation.argument.is_nil()) line_ += R"(,"value":)" + json_of(operation.argument).dump();
  end();
}

void TraceWriter::returned(Time at, std::uint32_t number, const Operation& operation) {
  begin(at, "return");
  add("client", operation.client.value);
  add("op", number);
  add("outcome", outcome_name(operation.outcome));
  if (operation.outcome == Outcome::ok && has_output(operation.action)) {
    line_ += R"(,"output":)" + output_json(operation);
  }
  end();
}

std::string TraceWriter::name(Endpoint e) const {
  return e.index < replicas_ ? fmt::format("{}", e.index) : fmt::format("c{}", e.index - replicas_);
}

std::string TraceWriter::names(const std::vector<Endpoint>& ends) const {
  std::vector<std::string> all;
  for (const Endpoint end : ends) all.push_back(name(end));
  return fmt::format("{}", fmt::join(all, ", "));
}

std::string TraceWriter::groups_json(const Groups& groups) const {
  Json all = Json::array();
  for (const auto& group : groups) {
    Json names = Json::array();
    for (const auto e : group) names.push_back(e.index < replicas_ ? Json(e.index) : Json(name(e)));
    all.push_back(std::move(names));
  }
  return all.dump();
}

std::string TraceWriter::text_of(const Order& order) const {
  if (const auto* transfer = std::get_if<Transfer>(&order)) {
    return fmt::format("make {} the leader", transfer->to.value);
  }
  std::vector<std::uint16_t> members;
  for (const NodeId member : std::get<Reconfigure>(order).members) members.push_back(member.value);
  return fmt::format("make {} the members", fmt::join(members, ", "));
}

std::string TraceWriter::text_of(const MessageChoice& c) const {
  if (c.whole()) return "messages";
  const std::string some = c.probability < 1 ? "some " : c.pattern.empty() && c.nth.empty() ? "" : "chosen ";
  return some + (c.types.empty() ? "messages" : fmt::format("messages {}", fmt::join(c.types, ", ")));
}

std::string TraceWriter::text_of(const Omission& omission) const {
  std::string text = omission.messages.whole() ? "all messages" : text_of(omission.messages);
  using Of = Omission::Of;
  text += omission.of == Of::send ? " that it sends" : omission.of == Of::receive ? " that come to it" : "";
  if (!omission.towards) return text;
  return fmt::format("{}, on the links with {}", text, names(*omission.towards));
}

std::string TraceWriter::text_of(const DiskFound& found) {
  switch (found.fate) {
    case DiskFate::torn: return " with a torn record at the end of its disk";
    case DiskFate::corrupt:
      return fmt::format(" with a corrupt record on its disk, number {} from the last", found.writes);
    case DiskFate::lost_fsync: return fmt::format(" without the last {} writes to its disk", found.writes);
    default: return {};
  }
}

std::string TraceWriter::text_of(const DiskLaws& writes, const std::string& who) {
  if (writes.hang) return fmt::format("the disk of {} hangs", who);
  const bool constant = writes.delay.kind == DelayLaw::Kind::constant;
  const std::string time = constant ? to_text(writes.delay.min) : "a time of its own";
  return fmt::format("each {} of {} takes {}", writes.group_commit ? "flush" : "write", who, time);
}

std::string TraceWriter::text_of(const Fault& fault, std::optional<NodeId> node) const {
  const auto who = node ? fmt::format("replica {}", node->value) : std::string();
  switch (fault.kind) {
    case Fault::Kind::crash:
      return fault.amid
                 ? fmt::format("{} crashes as it sends: the first {} copies leave", who, fault.amid->first)
                 : who + " crashes";
    case Fault::Kind::restart: return who + " restarts" + text_of(fault.disk);
    case Fault::Kind::fail_stop: return who + " fails permanently, and all nodes are told";
    case Fault::Kind::pause: return who + " is paused";
    case Fault::Kind::slow: return fmt::format("{} takes {} for each event", who, to_text(fault.span));
    case Fault::Kind::clock:
      return fmt::format("the clock of {} is off by {} and gains {} ppb", who, to_text(fault.span),
                         fault.drift_ppb);
    case Fault::Kind::disk: return text_of(fault.writes, who);
    case Fault::Kind::partition: return "the network is partitioned";
    case Fault::Kind::overlap: return "the network is partitioned into overlapping groups";
    case Fault::Kind::cut:
      return fmt::format("{} from {} to {} are cut", text_of(fault.messages), names(fault.from),
                         names(fault.to));
    case Fault::Kind::network: return "the network's laws change";
    case Fault::Kind::heal: return "the network is healed";
    case Fault::Kind::reconfigure:
    case Fault::Kind::transfer: return fmt::format("{} is told: {}", who, text_of(fault.order));
    case Fault::Kind::byzantine: return who + " becomes Byzantine";
    case Fault::Kind::omission: return fmt::format("{} loses {}", who, text_of(fault.omission));
  }
  return {};
}

}  // namespace sim
