// Which messages are under way, and which of them a command means.
#include <algorithm>
#include <stdexcept>

#include "tests/script/player.hpp"

namespace script {
namespace {

/// `0`, `0,2`, `c1` or `*`, which stands for any and gives an empty list.
std::vector<std::string> ends_in(const std::string& text) {
  std::vector<std::string> ends;
  if (text == "*") return ends;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t comma = std::min(text.find(',', at), text.size());
    ends.push_back(text.substr(at, comma - at));
    at = comma + 1;
  }
  return ends;
}

Pattern pattern_in(const Words& words) {
  Pattern pattern;
  std::size_t at = 1;
  const auto word = [&] { return at < words.size() ? words[at] : std::string(); };
  if (word() == "first" || word() == "last") {
    pattern.which = word() == "first" ? Pattern::Which::first : Pattern::Which::last;
    ++at;
  }
  if (word() == "all") {
    ++at;
  } else if (!word().empty() && word().find("->") == std::string::npos) {
    pattern.type = words[at++];
  }
  if (const auto arrow = word().find("->"); arrow != std::string::npos) {
    pattern.from = ends_in(word().substr(0, arrow));
    pattern.to = ends_in(word().substr(arrow + 2));
    ++at;
  }
  if (at != words.size() || words.size() == 1)
    throw std::runtime_error("expected which messages: all, Append, 0->1, Append 0->1,2, first *->0 ...");
  return pattern;
}

}  // namespace

bool Pattern::matches(const std::string& message_type, const std::string& sender,
                      const std::string& receiver) const {
  const auto among = [](const std::vector<std::string>& ends, const std::string& end) {
    return ends.empty() || std::ranges::find(ends, end) != ends.end();
  };
  return (type.empty() || type == message_type) && among(from, sender) && among(to, receiver);
}

// What a replica sends to itself and what it waits for happens at once, and so does what goes between clients
// and replicas, unless the script is about that.
bool Player::automatic(const Event& event) const {
  switch (event.kind) {
    case Event::Kind::deliver: return from(event) == to(event);
    case Event::Kind::request:
    case Event::Kind::reply: return !slow_clients_;
    case Event::Kind::persisted: return !slow_disk_;
    case Event::Kind::order:
    case Event::Kind::turn: return true;
    default: return false;
  }
}

void Player::drain() {
  for (bool more = true; more;) {
    const auto pending = world_->pending();
    const auto next = std::ranges::find_if(pending, [&](const Pending& p) { return automatic(p.event); });
    more = next != pending.end();
    if (more) hand().happen(next->ticket);
  }
}

void Player::happen(const Pending& pending) {
  hand().happen(pending.ticket);
  drain();
}

std::string Player::type_of(const Event& event) const {
  if (event.kind == Event::Kind::request) return "Request";
  if (event.kind == Event::Kind::reply) return "Reply";
  return std::string(world_->host().message_name(event.tag));
}

std::string Player::from(const Event& event) const { return transcript_->name_of(world_->ends(event).first); }

std::string Player::to(const Event& event) const {
  if (is_message(event)) return transcript_->name_of(world_->ends(event).second);
  if (event.kind == Event::Kind::client_timer) return 'c' + std::to_string(event.node);
  return std::to_string(world_->identity(NodeId{event.node}).value);
}

bool Player::is_paused(const Event& event) const {
  if (event.kind == Event::Kind::reply) return false;
  return replicas_.lives[world_->identity(NodeId{event.node}).value] == Life::paused;
}

std::string Player::label(const Event& event) const {
  if (is_message(event)) return type_of(event) + ' ' + from(event) + "->" + to(event);
  if (event.kind == Event::Kind::timer)
    return to(event) + "'s timer " + std::string(world_->host().timer_name(event.tag));
  if (event.kind == Event::Kind::client_timer) return to(event) + "'s timer";
  if (event.kind == Event::Kind::persisted) return to(event) + "'s disk";
  return to(event) + " is told";
}

// Messages of one kind from one sender together: `Append 0->1,2`.
std::string Player::labels(const Wire& messages) const {
  std::string text, kind;
  for (const Pending& p : messages) {
    const std::string next = type_of(p.event) + ' ' + from(p.event) + "->";
    text += next == kind ? "," : (text.empty() ? "" : "; ") + next;
    text += to(p.event);
    kind = next;
  }
  return text;
}

Player::Wire Player::wire() const {
  Wire wire;
  for (const Pending& p : world_->pending()) {
    if (on_wire(p.event)) wire.push_back(p);
  }
  std::ranges::sort(wire, {}, &Pending::ticket);
  return wire;
}

Player::Wire Player::matching(const Words& words) const {
  const Pattern pattern = pattern_in(words);
  Wire found = wire();
  std::erase_if(found, [&](const Pending& p) {
    return !pattern.matches(type_of(p.event), from(p.event), to(p.event));
  });
  if (found.empty()) throw std::runtime_error("no such message is on the wire");
  if (pattern.which == Pattern::Which::first) found.erase(found.begin() + 1, found.end());
  if (pattern.which == Pattern::Which::last) found.erase(found.begin(), found.end() - 1);
  return found;
}

}  // namespace script
