#include "sim/linearizability/search/object_states.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace sim {
namespace {

// A prefix of a list or text: which kind, the first observed sequence that has it, its length.
constexpr State kListTag = State{1} << 62;
constexpr State kTextTag = State{1} << 61;
constexpr int kFirstShift = 31;
constexpr State kLengthMask = (State{1} << kFirstShift) - 1;

State prefix(State tag, std::size_t first, std::size_t length) {
  return tag | (static_cast<State>(first) << kFirstShift) | static_cast<State>(length);
}

std::size_t first_of(State state) {
  return static_cast<std::size_t>((state & ~(kListTag | kTextTag)) >> kFirstShift);
}

std::size_t length_of(State state) { return static_cast<std::size_t>(state & kLengthMask); }

template <typename Sequence> bool begins(const Sequence& whole, const Sequence& part) {
  return part.size() <= whole.size() && std::equal(part.begin(), part.end(), whole.begin());
}

template <typename Sequence> std::size_t shared_length(const Sequence& a, const Sequence& b) {
  const auto end = a.begin() + static_cast<std::ptrdiff_t>(std::min(a.size(), b.size()));
  return static_cast<std::size_t>(std::mismatch(a.begin(), end, b.begin()).first - a.begin());
}

}  // namespace

// Observed lists are mostly prefixes of each other: ordered by length they are ordered outright, and the
// costly comparison of long lists is made once for each instead of once for each step of a sort.
template <typename Sequence> void ObjectStates::Observed<Sequence>::finish() {
  const auto size = [](const Sequence* s) { return s->size(); };
  if (!std::ranges::is_sorted(sorted, {}, size)) std::ranges::sort(sorted, {}, size);
  const auto begins_with = [](const Sequence* a, const Sequence* b) { return begins(*b, *a); };
  const auto odd = std::ranges::adjacent_find(sorted, std::not_fn(begins_with));
  chain = odd == sorted.end();
  const auto equal = [&](const Sequence* a, const Sequence* b) {
    return chain ? size(a) == size(b) : *a == *b;
  };
  if (!chain) std::ranges::sort(sorted, [](const Sequence* a, const Sequence* b) { return *a < *b; });
  sorted.erase(std::unique(sorted.begin(), sorted.end(), equal), sorted.end());
  shared.assign(sorted.size(), 0);
  for (std::size_t i = 1; i < sorted.size(); ++i) {
    shared[i] = chain ? sorted[i - 1]->size() : shared_length(*sorted[i - 1], *sorted[i]);
  }
}

template <typename Sequence>
State ObjectStates::Observed<Sequence>::of(const Sequence& sequence, State tag) const {
  const auto size = [](const Sequence* s) { return s->size(); };
  const auto content = [](const Sequence* s) -> const Sequence& { return *s; };
  const auto at = chain ? std::ranges::lower_bound(sorted, sequence.size(), {}, size)
                        : std::ranges::lower_bound(sorted, sequence, {}, content);
  const bool known = at != sorted.end() && begins(**at, sequence);
  return known ? prefix(tag, static_cast<std::size_t>(at - sorted.begin()), sequence.size()) : kOther;
}

bool tells_states_apart_whole(Model model) {
  return (holds_elements(model) && model != Model::log) || model == Model::multi_register;
}

ObjectStates::ObjectStates(std::span<const Operation* const> operations, Model model)
    : model_(model),
      counter_(model == Model::counter),
      whole_(tells_states_apart_whole(model) ? &object_model(model) : nullptr) {
  if (counter_ || whole_ != nullptr) return;
  for (const Operation* op : operations) {
    if (op->action == Action::read && op->outcome == Outcome::ok) learn(op->output);
    if (op->action == Action::cas && op->outcome != Outcome::failed) learn(op->expected);
  }
  lists_.finish();
  texts_.finish();
  for (const List* list : lists_.sorted) {
    if (!list->empty()) learn(list->front());
  }
  std::ranges::sort(numbers_);
  numbers_.erase(std::unique(numbers_.begin(), numbers_.end()), numbers_.end());
  for (const List* list : lists_.sorted) {
    if (list->size() > 1) second_elements_.emplace_back((*list)[1], number(list->front()));
  }
  std::ranges::sort(second_elements_);
  second_elements_.erase(std::unique(second_elements_.begin(), second_elements_.end()),
                         second_elements_.end());
}

bool ObjectStates::is_number(State state) {
  return state >= kFirstNumber && (state & (kListTag | kTextTag)) == 0;
}

void ObjectStates::numbers_before(const Value& argument, std::vector<State>& states) const {
  const auto* element = argument.as_number();
  if (element == nullptr) return;
  const auto first = [](const auto& entry) { return entry.first; };
  for (auto at = std::ranges::lower_bound(second_elements_, *element, {}, first);
       at != second_elements_.end() && at->first == *element; ++at) {
    states.push_back(at->second);
  }
}

void ObjectStates::learn(const Value& value) {
  if (const auto* n = value.as_number()) {
    constexpr std::size_t few = 8;  // as long as they are, many are met again: no need to sort them out later
    const bool known = numbers_.size() <= few && std::ranges::find(numbers_, *n) != numbers_.end();
    if (!known) numbers_.push_back(*n);
  }
  if (const auto* list = value.as_list()) lists_.sorted.push_back(list);
  if (const auto* text = value.as_text()) texts_.sorted.push_back(text);
}

State ObjectStates::number(std::int64_t value) const {
  if (counter_) return value;
  const auto at = std::ranges::lower_bound(numbers_, value);
  return at != numbers_.end() && *at == value ? kFirstNumber + (at - numbers_.begin()) : kOther;
}

State ObjectStates::of(const Value& value) const {
  if (whole_ != nullptr) return interned_.number_of(value);
  if (const auto* n = value.as_number()) return number(*n);
  if (const auto* list = value.as_list()) return lists_.of(*list, kListTag);
  if (const auto* text = value.as_text()) return texts_.of(*text, kTextTag);
  return kNil;
}

// Walks the observed lists that share the prefix until one goes on with `element`.
State ObjectStates::list_extended(std::size_t first, std::size_t length, std::int64_t element) const {
  for (std::size_t i = first; i < lists_.sorted.size() && (i == first || lists_.shared[i] >= length); ++i) {
    const List& list = *lists_.sorted[i];
    if (list.size() > length && list[length] == element) return prefix(kListTag, i, length + 1);
  }
  return kOther;
}

State ObjectStates::text_extended(std::size_t first, std::size_t length, const std::string& piece) const {
  for (std::size_t i = first; i < texts_.sorted.size() && (i == first || texts_.shared[i] >= length); ++i) {
    const std::string& text = *texts_.sorted[i];
    if (text.compare(length, piece.size(), piece) == 0) return prefix(kTextTag, i, length + piece.size());
  }
  return kOther;
}

bool ObjectStates::stays(State state, const Value& argument) const {
  if (state == kOther) return true;
  const auto* piece = argument.as_text();
  const bool is_text = state != kNil && (state & kTextTag) != 0;
  if (piece != nullptr) return state != kNil && (!is_text || piece->empty());
  return is_text || argument.as_number() == nullptr;
}

State ObjectStates::appended(State state, const Value& argument) const {
  if (stays(state, argument)) return state;
  if (const auto* piece = argument.as_text()) {
    if (state == kNil) return texts_.of(*piece, kTextTag);
    return text_extended(first_of(state), length_of(state), *piece);
  }
  const std::int64_t element = *argument.as_number();
  if (state == kNil) return list_extended(0, 0, element);
  if ((state & kListTag) != 0) return list_extended(first_of(state), length_of(state), element);
  // Appending to a number makes a list that starts with it.
  const State begun = list_extended(0, 0, numbers_[static_cast<std::size_t>(state - kFirstNumber)]);
  return begun == kOther ? kOther : list_extended(first_of(begun), 1, element);
}

State ObjectStates::after(State state, const Step& step) const {
  Value value = interned_[state];
  const Value output = whole_->execute(value, *step.operation);
  if (step.answered && !answer_fits(*step.operation, output)) return kImpossible;
  return interned_.number_of(std::move(value));
}

void ObjectStates::add_taken(State state, std::vector<State>& found) const {
  for (List& rest : without_each(*interned_[state].as_list()))
    found.push_back(interned_.number_of(std::move(rest)));
}

// An answered add tells the state before it as well as the one after: it's a swap.
Step ObjectStates::counter_step(const Operation& op) const {
  const auto* argument = op.argument.as_number();
  const auto* output = op.output.as_number();
  if (op.action == Action::read) return {.kind = Step::Kind::observe, .expected = *output};
  if (output == nullptr) return {.kind = Step::Kind::add, .target = *argument};
  return {.kind = Step::Kind::swap,
          .expected =
              static_cast<State>(static_cast<std::uint64_t>(*output) - static_cast<std::uint64_t>(*argument)),
          .target = *output};
}

Step ObjectStates::step(const Operation& op) const {
  if (counter_) return counter_step(op);
  if (whole_ != nullptr) {
    const auto kind = changed_nothing(op) ? Step::Kind::look : Step::Kind::transit;
    const bool answered = op.outcome == Outcome::ok;
    return {.kind = kind, .argument = &op.argument, .operation = &op, .answered = answered};
  }
  using enum Step::Kind;
  const bool answered = op.outcome == Outcome::ok;
  switch (op.action) {
    case Action::read: return {.kind = observe, .expected = of(op.output)};
    case Action::write: return {.kind = set, .target = of(op.argument)};
    case Action::append: return {.kind = append, .argument = &op.argument};
    case Action::stamp:
    case Action::draw: return answered ? Step{.kind = set, .target = of(op.output)} : Step{.kind = wild};
    case Action::cas:
      if (answered && op.output != Value{std::int64_t{1}})
        return {.kind = forbid, .expected = of(op.expected)};
      return {.kind = swap, .expected = of(op.expected), .target = of(op.argument)};
    default: break;
  }
  return {.kind = observe, .expected = kImpossible};
}

std::vector<State> ObjectStates::wild_targets() const {
  std::vector<State> targets{kOther};
  for (std::size_t i = 0; i < numbers_.size(); ++i) targets.push_back(kFirstNumber + static_cast<State>(i));
  return targets;
}

}  // namespace sim
