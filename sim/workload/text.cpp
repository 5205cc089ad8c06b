#include "sim/workload/text.hpp"

#include <array>

namespace sim {

std::string text_of(Duration duration) {
  constexpr std::int64_t kThousand = 1000;
  std::int64_t count = duration.count() / kThousand;
  if (count % kThousand != 0) return std::to_string(count) + "us";
  count /= kThousand;
  if (count % kThousand != 0) return std::to_string(count) + "ms";
  return std::to_string(count / kThousand) + "s";
}

std::string key_name(std::uint32_t key) {
  constexpr std::array<const char*, 3> letters{"x", "y", "z"};
  return key < letters.size() ? letters[key] : "k" + std::to_string(key);
}

std::string text_of(const Value& value) {
  if (const auto* n = value.as_number()) return std::to_string(*n);
  if (const auto* text = value.as_text()) return *text;
  const auto* list = value.as_list();
  if (list == nullptr) return "nil";
  std::string text = "[";
  for (const std::int64_t n : *list) text += (text.size() > 1 ? " " : "") + std::to_string(n);
  return text + ']';
}

std::string text_of(RequestId id) {
  return 'c' + std::to_string(id.client.value) + '#' + std::to_string(id.number);
}

std::string text_of(const Command& c) {
  const std::string key = key_name(c.key), argument = std::to_string(c.argument);
  switch (c.action) {
    case Action::read: return "read " + key;
    case Action::write: return "write " + key + '=' + argument;
    case Action::cas:
      return "cas " + key + '=' + (c.expects_nil ? "nil" : std::to_string(c.expected)) + "->" + argument;
    case Action::append: return "append " + key + '=' + argument;
    case Action::add: return "add " + argument;
    case Action::stamp: return "stamp " + key;
    case Action::draw: return "draw " + key;
    case Action::insert: return "insert " + argument;
    case Action::remove: return "remove " + argument;
    case Action::contains: return "contains " + argument;
    case Action::size: return "size";
    case Action::enqueue: return "enqueue " + argument;
    case Action::dequeue: return "dequeue";
    case Action::acquire: return "acquire";
    case Action::release: return "release";
    default: return {};  // no service has the others
  }
}

std::string text_of(const Request& r) {
  if (r.ping) return 'c' + std::to_string(r.id.client.value) + " ping";
  return text_of(r.id) + ' ' + text_of(r.command) + (r.again ? " again" : "");
}

std::string text_of(const Stamp& s) {
  return '(' + std::to_string(s.number) + ',' + std::to_string(s.owner) + ')';
}

std::string text_of(const Asked& a) {
  if (!a.chosen) return text_of(a.request);
  return text_of(a.request) + ", chosen " + text_of(a.chosen->value) + '@' + text_of(a.chosen->stamp);
}

std::string text_of(const Change& c) {
  const std::string key = key_name(c.key), value = std::to_string(c.value);
  switch (c.kind) {
    case Change::Kind::none: break;
    case Change::Kind::set: return key + ":=" + value;
    case Change::Kind::push: return key + "+=" + value;
    case Change::Kind::insert: return key + " with " + value;
    case Change::Kind::take: return key + " without " + value;
    case Change::Kind::clear: return key + ":=nil";
  }
  return "none";
}

std::string text_of(const Service& service) {
  std::string text = "{";
  for (std::uint32_t key = 0; key < service.keys(); ++key) {
    if (service.value(key).is_nil()) continue;
    text += (text.size() > 1 ? " " : "") + key_name(key) + '=' + text_of(service.value(key));
  }
  return text + '}';
}

std::string text_of(const Reply& r) {
  const std::string id = text_of(r.id) + ' ';
  if (r.status == Reply::Status::redirect) return id + "ask " + std::to_string(r.hint.value);
  if (r.status == Reply::Status::offer) return id + "offers " + text_of(r.output) + '@' + text_of(r.stamp);
  return id + text_of(r.output) + (r.provisional != 0 ? " for now" : "") +
         (r.names_primary ? " from now on ask " + std::to_string(r.hint.value) : "");
}

}  // namespace sim
