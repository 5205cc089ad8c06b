// Which operations may come next in an order, given those that it has already.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "sim/history/operation.hpp"

namespace sim {

struct Placeable {
  const Operation* op = nullptr;
  std::size_t index = 0;  ///< In the history.
  std::size_t cell = 0;   ///< Of its key.
  bool answered = false;
  bool placed = false;
};

/// Operations that may precede each other, by place in a list that is in order of call: all of them, or those
/// of one client.
struct OrderGroup {
  std::vector<std::size_t> answered{};
  std::vector<std::size_t> pending{};
  std::size_t first = 0;  ///< All answered ones before it are placed.

  void advance(std::span<const Placeable> operations);

  /// Adds the operations that no unplaced one precedes; of unanswered ones that ask for the same, one.
  void add_ready(std::span<const Placeable> operations, std::vector<std::size_t>& ready) const;

  /// Adds which of them are placed.
  void append_to(std::vector<std::uint32_t>& key, std::span<const Placeable> operations) const;
};

}  // namespace sim
