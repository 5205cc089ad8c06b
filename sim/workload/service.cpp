#include "sim/workload/service.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "sim/kernel/check.hpp"

namespace sim {
namespace {

constexpr std::uint64_t kNilHash = 0;

std::uint64_t hash_of(std::int64_t value) { return mix(static_cast<std::uint64_t>(value) + kGolden); }

/// Hash of a list from the hash of the list without its last element.
std::uint64_t pushed(std::uint64_t hash, std::int64_t value) { return mix(hash ^ mix(hash_of(value) + 1)); }

std::int64_t number(const Value& v) {
  const auto* n = v.as_number();
  return n != nullptr ? *n : 0;
}

// Hash of a list as if its elements had been added one by one.
std::uint64_t hash_of(const List& list) {
  std::uint64_t hash = kNilHash;
  for (const std::int64_t value : list) hash = pushed(hash, value);
  return hash;
}

const List& elements(const Value& v) {
  static const List none;
  const auto* list = v.as_list();
  return list != nullptr ? *list : none;
}

bool contains(const Value& v, std::int64_t element) {
  const List& list = elements(v);
  return std::binary_search(list.begin(), list.end(), element);
}

bool matches(const Value& v, const Command& c) {
  if (c.expects_nil) return v.is_nil();
  return v.as_number() != nullptr && *v.as_number() == c.expected;
}

}  // namespace

std::span<const ServiceKind> service_kinds() {
  using enum Action;
  static const std::array<ServiceKind, 8> kinds{{
      {.name = "register",
       .about = "one value: read, write, and the nondeterministic stamp and draw",
       .model = Model::reg,
       .writes = {write, stamp, draw}},
      {.name = "cas_register",
       .about = "one value: read, write, compare-and-set (cas)",
       .model = Model::cas_register,
       .writes = {write, cas}},
      {.name = "kv",
       .about = "a table of keys: read (get), write (put), append to a list, cas, stamp, draw",
       .model = Model::kv,
       .writes = {write, append, cas, stamp, draw},
       .keyed = true},
      {.name = "counter", .about = "a number: add, read", .model = Model::counter, .writes = {add}},
      {.name = "log", .about = "an append-only list: append, read", .model = Model::log, .writes = {append}},
      {.name = "set",
       .about = "a set of numbers: insert, remove, contains, size, read (of all)",
       .model = Model::set,
       .writes = {insert, remove, contains, size},
       .usual = 3},
      {.name = "queue",
       .about = "first in, first out: enqueue, dequeue, size",
       .model = Model::queue,
       .writes = {enqueue, dequeue, size},
       .usual = 2,
       .readable = false},
      {.name = "lock",
       .about = "held by one client at a time: acquire, release",
       .model = Model::lock,
       .writes = {acquire, release},
       .usual = 2,
       .readable = false},
  }};
  return kinds;
}

std::vector<std::pair<Action, double>> ServiceKind::usual_writes() const {
  std::vector<std::pair<Action, double>> mix;
  for (std::size_t i = 0; i < usual; ++i) mix.emplace_back(writes[i], 1.0);
  return mix;
}

const ServiceKind* find_service(std::string_view name) {
  for (const auto& kind : service_kinds()) {
    if (kind.name == name) return &kind;
  }
  return nullptr;
}

Service::Service(Model model, std::uint32_t keys) : cells_(keys) {
  if (model == Model::counter) cells_[0].value = std::int64_t{0};
  if (model == Model::log || model == Model::set || model == Model::queue) cells_[0].value = List{};
}

Change Service::execute(const Command& command, LocalTime clock, Rng& rng, Value& output) {
  SIM_CHECK(command.key < cells_.size(), "a command names a key that the service does not have");
  const Value& value = cells_[command.key].value;
  const auto changed = [&](Change::Kind kind, std::int64_t v) { return Change{kind, command.key, v}; };
  const auto written = [&](std::int64_t v) { return changed(Change::Kind::set, v); };
  Change change;
  switch (command.action) {
    case Action::read: output = value; break;
    case Action::write: change = written(command.argument); break;
    case Action::cas:
      output = std::int64_t{matches(value, command)};
      if (matches(value, command)) change = written(command.argument);
      break;
    case Action::append: change = changed(Change::Kind::push, command.argument); break;
    case Action::add:
      output = number(value) + command.argument;
      change = written(number(value) + command.argument);
      break;
    case Action::stamp:
      output = static_cast<std::int64_t>(clock.time_since_epoch().count());
      change = written(*output.as_number());
      break;
    case Action::draw:
      output = static_cast<std::int64_t>(rng.next() >> 16);
      change = written(*output.as_number());
      break;
    default: change = execute_on_elements(command, value, output);
  }
  store(change);
  return change;
}

// The actions of sets, queues and locks, as their models define them (history/objects).
Change Service::execute_on_elements(const Command& command, const Value& value, Value& output) {
  const List& list = elements(value);
  const auto answer = [&](bool did, Change::Kind kind) {
    output = std::int64_t{did};
    return did ? Change{kind, command.key, command.argument} : Change{};
  };
  switch (command.action) {
    case Action::insert: return answer(!contains(value, command.argument), Change::Kind::insert);
    case Action::remove: return answer(contains(value, command.argument), Change::Kind::take);
    case Action::contains: output = std::int64_t{contains(value, command.argument)}; return {};
    case Action::size: output = static_cast<std::int64_t>(list.size()); return {};
    case Action::enqueue: return {Change::Kind::push, command.key, command.argument};
    case Action::dequeue:
      output = list.empty() ? Value{} : Value{list.front()};
      return list.empty() ? Change{} : Change{Change::Kind::take, command.key, list.front()};
    case Action::acquire: return answer(value.is_nil(), Change::Kind::set);
    case Action::release: return answer(value == Value{command.argument}, Change::Kind::clear);
    default: SIM_CHECK(false, "no service has this action");
  }
  return {};
}

void Service::store(const Change& change) {
  if (change.kind == Change::Kind::none) return;
  grow(change.key + 1);
  switch (change.kind) {
    case Change::Kind::none: break;
    case Change::Kind::set: return set(change.key, change.value);
    case Change::Kind::clear: return clear(change.key);
    case Change::Kind::push: return push(change.key, change.value);
    case Change::Kind::insert: return insert(change.key, change.value);
    case Change::Kind::take: return take(change.key, change.value);
  }
}

void Service::set(std::uint32_t key, std::int64_t value) {
  cells_[key].value = value;
  rehash(key, hash_of(value));
}

// Appending to a number makes a list that starts with it, in the model of a history as well.
void Service::push(std::uint32_t key, std::int64_t value) {
  Cell& cell = cells_[key];
  if (cell.value.as_list() == nullptr) {
    List list;
    const auto* n = cell.value.as_number();
    if (n != nullptr) list.push_back(*n);
    rehash(key, n != nullptr ? pushed(kNilHash, *n) : kNilHash);
    cell.value = std::move(list);
  }
  cell.value.as_list()->push_back(value);
  rehash(key, pushed(cell.hash, value));
}

void Service::clear(std::uint32_t key) {
  cells_[key].value = Value{};
  rehash(key, kNilHash);
}

// In ascending order, so that equal sets are equal lists.
void Service::insert(std::uint32_t key, std::int64_t value) {
  Cell& cell = cells_[key];
  if (cell.value.as_list() == nullptr) cell.value = List{};
  List& list = *cell.value.as_list();
  list.insert(std::ranges::lower_bound(list, value), value);
  rehash(key, hash_of(std::as_const(list)));
}

// Whoever adopts a change has perhaps missed others: then the value isn't there, and nothing is taken.
void Service::take(std::uint32_t key, std::int64_t value) {
  Cell& cell = cells_[key];
  if (cell.value.as_list() == nullptr) return;
  List& list = *cell.value.as_list();
  const auto found = std::ranges::find(list, value);
  if (found == list.end()) return;
  list.erase(found);
  rehash(key, hash_of(std::as_const(list)));
}

void Service::rehash(std::uint32_t key, std::uint64_t hash) {
  const auto weigh = [key](std::uint64_t h) { return h == kNilHash ? 0 : mix(h + key * kGolden); };
  digest_ += weigh(hash) - weigh(cells_[key].hash);
  cells_[key].hash = hash;
}

}  // namespace sim
