// Histories as files: what `run --history` writes, and what `repsim check` reads from here and from other
// testers' archives, so that the judge can be tried on histories whose verdicts are known.
#pragma once

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "sim/history/names.hpp"
#include "sim/history/operation.hpp"

namespace sim {

/// Something that went wrong while a history was recorded. For pictures only: no judge looks at it.
struct HistoryFault {
  std::string what;  ///< In one word, such as "crash" or "partition".
  Time from{};
  Time until = kNever;  ///< `kNever`: it lasted to the end.
  std::string text{};   ///< For people.
  bool operator==(const HistoryFault&) const = default;
};

struct History {
  std::string scenario;
  std::string protocol;
  std::uint64_t seed = 0;
  std::uint32_t clients = 0;
  std::optional<Model> model;  ///< Unset when the format doesn't say.
  /// Where the model is a guess: one that allows more, and that the operations fit as well.
  std::optional<Model> or_else{};
  std::optional<Value> initial;  ///< Unset: `initial_value` of the model.
  /// Times are line numbers, not nanoseconds: the source recorded an order only.
  bool times_are_lines = false;
  std::vector<HistoryFault> faults{};  ///< In order of their beginning; only our own format tells them.
  std::vector<Operation> operations;   ///< In order of call.
  Names names{};                       ///< What the numbers in them stand for.
  std::vector<std::string> remarks{};  ///< How it was understood where it could be otherwise; for people.
  bool operator==(const History&) const = default;
};

/// A file that isn't a history: says where, what was found and what was expected.
struct HistoryError : std::runtime_error {
  HistoryError(std::string file_name, std::size_t line_number, const std::string& what_was_expected);
  std::string file;
  std::size_t line;         ///< From 1; 0 when the error concerns the whole file.
  std::string expectation;  ///< What `what()` says behind those two.
};

/// A file whose reading was stopped before its end.
struct ReadingStopped : std::runtime_error {
  ReadingStopped() : std::runtime_error("reading was stopped before the end of the history") {}
};

enum class HistoryFormat : std::uint8_t {
  automatic,  ///< Decided by the first characters of the file.
  jsonl,      ///< Our own: see sim/report/README.md.
  json,       ///< Jepsen's events as JSON: an array of objects, or one a line.
  edn,        ///< Jepsen: a vector, a list or a bare sequence of maps. The model follows from what is asked.
  etcd,       ///< The console log of Jepsen's test of etcd of 2014.
  log,        ///< Any other log of Jepsen's, such as jepsen.log.
  txt,        ///< Jepsen's history.txt: `PROCESS :type :f value` on each line.
  kv,         ///< One EDN map a line; get, put, append on text that is initially "".
};

/// How a history is to be understood.
struct ReadingOptions {
  ReadingOptions(HistoryFormat f = HistoryFormat::automatic) : format(f) {}  // NOLINT: nearly always all
  HistoryFormat format;
  std::optional<Model> model{};  ///< What the object is, whatever the file says.
  bool nil_is_unknown = false;   ///< Who read nil wasn't told what was there, as Knossos takes it.
  /// Whether values are [KEY VALUE], as Jepsen's `independent` has it; unset: told from the operations.
  std::optional<bool> tuples{};
  /// Of a file: one with a longer line is refused by a std::bad_alloc before it is read. 0: any will do.
  std::size_t longest_line = 0;
};

/// Reads a whole history. `file` is only used in errors. Throws HistoryError on malformed or empty input; a
/// history that begins and has no operations isn't empty in that sense.
History read_history(std::istream& in, const std::string& file, const ReadingOptions& options = {});

/// Opens and reads `path`; throws HistoryError also when it can't be opened. `enough`, if given, is asked
/// every few megabytes; reading then ends with ReadingStopped when it says so.
History read_history_file(const std::string& path, const ReadingOptions& options = {},
                          const std::function<bool()>& enough = {});

/// Writes our own format; `read_history` gives back an equal history.
void write_jsonl(std::ostream& out, const History& history);

/// One operation as a line of it, without the line's end.
std::string jsonl_line(const Operation& operation, const Names& names = {});

/// Writes Jepsen's EDN, a map a line. A cas, acquire or release that did nothing becomes `:fail`: that it
/// could not is lost. What an insert, remove or contains found is written as `[ELEMENT true]` or
/// `[ELEMENT false]`. Throws std::runtime_error for what EDN can't tell: answers of add, an unanswered stamp
/// or draw, and an initial value that isn't the model's.
void write_edn(std::ostream& out, const History& history);

/// What an object of this model holds before the first operation.
Value initial_value(Model model);

std::string_view model_name(Model model);
std::optional<Model> model_from_name(std::string_view name);  ///< "register", "cas-register", ...
std::string_view action_name(Action action);
std::optional<Action> action_from_name(std::string_view name);  ///< Also "get" and "put".
std::string action_names();                                     ///< All of them, for errors.
std::string action_names(Model model);                          ///< Those that it has.
std::string model_names();                                      ///< All of them, for errors.
std::vector<std::string> format_names();
std::string_view outcome_name(Outcome outcome);
std::optional<HistoryFormat> format_from_name(std::string_view name);  ///< "auto", "jsonl", ...

}  // namespace sim
