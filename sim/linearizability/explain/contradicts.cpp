#include "sim/linearizability/explain/contradicts.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <utility>

#include "sim/history/objects/object_model.hpp"
#include "sim/linearizability/explain/prefix.hpp"
#include "sim/linearizability/search/just_in_time_search.hpp"

namespace sim {
namespace {

constexpr std::uint64_t kStepsToCopy = 16;   // for each operation
constexpr std::size_t kMostPrefixes = 4096;  // of observed lists and texts, together
constexpr std::size_t kMostElements = 6;     // of a set whose state nobody knows
constexpr std::size_t kMostOpenAdds = 6;     // to a counter

// The value that a queue, stack or set is asked for or about; nullptr: nothing in particular.
const std::int64_t* value_of(const Operation& op) {
  return takes_argument(op.action) ? op.argument.as_number() : op.output.as_number();
}

// The sum as counters compute it.
std::int64_t wrapped_sum(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}

// Whether a counter's client was told the resulting sum.
bool told_sum(const Operation& op) { return op.action == Action::add && op.output.as_number() != nullptr; }

// The counter's value before such an add.
std::int64_t before(const Operation& add) {
  const auto added = static_cast<std::uint64_t>(*add.argument.as_number());
  return wrapped_sum(*add.output.as_number(), static_cast<std::int64_t>(0 - added));
}

void add_values(const Value& list_or_else, std::vector<std::int64_t>& values) {
  if (const auto* list = list_or_else.as_list()) values.insert(values.end(), list->begin(), list->end());
}

// Numbers that were there when the operation took effect.
std::vector<std::int64_t> seen_by(const Operation& op) {
  std::vector<std::int64_t> values;
  const bool looks = op.action == Action::read || op.action == Action::dequeue || op.action == Action::pop;
  const bool swaps = op.action == Action::cas && op.output == truth(true);
  if (looks) add_values(op.output, values);
  const auto* number = looks ? op.output.as_number() : swaps ? op.expected.as_number() : nullptr;
  if (number != nullptr) values.push_back(*number);
  if (told_sum(op)) values.push_back(before(op));
  return values;
}

std::size_t length_of(const Value& value) {
  const auto* list = value.as_list();
  return list != nullptr ? list->size() : 0;
}

void sort_once(auto& values) {
  std::ranges::sort(values);
  values.erase(std::unique(values.begin(), values.end()), values.end());
}

}  // namespace

ContradictionTest::ContradictionTest(std::span<const Operation> all, std::span<const std::uint32_t> of_key,
                                     Model model, const Value& initial, std::size_t last, Budget& spending,
                                     std::uint64_t steps_each)
    : all_(all), model_(model), initial_(initial), spending_(spending), steps_each_(steps_each) {
  sort_out(of_key, last);
  std::vector<std::int64_t> first;
  if (const auto* number = initial.as_number()) first.push_back(*number);
  add_values(initial, first);
  for (const std::int64_t value : first) sources_.push_back({value, Time::min(), kNobody});
  for (std::size_t rank = 0; rank < size(); ++rank) note_source(operation(rank), rank);
  for (const Operation& op : open_) note_source(op, kNobody);
  std::ranges::sort(sources_, {}, [](const Source& source) { return std::pair(source.value, source.call); });
  left_ = sources_;
  std::ranges::stable_sort(left_, {}, &Source::rank);
  spending_.steps += kStepsToCopy * of_key.size();
}

void ContradictionTest::sort_out(std::span<const std::uint32_t> of_key, std::size_t last) {
  const Time end = all_[last].ret;
  for (const std::uint32_t i : of_key) {
    const Operation& op = all_[i];
    if (op.call > end || op.outcome == Outcome::failed) continue;
    if (op.outcome == Outcome::ok && (op.ret < end || (op.ret == end && i <= last))) {
      answered_.push_back(i);
      continue;
    }
    open_.push_back(op);
    forget_answer(open_.back());
    if (changed_nothing(open_.back()) || open_.back().outcome == Outcome::failed) open_.pop_back();
  }
  std::ranges::stable_sort(answered_, {}, [&](std::uint32_t i) { return all_[i].ret; });
}

void ContradictionTest::note_source(const Operation& op, std::size_t rank) {
  using enum Action;
  sized_ |= op.action == size;
  only_writes_ &= op.action == read || op.action == write || op.action == stamp || op.action == draw;
  if (changed_nothing(op)) return;
  const bool told = op.action == stamp || op.action == draw || op.action == add;
  only_told_ &= op.action != add || op.outcome == Outcome::pending || told_sum(op);
  if (told && op.output.is_nil()) anything_from_ = std::min(anything_from_, op.call);
  const auto* number = told ? op.output.as_number() : op.argument.as_number();
  if (number != nullptr) sources_.push_back({*number, op.call, rank});
  std::vector<std::int64_t> elements;  // of a list that was written whole
  if (!told) add_values(op.argument, elements);
  for (const std::int64_t element : elements) sources_.push_back({element, op.call, rank});
}

std::span<const ContradictionTest::Source> ContradictionTest::sources_of(std::int64_t value) const {
  const auto first = std::ranges::lower_bound(sources_, value, {}, &Source::value);
  return {first, std::ranges::upper_bound(first, sources_.end(), value, {}, &Source::value)};
}

// ---- The operations that must be looked at.

std::vector<std::int64_t> ContradictionTest::mentioned(std::span<const std::size_t> ranks) const {
  std::vector<std::int64_t> values;
  if (!is_collection()) return values;
  add_values(initial_, values);
  for (const std::size_t rank : ranks) {
    const Operation& op = operation(rank);
    if (const auto* value = value_of(op)) values.push_back(*value);
    add_values(op.output, values);
  }
  sort_once(values);
  return values;
}

// Adds the operations that must have happened for these to be answered so: if only one operation called since
// `from` may have left what they saw. That spares the search a choice. The same goes on for the added ones.
std::vector<std::size_t> ContradictionTest::implied(std::span<const std::size_t> ranks, Time from) const {
  std::vector<std::size_t> all(ranks.begin(), ranks.end());
  if (anything_from_ != kNever) return all;
  std::set<std::size_t> known(ranks.begin(), ranks.end());
  for (std::size_t k = 0; k < all.size(); ++k) {
    for (const std::int64_t value : seen_by(operation(all[k]))) {
      const auto sources = sources_of(value);
      if (sources.size() != 1 || sources.front().rank == kNobody || sources.front().call <= from) continue;
      if (known.insert(sources.front().rank).second) all.push_back(sources.front().rank);
    }
  }
  std::ranges::sort(all);
  return all;
}

// An order of a collection's operations stays valid when all operations on a value are left out (and the
// value is struck from the lists that were read). So values that the contradiction doesn't mention can't
// matter.
bool ContradictionTest::concerns(const Operation& op, const std::vector<std::int64_t>& values) const {
  if (!is_collection()) return true;
  const auto* value = value_of(op);
  return value == nullptr || std::ranges::binary_search(values, *value);
}

ContradictionTest::Scene ContradictionTest::make_scene(std::span<const std::size_t> ranks,
                                                       Begin begin) const {
  Scene scene{.begin = kNever};
  for (const std::size_t rank : ranks) scene.begin = std::min(scene.begin, operation(rank).call);
  const auto ret = [&](std::uint32_t i) { return all_[i].ret; };
  const auto near = std::ranges::lower_bound(answered_, scene.begin, {}, ret);
  scene.cut = begin == Begin::near && near != answered_.begin();
  const auto owed = implied(ranks, scene.cut ? scene.begin : Time::min());
  scene.values = mentioned(owed);
  const auto take = [&](const Operation& op, bool is_owed) {
    scene.operations.push_back(op);
    scene.owed.push_back(is_owed);
  };
  auto next = owed.begin();
  for (auto rank = scene.cut ? static_cast<std::size_t>(near - answered_.begin()) : 0; rank < size();
       ++rank) {
    const Operation& op = operation(rank);
    const bool is_owed = next != owed.end() && *next == rank;
    next += is_owed;
    if (is_owed || (!changed_nothing(op) && concerns(op, scene.values))) take(op, is_owed);
  }
  for (const Operation& op : open_) {
    if (concerns(op, scene.values)) take(op, false);
  }
  return scene;
}

// A choice of the others that probably has an order with these: the latest sources of what they saw, the
// sources' own sources, and so on.
ContradictionTest::Scene ContradictionTest::guess_scene(std::span<const std::size_t> ranks) {
  std::set<std::size_t> known(ranks.begin(), ranks.end());
  std::vector<std::size_t> all(ranks.begin(), ranks.end());
  std::map<std::int64_t, Time> left;  // by these, and the first call that may have left it
  const auto add_left = [&](std::size_t rank) {
    auto source = std::ranges::lower_bound(left_, rank, {}, &Source::rank);
    for (; source != left_.end() && source->rank == rank; ++source) {
      Time& first = left.try_emplace(source->value, source->call).first->second;
      first = std::min(first, source->call);
    }
  };
  for (const std::size_t rank : all) add_left(rank);
  for (std::size_t k = 0; k < all.size() && !spending_.spent(0); ++k) {
    const Operation& op = operation(all[k]);
    std::vector<std::int64_t> seen = seen_by(op);
    spending_.steps += seen.size();
    sort_once(seen);
    for (const std::int64_t value : seen) {
      if (const auto found = left.find(value); found != left.end() && found->second <= op.ret) continue;
      const std::size_t source = likely_source(op, value);
      if (source == kNobody || !known.insert(source).second) continue;
      all.push_back(source);
      add_left(source);
    }
  }
  Scene scene{};
  for (const std::size_t rank : known) scene.operations.push_back(operation(rank));
  scene.owed.assign(known.size(), true);
  scene.operations.insert(scene.operations.end(), open_.begin(), open_.end());
  scene.owed.resize(scene.operations.size(), false);
  return scene;
}

// The latest operation that may have left the value before `op` was answered; kNobody if none was answered.
std::size_t ContradictionTest::likely_source(const Operation& op, std::int64_t value) {
  const auto sources = sources_of(value);
  auto source = std::ranges::upper_bound(sources, op.ret, {}, &Source::call);
  for (; source != sources.begin(); ++spending_.steps) {
    if ((--source)->rank != kNobody) return source->rank;
  }
  return kNobody;
}

Verdict ContradictionTest::ask(std::span<const std::size_t> ranks, Begin begin) {
  if (spending_.spent(0)) return Verdict::unknown;
  if (begin == Begin::near && judge(guess_scene(ranks)) == Verdict::linearizable)
    return Verdict::linearizable;
  Scene scene = make_scene(ranks, begin);
  if (scene.cut && !can_begin_anywhere(scene)) return Verdict::unknown;
  const Verdict verdict = judge(scene);
  return verdict == Verdict::linearizable && !is_exact(scene) ? Verdict::unknown : verdict;
}

Verdict ContradictionTest::judge(const Scene& scene) {
  spending_.steps += kStepsToCopy * scene.operations.size();
  std::vector<std::uint32_t> places(scene.operations.size());
  std::iota(places.begin(), places.end(), 0U);
  KeyHistory history = make_key_history(scene.operations, places, model_, initial_);
  for (KeyOperation& op : history.operations) op.owed = scene.owed[op.index];
  if (scene.cut) begin_anywhere(history, scene);
  return search(history);
}

// A write may have been all that happened before, so each value written may have been there, unless it can be
// used a second time.
bool ContradictionTest::is_exact(const Scene& scene) const {
  if (!scene.cut) return true;
  if (!only_writes_ || !initial_.is_nil() || anything_from_ != kNever) return false;
  const auto values = observed(scene);
  const auto grown = [](const Value& v) { return v.as_list() != nullptr || v.as_text() != nullptr; };
  if (std::ranges::any_of(values, grown)) return false;
  for (std::size_t i = 0; i < scene.operations.size(); ++i) {
    const Operation& op = scene.operations[i];
    if (scene.owed[i] || op.call > scene.begin) continue;
    const Value& left = op.action == Action::write ? op.argument : op.output;
    if (std::ranges::find(values, left) != values.end()) return false;
  }
  return true;
}

Verdict ContradictionTest::search(const KeyHistory& history) {
  if (history.beginnings.empty()) return Verdict::violation;
  Budget one = spending_;
  one.steps_max = std::min(spending_.steps_max, spending_.steps + steps_each_);
  const Verdict verdict = search_just_in_time(history, one).verdict;
  spending_.steps = one.steps;
  spending_.ask_again = one.ask_again;
  return spending_.spent(0) ? Verdict::unknown : verdict;
}

// ---- Where it may begin.

bool ContradictionTest::may_hold(std::int64_t value, Time by) const {
  const auto sources = sources_of(value);
  return anything_from_ <= by || (!sources.empty() && sources.front().call <= by);
}

// The states that operations of the scene can tell from any other.
std::vector<Value> ContradictionTest::observed(const Scene& scene) const {
  std::vector<Value> values;
  for (std::size_t i = 0; i < scene.operations.size(); ++i) {
    const Operation& op = scene.operations[i];
    const bool answered = op.outcome == Outcome::ok;
    if (op.action == Action::cas) values.push_back(op.expected);
    if (op.action == Action::read && answered) values.push_back(op.output);
    if (told_sum(op)) values.emplace_back(before(op));
  }
  return values;
}

bool ContradictionTest::can_begin_anywhere(const Scene& scene) const {
  if (sized_) return false;
  switch (model_) {
    case Model::queue:
    case Model::stack: return true;
    case Model::unordered_queue:
    case Model::multi_register: return false;
    case Model::counter: return only_told_ && open_.size() <= kMostOpenAdds;
    case Model::set: return scene.values.size() <= kMostElements;
    default: break;
  }
  std::size_t prefixes = 0;
  for (const Value& value : observed(scene)) {
    if (const auto* list = value.as_list()) prefixes += list->size();
    if (const auto* text = value.as_text()) prefixes += text->size() / 4;
  }
  return prefixes <= kMostPrefixes;
}

void ContradictionTest::begin_anywhere(KeyHistory& history, const Scene& scene) const {
  history.beginnings.clear();
  if (model_ == Model::queue || model_ == Model::stack) {
    begin_hiding(history, scene.begin);
  } else if (model_ == Model::set) {
    for (std::uint32_t bits = 0; bits < 1U << scene.values.size(); ++bits) {
      List in;
      for (std::size_t k = 0; k < scene.values.size(); ++k) {
        if ((bits >> k & 1U) != 0) in.push_back(scene.values[k]);
      }
      history.beginnings.push_back(history.states.of(in));
    }
  } else if (model_ == Model::counter) {
    begin_counted(history, scene);
  } else {
    begin_observed(history, scene);
  }
  sort_once(history.beginnings);
}

void ContradictionTest::begin_hiding(KeyHistory& history, Time begin) const {
  history.beginnings = {history.states.of(List{}) | KeyHistory::kHiding};
  for (const Source& source : sources_) {
    if (source.call <= begin) history.hidden.push_back(source.value);
  }
  sort_once(history.hidden);
  // An operation that finds it empty learns that nothing hides.
  for (KeyOperation& op : history.operations) op.step.kind = Step::Kind::transit;
}

// Sums that were answered, with any of the unanswered ones, as far as they lead to a sum that somebody
// observes.
void ContradictionTest::begin_counted(KeyHistory& history, const Scene& scene) const {
  std::vector<std::int64_t> sums{0};  // of unanswered adds
  for (const Operation& op : open_) {
    const auto more = sums.size();
    for (std::size_t k = 0; k < more; ++k) sums.push_back(wrapped_sum(sums[k], *op.argument.as_number()));
  }
  sort_once(sums);
  std::vector<std::int64_t> wanted;
  for (const Value& value : observed(scene)) {
    if (value.as_number() == nullptr) continue;
    for (const std::int64_t sum : sums) wanted.push_back(wrapped_sum(*value.as_number(), -sum));
  }
  sort_once(wanted);
  for (const std::int64_t value : wanted) {
    const bool there = std::ranges::any_of(sums, [&](std::int64_t sum) {
      const auto sources = sources_of(wrapped_sum(value, -sum));
      return !sources.empty() && sources.front().call <= scene.begin;
    });
    if (there) history.beginnings.push_back(history.states.of(value));
  }
}

// The states that can be told from others are those that somebody observes, and those on the way there by
// appending.
void ContradictionTest::begin_observed(KeyHistory& history, const Scene& scene) const {
  std::vector<State>& found = history.beginnings;
  found = {ObjectStates::kOther, ObjectStates::kNil};
  std::vector<Value> values = observed(scene);
  std::ranges::stable_sort(values, std::greater{}, length_of);
  const List* longest = nullptr;
  for (const Value& value : values) {
    const auto* number = value.as_number();
    if (number != nullptr && may_hold(*number, scene.begin)) found.push_back(history.states.of(value));
    if (const auto* list = value.as_list()) {
      const bool covered = longest != nullptr && std::equal(list->begin(), list->end(), longest->begin());
      if (covered) continue;
      longest = list;
      for (auto end = list->begin();; ++end) {
        found.push_back(history.states.of(List(list->begin(), end)));
        if (end == list->end() || !may_hold(*end, scene.begin)) break;
      }
    }
    const auto* text = value.as_text();
    for (std::size_t n = 0; text != nullptr && n <= text->size(); ++n)
      found.push_back(history.states.of(text->substr(0, n)));
  }
}

}  // namespace sim
