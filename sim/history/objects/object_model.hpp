// The objects that a history can be judged against. Each is the effect of one operation on the only copy of
// the object. To add one: a file model_NAME.cpp beside the others, its name in Model (and those of new
// actions in Action), and its place in the list of object_model.cpp. It can then be generated, read, written
// and judged.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "sim/history/operation.hpp"

namespace sim {

struct ObjectModel {
  Model model;
  std::string_view name;            ///< As in files and on the command line.
  std::span<const Action> actions;  ///< The actions that clients may ask for.
  Value initial;                    ///< Its state before the first operation.

  /// Applies `op` to `state` and returns its output; nil when the action has none. A function of its
  /// arguments alone. It doesn't look at the output of `op`, except that of a stamp, a draw, or a dequeue
  /// from an unordered queue: the value that this says was taken is taken, if it's in.
  Value (*execute)(Value& state, const Operation& op);
};

/// All models, in the order of their enumeration.
std::span<const ObjectModel* const> object_models();

const ObjectModel& object_model(Model model);

/// Whether clients may ask `action` of this model.
bool allows(const ObjectModel& model, Action action);

/// Whether an answered `op` can't have changed anything, whatever the state was.
bool changed_nothing(const Operation& op);

/// Whether the output of an answered `op` may be `output`.
bool answer_fits(const Operation& op, const Value& output);

/// The rest when any one of `values`, which ascend, is taken out.
std::vector<List> without_each(const List& values);

/// Whether a client may be answered without being told what its request found or made.
constexpr bool may_be_silent(Action action) {
  return action == Action::insert || action == Action::remove || action == Action::add;
}

/// Whether the states of such an object are lists of numbers, to which values are added one by one.
constexpr bool holds_elements(Model model) {
  return model == Model::set || model == Model::queue || model == Model::stack ||
         model == Model::unordered_queue || model == Model::log;
}

/// 1 or 0 as a value.
inline Value truth(bool holds) { return std::int64_t{holds}; }

}  // namespace sim
