// Histories as Jepsen and Knossos keep them: EDN maps `{:process 4, :type :invoke, :f :write, :value 2}`,
// whose order is real time. What the object is follows from what is asked of it: a compare-and-set register
// if nothing else does. The kv texts are the same with a :key and with text as values.
#include <map>
#include <optional>

#include "sim/history/edn.hpp"
#include "sim/history/event_pairing.hpp"
#include "sim/history/formats.hpp"

namespace sim {
namespace {

class JepsenReader {
 public:
  JepsenReader(std::string file, Model model) : file_(std::move(file)), events_(history_, file_) {
    history_.model = model;
  }

  void read(HistoryText& text) {
    read_edn_events(text.view(), file_, [&](const Edn& event, std::string_view rest) {
      read_event(event);
      text.release_before(rest);
    });
  }

  History take() {
    if (collection_ && history_.model == Model::cas_register) history_.model = *collection_;
    return std::move(history_);
  }

 private:
  const Edn& need(const Edn& event, std::string_view key) {
    const Edn* found = event.find(key);
    if (found == nullptr) events_.fail("an event without :" + std::string(key));
    return *found;
  }

  std::string keyword(const Edn& event, std::string_view key) {
    const Edn& found = need(event, key);
    if (found.kind != Edn::Kind::keyword) events_.fail(":" + std::string(key) + " is no keyword");
    return found.text;
  }

  Value value(const Edn& edn) {
    switch (edn.kind) {
      case Edn::Kind::nil: return Nil{};
      case Edn::Kind::integer: return edn.integer;
      case Edn::Kind::string: return edn.text;
      case Edn::Kind::vector:
      case Edn::Kind::set:
      case Edn::Kind::list: {
        List list;
        for (const Edn& item : edn.items) {
          if (item.kind != Edn::Kind::integer) events_.fail("a list with an element that is no integer");
          list.push_back(item.integer);
        }
        return list;
      }
      default: events_.fail("expected :value to be nil, an integer, a string or a list of integers");
    }
  }

  // Keys that are numbers keep their number; other keys get numbers no numeric key is given.
  std::uint32_t key(const Edn& edn) {
    constexpr std::uint32_t first_name = 1U << 31;
    if (edn.kind == Edn::Kind::integer && edn.integer >= 0 && edn.integer < first_name) {
      return static_cast<std::uint32_t>(edn.integer);
    }
    if (edn.kind != Edn::Kind::string && edn.kind != Edn::Kind::keyword)
      events_.fail("expected :key to be a string");
    const bool digits = !edn.text.empty() && edn.text.size() < 10 &&
                        edn.text.find_first_not_of("0123456789") == std::string::npos &&
                        (edn.text.size() == 1 || edn.text.front() != '0');
    if (digits) return static_cast<std::uint32_t>(std::stoul(edn.text));
    const auto next = static_cast<std::uint32_t>(first_name + key_names_.size());
    return key_names_.emplace(edn.text, next).first->second;
  }

  Operation invoked(const Edn& event, Action action) {
    Operation op;
    op.action = action;
    if (const Edn* found = event.find("key")) op.key = key(*found);
    if (!takes_argument(action)) return op;
    const Edn& given = need(event, "value");
    if (action != Action::cas) {
      op.argument = value(given);
      return op;
    }
    const bool is_pair =
        (given.kind == Edn::Kind::vector || given.kind == Edn::Kind::list) && given.items.size() == 2;
    if (!is_pair) events_.fail("expected :value [FROM TO] for a cas");
    op.expected = value(given.items[0]);
    op.argument = value(given.items[1]);
    return op;
  }

  // Of a set's operations Jepsen records the element only. Whoever also knows what was found writes
  // `[ELEMENT true]` or `[ELEMENT false]`; of a lookup `true` or `false` will do.
  void answer_of_element(Operation& op, const Edn& given) {
    const bool is_pair = given.kind == Edn::Kind::vector && given.items.size() == 2 &&
                         given.items[1].kind == Edn::Kind::boolean;
    if (is_pair && value(given.items[0]) == op.argument) {
      op.output = given.items[1].integer;
    } else if (op.action == Action::contains && given.kind == Edn::Kind::boolean) {
      op.output = given.integer;
    } else if (op.action == Action::contains || is_pair || value(given) != op.argument) {
      events_.fail("expected :value [ELEMENT true] or [ELEMENT false], the element being what was asked for");
    }
  }

  void answered(std::int64_t process, const Edn& event, Action action) {
    Operation& op = events_.completing(process, action);
    if (output_of(action) == Output::value) op.output = value(need(event, "value"));
    const bool did = action == Action::cas || action == Action::acquire || action == Action::release;
    if (did) op.output = std::int64_t{1};
    if (is_of_element(action)) answer_of_element(op, need(event, "value"));
    events_.complete(process, Outcome::ok);
  }

  static bool is_of_element(Action action) {
    return action == Action::insert || action == Action::remove || action == Action::contains;
  }

  // What `:f` asks for, if Jepsen has a way to write down the answer. Its :add is that of a set.
  static std::optional<Action> action_of(const std::string& f) {
    const auto action = action_from_name(f);
    if (action == Action::add) return Action::insert;
    return action == Action::stamp || action == Action::draw ? std::nullopt : action;
  }

  // The notation doesn't say what the object is, but some operations do.
  void learn_model(Action action, bool keyed) {
    switch (action) {
      case Action::insert:
      case Action::remove:
      case Action::contains: collection_ = Model::set; break;
      case Action::enqueue:
      case Action::dequeue: collection_ = Model::queue; break;
      case Action::push:
      case Action::pop: collection_ = Model::stack; break;
      case Action::acquire:
      case Action::release: collection_ = Model::lock; break;
      case Action::append: collection_ = keyed || writes_ ? Model::kv : Model::log; break;
      case Action::write:
      case Action::cas:
        writes_ = true;
        if (collection_ == Model::log) collection_ = Model::kv;
        break;
      default: break;
    }
  }

  void read_event(const Edn& event) {
    events_.at_line(event.line);
    if (event.kind != Edn::Kind::map) events_.fail("expected a map {:process ... :type ... :f ...}");
    const Edn& who = need(event, "process");
    if (who.kind == Edn::Kind::keyword) return;  // :nemesis, which has no part in the object
    if (who.kind != Edn::Kind::integer) events_.fail(":process is no number");
    const std::string type = keyword(event, "type");
    const std::string f = keyword(event, "f");
    const auto action = action_of(f);
    if (!action) {
      events_.fail("found :f :" + f +
                   "; expected :read, :write, :cas, :append, :get, :put, :add, :insert, :remove, :contains, "
                   ":enqueue, :dequeue, :push, :pop, :acquire or :release");
    }
    if (type == "invoke") {
      learn_model(*action, event.find("key") != nullptr);
      events_.invoke(who.integer, invoked(event, *action));
    } else if (type == "ok") {
      answered(who.integer, event, *action);
    } else if (type == "fail") {
      events_.completing(who.integer, *action);
      events_.complete(who.integer, Outcome::failed);
    } else if (type == "info") {
      events_.completing(who.integer, *action);
      events_.lose(who.integer);
    } else {
      events_.fail("found :type :" + type + "; expected :invoke, :ok, :fail or :info");
    }
  }

  std::string file_;
  History history_;
  EventPairing events_;
  std::map<std::string, std::uint32_t> key_names_;
  std::optional<Model> collection_{};  // or other object that isn't a register
  bool writes_ = false;                // somebody does, or tries to
};

}  // namespace

History read_jepsen_edn(HistoryText& text, const std::string& file) {
  JepsenReader reader(file, Model::cas_register);
  reader.read(text);
  return reader.take();
}

History read_kv_text(HistoryText& text, const std::string& file) {
  JepsenReader reader(file, Model::kv);
  reader.read(text);
  History history = reader.take();
  history.initial = std::string();
  return history;
}

}  // namespace sim
