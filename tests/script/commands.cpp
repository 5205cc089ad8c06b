// The commands of a script, one by one.
#include <algorithm>

#include "sim/history/vocabulary.hpp"
#include "sim/scenario/units.hpp"
#include "sim/workload/text.hpp"
#include "tests/script/player.hpp"

namespace script {
namespace {

Duration duration_in(const Words& words) {
  const auto duration = words.size() == 2 ? parse_duration(words[1]) : std::nullopt;
  if (!duration || *duration < 0ns) refuse("expected a duration, such as 50ms");
  return *duration;
}

std::uint32_t key_in(const std::string& name) {
  for (std::uint32_t key = 0; key < 1000; ++key) {
    if (key_name(key) == name) return key;
  }
  refuse("there is no key " + name + "; keys are x, y, z, k3, k4 ...");
}

/// `write x=1`, `read x`, `cas x=1->2`, `append x=1`, `add 1`, `stamp x`, `draw x`.
Command command_in(const std::string& action, const std::string& what) {
  Command command;
  const auto actions = {Action::read, Action::write, Action::cas, Action::append,
                        Action::add,  Action::stamp, Action::draw};
  const auto found = std::ranges::find(actions, action, [](Action a) { return action_name(a); });
  if (found == actions.end()) refuse("clients can't " + action);
  command.action = *found;
  if (command.action == Action::add) {
    command.argument = number_in<std::int64_t>(what);
    return command;
  }
  const auto equals = what.find('='), arrow = what.find("->");
  command.key = key_in(what.substr(0, equals));
  if (equals == std::string::npos) return command;
  std::string argument = what.substr(equals + 1);
  if (arrow != std::string::npos) {
    const std::string expected = what.substr(equals + 1, arrow - equals - 1);
    command.expects_nil = expected == "nil";
    if (!command.expects_nil) command.expected = number_in<std::int64_t>(expected);
    argument = what.substr(arrow + 2);
  }
  command.argument = number_in<std::int64_t>(argument);
  return command;
}

}  // namespace

void Player::request(const Words& words) {
  const bool directed = words.size() == 6 && words[4] == "to";
  if (words.size() != 4 && !directed) refuse("expected such as: request c0 write x=1, or ... read x to 2");
  const Command command = command_in(words[2], words[3]);
  if (command.key >= scenario_->setup.keys) refuse("the service has no key " + key_name(command.key));
  hand().call(client(words[1]), command, directed ? std::optional(node(words[5])) : std::nullopt);
  drain();
}

void Player::deliver(const Words& words) {
  for (const Pending& message : matching(words)) {
    if (is_paused(message.event)) refuse(to(message.event) + " is paused: what comes must wait on the wire");
    transcript_->heading(label(message.event));
    happen(message);
  }
}

void Player::drop(const Words& words) {
  const Wire messages = matching(words);
  for (const Pending& message : messages) hand().lose(message.ticket);
  transcript_->line("lost: " + labels(messages));
}

void Player::duplicate(const Words& words) {
  for (const Pending& message : matching(words)) {
    hand().duplicate(message.ticket);
    transcript_->line(label(message.event) + " is on the wire twice");
  }
}

void Player::fire(const Words& words) {
  if (words.size() != 3) refuse("expected such as: fire 1 election, or: fire c0 retry");
  if (words[1].starts_with('c')) return fire_client(words[1], words[2]);
  const NodeId who = running(words[1]);
  for (std::uint8_t timer = 0; timer < 32; ++timer) {
    if (world_->host().timer_name(timer) != words[2]) continue;
    if (!hand().fire(who, timer)) refuse("the timer " + words[2] + " of " + words[1] + " is not set");
    return drain();
  }
  refuse("the protocol has no timer " + words[2]);
}

void Player::fire_client(const std::string& who, const std::string& what) {
  using Wake = ClientPort::Wake;
  const std::map<std::string, Wake> names{{"retry", Wake::retry},
                                          {"retransmit", Wake::retransmit},
                                          {"give_up", Wake::give_up},
                                          {"ping", Wake::ping}};
  const auto name = names.find(what);
  if (name == names.end()) refuse("a client's timers are retry, retransmit, give_up and ping");
  const auto tag = static_cast<std::uint8_t>(name->second);
  for (const Pending& p : world_->pending()) {
    if (p.event.kind != Event::Kind::client_timer || p.event.tag != tag) continue;
    if (p.event.node != client(who).value) continue;
    happen(p);  // to no effect if the request is answered already
    if (transcript_->has_lines()) return;
  }
  refuse("the timer " + what + " of " + who + " is not set");
}

void Player::persist(const Words& words) {
  if (words.size() != 2) refuse("expected such as: persist 1");
  const NodeId who = running(words[1]);
  bool any = false;
  for (const Pending& p : world_->pending()) {
    if (p.event.kind != Event::Kind::persisted || p.event.node != who.value) continue;
    any = true;
    happen(p);
  }
  if (!any) refuse(words[1] + " waits for no write");
}

void Player::crash(const Words& words) {
  if (words.size() != 2) refuse("expected such as: crash 1");
  const NodeId who = node(words[1]);
  if (replicas_.lives[who.value] == Life::down) refuse(words[1] + " is down");
  strike(Fault::Kind::crash, who);
  replicas_.lives[who.value] = Life::down;
  transcript_->forget(who);
}

void Player::restart(const Words& words) {
  const std::map<std::string, DiskFate> fates{
      {"kept", DiskFate::kept}, {"tail_lost", DiskFate::tail_lost}, {"lost", DiskFate::lost}};
  const auto fate = fates.find(words.size() == 4 && words[2] == "disk" ? words[3] : "kept");
  if ((words.size() != 2 && words.size() != 4) || fate == fates.end())
    refuse("expected such as: restart 1, or: restart 1 disk lost, or tail_lost");
  const NodeId who = node(words[1]);
  if (replicas_.lives[who.value] != Life::down) refuse(words[1] + " is not down");
  replicas_.lives[who.value] = Life::up;
  hand().begin_fault(
      {.kind = Fault::Kind::restart, .victim = {Victim::Kind::number, who}, .disk = {fate->second}});
  if (slow_disk_) strike(Fault::Kind::disk, who);
  drain();
}

void Player::fail(const Words& words) {
  if (words.size() != 2) refuse("expected such as: fail 1");
  strike(Fault::Kind::fail_stop, running(words[1]));
  replicas_.lives[node(words[1]).value] = Life::down;
}

void Player::tell(const Words& words) {
  if (words.size() != 4 || words[2] != "failed") refuse("expected such as: tell 2 failed 1, or tell all ...");
  bool any = false;
  for (const Pending& p : world_->pending()) {
    if (p.event.kind != Event::Kind::told || p.event.peer != node(words[3]).value) continue;
    if (words[1] != "all" && p.event.node != node(words[1]).value) continue;
    if (words[1] == "all") transcript_->heading(std::to_string(p.event.node) + " is told");
    any = true;
    happen(p);
  }
  if (!any) refuse("there is no such news");
}

void Player::pause(const Words& words) {
  if (words.size() != 2) refuse("expected such as: pause 1");
  const NodeId who = running(words[1]);
  replicas_.pauses[who.value] = strike(Fault::Kind::pause, who);
  replicas_.lives[who.value] = Life::paused;
}

void Player::resume(const Words& words) {
  const auto found = words.size() == 2 ? replicas_.pauses.find(node(words[1]).value) : replicas_.pauses.end();
  if (found == replicas_.pauses.end()) refuse("expected such as: resume 1, for a replica that is paused");
  hand().end_fault(found->second);
  replicas_.lives[found->first] = Life::up;
  replicas_.pauses.erase(found);
  drain();
}

void Player::partition(const Words& words) {
  Fault fault{.kind = Fault::Kind::partition};
  fault.groups.emplace_back();
  for (std::size_t i = 1; i < words.size(); ++i) {
    const bool is_client = words[i].starts_with('c');
    if (words[i] == "|") {
      fault.groups.emplace_back();
    } else if (is_client) {
      const auto index = scenario_->setup.replicas + client(words[i]).value;
      fault.groups.back().push_back({static_cast<std::uint32_t>(index)});
    } else {
      fault.groups.back().push_back({node(words[i]).value});
    }
  }
  if (fault.groups.size() < 2) refuse("expected such as: partition 0 1 | 2 c0");
  hand().begin_fault(fault);
}

void Player::heal() { hand().begin_fault({.kind = Fault::Kind::heal}); }

void Player::order(const Words& words) {
  Fault fault{.victim = {Victim::Kind::number, words.size() > 3 ? running(words[1]) : NodeId{}}};
  if (words.size() == 4 && words[2] == "transfer") {
    fault.kind = Fault::Kind::transfer;
    fault.order = Transfer{node(words[3])};
  } else if (words.size() > 3 && words[2] == "members") {
    fault.kind = Fault::Kind::reconfigure;
    Reconfigure members;
    for (std::size_t i = 3; i < words.size(); ++i) members.members.push_back(node(words[i]));
    fault.order = members;
  } else {
    refuse("expected such as: order 0 transfer 2, or: order 0 members 0 1 2");
  }
  hand().begin_fault(fault);
  drain();
}

// Any entry of a scenario's list of faults; it strikes now, whatever time it names.
void Player::fault(const std::string& json) {
  Json with_fault = document();
  with_fault["faults"] = Json::array({parse_json(json, "fault")});
  for (const Fault& fault : read_scenario(with_fault, "").setup.faults) hand().begin_fault(fault);
  drain();
}

void Player::advance(const Words& words) { hand().advance(duration_in(words)); }

// Time passes as usual: messages arrive at once, timers fire when they are due.
void Player::run(const Words& words) {
  const Time until = world_->now() + duration_in(words);
  transcript_->be_brief(true);
  for (int events = 0; events < 100'000; ++events) {
    const auto pending = world_->pending();
    const bool quiet = pending.empty() || pending.front().when > until;
    if (quiet) break;
    transcript_->heading(label(pending.front().event));
    hand().happen(pending.front().ticket);
  }
  if (world_->now() < until) hand().advance(until - world_->now());
  drain();
  transcript_->be_brief(false);
}

void Player::settle() {
  transcript_->be_brief(true);
  for (int events = 0;; ++events) {
    const Wire all = wire();
    const auto next = std::ranges::find_if(all, [&](const Pending& p) { return !is_paused(p.event); });
    if (next == all.end()) break;
    if (events > 10'000) refuse("messages lead to messages without end");
    transcript_->heading(label(next->event));
    happen(*next);
  }
  transcript_->be_brief(false);
}

void Player::show() {
  for (std::uint16_t i = 0; i < replicas_.lives.size(); ++i) {
    const std::string name = std::to_string(i) + ' ';
    if (replicas_.lives[i] == Life::down) {
      transcript_->line(name + "is down");
      continue;
    }
    transcript_->line(name + transcript_->summary(NodeId{i}) +
                      (replicas_.lives[i] == Life::paused ? "  paused" : ""));
  }
  if (const Wire messages = wire(); !messages.empty()) transcript_->line("on the wire: " + labels(messages));
}

// A world is a value: what if it had gone on otherwise from here?
void Player::mark() { mark_.reset(new Mark{*world_, replicas_, *transcript_}); }

void Player::back() {
  if (!mark_) refuse("there is no mark to go back to");
  world_.emplace(mark_->world);
  world_->trace_to(&*transcript_);
  replicas_ = mark_->replicas;
  transcript_->recall(mark_->transcript);
}

}  // namespace script
