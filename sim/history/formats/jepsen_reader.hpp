// The meaning of Jepsen's events, in whichever notation they are written: the object that they are about, and
// what they ask of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/history/formats/edn.hpp"
#include "sim/history/formats/event_pairing.hpp"
#include "sim/history/formats/kv_event.hpp"
#include "sim/history/formats/object_guess.hpp"
#include "sim/history/history.hpp"
#include "sim/history/name_table.hpp"
#include "sim/history/objects/transaction.hpp"
#include "sim/history/reading_options.hpp"

namespace sim {

/// One event: a process begins something, or learns its outcome.
struct JepsenEvent {
  std::size_t line = 0;
  const Edn* process = nullptr;  ///< These are null where the event doesn't say.
  std::string_view type{};       ///< "invoke", "ok", "fail", "info"
  std::string_view f{};
  const Edn* value = nullptr;
  const Edn* key = nullptr;
  const Edn* index = nullptr;
};

/// Values were taken for [KEY VALUE] until one wasn't: the history must be read again, without.
struct NoTuplesAfterAll {};

class JepsenReader {
 public:
  JepsenReader(std::string file, const ReadingOptions& options, bool kv_text);

  void take(const JepsenEvent& event);
  void take(const Edn& event);  ///< A map `{:process ... :type ... :f ...}`.
  void take(const KvEvent& event);

  History finish();

 private:
  struct Asked {
    const Edn* key = nullptr;
    const Edn* value = nullptr;
  };

  // Of the notation.
  void understand(const JepsenEvent& event);
  [[noreturn]] void fail_on_f(const JepsenEvent& event) const;
  void require_ascending(const JepsenEvent& event);
  void require_remark(const JepsenEvent& event) const;

  // Of usual events of kv texts (jepsen_kv.cpp): false, and nothing is changed, if this one isn't.
  bool took_invocation(const KvEvent& event);
  bool took_answer(const KvEvent& event);

  // Of keys (jepsen_tuples.cpp).
  Asked untangled(const JepsenEvent& event, bool invoked);
  bool looks_like_tuple(const JepsenEvent& event, bool invoked);
  std::uint32_t key(const Edn& edn);
  std::uint32_t key_of(const Asked& asked);

  // Of values.
  const Edn& need(const Edn* value) const;
  Value value(const Edn& edn);
  std::int64_t element(const Edn& edn);

  // Of operations.
  std::optional<Action> action_of(std::string_view f, const Edn* value, bool keyed) const;
  void invoked(const JepsenEvent& event, std::int64_t process);
  void ask(Operation& op, const JepsenEvent& event, const Edn* value);
  void ask_cas(Operation& op, const Edn& given);
  void answered(const JepsenEvent& event, std::int64_t process);
  void answer(Operation& op, const JepsenEvent& event, const Edn* value);
  void answer_of_element(Operation& op, const Edn& given);
  void settle_initial_text();
  void complete_argument(Operation& op, const Edn* value);

  // Of drains (jepsen_drains.cpp).
  static bool is_drain(std::string_view f);
  [[noreturn]] void fail_on_lost_drain() const;
  void answer_drain(std::int64_t process, const Edn& given);
  void finish_drains();

  // Of transactions (jepsen_transactions.cpp).
  struct Transaction {
    Value argument;
    Value output;
  };
  Transaction transaction(const JepsenEvent& event, const Edn* value, bool is_answer);
  void micro_operation(const Edn& step, bool is_answer, std::vector<TransactionStep>& steps,
                       std::vector<Value>& reads);
  Value register_value(const Edn& edn);
  void answer_transaction(Operation& op, const JepsenEvent& event, const Edn* value);

  std::string file_;
  ReadingOptions options_;
  bool kv_text_;
  History history_{};
  EventPairing events_;
  NameTable names_{};
  ObjectGuess guess_{};
  std::vector<std::size_t> with_sets_{};  // operations that hold a set's elements as a list
  std::vector<std::size_t> drains_{};     // operations that were asked for by :drain
  bool drained_amid_others_ = false;
  std::optional<bool> tuples_{};  // values are [KEY VALUE]
  bool tuples_certain_ = false;
  std::optional<bool> keyed_{};  // events have a :key
  bool digit_keys_ = false;
  bool number_keys_ = false;
  std::int64_t last_index_ = -1;
};

/// `:register/read` is a `:read`.
std::string_view without_namespace(std::string_view f);

/// Whether a value is a list of steps of a transaction, such as [[:r :x nil] [:w :y 1]].
bool holds_steps(const Edn& value);

/// The name most like `name` among those that are understood; empty if none is.
std::string nearest_action(std::string_view name);

}  // namespace sim
