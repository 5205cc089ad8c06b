#include "sim/workload/service.hpp"

#include <algorithm>
#include <array>

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

bool matches(const Value& v, const Command& c) {
  if (c.expects_nil) return v.is_nil();
  return v.as_number() != nullptr && *v.as_number() == c.expected;
}

}  // namespace

std::span<const ServiceKind> service_kinds() {
  using enum Action;
  static const std::array<ServiceKind, 5> kinds{{
      {"register",
       "one value: read, write, and the nondeterministic stamp and draw",
       Model::reg,
       {write, stamp, draw},
       false},
      {"cas_register",
       "one value: read, write, compare-and-set (cas)",
       Model::cas_register,
       {write, cas},
       false},
      {"kv",
       "a table of keys: read (get), write (put), append to a list, cas, stamp, draw",
       Model::kv,
       {write, append, cas, stamp, draw},
       true},
      {"counter", "a number: add, read", Model::counter, {add}, false},
      {"log", "an append-only list: append, read", Model::log, {append}, false},
  }};
  return kinds;
}

const ServiceKind* find_service(std::string_view name) {
  for (const auto& kind : service_kinds()) {
    if (kind.name == name) return &kind;
  }
  return nullptr;
}

Service::Service(Model model, std::uint32_t keys) : cells_(keys) {
  if (model == Model::counter) cells_[0].value = std::int64_t{0};
  if (model == Model::log) cells_[0].value = List{};
}

Change Service::execute(const Command& command, LocalTime clock, Rng& rng, Value& output) {
  SIM_CHECK(command.key < cells_.size(), "a command names a key that the service does not have");
  const Value& value = cells_[command.key].value;
  const auto written = [&](std::int64_t v) { return Change{Change::Kind::set, command.key, v}; };
  Change change;
  switch (command.action) {
    case Action::read: output = value; break;
    case Action::write: change = written(command.argument); break;
    case Action::cas:
      output = std::int64_t{matches(value, command)};
      if (matches(value, command)) change = written(command.argument);
      break;
    case Action::append: change = {Change::Kind::push, command.key, command.argument}; break;
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
    default: SIM_CHECK(false, "no service has this action");
  }
  store(change);
  return change;
}

void Service::store(const Change& change) {
  if (change.kind != Change::Kind::none) grow(change.key + 1);
  if (change.kind == Change::Kind::set) set(change.key, change.value);
  if (change.kind == Change::Kind::push) push(change.key, change.value);
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

void Service::rehash(std::uint32_t key, std::uint64_t hash) {
  const auto weigh = [key](std::uint64_t h) { return h == kNilHash ? 0 : mix(h + key * kGolden); };
  digest_ += weigh(hash) - weigh(cells_[key].hash);
  cells_[key].hash = hash;
}

}  // namespace sim
