// Takes the events of kv texts by the shortest way. Whatever isn't usual (the first event, a mistake, an
// answer that differs from what was asked) goes the long way, which says what is wrong.
#include <utility>

#include "sim/history/formats/jepsen_reader.hpp"
#include "sim/history/formats/kv_event.hpp"

namespace sim {

void JepsenReader::take(const KvEvent& event) {
  events_.at_line(event.line);
  const bool texts_by_number = kv_text_ && keyed_ == true && digit_keys_ && !number_keys_;
  const bool as_kv = options_.model.value_or(Model::kv) == Model::kv;
  const bool taken =
      texts_by_number && as_kv && (event.invoked ? took_invocation(event) : took_answer(event));
  if (taken) return;
  const auto text = [&](std::string_view content) {
    return Edn{.kind = Edn::Kind::string, .text = std::string(content), .line = event.line};
  };
  const Edn process{.kind = Edn::Kind::integer, .integer = event.process, .line = event.line};
  const Edn key = text(std::to_string(event.key));
  const Edn value = event.value ? text(*event.value) : Edn{.line = event.line};
  understand({.line = event.line,
              .process = &process,
              .type = event.invoked ? "invoke" : "ok",
              .f = event.f,
              .value = &value,
              .key = &key});
}

bool JepsenReader::took_invocation(const KvEvent& event) {
  if (takes_argument(event.action) && !event.value) return false;
  events_.of(event.f);
  Operation op;
  op.action = event.action;
  op.key = event.key;
  if (takes_argument(event.action)) op.argument = std::string(*event.value);
  guess_.learn(op.action, event.f, true);
  events_.invoke(event.process, std::move(op));
  return true;
}

bool JepsenReader::took_answer(const KvEvent& event) {
  if (!event.value || !events_.has_open(event.process)) return false;
  Operation& op = events_.open(event.process);
  if (op.action != event.action || op.key != event.key) return false;
  if (op.action == Action::read) {
    op.output = std::string(*event.value);
    guess_.learn_read(op.output, false);
  } else if (const auto* asked = op.argument.as_text(); asked == nullptr || *asked != *event.value) {
    return false;
  }
  events_.complete(event.process, Outcome::ok);
  return true;
}

}  // namespace sim
