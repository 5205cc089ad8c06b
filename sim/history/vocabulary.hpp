// The names of models, actions and outcomes, in files and on the command line.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sim/history/operation.hpp"

namespace sim {

/// The value of an object of this model before the first operation.
Value initial_value(Model model);

std::string_view model_name(Model model);
std::optional<Model> model_from_name(std::string_view name);  ///< "register", "cas-register", ...
std::string_view action_name(Action action);
std::optional<Action> action_from_name(std::string_view name);  ///< Also "get" and "put".
std::string action_names();                                     ///< All of them, for errors.
std::string action_names(Model model);                          ///< Those that the model has.
std::string model_names();                                      ///< All of them, for errors.
std::string_view outcome_name(Outcome outcome);

}  // namespace sim
