#include "sim/history/formats/jepsen_reader.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "sim/history/formats/edn_values.hpp"
#include "sim/history/history.hpp"
#include "sim/history/objects/object_model.hpp"
#include "sim/history/reading_options.hpp"
#include "sim/history/vocabulary.hpp"

namespace sim {
namespace {

constexpr std::array<std::string_view, 21> kUnderstood{
    "read",   "get",    "write",    "put",     "cas",     "append",  "add",
    "insert", "remove", "contains", "delete",  "enqueue", "dequeue", "drain",
    "push",   "pop",    "acquire",  "release", "size",    "txn",     "compare-and-set"};

// How many letters must be changed, added or left out to turn one into the other.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t k = 0; k <= b.size(); ++k) row[k] = k;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t k = 1; k <= b.size(); ++k) {
      const std::size_t changed = diagonal + (a[i - 1] == b[k - 1] ? 0 : 1);
      diagonal = std::exchange(row[k], std::min({changed, row[k] + 1, row[k - 1] + 1}));
    }
  }
  return row[b.size()];
}

bool is_named(const Edn& process) {
  return process.kind == Edn::Kind::keyword || process.kind == Edn::Kind::string;
}

// Compares without making a value, as nearly all answers repeat the request; may say no for other kinds.
bool surely_says(const Edn& edn, const Value& known) {
  if (const auto* number = known.as_number())
    return edn.kind == Edn::Kind::integer && edn.integer == *number && !is_name(*number);
  const auto* text = known.as_text();
  return text != nullptr && edn.kind == Edn::Kind::string && edn.text == *text;
}

bool is_of_element(Action action) {
  return action == Action::insert || action == Action::remove || action == Action::contains;
}

}  // namespace

std::string_view without_namespace(std::string_view f) {
  const auto slash = f.rfind('/');
  return slash == std::string_view::npos ? f : f.substr(slash + 1);
}

std::string nearest_action(std::string_view name) {
  const std::string_view shortened = name.substr(0, 40);
  std::string_view best;
  std::size_t least = std::min<std::size_t>(3, shortened.size() / 2 + 1);
  for (const std::string_view known : kUnderstood) {
    const std::size_t changes = distance(shortened, known);
    if (changes < least) best = known;
    least = std::min(least, changes);
  }
  return std::string(best);
}

JepsenReader::JepsenReader(std::string file, const ReadingOptions& options, bool kv_text)
    : file_(std::move(file)), options_(options), kv_text_(kv_text), events_(history_, file_) {
  history_.model = kv_text && !options.model ? Model::kv : options.model;
  if (kv_text) history_.initial = std::string();
  tuples_ = options.tuples;
  tuples_certain_ = options.tuples.has_value();
}

void JepsenReader::fail_on_f(const JepsenEvent& event) const {
  std::string all;
  for (const std::string_view name : kUnderstood) all += (all.empty() ? ":" : ", :") + std::string(name);
  const std::string near = nearest_action(event.f);
  const std::string hint = near.empty() ? std::string() : " (did you mean :" + near + "?)";
  events_.fail("not understood" + hint + "; expected one of " + all);
}

// Lines out of order are no history; two histories in one file aren't one.
void JepsenReader::require_ascending(const JepsenEvent& event) {
  if (event.index == nullptr || event.index->kind != Edn::Kind::integer || event.index->integer < 0) return;
  if (event.index->integer < last_index_) {
    events_.fail(":index " + std::to_string(event.index->integer) + " comes after " +
                 std::to_string(last_index_) + "; expected one history, in its order");
  }
  last_index_ = event.index->integer;
}

void JepsenReader::take(const Edn& event) {
  events_.at_line(event.line);
  const bool is_map = event.kind == Edn::Kind::map || event.kind == Edn::Kind::tagged;
  if (!is_map) events_.fail("expected a map {:process ... :type ... :f ...}");
  const auto word = [&](std::string_view name) -> std::string_view {
    const Edn* found = event.find(name);
    if (found == nullptr) events_.fail("an event without :" + std::string(name));
    const bool is_word = found->kind == Edn::Kind::keyword || found->kind == Edn::Kind::string;
    if (!is_word) events_.fail(":" + std::string(name) + " is no keyword");
    std::string_view text = found->text;
    if (found->kind == Edn::Kind::string && text.starts_with(':')) text.remove_prefix(1);
    return text;
  };
  JepsenEvent one{.line = event.line, .process = event.find("process")};
  if (one.process == nullptr) events_.fail("an event without :process");
  one.type = word("type");
  if (is_named(*one.process)) return require_remark(one);
  one.f = word("f");
  one.value = event.find("value");
  one.key = event.find("key");
  one.index = event.find("index");
  understand(one);
}

// :nemesis and its like have no part in the object; their events only tell what they do. For :nemesis that's
// certain whatever it says; another name may be a client's.
void JepsenReader::require_remark(const JepsenEvent& event) const {
  if (event.type == "info" || event.process->text == "nemesis") return;
  events_.fail("process " + edn_text(*event.process).substr(0, 80) + " is said to :" +
               std::string(event.type) + "; expected a number, or :info alone as of :nemesis");
}

void JepsenReader::take(const JepsenEvent& event) {
  events_.at_line(event.line);
  understand(event);
}

void JepsenReader::understand(const JepsenEvent& event) {
  const Edn& who = *event.process;
  if (is_named(who)) return require_remark(event);
  if (who.kind != Edn::Kind::integer) events_.fail(":process is no number of 64 bits");
  events_.of(event.f);
  require_ascending(event);
  const std::int64_t process = who.integer;
  if (event.type == "invoke") {
    invoked(event, process);
  } else if (event.type == "ok") {
    answered(event, process);
  } else if (event.type == "fail" || event.type == "info") {
    const bool failed = event.type == "fail";
    if (!failed && !events_.has_open(process)) return;  // a remark
    const Operation& op = events_.open(process);
    const Asked asked{event.key, event.value};
    const auto action = action_of(event.f, asked.value, keyed_.value_or(false));
    const bool deletes = event.f.ends_with("delete");
    if (!action) fail_on_f(event);
    if (!deletes) events_.completing(process, op.action == Action::txn ? Action::txn : *action);
    if (!failed && is_drain(event.f)) fail_on_lost_drain();
    failed ? events_.complete(process, Outcome::failed) : events_.lose(process);
  } else {
    events_.fail("found :type :" + std::string(event.type) + "; expected :invoke, :ok, :fail or :info");
  }
}

// ---- Values.

const Edn& JepsenReader::need(const Edn* value) const {
  if (value == nullptr) events_.fail("an event without :value");
  return *value;
}

Value JepsenReader::value(const Edn& edn) {
  if (edn.kind == Edn::Kind::string) return edn.text;  // of nearly all events of a kv text
  if (const std::string why = why_incomparable(edn); !why.empty()) events_.fail(why);
  return value_of(edn, names_);
}

std::int64_t JepsenReader::element(const Edn& edn) {
  if (const std::string why = why_incomparable(edn); !why.empty()) events_.fail(why);
  return element_of(edn, names_);
}

// ---- Operations.

// Jepsen's :add is that of a set, until it turns out to be a counter's. Deleting an element removes it,
// deleting a key writes nothing there. Reading or writing steps of a transaction executes those.
std::optional<Action> JepsenReader::action_of(std::string_view f, const Edn* value, bool keyed) const {
  auto action = action_from_name(f);
  if (!action) {
    f = without_namespace(f);
    if (f == "compare-and-set") return Action::cas;
    if (f == "drain") return Action::dequeue;
    if (f == "delete") {
      const bool of_element = value != nullptr && value->kind != Edn::Kind::nil && !keyed;
      return of_element ? Action::remove : Action::write;
    }
    action = action_from_name(f);
  }
  const bool told = action == Action::stamp || action == Action::draw;
  if (action == Action::add) return Action::insert;
  const bool on_cell = action == Action::read || action == Action::write;
  const bool maybe_txn = options_.model.value_or(Model::multi_register) == Model::multi_register;
  if (on_cell && maybe_txn && value != nullptr && holds_steps(*value)) return Action::txn;
  return told ? std::nullopt : action;
}

void JepsenReader::invoked(const JepsenEvent& event, std::int64_t process) {
  const Asked asked = untangled(event, true);
  auto action = action_of(event.f, asked.value, asked.key != nullptr);
  if (!action) fail_on_f(event);
  const bool reads_map =
      action == Action::read && asked.value != nullptr && asked.value->kind == Edn::Kind::map;
  if (reads_map && !options_.model)
    events_.fail("asks for a map; expected --model multi-register if it names registers");
  const bool on_registers = options_.model == Model::multi_register;
  if (on_registers && (action == Action::read || action == Action::write)) action = Action::txn;
  Operation op;
  op.action = *action;
  op.key = key_of(asked);
  ask(op, event, asked.value);
  guess_.learn(op.action, event.f, asked.key != nullptr);
  if (is_drain(event.f)) drains_.push_back(history_.operations.size());
  events_.invoke(process, std::move(op));
}

void JepsenReader::ask(Operation& op, const JepsenEvent& event, const Edn* given) {
  if (!takes_argument(op.action)) return;
  if (op.action == Action::txn) {
    op.argument = transaction(event, given, false).argument;
  } else if (op.action == Action::write && event.f.ends_with("delete")) {
    if (kv_text_) op.argument = std::string();
  } else if (op.action == Action::cas) {
    ask_cas(op, need(given));
  } else {
    op.argument = value(need(given));
  }
}

void JepsenReader::ask_cas(Operation& op, const Edn& given) {
  if (!given.is_sequence() || given.items.size() != 2) events_.fail("expected :value [FROM TO] for a cas");
  op.expected = value(given.items[0]);
  op.argument = value(given.items[1]);
}

void JepsenReader::answered(const JepsenEvent& event, std::int64_t process) {
  Operation& op = events_.open(process);
  const Asked asked = untangled(event, false);
  const auto action = action_of(event.f, asked.value, asked.key != nullptr);
  if (!action) fail_on_f(event);
  const bool deletes = event.f.ends_with("delete");
  const bool whole = op.action == Action::txn && (action == Action::read || action == Action::write);
  if (!deletes && !whole) events_.completing(process, *action);
  if (asked.key != nullptr && key(*asked.key) != op.key)
    events_.fail("answers for another key than was asked for");
  if (is_drain(event.f)) return answer_drain(process, need(asked.value));
  answer(op, event, asked.value);
  const bool told = op.action != Action::read || !options_.nil_is_unknown || !op.output.is_nil();
  told ? events_.complete(process, Outcome::ok) : events_.lose(process);
}

// The :ok says what was written if the invocation didn't; if they differ, one of them is wrong.
void JepsenReader::complete_argument(Operation& op, const Edn* given) {
  if (given == nullptr) return;
  if (op.action != Action::cas && surely_says(*given, op.argument)) return;
  Operation said = op;
  if (op.action == Action::cas) {
    ask_cas(said, *given);
  } else {
    said.argument = value(*given);
  }
  if (op.argument.is_nil() && op.expected.is_nil()) {
    op.argument = std::move(said.argument);
    op.expected = std::move(said.expected);
  } else if (said.argument != op.argument || said.expected != op.expected) {
    events_.fail("the :ok says :value " + edn_text(*given).substr(0, 80) +
                 ", which isn't what was invoked; expected the same");
  }
}

void JepsenReader::answer(Operation& op, const JepsenEvent& event, const Edn* given) {
  const bool deletes = event.f.ends_with("delete");
  if (op.action == Action::txn) return answer_transaction(op, event, given);
  if (output_of(op.action) == Output::value) {
    const bool is_set = need(given).kind == Edn::Kind::set;
    op.output = value(*given);
    if (is_set) {
      List elements;
      for (const Edn& item : given->items) elements.push_back(element(item));
      op.output = std::move(elements);
      with_sets_.push_back(static_cast<std::size_t>(&op - history_.operations.data()));
    }
    if (op.action == Action::read) guess_.learn_read(op.output, is_set);
  } else if (op.action == Action::size) {
    if (need(given).kind != Edn::Kind::integer) events_.fail("expected :value to be an integer");
    op.output = given->integer;
  } else if (op.action == Action::cas || op.action == Action::acquire || op.action == Action::release) {
    if (op.action == Action::cas) complete_argument(op, given);
    op.output = truth(true);
  } else if (is_of_element(op.action)) {
    const bool silent = may_be_silent(op.action) && (given == nullptr || given->kind == Edn::Kind::nil);
    if (!deletes && !silent) answer_of_element(op, need(given));
  } else if (!deletes) {
    complete_argument(op, given);
  }
}

// Of a set's operations Jepsen records the element only. A writer that also knows what was found writes
// `[ELEMENT true]` or `[ELEMENT false]`; for a lookup `true` or `false` is enough.
void JepsenReader::answer_of_element(Operation& op, const Edn& given) {
  const bool found_pair =
      given.kind == Edn::Kind::vector && given.items.size() == 2 && given.items[1].kind == Edn::Kind::boolean;
  if (found_pair && value(given.items[0]) == op.argument) {
    op.output = given.items[1].integer;
  } else if (op.action == Action::contains && given.kind == Edn::Kind::boolean) {
    op.output = given.integer;
  } else if (op.action == Action::contains || value(given) != op.argument) {
    events_.fail("expected :value [ELEMENT true] or [ELEMENT false], the element being what was asked for");
  }
}

// A store of texts returns "" for keys that were never put, unless somebody was given nil.
void JepsenReader::settle_initial_text() {
  if (!kv_text_) return;
  const bool nil = std::ranges::any_of(history_.operations, [](const Operation& op) {
    return op.action == Action::read && op.outcome == Outcome::ok && op.output.is_nil();
  });
  if (nil) history_.initial.reset();
}

History JepsenReader::finish() {
  settle_initial_text();
  guess_.settle(history_, Model::cas_register);
  if (tuples_ == true && !tuples_certain_ && !history_.operations.empty()) {
    history_.remarks.push_back("values taken for [KEY VALUE]; --tuples no if they are plain ones");
  }
  // A set is the list of its elements for a set only; elsewhere it's a value like others.
  if (history_.model != Model::set) {
    for (const std::size_t i : with_sets_) {
      Operation& op = history_.operations[i];
      List* elements = op.output.as_list();
      if (elements == nullptr) continue;
      std::vector<std::string> texts;
      for (const std::int64_t e : *elements)
        texts.push_back(is_name(e) ? names_.text_of(e) : std::to_string(e));
      std::ranges::sort(texts);
      std::string all = "#{";
      for (const std::string& text : texts) all += (all.size() > 2 ? " " : "") + text;
      op.output = names_.number_of(all + '}');
    }
  }
  take_empty_for_nothing(history_);
  fit_to_model(history_, names_, file_);
  events_.finish();
  finish_drains();
  names_.finish(history_);
  return std::move(history_);
}

}  // namespace sim
