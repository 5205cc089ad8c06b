// Which messages a fault strikes, of all that pass it by: by type, by chance, or by their turn.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sim {

/// What clients and replicas say to each other, by the names that traces give: a request, its second round
/// (see ClientPolicy), and the answer to either. The protocol names all other messages.
constexpr std::string_view kRequestName = "Request";
constexpr std::string_view kChoiceName = "Choice";
constexpr std::string_view kReplyName = "Reply";
constexpr std::array<std::string_view, 3> kClientMessages{kRequestName, kChoiceName, kReplyName};

/// Messages of some types, and of these each by chance, or those whose turn it is: `probability`, `pattern`
/// and `nth` exclude one another. Turns are counted by each fault for itself, from its beginning.
struct MessageChoice {
  static constexpr char kStruck = 'x';
  static constexpr char kSpared = '-';

  std::vector<std::string> types{};  ///< By name; none: all.
  double probability = 1;
  std::string pattern{};             ///< Of kStruck and kSpared, one for each in turn, over and over.
  std::vector<std::uint64_t> nth{};  ///< From 1: these and no others.

  bool concerns(std::string_view type) const {
    return types.empty() || std::ranges::find(types, type) != types.end();
  }
  /// Whether it strikes every message.
  bool whole() const {
    const bool all_turns = nth.empty() && pattern.find(kSpared) == std::string::npos;
    return types.empty() && probability >= 1 && all_turns;
  }
  /// Whether it strikes the one whose turn it is, from 1, if chance has drawn `place` in [0, 1) for it.
  bool strikes(std::uint64_t turn, double place) const {
    if (!pattern.empty()) return pattern[(turn - 1) % pattern.size()] == kStruck;
    if (!nth.empty()) return std::ranges::find(nth, turn) != nth.end();
    return place < probability;
  }
  bool operator==(const MessageChoice&) const = default;
};

}  // namespace sim
