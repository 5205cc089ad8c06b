// EDN, the notation in which Jepsen and Knossos keep histories: just enough of it to read data, without
// evaluating tags.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace sim {

struct Edn {
  enum class Kind : std::uint8_t {
    nil,
    boolean,
    integer,
    other_number,
    string,
    keyword,
    symbol,
    list,
    vector,
    map,
    set
  };
  Kind kind = Kind::nil;
  std::int64_t integer = 0;  ///< Also 0 or 1 for a boolean.
  std::string text;  ///< Of a string, keyword (without its colon), symbol, or number that is no integer.
  std::vector<Edn> items;  ///< Elements; of a map, keys and values in turn.
  std::size_t line = 0;    ///< Where it begins, from 1.

  /// The value of `:name` in a map; null when absent.
  const Edn* find(std::string_view name) const;
};

/// Calls `take` with each event of a history in EDN: the elements of its vector or list, or all top-level
/// values where it begins with something else; and says after each of them what of `text` is left. Throws
/// HistoryError, naming `file`, where the text isn't EDN or goes on behind its vector or list.
void read_edn_events(std::string_view text, const std::string& file,
                     const std::function<void(const Edn&, std::string_view rest)>& take);

}  // namespace sim
