#include "sim/linearizability/search/register_reduction.hpp"

#include <algorithm>
#include <utility>

#include "sim/linearizability/monitors/monitors.hpp"

namespace sim {
namespace {

constexpr std::int64_t kIn = 1;  // an element's register while the element is in the set; a
                                 // mutex's while it is held

bool said(const Operation& op, bool truth) {
  return op.outcome == Outcome::ok && op.output == Value{std::int64_t{truth}};
}

Operation as_cas(const Operation& op, Value from, Value to) {
  Operation cas = op;
  cas.action = Action::cas;
  cas.expected = std::move(from);
  cas.argument = std::move(to);
  return cas;
}

Operation lock_as_register(const Operation& op) {
  const Value self = std::int64_t{op.client.value};
  return op.action == Action::acquire ? as_cas(op, Nil{}, self) : as_cas(op, self, Nil{});
}

Operation mutex_as_register(const Operation& op) {
  return op.action == Action::acquire ? as_cas(op, Nil{}, kIn) : as_cas(op, kIn, Nil{});
}

Operation observation(const Operation& op, bool in) {
  Operation read = op;
  read.action = Action::read;
  read.argument = Nil{};
  read.output = in ? Value{kIn} : Value{};
  return read;
}

Operation element_as_register(const Operation& op) {
  if (op.action == Action::contains) return observation(op, said(op, true));
  const bool inserts = op.action == Action::insert;
  const Value before = inserts ? Value{} : Value{kIn};
  const Value after = inserts ? Value{kIn} : Value{};
  if (said(op, true)) return as_cas(op, before, after);
  if (said(op, false)) return observation(op, inserts);
  Operation write = op;  // nobody was told what was found
  write.action = Action::write;
  write.argument = after;
  write.output = Nil{};
  return write;
}

// Each element of each key becomes a key.
std::vector<Operation> elements_as_registers(std::span<const Operation> operations) {
  using Element = std::pair<std::uint32_t, std::int64_t>;
  std::vector<Element> elements;
  for (const Operation& op : operations) {
    if (takes_argument(op.action)) elements.emplace_back(op.key, *op.argument.as_number());
  }
  std::ranges::sort(elements);
  elements.erase(std::unique(elements.begin(), elements.end()), elements.end());
  std::vector<Operation> rewritten;
  rewritten.reserve(operations.size());
  for (const Operation& op : operations) {
    rewritten.push_back(op);
    if (!takes_argument(op.action)) continue;  // an unanswered look at the whole
    rewritten.back() = element_as_register(op);
    const Element element{op.key, *op.argument.as_number()};
    const auto at = std::ranges::lower_bound(elements, element);
    rewritten.back().key = static_cast<std::uint32_t>(at - elements.begin());
  }
  return rewritten;
}

bool is_sum_of_elements(std::span<const Operation> operations) {
  const auto reads_whole = [](const Operation& op) {
    return (op.action == Action::read || op.action == Action::size) && op.outcome == Outcome::ok;
  };
  return std::ranges::none_of(operations, reads_whole);
}

}  // namespace

RegisterReduction::RegisterReduction(std::span<const Operation> operations, Model model, const Value& initial)
    : operations_(operations), model_(model), initial_(initial) {
  if (model == Model::lock) {
    for (const Operation& op : operations) own_.push_back(lock_as_register(op));
    model_ = Model::cas_register;
  } else if (model == Model::mutex) {
    for (const Operation& op : operations) own_.push_back(mutex_as_register(op));
    model_ = Model::cas_register;
  } else if (model == Model::set && initial == Value{List{}} && is_sum_of_elements(operations)) {
    own_ = elements_as_registers(operations);
    model_ = Model::cas_register;
    initial_ = Nil{};
  } else if (model == Model::set) {
    own_.assign(operations.begin(), operations.end());
    for (Operation& op : own_) {
      if (auto* list = op.output.as_list(); list != nullptr) std::ranges::sort(*list);
    }
    if (auto* list = initial_.as_list(); list != nullptr) std::ranges::sort(*list);
  } else {
    return;
  }
  operations_ = own_;
}

RegisterReduction::Element RegisterReduction::of_element(std::span<const std::uint32_t> of_key,
                                                         std::int64_t element) const {
  const auto is_in = [&](const Value& set) {
    const auto* list = set.as_list();
    return list != nullptr && std::ranges::binary_search(*list, element);
  };
  Element found{.initial = is_in(initial_) ? Value{kIn} : Value{}};
  for (const std::uint32_t i : of_key) {
    const Operation& op = operations_[i];
    const bool whole = op.action == Action::read;
    if (op.action == Action::size) continue;
    if (op.outcome == Outcome::failed || (!whole && *op.argument.as_number() != element)) continue;
    found.operations.push_back(whole ? observation(op, is_in(op.output)) : element_as_register(op));
    found.places.push_back(i);
  }
  return found;
}

}  // namespace sim
