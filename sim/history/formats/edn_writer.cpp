// Our histories in Jepsen's notation. Jepsen knows processes that do one thing at a time, and an order of
// events instead of times. So a client that has several operations open becomes several processes, and an
// operation that was never answered keeps its process for ever (`:info`).
#include <algorithm>
#include <cstdint>
#include <ostream>
#include <stdexcept>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "sim/history/history.hpp"
#include "sim/history/objects/transaction.hpp"
#include "sim/history/vocabulary.hpp"
#include "sim/history/write_history.hpp"

namespace sim {
namespace {

class EdnWriter {
 public:
  EdnWriter(std::ostream& out, const History& history)
      : out_(out), history_(history), keyed_(history.model == Model::kv) {
    for (const Operation& op : history.operations) {
      keyed_ = keyed_ || op.key != 0;
      next_process_ = std::max(next_process_, history.names.client(op.client.value) + 1);
    }
  }

  void write() {
    const bool starts_as_model =
        !history_.initial || !history_.model || *history_.initial == initial_value(*history_.model);
    if (!starts_as_model) {
      throw std::runtime_error(
          "Jepsen's notation can't tell what was there at the beginning; expected a history for .jsonl");
    }
    for (const Event& event : in_order()) event.returns ? write_return(event.op) : write_call(event.op);
    const auto& operations = history_.operations;
    for (std::size_t i = 0; i < operations.size(); ++i) {
      if (operations[i].outcome == Outcome::pending) line(i, "info", told(operations[i]));
    }
  }

 private:
  struct Event {
    Time at;
    bool returns;
    std::size_t op;
  };
  struct Process {
    std::int64_t name;
    bool busy;
  };

  // Calls before returns: events at one instant are concurrent.
  std::vector<Event> in_order() const {
    std::vector<Event> events;
    const auto& operations = history_.operations;
    for (std::size_t i = 0; i < operations.size(); ++i) {
      require_known(operations[i]);
      events.push_back({operations[i].call, false, i});
      if (operations[i].outcome != Outcome::pending) events.push_back({operations[i].ret, true, i});
    }
    std::ranges::stable_sort(events, {}, [](const Event& e) { return std::pair(e.at, e.returns); });
    return events;
  }

  static void require_known(const Operation& op) {
    const bool own_choice = op.action == Action::stamp || op.action == Action::draw;
    const bool sums = op.action == Action::add && op.outcome == Outcome::ok && !op.output.is_nil();
    if (!sums && (!own_choice || op.outcome == Outcome::ok)) return;
    throw std::runtime_error(fmt::format(
        "Jepsen's notation can't tell all of an operation such as {}; expected a history for .jsonl",
        action_name(op.action)));
  }

  // A client that goes on while an operation of its own is open becomes another process, as in Jepsen.
  void require_nameless(const Operation& op) const {
    const bool by_holder = op.action == Action::acquire || op.action == Action::release;
    if (!by_holder || history_.model == Model::mutex) return;
    throw std::runtime_error(
        "Jepsen's notation can't tell that a lock's holder has several operations open; expected a history "
        "for .jsonl");
  }

  std::string edn_of(const Value& value) const { return history_.names.value(value); }

  // The values read, where they are known.
  std::string steps_of(const Operation& op, bool answered) const {
    using Kind = TransactionStep::Kind;
    const std::vector<Value> reads = answered ? transaction_reads(op.output) : std::vector<Value>();
    std::string text = "[";
    std::size_t read = 0;
    for (const TransactionStep& step : transaction_steps(op.argument)) {
      const bool looks = step.kind == Kind::read;
      const Value seen = looks && read < reads.size() ? reads[read] : Value{};
      read += looks ? 1 : 0;
      text += fmt::format("{}[:{} {} {}]", text.size() > 1 ? " " : "",
                          looks                       ? "r"
                          : step.kind == Kind::append ? "append"
                                                      : "w",
                          edn_of(step.reg), edn_of(looks ? seen : step.value));
    }
    return text + ']';
  }

  // The event's :value; for a read or dequeue, its answer.
  std::string told(const Operation& op) const {
    if (op.action == Action::cas) return '[' + edn_of(op.expected) + ' ' + edn_of(op.argument) + ']';
    if (op.action == Action::txn) return steps_of(op, false);
    if (op.action == Action::stamp || op.action == Action::draw) return edn_of(op.output);
    return takes_argument(op.action) ? edn_of(op.argument) : "nil";
  }

  void write_call(std::size_t i) {
    const Operation& op = history_.operations[i];
    if (process_of_.size() <= i) process_of_.resize(history_.operations.size());
    const std::size_t client = op.client.value;
    if (processes_.size() <= client) processes_.resize(client + 1);
    auto& own = processes_[client];
    auto free = std::ranges::find(own, false, &Process::busy);
    if (free == own.end()) {
      if (!own.empty()) require_nameless(op);
      const std::int64_t name = own.empty() ? history_.names.client(op.client.value) : next_process_++;
      free = own.insert(own.end(), {name, false});
    }
    free->busy = true;
    process_of_[i] = free->name;
    line(i, "invoke", told(op));
  }

  void write_return(std::size_t i) {
    const Operation& op = history_.operations[i];
    auto& own = processes_[op.client.value];
    std::ranges::find(own, process_of_[i], &Process::name)->busy = false;
    const bool of_element =
        output_of(op.action) == Output::truth && takes_argument(op.action) && op.action != Action::cas;
    const bool says_nothing = op.output == Value{};
    const bool found = op.output == Value{std::int64_t{1}};
    if (of_element && op.outcome == Outcome::ok && !says_nothing) {
      return line(i, "ok", fmt::format("[{} {}]", told(op), found));
    }
    const bool did_nothing = output_of(op.action) == Output::truth && !of_element && !found;
    const bool answers = output_of(op.action) == Output::value || op.action == Action::size;
    if (op.outcome == Outcome::failed || did_nothing) return line(i, "fail", told(op));
    if (op.action == Action::txn) return line(i, "ok", steps_of(op, true));
    line(i, "ok", answers ? edn_of(op.output) : told(op));
  }

  void line(std::size_t i, std::string_view type, const std::string& value) {
    const Operation& op = history_.operations[i];
    const bool writes = op.action == Action::stamp || op.action == Action::draw;
    out_ << fmt::format("{{:process {}, :type :{}, :f :{}, ", process_of_[i], type,
                        writes ? "write" : action_name(op.action));
    if (keyed_) out_ << fmt::format(":key {}, ", history_.names.key(op.key));
    out_ << fmt::format(":value {}", value);
    const Time at = type == "invoke" ? op.call : op.ret;
    if (type != "info") out_ << fmt::format(", :time {}", at.time_since_epoch().count());
    out_ << "}\n";
  }

  std::ostream& out_;
  const History& history_;
  std::vector<std::vector<Process>> processes_;  // by client
  std::vector<std::int64_t> process_of_;         // by operation
  std::int64_t next_process_ = 0;                // that no client has
  bool keyed_;
};

}  // namespace

void write_edn(std::ostream& out, const History& history) { EdnWriter(out, history).write(); }

}  // namespace sim
