#include "sim/history/formats/edn_values.hpp"

#include <stdexcept>
#include <utility>

#include "sim/history/history_error.hpp"

namespace sim {

std::int64_t element_of(const Edn& edn, NameTable& names) {
  if (edn.kind == Edn::Kind::integer) return names.number_of(edn.integer);
  return names.number_of(edn_text(edn));
}

Value value_of(const Edn& edn, NameTable& names) {
  if (edn.kind == Edn::Kind::nil) return {};
  if (edn.kind == Edn::Kind::string) return edn.text;
  if (!edn.is_sequence()) return element_of(edn, names);
  List elements;
  for (const Edn& item : edn.items) elements.push_back(element_of(item, names));
  return elements;
}

Edn read_edn_value(const std::string& text) {
  const std::string nowhere;
  Edn found;
  try {
    EdnReader reader(text, nowhere);
    Edn more;
    const bool one = reader.next(found) && !reader.next(more) && reader.at_end();
    if (!one) throw std::invalid_argument("expected one value");
  } catch (const HistoryError& error) {
    throw std::invalid_argument(error.what());
  }
  if (const std::string why = why_incomparable(found); !why.empty()) throw std::invalid_argument(why);
  return found;
}

}  // namespace sim
