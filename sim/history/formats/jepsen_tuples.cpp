// Finds an event's object: the one of its :key, or of its value if that's [KEY VALUE] as Jepsen's
// `independent` writes it.
#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "sim/history/formats/jepsen_reader.hpp"

namespace sim {
namespace {

bool is_pair(const Edn& edn) { return edn.is_sequence() && edn.items.size() == 2; }

// Up to nine digits, without zeros in front.
std::optional<std::uint32_t> small_number(const std::string& text) {
  if (text.empty() || text.size() > 9 || (text.front() == '0' && text.size() > 1)) return std::nullopt;
  std::uint32_t number = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    number = number * 10 + static_cast<std::uint32_t>(c - '0');
  }
  return number;
}

// A value that shows by itself that it is a tuple; null if it doesn't.
const Edn* tagged_tuple(const Edn* value) {
  constexpr std::array<std::string_view, 3> tags{"jepsen.independent/tuple", "jepsen.independent.Tuple",
                                                 "clojure.lang.MapEntry"};
  if (value == nullptr || value->kind != Edn::Kind::tagged || !is_pair(value->items[0])) return nullptr;
  return std::ranges::find(tags, value->text) != tags.end() ? &value->items[0] : nullptr;
}

}  // namespace

bool JepsenReader::looks_like_tuple(const JepsenEvent& event, bool invoked) {
  if (event.value == nullptr || !is_pair(*event.value) || holds_steps(*event.value)) return false;
  const Edn& second = event.value->items[1];
  const auto action = action_of(event.f, &second, true);
  if (action == Action::cas) return is_pair(second) && !event.value->items[0].is_sequence();
  if (action == Action::txn) {
    const Edn& first = event.value->items[0];
    return !first.is_sequence() && (second.is_sequence() || second.kind == Edn::Kind::map);
  }
  const bool asks = action && !takes_argument(*action);
  return !invoked || !asks || second.kind == Edn::Kind::nil;
}

// If values are [KEY VALUE], the two of them. The first events decide, as far as they can.
JepsenReader::Asked JepsenReader::untangled(const JepsenEvent& event, bool invoked) {
  const Asked plain{event.key, event.value};
  const bool says_nothing = !invoked && event.value == nullptr;
  if (event.key != nullptr || options_.tuples == false || says_nothing) return plain;
  if (const Edn* tuple = tagged_tuple(event.value)) {
    tuples_ = tuples_certain_ = true;
    return {&tuple->items[0], &tuple->items[1]};
  }
  if (tuples_ == false) return plain;
  const bool fits = looks_like_tuple(event, invoked);
  if (!fits && tuples_ == true) {
    if (!tuples_certain_) throw NoTuplesAfterAll{};
    events_.fail("expected :value [KEY VALUE] as in the other events");
  }
  tuples_ = fits;
  if (!fits) return plain;
  const auto action = action_of(event.f, &event.value->items[1], true);
  if (invoked && action && !takes_argument(*action)) tuples_certain_ = true;  // it asks for [KEY nil]
  return {&event.value->items[0], &event.value->items[1]};
}

// Keys that are small numbers keep their number; other keys get numbers that no numeric key is given. In kv
// texts "5" is 5.
std::uint32_t JepsenReader::key(const Edn& edn) {
  if (edn.kind == Edn::Kind::integer && edn.integer >= 0 && edn.integer < kFirstNamedKey) {
    number_keys_ = true;
    if (digit_keys_) events_.fail("found keys 5 and \"5\"; expected one kind of them");
    return static_cast<std::uint32_t>(edn.integer);
  }
  const bool of_texts = kv_text_ && edn.kind == Edn::Kind::string;
  if (const auto number = of_texts ? small_number(edn.text) : std::nullopt) {
    digit_keys_ = true;
    if (number_keys_) events_.fail("found keys 5 and \"5\"; expected one kind of them");
    return *number;
  }
  if (const std::string why = why_incomparable(edn); !why.empty()) events_.fail(why);
  return names_.key_of(edn_text(edn));
}

std::uint32_t JepsenReader::key_of(const Asked& asked) {
  const bool has = asked.key != nullptr;
  if (keyed_.value_or(has) != has) {
    events_.fail(has ? "some events have no :key; expected one in each, or in none"
                     : "has no :key as others have; expected one in each: what is asked of all keys at once "
                       "isn't understood");
  }
  keyed_ = has;
  return has ? key(*asked.key) : 0;
}

}  // namespace sim
