#include "tests/script/player.hpp"

#include <algorithm>

namespace script {

Words words_of(std::string_view text) {
  Words words;
  for (std::size_t at = text.find_first_not_of(' '); at != std::string_view::npos;) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    words.emplace_back(text.substr(at, end - at));
    at = text.find_first_not_of(' ', end);
  }
  return words;
}

// ---- settings

void Player::set(const std::string& name, const std::string& value) {
  const auto known = {"protocol", "replicas", "clients", "service", "retry", "disk", "seed", "channels"};
  if (std::ranges::find(known, name) == known.end()) {
    refuse("unknown setting " + name +
           "; there are protocol, replicas, clients, channels, service, retry, disk, seed");
  }
  settings_[name] = value;
}

// The script as a scenario, so that the scenario's reader checks options and fills in what isn't said. Its
// clients call nothing by themselves, and its messages take no time.
Json Player::document() const {
  const auto value = [&](const char* name, const char* otherwise) {
    const auto found = settings_.find(name);
    return found == settings_.end() ? std::string(otherwise) : found->second;
  };
  const std::string protocol = value("protocol", "");
  const auto space = std::min(protocol.find(' '), protocol.size());
  Json options = space < protocol.size() ? parse_json(protocol.substr(space), "options") : Json::object();
  Json named = {{"name", protocol.substr(0, space)}};
  named.update(options);
  const Words service = words_of(value("service", "kv 3"));
  Json kind = {{"name", service.at(0)}};
  if (service.size() > 1) kind["keys"] = number_in<std::uint32_t>(service[1]);
  Json clients = {{"every", "8000h"}, {"timeout", "100s"}, {"retry", value("retry", "100ms")}};
  const ProtocolEntry* entry = find_protocol(protocol.substr(0, space));
  const bool serves = entry == nullptr || entry->make_plan()->serves_clients();
  clients["count"] = number_in<std::uint32_t>(value("clients", serves ? "1" : "0"));
  return {{"name", "script"},
          {"seed", number_in<std::uint64_t>(value("seed", "1"))},
          {"duration", "1000h"},
          {"settle", "0s"},
          {"replicas", number_in<std::uint32_t>(value("replicas", "3"))},
          {"protocol", named},
          {"service", kind},
          {"clients", clients},
          {"network", {{"delay", {{"constant", "0ms"}}}}}};
}

void Player::start() {
  if (world_) refuse("the script has started already");
  scenario_ = read_scenario(document(), "");
  const std::size_t replicas = scenario_->setup.replicas;
  slow_disk_ = settings_["disk"] == "slow";
  slow_clients_ = settings_["channels"] == "slow";
  replicas_.lives.assign(replicas, Life::up);
  transcript_.emplace(replicas);
  world_.emplace(scenario_->setup, scenario_->seed, scenario_->plan->make_host(replicas), &*transcript_);
  transcript_->watch(*world_);
  for (std::uint16_t i = 0; slow_disk_ && i < replicas; ++i) strike(Fault::Kind::disk, NodeId{i});
  drain();
}

// ---- commands

std::string Player::command(const std::string& text) {
  const Words words = words_of(text);
  if (words.empty()) refuse("a command is missing");
  const std::string& name = words[0];
  if (name != "start" && !world_) refuse("the first command must be start");
  const std::map<std::string_view, std::function<void()>> commands{
      {"start", [&] { start(); }},
      {"request", [&] { request(words); }},
      {"deliver", [&] { deliver(words); }},
      {"drop", [&] { drop(words); }},
      {"duplicate", [&] { duplicate(words); }},
      {"fire", [&] { fire(words); }},
      {"persist", [&] { persist(words); }},
      {"crash", [&] { crash(words); }},
      {"restart", [&] { restart(words); }},
      {"fail", [&] { fail(words); }},
      {"tell", [&] { tell(words); }},
      {"pause", [&] { pause(words); }},
      {"resume", [&] { resume(words); }},
      {"partition", [&] { partition(words); }},
      {"heal", [&] { heal(); }},
      {"order", [&] { order(words); }},
      {"fault", [&] { fault(text.substr(text.find("fault") + 5)); }},
      {"advance", [&] { advance(words); }},
      {"run", [&] { run(words); }},
      {"settle", [&] { settle(); }},
      {"show", [&] { show(); }},
      {"mark", [&] { mark(); }},
      {"back", [&] { back(); }},
  };
  const auto found = commands.find(name);
  if (found == commands.end()) refuse("unknown command " + name);
  found->second();
  return transcript_->take();
}

// ---- names

NodeId Player::node(const std::string& word) const {
  const auto number = number_in<std::uint16_t>(word);
  if (number >= replicas_.lives.size()) refuse("there is no replica " + word);
  return NodeId{number};
}

NodeId Player::running(const std::string& word) const {
  const NodeId who = node(word);
  if (replicas_.lives[who.value] != Life::up) refuse(word + " does not run");
  return who;
}

ClientId Player::client(const std::string& word) const {
  const auto number =
      word.starts_with('c') ? number_in<std::uint16_t>(word.substr(1)) : std::uint16_t{0xffff};
  if (number >= scenario_->setup.clients.options.count) refuse("there is no client " + word);
  return ClientId{number};
}

std::uint32_t Player::strike(Fault::Kind kind, NodeId who) {
  Fault fault{.kind = kind, .victim = {Victim::Kind::number, who}, .span = 1ms};
  fault.writes.delay = DelayLaw::constant(1ms);
  return hand().begin_fault(fault);
}

}  // namespace script
