#include "sim/linearizability/explain/story.hpp"

#include <algorithm>
#include <iterator>
#include <vector>

#include <fmt/format.h>

#include "sim/history/objects/transaction.hpp"
#include "sim/history/vocabulary.hpp"
#include "sim/kernel/printable.hpp"

namespace sim {
namespace {

constexpr std::size_t kListed = 8;  // operations told one by one before a story says "and more"

std::string show(const Value& value) {
  struct Visitor {
    std::string operator()(Nil) const { return "nil"; }
    std::string operator()(std::int64_t n) const { return std::to_string(n); }
    std::string operator()(const std::string& text) const {
      constexpr std::size_t most = 60;
      return text.size() <= most ? '"' + text + '"' : "\"..." + text.substr(text.size() - most) + '"';
    }
    std::string operator()(const List& list) const {
      constexpr std::size_t most = 8;
      std::string text = list.size() > most ? fmt::format("[{} elements, the last: ", list.size()) : "[";
      for (std::size_t i = list.size() - std::min(most, list.size()); i < list.size(); ++i) {
        text += (text.ends_with(' ') || text == "[" ? "" : ", ") + std::to_string(list[i]);
      }
      return text + "]";
    }
  };
  return value.visit(Visitor{});
}

class Teller {
 public:
  Teller(std::span<const Operation> operations, std::span<const std::size_t> witness,
         const StoryContext& context)
      : operations_(operations), context_(context) {
    for (const std::size_t i : witness) told_.push_back(&operations[i]);
    std::ranges::stable_sort(told_, {}, [](const Operation* op) { return op->ret; });
  }

  std::string tell() const {
    const Operation& last = *told_.back();
    const std::string where = context_.model == Model::kv ? fmt::format("key {}: ", last.key) : std::string();
    if (told_.size() == 1) return where + tell_alone(last);
    if (is_taken_twice()) return where + tell_taken_twice();
    if (!context_.sequential && told_.size() <= 3 && concludes(last)) return where + tell_against(last);
    return where + tell_all();
  }

  std::string tell(const DeadEnd& end) const {
    const Operation& last = *told_.back();
    std::string text = context_.model == Model::kv ? fmt::format("key {}: ", last.key) : std::string();
    text += fmt::format("no order reaches the return of the {} {}, which {}; ", deed(last), who(last),
                        answer(last));
    if (end.order.empty()) {
      text += fmt::format("{} operations were answered before it", end.answered_before);
    } else {
      Operation nearest = last;
      nearest.output = end.answer;
      text += fmt::format(
          "the {} operations answered before it have an order, and in the nearest one it would "
          "have {}{}",
          end.answered_before, in_past(answer(nearest)), difference(last.output, end.answer));
    }
    return text + still_open(end);
  }

 private:
  // "was acknowledged" as "been acknowledged"; "returned 4" as it is.
  static std::string in_past(const std::string& answer) {
    return answer.starts_with("was ") ? "been " + answer.substr(4) : answer;
  }

  // The difference of two lists, which are often too long to compare by eye.
  static std::string difference(const Value& found, const Value& expected) {
    if (found.as_list() == nullptr || expected.as_list() == nullptr) return {};
    List is = *found.as_list(), should = *expected.as_list();
    std::ranges::sort(is);
    std::ranges::sort(should);
    List missing, extra;
    std::ranges::set_difference(should, is, std::back_inserter(missing));
    std::ranges::set_difference(is, should, std::back_inserter(extra));
    std::string text;
    if (!missing.empty()) text += fmt::format("; what it returned lacks {}", show(missing));
    if (!extra.empty())
      text += fmt::format("{} has {} in excess", text.empty() ? "; what it returned" : " and", show(extra));
    return text;
  }

  std::string still_open(const DeadEnd& end) const {
    if (end.open.empty()) return "; nothing else was open at that time";
    std::string text = "; open at that time: ";
    for (std::size_t i = 0; i < std::min(kListed, end.open.size()); ++i) {
      const Operation& op = operations_[end.open[i]];
      text += fmt::format("{}{} by client {} (since {})", i > 0 ? ", " : "", asked(op), op.client.value,
                          time(op.call));
    }
    if (end.open.size() > kListed) text += fmt::format(", and {} more", end.open.size() - kListed);
    return text;
  }

  // The operation's request only: its answer came later.
  static std::string asked(const Operation& op) {
    const bool own_choice = op.action == Action::stamp || op.action == Action::draw;
    return own_choice ? std::string(action_name(op.action)) : deed(op);
  }

  std::string time(Time t) const {
    if (context_.unit == TimeUnit::lines) return fmt::format("line {}", t.time_since_epoch().count());
    return in_milliseconds(t);
  }

  std::string who(const Operation& op) const {
    return fmt::format("by client {} ({} to {})", op.client.value, time(op.call),
                       op.ret == kNever ? "never answered" : time(op.ret));
  }

  static bool is_failed_cas(const Operation& op) {
    return op.action == Action::cas && op.outcome == Outcome::ok && op.output != Value{std::int64_t{1}};
  }

  // The value that this operation saw.
  static Value seen(const Operation& op) {
    if (op.action == Action::cas) return op.expected;
    if (op.action != Action::add) return op.output;
    const auto* after = op.output.as_number();
    const auto* added = op.argument.as_number();
    if (after == nullptr || added == nullptr) return op.output;
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(*after) - static_cast<std::uint64_t>(*added));
  }

  // Whether its answer is the value that was there.
  static bool sees(const Operation& op) {
    const bool sums = op.action == Action::add && !op.output.is_nil();
    return op.action == Action::read || op.action == Action::cas || sums;
  }

  static bool takes_out(const Operation& op) {
    return op.action == Action::dequeue || op.action == Action::pop;
  }

  // "write of 5", "cas from 3 to 4", ...
  static std::string deed(const Operation& op) {
    switch (op.action) {
      case Action::cas: return fmt::format("cas from {} to {}", show(op.expected), show(op.argument));
      case Action::read: return "read";
      case Action::txn: return "txn " + transaction_text(op);
      case Action::stamp:
      case Action::draw: return fmt::format("{} of {}", action_name(op.action), show(op.output));
      default: break;
    }
    if (!takes_argument(op.action)) return std::string(action_name(op.action));
    return fmt::format("{} of {}", action_name(op.action), show(op.argument));
  }

  static std::string answer(const Operation& op) {
    const bool silent = op.action == Action::add && op.output.is_nil();
    if (op.action == Action::txn || silent) return "was acknowledged";
    if (op.action == Action::read || op.action == Action::add || op.action == Action::size)
      return "returned " + show(op.output);
    if (op.action == Action::cas) return is_failed_cas(op) ? "failed" : "succeeded";
    if (takes_out(op)) return op.output == Value{} ? "found nothing" : "returned " + show(op.output);
    if (output_of(op.action) != Output::truth || op.output == Value{}) return "was acknowledged";
    return op.output == Value{std::int64_t{1}} ? "returned true" : "returned false";
  }

  // Whether `op` may have left `value` behind, as far as one can say without knowing the state before it.
  static bool may_write(const Operation& op, const Value& value) {
    if (op.outcome == Outcome::failed || op.action == Action::read || is_failed_cas(op)) return false;
    if (op.action == Action::append || op.action == Action::add || op.action == Action::insert) return true;
    if (takes_out(op) || op.action == Action::contains) return false;
    if (op.action == Action::stamp || op.action == Action::draw) {
      return op.outcome == Outcome::pending || op.output == value;
    }
    return op.argument == value;
  }

  std::vector<const Operation*> writers(const Operation& of, const Value& value) const {
    std::vector<const Operation*> found;
    for (const Operation& op : operations_) {
      if (&op != &of && op.key == of.key && may_write(op, value)) found.push_back(&op);
    }
    return found;
  }

  // One operation contradicts everything that anyone else may have done.
  std::string tell_alone(const Operation& op) const {
    const std::string subject = fmt::format("{} {} {}", deed(op), who(op), answer(op));
    if (is_failed_cas(op))
      return subject + ", though nothing could have changed the value from what it expected";
    if (!sees(op) && (!takes_out(op) || op.output == Value{})) {
      return subject + ", which no order of the other operations explains";
    }
    const auto by = writers(op, seen(op));
    if (by.empty()) {
      const std::string value = op.action != Action::cas && op.action != Action::add
                                    ? "a value"
                                    : "though " + show(seen(op)) + " is a value";
      return fmt::format("{}, {} that nothing ever wrote", subject, value);
    }
    const auto late = [&](const Operation* writer) { return writer->call > op.ret; };
    if (std::ranges::all_of(by, late)) {
      return fmt::format("{} before anything that could have led to {} was called", subject, show(seen(op)));
    }
    return subject + ", which no order of the other operations explains";
  }

  // Two took out one value that was put in once.
  bool is_taken_twice() const {
    const Operation& last = *told_.back();
    if (told_.size() != 2 || !takes_out(last) || last.output.is_nil()) return false;
    if (told_.front()->action != last.action || told_.front()->output != last.output) return false;
    const auto puts = [&](const Operation& op) {
      const bool put = op.action == Action::enqueue || op.action == Action::push;
      return put && op.key == last.key && op.outcome != Outcome::failed && op.argument == last.output;
    };
    const auto* first = context_.initial.as_list();
    return std::ranges::count_if(operations_, puts) == 1 && (first == nullptr || first->empty());
  }

  std::string tell_taken_twice() const {
    const Operation& last = *told_.back();
    return fmt::format("{} {} returned {}, and so did the {} {}, though it was put in once", deed(last),
                       who(last), show(last.output), deed(*told_.front()), who(*told_.front()));
  }

  // The last operation's answer is the surprise that the others make impossible.
  bool concludes(const Operation& last) const {
    if (!sees(last)) return false;
    return std::ranges::all_of(told_,
                               [&](const Operation* op) { return op == &last || op->ret < last.call; });
  }

  std::string tell_against(const Operation& last) const {
    std::string text = fmt::format("{} {} {}, though ", deed(last), who(last), answer(last));
    for (std::size_t i = 0; i + 1 < told_.size(); ++i) {
      const Operation& op = *told_[i];
      if (writes_what_was_seen(op, last) && told_.size() > 2) continue;  // said by "again"
      if (!text.ends_with("though ")) text += " and ";
      const bool told = op.action == Action::read || op.action == Action::add;
      text += fmt::format("the {} by client {} had {}{} at {}", deed(op), op.client.value,
                          is_failed_cas(op) ? "failed" : "returned",
                          told ? ' ' + show(op.output) : std::string(), time(op.ret));
      if (is_missing(op, last)) text += fmt::format(" and {} is not in it", show(op.argument));
    }
    if (is_failed_cas(last)) return text + " and nothing had changed it since";
    return text + no_other_writer(last);
  }

  static bool is_missing(const Operation& op, const Operation& last) {
    const auto* appended = op.argument.as_number();
    const auto* list = last.output.as_list();
    return op.action == Action::append && last.action == Action::read && appended != nullptr &&
           list != nullptr && std::ranges::find(*list, *appended) == list->end();
  }

  static bool writes_what_was_seen(const Operation& op, const Operation& last) {
    const bool blind = op.action == Action::write || op.action == Action::stamp || op.action == Action::draw;
    return !is_failed_cas(last) && blind && may_write(op, seen(last));
  }

  // Claims only what holds: every writer of the value is mentioned, came earlier than the story, or came too
  // late.
  std::string no_other_writer(const Operation& last) const {
    const Value value = seen(last);
    const auto by = writers(last, value);
    const auto overwritten = [&](const Operation* op) {
      return std::ranges::any_of(told_, [&](const Operation* told) {
        return told != &last && op->ret < told->call && shows_other(*told, value);
      });
    };
    const auto accounted_for = [&](const Operation* op) {
      return op->call > last.ret || std::ranges::find(told_, op) != told_.end() || overwritten(op);
    };
    if (last.action == Action::add || !std::ranges::all_of(by, accounted_for)) return {};
    const bool was_there = !by.empty() || value == context_.initial;
    return fmt::format(" and nothing wrote {}{}", show(value), was_there ? " again" : "");
  }

  // Whether the object certainly held a value other than this when the operation took effect.
  static bool shows_other(const Operation& op, const Value& value) {
    if (op.action == Action::read) return op.output != value;
    if (is_failed_cas(op)) return op.expected == value;
    const bool writes = op.action == Action::write || op.action == Action::stamp ||
                        op.action == Action::draw || op.action == Action::cas;
    return writes && !may_write(op, value);
  }

  std::string tell_all() const {
    std::vector<const Operation*> in_order = told_;
    std::ranges::stable_sort(in_order, {}, [](const Operation* op) { return op->call; });
    std::string text =
        fmt::format("no order{} explains these {} operations: ",
                    context_.sequential ? " that keeps each client's own" : "", in_order.size());
    const std::size_t first = in_order.size() > kListed ? in_order.size() - kListed : 0;
    if (first > 0) text += fmt::format("{} earlier ones; ", first);
    for (std::size_t i = first; i < in_order.size(); ++i) {
      const Operation& op = *in_order[i];
      const bool acknowledged = answer(op) == "was acknowledged";
      text += fmt::format("{}{} {}{}", i == first ? "" : "; ", deed(op), who(op),
                          acknowledged ? std::string() : " " + answer(op));
    }
    return text;
  }

  std::span<const Operation> operations_;
  const StoryContext& context_;
  std::vector<const Operation*> told_;
};

}  // namespace

std::string tell_violation(std::span<const Operation> operations, std::span<const std::size_t> witness,
                           const StoryContext& context) {
  return Teller(operations, witness, context).tell();
}

std::string tell_dead_end(std::span<const Operation> operations, const DeadEnd& dead_end,
                          const StoryContext& context) {
  return Teller(operations, std::span(&dead_end.operation, 1), context).tell(dead_end);
}

}  // namespace sim
