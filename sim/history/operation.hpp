// One operation as its client saw it: the input of every linearizability verdict.
#pragma once

#include <cstdint>

#include "sim/history/value.hpp"
#include "sim/kernel/ids.hpp"
#include "sim/kernel/time.hpp"

namespace sim {

/// The request of an operation to the replicated object.
enum class Action : std::uint8_t {
  read,      ///< Output: the value.
  write,     ///< Sets the value to `argument`. No output.
  cas,       ///< Sets the value to `argument` if it equals `expected`. Output: 1 if it did, 0 if not.
  append,    ///< Adds `argument` at the end of the list (or text). No output.
  add,       ///< Adds `argument` to a counter. Output: the new value; nil: it doesn't say.
  stamp,     ///< Writes the executing node's clock: nondeterministic. Output: the value written.
  draw,      ///< Writes a random number: nondeterministic. Output: the value written.
  insert,    ///< Puts `argument` into a set. Output: 1 if it wasn't in it, 0 if it was; nil: it doesn't say.
  remove,    ///< Takes `argument` out of a set. Output: 1 if it was in it, 0 if not; nil: it doesn't say.
  contains,  ///< Output: 1 if `argument` is in the set, 0 if not.
  enqueue,   ///< Puts `argument` at the end of a queue. No output.
  dequeue,   ///< Takes the first value out of a queue (of an unordered one: any). Output: that value; nil: it
             ///< was empty.
  push,      ///< Puts `argument` on top of a stack. No output.
  pop,       ///< Takes the topmost value off a stack. Output: that value; nil: the stack was empty.
  acquire,   ///< Takes a lock for this client. Output: 1 if it was free, 0 if not (and nothing happened).
  release,   ///< Frees a lock. Output: 1 if this client held it (of a mutex: if it was held), 0 if not (and
             ///< nothing happened).
  size,      ///< Output: how many values are in.
  txn,  ///< Reads and writes several registers at once, as transaction.hpp says. Output: the values read.
};

/// Whether operations of this kind have an `argument`.
constexpr bool takes_argument(Action action) {
  using enum Action;
  return action == write || action == cas || action == append || action == add || action == insert ||
         action == remove || action == contains || action == enqueue || action == push || action == txn;
}

/// The type of an answered operation's `output`.
enum class Output : std::uint8_t {
  none,
  value,   ///< Any value.
  number,  ///< An integer.
  truth,   ///< 1 or 0: it did (or it is so), or not.
};

constexpr Output output_of(Action action) {
  switch (action) {
    case Action::write:
    case Action::append:
    case Action::enqueue:
    case Action::push: return Output::none;
    case Action::read:
    case Action::txn:
    case Action::dequeue:
    case Action::pop: return Output::value;
    case Action::add:
    case Action::size:
    case Action::stamp:
    case Action::draw: return Output::number;
    case Action::cas:
    case Action::insert:
    case Action::remove:
    case Action::contains:
    case Action::acquire:
    case Action::release: break;
  }
  return Output::truth;
}

enum class Outcome : std::uint8_t {
  pending,  ///< Never answered (timed out, or the run ended): took effect at some time after its call, or
            ///< never.
  ok,       ///< Answered.
  failed,   ///< Known not to have taken effect; it constrains nothing.
};

struct Operation {
  ClientId client;
  Action action = Action::read;
  Outcome outcome = Outcome::pending;
  std::uint32_t key = 0;
  Value argument{};
  Value expected{};  ///< Only for `cas`.
  Value output{};    ///< Meaningful only when `outcome` is ok.
  Time call{};
  Time ret = kNever;  ///< `kNever` unless `outcome` is ok or failed.
  bool operator==(const Operation&) const = default;
};

/// The order that a history tells, the same for all judges: `a` precedes `b` if it was answered before `b`
/// was called. Operations that share an instant are concurrent, whoever called them and even if they took no
/// time: several things happen at one instant, and times don't say which came first. A client may have
/// several operations open, so its number says nothing about order either.
///
/// A source that knows more must show it in the times. A simulated client that waits for an answer makes its
/// next call a nanosecond later at the earliest, as the generator does. Formats that record an order of
/// events are read with a time of its own for each event, and written with calls before returns at one
/// instant.
constexpr bool precedes(const Operation& a, const Operation& b) {
  return a.outcome == Outcome::ok && a.ret < b.call;
}

/// The sequential specification that a history is judged by.
enum class Model : std::uint8_t {
  reg,           ///< "register": read, write; initially nil.
  cas_register,  ///< "cas-register": read, write, cas; initially nil.
  kv,            ///< "kv": per key read, write, append, cas; initially nil. Keys are independent.
  counter,       ///< "counter": add, read; initially 0. Wraps around.
  log,           ///< "log": append, read of the whole list; initially the empty list.
  set,           ///< "set": insert, remove, contains, size, read of all in ascending order; initially empty.
  queue,         ///< "queue": enqueue, dequeue, size; first in first out; initially empty.
  stack,         ///< "stack": push, pop, size; last in first out; initially empty.
  lock,          ///< "lock": acquire, release, each by its holder; initially free.
  unordered_queue,  ///< "unordered-queue": as a queue, but any value may come out next.
  mutex,            ///< "mutex": a lock that anybody may release, as Knossos has it.
  multi_register,   ///< "multi-register": txn; each register is initially nil.
};

}  // namespace sim
