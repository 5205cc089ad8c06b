// Raft's log: its entries, and the snapshot that stands for the oldest.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "protocols/raft/quorum.hpp"
#include "sim/kernel/short_list.hpp"
#include "sim/protocol/registry.hpp"
#include "sim/protocol/sessions.hpp"

namespace protocols {

using namespace sim;

struct RaftEntry {
  struct Opening {};  ///< Begins a term.
  std::uint64_t term = 0;
  std::variant<Opening, Request, RaftMembers> what{};
  const Request* request() const { return std::get_if<Request>(&what); }
  const RaftMembers* members() const { return std::get_if<RaftMembers>(&what); }
  /// How observers identify it.
  std::uint64_t value() const { return request() != nullptr ? fingerprint(*request()) : 0; }
  /// As scripts show it: `1: c0#0 write x=1`.
  std::string text() const {
    const std::string which = std::to_string(term) + ": ";
    if (request() != nullptr) return which + text_of(*request());
    return which + (members() != nullptr ? "members " + members()->text() : "opening");
  }
};

/// All entries after `base`, which stands for a snapshot.
struct RaftLog {
  std::uint64_t base = 0;
  std::uint64_t base_term = 0;
  std::vector<RaftEntry> entries{};

  std::uint64_t last() const { return base + entries.size(); }
  bool has(std::uint64_t index) const { return index > base && index <= last(); }
  const RaftEntry& operator[](std::uint64_t index) const { return entries[index - base - 1]; }
  /// 0 if the log doesn't have the entry (any more).
  std::uint64_t term_at(std::uint64_t index) const {
    if (has(index)) return (*this)[index].term;
    return index == base ? base_term : 0;
  }
  std::uint64_t last_term() const { return term_at(last()); }
  /// Forgets everything after `index`, which is not before `base`.
  void truncate(std::uint64_t index) {
    if (index < last()) entries.resize(static_cast<std::size_t>(index - base));
  }
  /// Forgets everything up to `index`, of term `term`; later entries stay if they fit.
  void compact(std::uint64_t index, std::uint64_t term);
};

struct RaftSnapshot {
  std::uint64_t index = 0;
  std::uint64_t term = 0;   ///< Of the entry at `index` ...
  std::uint64_t value = 0;  ///< ... and what was decided there.
  Snapshot state{};
  Sessions sessions{};
  RaftMembers members{};
};

}  // namespace protocols
