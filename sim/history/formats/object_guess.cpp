#include "sim/history/formats/object_guess.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "sim/history/history_error.hpp"
#include "sim/history/objects/object_model.hpp"
#include "sim/history/objects/transaction.hpp"
#include "sim/history/vocabulary.hpp"

namespace sim {
namespace {

struct Unfit {
  const History& history;
  const std::string& file;
  const LineOf& line_of;
};

[[noreturn]] void refuse(const Unfit& where, const Operation& op, const std::string& why,
                         const std::string& more = {}) {
  const History& history = where.history;
  const auto place = static_cast<std::size_t>(&op - history.operations.data());
  const std::string of_model =
      history.model ? " (model " + std::string(model_name(*history.model)) + ")" : "";
  throw HistoryError(where.file, where.line_of(place),
                     ":f :" + std::string(action_name(op.action)) + ": " + why + of_model + more);
}

bool has_name(const Value& value) {
  if (const auto* number = value.as_number()) return is_name(*number);
  const auto* list = value.as_list();
  return list != nullptr && std::ranges::any_of(*list, is_name);
}

// Text is appended to text, or is an element of a list: the reads tell.
bool appends_to_lists(const History& history) {
  if (history.model == Model::log) return true;
  bool lists = false;
  bool texts = history.initial && history.initial->as_text() != nullptr;
  for (const Operation& op : history.operations) {
    if (op.action != Action::read || op.outcome != Outcome::ok) continue;
    lists = lists || op.output.as_list() != nullptr;
    texts = texts || op.output.as_text() != nullptr;
  }
  return lists && !texts;
}

void fit_elements(History& history, NameTable& names, const Unfit& where) {
  for (Operation& op : history.operations) {
    const bool puts = op.action == Action::enqueue || op.action == Action::push;
    if (puts && op.argument.is_nil()) refuse(where, op, "found nil, which means that nothing was in");
    const bool takes_element = takes_argument(op.action) && op.action != Action::txn;
    if (takes_element && op.argument.as_number() == nullptr) op.argument = names.as_number(op.argument);
    const bool gives_element = op.action == Action::dequeue || op.action == Action::pop;
    if (gives_element && !op.output.is_nil()) op.output = names.as_number(op.output);
  }
}

void fit_counter(History& history, const Unfit& where) {
  constexpr std::int64_t first = kFirstName + (std::int64_t{1} << 32);  // those below stand for names
  const std::string more = ", " + std::to_string(first) + " at least";
  for (Operation& op : history.operations) {
    if (op.action == Action::insert) op.action = Action::add;
    const auto* number = op.argument.as_number();
    const bool adds = op.action == Action::add;
    if (adds && (number == nullptr || is_name(*number)))
      refuse(where, op, "expected :value to be an integer of 64 bits", more);
    if (has_name(op.output)) refuse(where, op, "expected an integer of 64 bits as the answer", more);
  }
}

bool is_empty_list(const Value& value) {
  const auto* list = value.as_list();
  return list != nullptr && list->empty();
}

// What the operation does to a list, if it does: whether it appends, and whether it writes an empty one.
// Values may be long texts, and are not copied.
struct ListUse {
  bool appends = false;
  bool writes_empty = false;
};

ListUse list_use(const Operation& op) {
  if (op.action != Action::txn) {
    const bool appends = op.action == Action::append;
    return {appends, !appends && (is_empty_list(op.argument) || is_empty_list(op.expected))};
  }
  ListUse use;
  for (const TransactionStep& step : transaction_steps(op.argument)) {
    use.appends = use.appends || step.kind == TransactionStep::Kind::append;
    use.writes_empty =
        use.writes_empty || (step.kind == TransactionStep::Kind::write && is_empty_list(step.value));
  }
  return use;
}

// Lists are appended to, and nobody writes an empty one.
bool empty_is_nothing(const History& history) {
  bool appends = false;
  for (const Operation& op : history.operations) {
    const ListUse use = list_use(op);
    if (use.writes_empty) return false;
    appends = appends || use.appends;
  }
  return appends;
}

void read_nothing(Operation& op) {
  if (op.action == Action::read && is_empty_list(op.output)) op.output = Value{};
  if (op.action != Action::txn || op.outcome != Outcome::ok) return;
  std::vector<Value> reads = transaction_reads(op.output);
  for (Value& read : reads) {
    if (is_empty_list(read)) read = Value{};
  }
  op.output = transaction_output(reads);
}

}  // namespace

void take_empty_for_nothing(History& history) {
  if (history.model == Model::set || history.model == Model::log) {
    bool any = false;
    for (Operation& op : history.operations) {
      const bool nil = op.action == Action::read && op.outcome == Outcome::ok && op.output.is_nil();
      if (nil) op.output = List{};
      any = any || nil;
    }
    if (any) history.remarks.emplace_back("nil taken for empty; --nil unknown if it wasn't told");
  } else if (history.model == Model::kv || history.model == Model::multi_register) {
    if (!empty_is_nothing(history)) return;
    for (Operation& op : history.operations) read_nothing(op);
  }
}

void ObjectGuess::learn(Action action, std::string_view f, bool keyed) {
  keyed_ = keyed_ || keyed;
  switch (action) {
    case Action::insert:
      if (f == "add") {
        adds_ = true;
        collection_ = Model::set;
        break;
      }
      [[fallthrough]];
    case Action::remove:
    case Action::contains:
      set_actions_ = true;
      collection_ = Model::set;
      break;
    case Action::enqueue:
    case Action::dequeue: collection_ = Model::queue; break;
    case Action::push:
    case Action::pop: collection_ = Model::stack; break;
    case Action::acquire:
    case Action::release: collection_ = Model::lock; break;
    case Action::txn: collection_ = Model::multi_register; break;
    case Action::append: collection_ = keyed || writes_ ? Model::kv : Model::log; break;
    case Action::write:
    case Action::cas:
      writes_ = true;
      if (collection_ == Model::log) collection_ = Model::kv;
      break;
    default: break;
  }
}

void ObjectGuess::learn_read(const Value& output, bool set_literal) {
  read_number_ = read_number_ || output.as_number() != nullptr;
  read_list_ = read_list_ || set_literal || output.as_list() != nullptr;
}

void ObjectGuess::settle(History& history, Model fallback) const {
  if (history.model) return;
  const Model cells = keyed_ ? Model::kv : fallback;
  history.model = collection_.value_or(cells);
  const auto remark = [&](const std::string& taken, Model other, const std::string& if_what) {
    history.remarks.push_back("taken for " + taken + "; --model " + std::string(model_name(other)) + ' ' +
                              if_what);
  };
  if (history.model == Model::queue) {
    history.or_else = Model::unordered_queue;
    remark("a FIFO queue", Model::unordered_queue, "if any value may come out next");
  } else if (history.model == Model::lock) {
    history.or_else = Model::mutex;
    remark("a lock that its holder releases", Model::mutex, "if anybody may");
  } else if (adds_ && !set_actions_ && read_number_ && !read_list_) {
    history.model = Model::counter;
  } else if (adds_ && !set_actions_ && !read_list_) {
    remark("a set", Model::counter, "if it's a number that is raised");
  } else if (history.model == Model::log) {
    remark("one list", Model::kv, "if it can also be written");
  }
}

void fit_to_model(History& history, NameTable& names, const std::string& file, const LineOf& line_of) {
  if (!history.model) return;
  const LineOf by_time = [&](std::size_t place) {
    const Time call = history.operations[place].call;
    return history.times_are_lines ? static_cast<std::size_t>(call.time_since_epoch().count()) : 0;
  };
  const Unfit where{history, file, line_of ? line_of : by_time};
  const Model model = *history.model;
  if (model == Model::multi_register) split_transactions(history.operations);
  if (model == Model::counter) {
    fit_counter(history, where);
  } else if (holds_elements(model) || (model == Model::kv && appends_to_lists(history))) {
    if (holds_elements(model)) {
      fit_elements(history, names, where);
    } else {
      for (Operation& op : history.operations) {
        if (op.action == Action::append) op.argument = names.as_number(op.argument);
      }
    }
  }
  for (const Operation& op : history.operations) {
    const bool own_choice = op.action == Action::stamp || op.action == Action::draw;
    if (own_choice && !names.empty())
      refuse(where, op, "writes an integer, and can't be judged beside values of other kinds");
  }
}

}  // namespace sim
