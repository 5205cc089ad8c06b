#include <algorithm>
#include <string>
#include <vector>

#include "sim/history/objects/object_model.hpp"
#include "sim/history/objects/transaction.hpp"
#include "tests/fuzz/harness.hpp"
#include "tests/support/judges_agree.hpp"

namespace fuzz {
namespace {

using namespace sim;

constexpr std::size_t kOperationsMax = 7;  // the twin tries all orders
constexpr int kWildMax = 2;  // unanswered stamps and draws: for each the twin tries whatever anybody saw
constexpr std::int64_t kValues = 4;

// Five bytes make an operation, so that a fuzzer that changes, moves or repeats a few bytes does so with
// operations. Behind the last byte there are zeros.
class Decoder {
 public:
  explicit Decoder(std::span<const std::uint8_t> bytes) : rest_(bytes) {
    const unsigned kind = next();
    model_ = object_models()[kind % object_models().size()];
    const bool is_cell =
        model_->model == Model::reg || model_->model == Model::cas_register || model_->model == Model::kv;
    text_ = is_cell && kind >= 128;
    mixed_ = is_cell && kind >= 192;
  }

  std::vector<Operation> operations() {
    std::vector<Operation> all;
    while (!rest_.empty() && all.size() < kOperationsMax) all.push_back(operation());
    return all;
  }

  Model model() const { return model_->model; }
  Value initial() const { return text_ && !mixed_ ? Value{std::string()} : model_->initial; }

 private:
  unsigned next() {
    if (rest_.empty()) return 0;
    const unsigned byte = rest_.front();
    rest_ = rest_.subspan(1);
    return byte;
  }

  Operation operation() {
    const unsigned what = next(), who = next(), when = next(), with = next(), gives = next();
    Operation op;
    op.action = model_->actions[what % 8 % model_->actions.size()];
    if (text_ && output_of(op.action) == Output::number) op.action = Action::read;  // a stamp or draw
    const bool is_wild = op.action == Action::stamp || op.action == Action::draw;
    if (is_wild && what >= 160 && ++wild_ > kWildMax) op.action = Action::read;
    op.outcome = what < 160 ? Outcome::ok : what < 240 ? Outcome::pending : Outcome::failed;
    op.client.value = static_cast<std::uint16_t>(who % 4);
    op.key = who / 4 % 8 == 7 ? 1 : 0;
    op.call = Time{Duration{when % 16}};
    if (op.outcome == Outcome::ok) op.ret = op.call + Duration{when / 16};
    if (op.action == Action::txn) return transaction(op, with, gives);
    if (takes_argument(op.action)) op.argument = argument(op.action, with % 16);
    if (op.action == Action::cas) op.expected = cell_value(with / 16);
    if (op.outcome == Outcome::ok) op.output = output(op.action, gives);
    return op;
  }

  // One or two steps on two registers; what it read is nothing, a number or a list.
  static Operation transaction(Operation op, unsigned bits, unsigned gives) {
    using Kind = TransactionStep::Kind;
    std::vector<TransactionStep> steps;
    std::vector<Value> reads;
    for (; steps.size() <= bits / 128; bits = bits % 128 * 16, gives /= 16) {
      TransactionStep& step = steps.emplace_back();
      step.reg = bits / 8 % 2;
      step.kind = static_cast<Kind>(std::min(bits / 16 % 4, 2U));
      if (step.kind != Kind::read) step.value = number(bits);
      if (step.kind == Kind::read)
        reads.push_back(gives % 8 == 7   ? Value{}
                        : gives % 16 < 8 ? Value{number(gives)}
                                         : Value{List{number(gives)}});
    }
    op.argument = transaction_argument(steps);
    if (op.outcome == Outcome::ok) op.output = transaction_output(reads);
    return op;
  }

  static std::int64_t number(unsigned bits) { return static_cast<std::int64_t>(bits % kValues); }

  // One of sixteen: mostly a number (or a text of one letter), or nothing, or a sequence.
  Value cell_value(unsigned bits) const {
    if (mixed_ && bits >= 12) return number(bits);
    if (text_) return std::string(bits / kValues % 3, static_cast<char>('a' + number(bits)));
    if (bits < 12) return number(bits);
    if (bits == 15) return Nil{};
    return List(bits - 11, 1);
  }

  Value argument(Action action, unsigned bits) const {
    const bool takes_any = action == Action::write || action == Action::cas;
    if (takes_any) return cell_value(bits);
    const bool is_number = !text_ || (mixed_ && bits % 8 < 4);
    const bool is_empty = bits >= 12;
    return is_number ? Value{number(bits)} : Value{std::string(is_empty ? 0 : 1, letter(bits))};
  }

  Value output(Action action, unsigned bits) const {
    const bool silent = may_be_silent(action) && bits >= 128;
    switch (output_of(action)) {
      case Output::none: return Nil{};
      case Output::truth: return silent ? Value{} : truth(bits % 2 == 1);
      case Output::number: return silent ? Value{} : Value{static_cast<std::int64_t>(bits % 8)};
      case Output::value: break;
    }
    if (action == Action::read && model_->model == Model::set) return elements(bits);
    if (action == Action::read && model_->model == Model::log) return sequence(bits);
    if (action != Action::read || model_->model == Model::counter) return small(bits);
    if (bits >= 16 && (!text_ || (mixed_ && bits % 2 == 1))) return sequence(bits);
    if (bits >= 16) return std::string{letter(bits), letter(bits / 4), letter(bits / 16)}.substr(bits / 64);
    return cell_value(bits);
  }

  static Value small(unsigned bits) {
    return bits % 8 == 7 ? Value{} : Value{static_cast<std::int64_t>(bits % 8)};
  }
  static char letter(unsigned bits) { return static_cast<char>('a' + number(bits)); }
  static List sequence(unsigned bits) {
    const List three{number(bits), number(bits / 4), number(bits / 16)};
    return {three.begin() + bits / 64, three.end()};
  }
  static List elements(unsigned bits) {
    List in;
    for (std::int64_t element = 0; element < kValues; ++element) {
      if ((bits >> element & 1) != 0) in.push_back(element);
    }
    return in;
  }

  std::span<const std::uint8_t> rest_;
  const ObjectModel* model_ = nullptr;
  bool text_ = false;
  bool mixed_ = false;  // texts and numbers
  int wild_ = 0;
};

}  // namespace

void judge_bytes(std::span<const std::uint8_t> bytes) {
  Decoder decoder(bytes);
  const auto history = decoder.operations();
  const std::string problem = judges::compare_all(history, decoder.model(), decoder.initial()).problem;
  if (!problem.empty()) throw Finding(problem);
}

}  // namespace fuzz
