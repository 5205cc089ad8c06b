// The state machine being replicated. Each service is a table from keys to values that allows some of the
// actions; a register is a table with one key.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/kernel/rng.hpp"
#include "sim/kernel/time.hpp"
#include "sim/workload/command.hpp"

namespace sim {

/// A kind of service: its name, its actions, and the model that judges its histories.
struct ServiceKind {
  std::string_view name;
  std::string_view about;
  Model model;
  std::vector<Action> writes;  ///< All actions but `read`.
  std::size_t usual = 1;       ///< So many of them, from the first on, make up a scenario's default mix.
  bool keyed = false;          ///< Has more than one key.
  bool readable = true;        ///< Has the action `read`.

  /// The default mix: actions with weights.
  std::vector<std::pair<Action, double>> usual_writes() const;
};

/// All services, in the order in which `repsim list services` shows them.
std::span<const ServiceKind> service_kinds();
const ServiceKind* find_service(std::string_view name);  ///< nullptr when there is none.

/// The state of one replica of the service: a copyable value.
class Service {
 public:
  Service() = default;
  Service(Model model, std::uint32_t keys);

  /// Executes a command, puts its result into `output` and returns what it changed. `clock` and `rng` are the
  /// executing node's: only `stamp` and `draw` look at them.
  Change execute(const Command& command, LocalTime clock, Rng& rng, Value& output);

  /// Makes room for `keys` keys; a service that was built from changes alone knows only the keys that
  /// changed.
  void grow(std::uint32_t keys) {
    if (cells_.size() < keys) cells_.resize(keys);
  }

  /// Adopts a change that another replica's execution made.
  void store(const Change& change);

  /// A fingerprint of the whole state; equal states have equal digests. Constant time.
  std::uint64_t digest() const { return digest_; }

  /// Room that the table takes; lists share their elements with their copies.
  std::uint64_t bytes() const { return cells_.size() * sizeof(Cell); }
  static std::uint64_t bytes_for(std::uint32_t keys) { return keys * sizeof(Cell); }

  std::uint32_t keys() const { return static_cast<std::uint32_t>(cells_.size()); }
  const Value& value(std::uint32_t key) const { return cells_[key].value; }
  bool operator==(const Service&) const = default;

 private:
  static Change execute_on_elements(const Command& command, const Value& value, Value& output);

  struct Cell {
    Value value{};
    std::uint64_t hash = 0;
    bool operator==(const Cell&) const = default;
  };
  void set(std::uint32_t key, std::int64_t value);
  void clear(std::uint32_t key);
  void push(std::uint32_t key, std::int64_t value);
  void insert(std::uint32_t key, std::int64_t value);
  void take(std::uint32_t key, std::int64_t value);
  void rehash(std::uint32_t key, std::uint64_t hash);

  std::vector<Cell> cells_;
  std::uint64_t digest_ = 0;
};

}  // namespace sim
