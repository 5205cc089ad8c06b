#include "sim/history/vocabulary.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "sim/history/objects/object_model.hpp"

namespace sim {
namespace {

// The first name of an action is the one that is written.
constexpr std::array<std::pair<std::string_view, Action>, 20> kActions{{
    {"read", Action::read},         {"write", Action::write},     {"cas", Action::cas},
    {"append", Action::append},     {"add", Action::add},         {"stamp", Action::stamp},
    {"draw", Action::draw},         {"insert", Action::insert},   {"remove", Action::remove},
    {"contains", Action::contains}, {"enqueue", Action::enqueue}, {"dequeue", Action::dequeue},
    {"push", Action::push},         {"pop", Action::pop},         {"acquire", Action::acquire},
    {"release", Action::release},   {"size", Action::size},       {"txn", Action::txn},
    {"get", Action::read},          {"put", Action::write},
}};

template <typename Table> auto find_name(const Table& table, std::string_view name) {
  const auto at = std::ranges::find(table, name, [](const auto& entry) { return entry.first; });
  using Named = std::optional<std::remove_cvref_t<decltype(at->second)>>;
  return at == table.end() ? Named{} : Named{at->second};
}

template <typename Table, typename Named> std::string_view find_value(const Table& table, Named value) {
  return std::ranges::find(table, value, [](const auto& entry) { return entry.second; })->first;
}

}  // namespace

Value initial_value(Model model) { return object_model(model).initial; }

std::string_view model_name(Model model) { return object_model(model).name; }

std::optional<Model> model_from_name(std::string_view name) {
  for (const ObjectModel* model : object_models()) {
    if (model->name == name) return model->model;
  }
  return std::nullopt;
}

std::string_view action_name(Action action) { return find_value(kActions, action); }

std::optional<Action> action_from_name(std::string_view name) {
  if (name.empty()) return std::nullopt;
  for (const auto& [known, action] : kActions) {
    if (known.front() == name.front() && known == name) return action;  // nearly all differ at their front
  }
  return std::nullopt;
}

std::string action_names() {
  std::string names;
  for (const auto& [name, action] : kActions) {
    if (action_name(action) == name) names += (names.empty() ? "" : ", ") + std::string(name);
  }
  return names;
}

std::string action_names(Model model) {
  std::string names;
  for (const Action action : object_model(model).actions) {
    names += (names.empty() ? "" : ", ") + std::string(action_name(action));
  }
  return names;
}

std::string model_names() {
  std::string names;
  for (const ObjectModel* model : object_models())
    names += (names.empty() ? "" : ", ") + std::string(model->name);
  return names;
}

std::string_view outcome_name(Outcome outcome) {
  constexpr std::array<std::string_view, 3> names{"pending", "ok", "failed"};
  return names[static_cast<std::size_t>(outcome)];
}

}  // namespace sim
