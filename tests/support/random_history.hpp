// Small random histories for the judge of linearizability: recorded from a true object, then possibly
// spoiled, so that both verdicts occur often and near each other.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "sim/history/objects/object_model.hpp"
#include "sim/history/objects/transaction.hpp"
#include "sim/history/vocabulary.hpp"

namespace random_history {

/// A plain splitmix generator: tests must not depend on the generator that they may be testing.
struct Dice {
  std::uint64_t state;

  std::uint64_t next() {
    std::uint64_t z = (state += 0x9e3779b97f4a7c15U);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
  }
  std::int64_t below(std::int64_t n) {
    return static_cast<std::int64_t>(next() % static_cast<std::uint64_t>(n));
  }
  bool chance(int percent) { return below(100) < percent; }
};

struct Shape {
  sim::Model model = sim::Model::reg;
  std::int64_t operations = 6;
  std::int64_t values = 3;  ///< Written values are drawn from so many.
  std::int64_t keys = 1;
  std::int64_t clients = 3;
  int pending = 20;       ///< Percent of operations never answered.
  int spoiled = 50;       ///< Percent of histories with up to three answers changed.
  bool touching = false;  ///< Calls often coincide with returns.
  bool text = false;      ///< Values are text; appending concatenates.
  bool mixed = false;     ///< Values are numbers and texts, some of them empty.
  bool whole = false;     ///< Sets are read as a whole, too.
  bool growing = false;   ///< Nothing is inserted twice into a set or removed from it.
  int silent = 30;        ///< Percent of inserts and removes that don't say what they found.
  bool chained = false;   ///< A cas expects what somebody wrote, or the initial value.
  bool sizes = false;     ///< Somebody asks how many values are in.
  bool distinct = false;  ///< No value is written, or put in, twice.
};

inline std::vector<sim::Action> actions_of(const Shape& shape) {
  using enum sim::Action;
  switch (shape.model) {
    case sim::Model::reg: return {read, read, write, write, stamp, draw};
    case sim::Model::cas_register: return {read, read, write, cas, cas};
    case sim::Model::kv:
      if (shape.text || shape.mixed) return {read, read, write, append, append};
      return {read, read, write, append, append, cas, stamp};
    case sim::Model::counter: return {read, add, add};
    case sim::Model::log: return {read, append, append};
    case sim::Model::set:
      if (shape.sizes) return {read, insert, insert, remove, contains, size};
      if (shape.growing) return {read, read, insert, insert, insert, contains};
      if (shape.whole) return {read, read, insert, insert, remove, contains};
      return {insert, insert, remove, contains};
    case sim::Model::queue:
      if (shape.sizes) return {enqueue, enqueue, dequeue, size};
      return {enqueue, enqueue, enqueue, dequeue, dequeue, dequeue};
    case sim::Model::stack:
      if (shape.sizes) return {push, push, pop, size};
      return {push, push, push, pop, pop, pop};
    case sim::Model::lock:
    case sim::Model::mutex: return {acquire, acquire, release};
    case sim::Model::unordered_queue:
      if (shape.sizes) return {enqueue, enqueue, dequeue, size};
      return {enqueue, enqueue, enqueue, dequeue, dequeue, dequeue};
    case sim::Model::multi_register: return {txn};
  }
  return {read};
}

class Recorder {
 public:
  Recorder(const Shape& shape, Dice& dice)
      : shape_(shape), dice_(dice), cells_(static_cast<std::size_t>(shape.keys), initial(shape)) {}

  static sim::Value initial(const Shape& shape) {
    return shape.text ? sim::Value{std::string()} : sim::initial_value(shape.model);
  }

  // Operations take effect in the order drawn here; intervals are drawn around their instants.
  std::vector<sim::Operation> record() {
    const auto actions = actions_of(shape_);
    std::vector<std::int64_t> free_at(static_cast<std::size_t>(shape_.clients), 0);
    std::vector<sim::Operation> history;
    for (std::int64_t i = 0, instant = 10; i < shape_.operations; ++i, instant += 10) {
      sim::Operation op;
      op.action = actions[static_cast<std::size_t>(dice_.below(static_cast<std::int64_t>(actions.size())))];
      op.client.value = static_cast<std::uint16_t>(dice_.below(shape_.clients));
      op.key = static_cast<std::uint32_t>(dice_.below(shape_.keys));
      choose_arguments(op);
      std::int64_t& busy_until = free_at[op.client.value];
      instant = std::max(instant, busy_until + (shape_.touching ? 0 : 1));
      if (dice_.chance(shape_.pending))
        op.outcome = dice_.chance(10) ? sim::Outcome::failed : sim::Outcome::pending;
      else
        op.outcome = sim::Outcome::ok;
      const bool happens =
          op.outcome == sim::Outcome::ok || (op.outcome == sim::Outcome::pending && dice_.chance(60));
      if (happens) execute(op);
      set_times(op, instant, busy_until);
      history.push_back(op);
    }
    if (dice_.chance(shape_.spoiled)) {
      for (int answers = 0; answers < 3; ++answers) spoil(history);
    }
    std::ranges::stable_sort(history, {}, [](const sim::Operation& op) { return op.call; });
    return history;
  }

 private:
  sim::Value value() {
    const std::int64_t n = shape_.distinct ? ++last_value_ : 1 + dice_.below(shape_.values);
    if (shape_.mixed && dice_.chance(25)) return std::string();
    const bool is_text = shape_.text || (shape_.mixed && dice_.chance(50));
    return is_text ? sim::Value{std::string(1, static_cast<char>('a' + n))} : sim::Value{n};
  }

  sim::Value expected_somewhere() {
    const std::int64_t n = dice_.below(last_value_ + 2);
    return n == 0 ? sim::Value{} : sim::Value{n};
  }

  sim::Value some_value() { return std::int64_t{1} + dice_.below(shape_.operations); }

  sim::Value any_of(const sim::Value& cell) {
    const sim::List& in = *cell.as_list();
    if (in.empty()) return {};
    return in[static_cast<std::size_t>(dice_.below(static_cast<std::int64_t>(in.size())))];
  }

  // One to three steps on two registers.
  sim::Value transaction() {
    std::vector<sim::TransactionStep> steps(static_cast<std::size_t>(1 + dice_.below(3)));
    for (sim::TransactionStep& step : steps) {
      step.reg = 7 + dice_.below(2);
      if (dice_.chance(50)) continue;
      step.kind = dice_.chance(70) ? sim::TransactionStep::Kind::write : sim::TransactionStep::Kind::append;
      step.value = 1 + dice_.below(shape_.values);
    }
    return sim::transaction_argument(steps);
  }

  void choose_arguments(sim::Operation& op) {
    using enum sim::Action;
    if (sim::takes_argument(op.action)) op.argument = op.action == txn ? transaction() : value();
    if (op.action == add && dice_.chance(30)) op.argument = dice_.below(4) - 2;  // down, not at all, up
    if (shape_.growing) op.argument = op.action == insert ? ++last_value_ : 1 + dice_.below(last_value_ + 1);
    if (op.action == cas) op.expected = dice_.chance(15) ? sim::Value{sim::Nil{}} : value();
    if (op.action == cas && shape_.chained) op.expected = expected_somewhere();
    if (op.action == cas && dice_.chance(40)) op.expected = cells_[op.key];
  }

  void execute(sim::Operation& op) {
    sim::Value& cell = cells_[op.key];
    switch (op.action) {
      case sim::Action::read: op.output = cell; break;
      case sim::Action::write: cell = op.argument; break;
      case sim::Action::cas:
        op.output = std::int64_t{cell == op.expected};
        if (cell == op.expected) cell = op.argument;
        break;
      case sim::Action::append: append(cell, op.argument); break;
      case sim::Action::add:
        op.output = *cell.as_number() + *op.argument.as_number();
        cell = op.output;
        break;
      case sim::Action::stamp:
      case sim::Action::draw: op.output = cell = value(); break;
      default:
        if (shape_.model == sim::Model::unordered_queue && op.action == sim::Action::dequeue)
          op.output = any_of(cell);
        op.output = sim::object_model(shape_.model).execute(cell, op);
    }
    if (sim::may_be_silent(op.action) && dice_.chance(shape_.silent)) op.output = sim::Nil{};
  }

  static void append(sim::Value& cell, const sim::Value& argument) {
    const auto* piece = argument.as_text();
    if (cell.is_nil()) cell = piece != nullptr ? sim::Value{std::string()} : sim::Value{sim::List{}};
    const auto* n = cell.as_number();
    if (n != nullptr && piece == nullptr) cell = sim::List{*n};
    auto* text = cell.as_text();
    auto* list = cell.as_list();
    if (text != nullptr && piece != nullptr) *text += *piece;
    if (list != nullptr && piece == nullptr) list->push_back(*argument.as_number());
  }

  void set_times(sim::Operation& op, std::int64_t instant, std::int64_t& busy_until) {
    std::int64_t call = std::max(busy_until + (shape_.touching ? 0 : 1), instant - dice_.below(25));
    if (shape_.touching) call = std::max(busy_until, call / 5 * 5);
    std::int64_t ret = instant + dice_.below(25);
    if (shape_.touching) ret = std::max(instant, ret / 5 * 5);
    op.call = sim::Time{sim::Duration{call}};
    busy_until = ret;
    if (op.outcome == sim::Outcome::ok) {
      op.ret = sim::Time{sim::Duration{ret}};
    } else {
      op.output = sim::Nil{};
    }
  }

  // The bug: an answer is replaced by another one that somebody might have got.
  void spoil(std::vector<sim::Operation>& history) {
    auto& op = history[static_cast<std::size_t>(dice_.below(shape_.operations))];
    const auto& other = history[static_cast<std::size_t>(dice_.below(shape_.operations))];
    if (op.outcome != sim::Outcome::ok) return;
    if (sim::output_of(op.action) == sim::Output::truth && op.output != sim::Value{}) {
      op.output = std::int64_t{op.output == sim::Value{std::int64_t{0}}};
    } else if (op.action == sim::Action::txn) {
      std::vector<sim::Value> reads = sim::transaction_reads(op.output);
      if (!reads.empty())
        reads.front() = dice_.chance(30) ? sim::Value{} : sim::Value{1 + dice_.below(shape_.values)};
      op.output = sim::transaction_output(reads);
    } else if (op.action == sim::Action::size) {
      op.output = *op.output.as_number() + 1 - dice_.below(3);
    } else if (op.action == sim::Action::add && !op.output.is_nil()) {
      op.output = *op.output.as_number() + 1 - dice_.below(3);
    } else if (auto* list = op.output.as_list(); list != nullptr && !list->empty() && dice_.chance(50)) {
      list->pop_back();
    } else if (op.action == sim::Action::read && other.action == sim::Action::read &&
               other.outcome == op.outcome) {
      op.output = other.output;
    } else if (op.action == sim::Action::dequeue || op.action == sim::Action::pop) {
      op.output = other.action == op.action && other.outcome == op.outcome ? other.output
                  : dice_.chance(50)                                       ? sim::Value{}
                                                                           : some_value();
    } else if (op.action == sim::Action::read && shape_.model != sim::Model::log &&
               shape_.model != sim::Model::set) {
      op.output = shape_.model == sim::Model::counter ? sim::Value{dice_.below(6)} : value();
    }
  }

  const Shape& shape_;
  Dice& dice_;
  std::vector<sim::Value> cells_;
  std::int64_t last_value_ = 0;
};

inline std::vector<sim::Operation> make(const Shape& shape, Dice& dice) {
  return Recorder(shape, dice).record();
}

}  // namespace random_history
