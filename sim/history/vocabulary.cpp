#include "sim/history/vocabulary.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
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

// By letter: where the names that begin with it begin in kActions, or its end.
constexpr std::array<std::uint8_t, 256> kFirstWith = [] {
  std::array<std::uint8_t, 256> first{};
  first.fill(kActions.size());
  for (std::size_t i = kActions.size(); i-- > 0;)
    first[static_cast<unsigned char>(kActions[i].first.front())] = static_cast<std::uint8_t>(i);
  return first;
}();

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
  for (std::size_t i = kFirstWith[static_cast<unsigned char>(name.front())]; i < kActions.size(); ++i) {
    const auto& [known, action] = kActions[i];
    if (known.front() == name.front() && known == name) return action;
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
