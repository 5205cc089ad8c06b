#include "sim/cli/check_judging.hpp"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <initializer_list>
#include <limits>
#include <map>
#include <new>
#include <set>
#include <stdexcept>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "sim/cli/check_report.hpp"
#include "sim/cli/outputs.hpp"
#include "sim/cli/process_memory.hpp"
#include "sim/files/output_file.hpp"
#include "sim/history/formats/edn_values.hpp"
#include "sim/history/history.hpp"
#include "sim/history/history_error.hpp"
#include "sim/history/objects/object_model.hpp"
#include "sim/history/objects/transaction.hpp"
#include "sim/history/read_history.hpp"
#include "sim/history/reading_options.hpp"
#include "sim/history/vocabulary.hpp"
#include "sim/history/write_history.hpp"
#include "sim/linearizability/search/unknown_initial.hpp"
#include "sim/linearizability/sequential_consistency.hpp"

namespace sim {
namespace {

constexpr std::uint64_t kStepsToOrder = 3'000'000;  // a picture isn't worth more

double seconds_since(std::clock_t start) {
  return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

// "10s" or "1.5GB": a number and one of the units, each with its factor.
double parse_amount(const std::string& option, const std::string& text,
                    std::initializer_list<std::pair<std::string_view, double>> units, const char* expected) {
  std::size_t used = 0;
  double amount = -1;
  try {
    amount = std::stod(text, &used);
  } catch (const std::logic_error&) {
    used = 0;
  }
  for (const auto& [unit, scale] : units) {
    if (used > 0 && amount > 0 && amount < 1e6 && text.substr(used) == unit) return amount * scale;
  }
  throw std::runtime_error(option + ": found \"" + text + "\"; expected " + expected +
                           ", more than 0 and less than a million of its unit");
}

}  // namespace

std::size_t parse_memory(const std::string& text) {
  if (text.empty()) return 0;
  return static_cast<std::size_t>(
      parse_amount("--memory", text, {{"MB", 0x1p20}, {"GB", 0x1p30}}, "an amount such as 500MB or 4GB"));
}

// A wall-clock limit makes the verdict depend on the machine, so there is none by default. It begins here.
LinearizabilityBudget parse_budget(const CheckOptions& options) {
  LinearizabilityBudget budget{.steps = 1'000'000'000};
  if (!options.budget.empty()) {
    const double seconds = parse_amount("--budget", options.budget, {{"ms", 1e-3}, {"s", 1.0}, {"m", 60.0}},
                                        "a time such as 500ms, 10s or 2m");
    const auto limit = std::chrono::duration<double>(seconds);
    const auto start = std::chrono::steady_clock::now();
    budget.steps = std::numeric_limits<std::uint64_t>::max();
    budget.out_of_time = [=] { return std::chrono::steady_clock::now() - start > limit; };
  }
  if (options.steps > 0) budget.steps = options.steps;
  if (options.memory_bytes > 0) {
    budget.memory_bytes =
        data_within(options.memory_bytes) / 3;  // while a table grows, old and new are there
  }
  return budget;
}

void require_initial(const CheckOptions& options) {
  if (options.initial.empty() || options.initial == "unknown") return;
  try {
    read_edn_value(options.initial);
  } catch (const std::invalid_argument& error) {
    throw std::runtime_error(
        "--initial: found \"" + options.initial +
        "\"; expected unknown, or a value such as 0, nil, true, :a, \"text\" or [1 2] (" + error.what() +
        ")");
  }
}

namespace {

// The command line's values, in the numbers of this history.
std::int64_t number_in(Names& names, const Edn& edn) {
  const std::string text = edn_text(edn);
  if (edn.kind == Edn::Kind::integer && !is_name(edn.integer)) return edn.integer;
  auto known = std::ranges::find(names.values, text);
  if (known == names.values.end()) known = names.values.insert(known, text);  // last: the others keep theirs
  return kFirstName + (known - names.values.begin());
}

Value value_in(Names& names, const Edn& edn, bool is_element) {
  if (edn.kind == Edn::Kind::nil) return {};
  if (edn.kind == Edn::Kind::string && !is_element) return edn.text;
  if (!edn.is_sequence() && edn.kind != Edn::Kind::set) return number_in(names, edn);
  List list;
  for (const Edn& item : edn.items) list.push_back(number_in(names, item));
  return list;
}

Value initial_of(const CheckOptions& options, History& history, Model model) {
  if (options.initial.empty() || options.initial == "unknown")
    return history.initial.value_or(initial_value(model));
  const Edn edn = read_edn_value(options.initial);
  if (model != Model::multi_register) {
    Value value = value_in(history.names, edn, false);
    if (auto* list = value.as_list(); list != nullptr && model == Model::unordered_queue)
      std::ranges::sort(*list);
    return value;
  }
  if (edn.kind != Edn::Kind::map) return transaction_state(value_in(history.names, edn, true));
  std::vector<std::pair<std::int64_t, Value>> registers;
  for (std::size_t i = 0; i < edn.items.size(); i += 2) {
    registers.emplace_back(number_in(history.names, edn.items[i]),
                           value_in(history.names, edn.items[i + 1], true));
  }
  std::ranges::sort(registers, {}, [](const auto& entry) { return entry.first; });
  std::erase_if(registers, [](const auto& entry) { return entry.second.is_nil(); });
  return transaction_state({}, registers);
}

std::optional<Model> chosen_model(const CheckOptions& options) {
  return options.model.empty() ? std::nullopt : model_from_name(options.model);
}

Model model_of(const History& history, const std::string& file) {
  if (history.model) return *history.model;
  if (history.operations.empty()) return Model::reg;  // any will do
  throw HistoryError(file, 0, "the file names no model; choose one with --model: " + model_names());
}

// Names the first operation that the model doesn't have.
void require_actions(const History& history, Model model, const std::string& file) {
  for (std::size_t i = 0; i < history.operations.size(); ++i) {
    const Operation& op = history.operations[i];
    if (allows(object_model(model), op.action)) continue;
    const bool lines = history.times_are_lines;
    const auto line = lines ? static_cast<std::size_t>(op.call.time_since_epoch().count()) : 0;
    throw HistoryError(
        file, line,
        fmt::format("{}:f :{} is not an action of the model {}; expected {} (or another --model)",
                    lines ? "" : fmt::format("operation {}: ", i), action_name(op.action), model_name(model),
                    action_names(model)));
  }
}

// The search keeps whole states of all related registers: beyond this, it would only take long.
constexpr std::size_t kTransactionsMax = 10'000;
constexpr std::size_t kRegistersMax = 64;

std::string too_many_transactions(const History& history) {
  std::map<std::uint32_t, std::size_t> transactions;
  std::map<std::uint32_t, std::set<std::int64_t>> registers;
  for (const Operation& op : history.operations) {
    ++transactions[op.key];
    for (const TransactionStep& step : transaction_steps(op.argument)) registers[op.key].insert(step.reg);
  }
  for (const auto& [key, count] : transactions) {
    const std::size_t width = registers[key].size();
    if (count <= kTransactionsMax && width <= kRegistersMax) continue;
    return fmt::format(
        "undecided: {} transactions on {} registers belong together; the model multi-register is judged "
        "up to {} on {}",
        count, width, kTransactionsMax, kRegistersMax);
  }
  return {};
}

struct Question {
  const CheckOptions& options;
  const History& history;
  const Value& initial;
  const LinearizabilityBudget& budget;
};

LinearizabilityResult verdict_of(const Question& ask, Model model, std::span<const Operation> operations) {
  const TimeUnit unit = ask.history.times_are_lines ? TimeUnit::lines : TimeUnit::nanoseconds;
  if (model == Model::multi_register) {
    if (std::string why = too_many_transactions(ask.history); !why.empty())
      return {.story = why, .witness = {}};
  }
  if (ask.options.consistency == "sequential")
    return check_sequential_consistency(operations, model, ask.initial, ask.budget, unit);
  if (ask.options.initial != "unknown")
    return check_linearizability(operations, model, ask.initial, ask.budget, unit, Detail::verdict);
  UnknownInitial any = check_any_initial(operations, model, ask.budget);
  if (any.result.verdict == Verdict::violation) {
    any.result.story =
        fmt::format("key {}: no order explains its operations, for any initial value ({} tried)",
                    ask.history.names.key(any.begins.rbegin()->first), any.tried);
  }
  return any.result;
}

// If the model is a guess and another fits as well, only their common verdict is reported.
void judge_guess(const Question& ask, CheckedFile& judged) {
  judged.result = verdict_of(ask, *judged.model, ask.history.operations);
  const auto& other = ask.history.or_else;
  if (!other || judged.result.verdict != Verdict::violation) return;
  LinearizabilityResult result = verdict_of(ask, *other, ask.history.operations);
  if (result.verdict == Verdict::violation) {
    judged.model = *other;  // and so no result of the stricter model either
    judged.remarks = {"neither as " + std::string(model_name(*ask.history.model)) + " nor as " +
                      std::string(model_name(*other))};
    judged.result = std::move(result);
    return;
  }
  const std::string strict(model_name(*judged.model)), wide(model_name(*other));
  judged.result = {
      .verdict = Verdict::unknown,
      .story = fmt::format("undecided: a violation as {}, {} as {}; choose with --model {} or --model {}",
                           strict, verdict_name(result.verdict), wide, strict, wide),
      .witness = {},
      .steps = judged.result.steps + result.steps};
  judged.remarks.clear();
}

// Other tools take a read's nil for "not told".
void remark_on_nil(const Question& ask, CheckedFile& judged) {
  if (judged.result.verdict != Verdict::violation || !ask.history.times_are_lines) return;
  std::vector<Operation> untold = ask.history.operations;
  bool any = false;
  for (Operation& op : untold) {
    const bool nil = op.action == Action::read && op.outcome == Outcome::ok && op.output.is_nil();
    if (!nil) continue;
    op.outcome = Outcome::pending;
    op.ret = kNever;
    any = true;
  }
  if (!any || verdict_of(ask, *judged.model, untold).verdict != Verdict::linearizable) return;
  judged.remarks.emplace_back(
      "linearizable if a read's nil means that its result was not recorded, as in Knossos: --nil unknown");
}

// Additions to the file's verdict, within what the verdict left of the budget.
void add_reasons(const CheckOptions& options, const History& history, const Value& initial,
                 LinearizabilityBudget budget, CheckedFile& judged) {
  judged.explanation["consistency"] = options.consistency;
  if (options.consistency == "sequential" || options.initial == "unknown") return;
  budget.steps -= std::min(budget.steps, judged.result.steps);
  std::optional<std::size_t> end;
  if (judged.result.verdict == Verdict::violation) {
    const TimeUnit unit = history.times_are_lines ? TimeUnit::lines : TimeUnit::nanoseconds;
    const Explanation why =
        explain_violation(history.operations, *judged.model, initial, judged.result, unit, budget);
    judged.result.witness = why.contradiction.witness;
    judged.result.story = why.story;
    judged.result.steps += why.steps;
    add_explanation(judged.explanation, history, why);
    judged.why = explanation_text(history, why);
    end = why.contradiction.prefix_end;
    budget.steps -= std::min(budget.steps, why.steps);
  }
  if (!options.order) return;
  budget.steps = std::min(budget.steps, kStepsToOrder);
  judged.explanation["linearization"] =
      to_json(find_linearization(history.operations, *judged.model, initial, end, budget));
}

void save(History history, const CheckedFile& judged, const std::string& file) {
  history.model = judged.model;
  const bool guessed = history.or_else && judged.result.verdict == Verdict::unknown;
  if (guessed) history.model.reset();  // readers of the history have to choose, too
  OutputFile out(output_of("--save", file).path);
  write_jsonl(out.stream(), history);
  out.commit();
}

ReadingOptions reading(const CheckOptions& options) {
  ReadingOptions reading(*format_from_name(options.format));
  reading.model = chosen_model(options);
  reading.nil_is_unknown = options.nil == "unknown";
  reading.longest_line = options.memory_bytes / 8;  // besides it there are the parts read before
  if (options.tuples != "auto") reading.tuples = options.tuples == "yes";
  return reading;
}

// First the verdict alone. Anybody told of a violation also wants to know why, which takes longer.
void judge_history(const CheckOptions& options, const std::string& file, CheckedFile& judged) {
  const std::clock_t start = std::clock();
  const LinearizabilityBudget budget = parse_budget(options);
  History history = read_history_file(file, reading(options), budget.out_of_time);
  judged.model = model_of(history, file);
  judged.operations = history.operations.size();
  judged.remarks = history.remarks;
  require_actions(history, *judged.model, file);
  if (options.initial == "unknown" && !may_begin_anyhow(*judged.model)) {
    throw HistoryError(file, 0,
                       "--initial unknown is for register, cas-register and kv, not for " +
                           std::string(model_name(*judged.model)));
  }
  const Value initial = initial_of(options, history, *judged.model);
  if (!options.initial.empty() && options.initial != "unknown") history.initial = initial;
  const Question ask{options, history, initial, budget};
  try {
    judge_guess(ask, judged);
    remark_on_nil(ask, judged);
  } catch (const std::invalid_argument& error) {
    throw HistoryError(file, 0,
                       std::string(error.what()) + " (model " + std::string(model_name(*judged.model)) + ")");
  }
  judged.cpu_seconds = seconds_since(start);
  if (!options.save.empty()) save(history, judged, options.save);
  const std::clock_t known = std::clock();
  try {
    add_reasons(options, history, initial, budget, judged);
  } catch (const std::bad_alloc&) {
    judged.why = " (out of memory before it was explained)";  // the verdict stands
  }
  name_values(judged.result.story, history.names);
  judged.explain_cpu_seconds = seconds_since(known);
}

}  // namespace

CheckedFile judge_file(const CheckOptions& options, const std::string& file) {
  const std::clock_t start = std::clock();
  CheckedFile judged;
  judged.file = file;
  try {
    if (options.memory_bytes > 0 && peak_memory() > options.memory_bytes) throw std::bad_alloc();
    judge_history(options, file, judged);
  } catch (const HistoryError& error) {
    judged.error = error.expectation;
    judged.error_line = error.line;
  } catch (const ReadingStopped&) {
    judged.cpu_seconds = seconds_since(start);
    judged.result = {
        .verdict = Verdict::unknown,
        .story = "undecided: the budget of time (" + options.budget + ") was spent before all was read",
        .witness = {}};
  } catch (const std::bad_alloc&) {
    judged.cpu_seconds = seconds_since(start);
    judged.result = {.verdict = Verdict::unknown,
                     .story = "undecided: the budget of memory" +
                              (options.memory.empty() ? std::string() : " (" + options.memory + ")") +
                              " was spent",
                     .witness = {}};
  }
  judged.peak_mib = static_cast<double>(peak_memory()) / 0x1p20;
  return judged;
}

}  // namespace sim
