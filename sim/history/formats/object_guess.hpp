// Guesses a history's object from its operations if its notation doesn't name it.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string_view>

#include "sim/history/history.hpp"
#include "sim/history/name_table.hpp"

namespace sim {

class ObjectGuess {
 public:
  /// Somebody asks `action`, called `f` in the file; `keyed`: of one of several objects.
  void learn(Action action, std::string_view f, bool keyed);
  /// Somebody read such a value.
  void learn_read(const Value& output, bool set_literal);

  /// Fills in the model of `history` if nobody chose it. Adds a model that allows more, if the operations fit
  /// both and may tell them apart, and a remark in words. `fallback`: for reads, writes and compare-and-sets.
  void settle(History& history, Model fallback) const;

 private:
  std::optional<Model> collection_{};  // or other object that isn't a register
  bool writes_ = false;
  bool keyed_ = false;
  bool adds_ = false;         // :add, which is a set's or a counter's
  bool set_actions_ = false;  // only a set's
  bool read_number_ = false;
  bool read_list_ = false;
};

/// Some clients read nil and others `[]` of a list that was never appended to. Takes one for the other where
/// it can make no difference: where nobody writes an empty list.
void take_empty_for_nothing(History& history);

/// Makes the values read fit the model: elements of collections become numbers (or names), a counter's adds
/// stay adds. Throws HistoryError for values that the model can't hold, with the line that `line_of` gives
/// for the operation's place; without it, lines are known where times are lines.
using LineOf = std::function<std::size_t(std::size_t place)>;
void fit_to_model(History& history, NameTable& names, const std::string& file, const LineOf& line_of = {});

}  // namespace sim
