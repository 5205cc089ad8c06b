// What a client saw of one operation: the raw material of every linearizability verdict.
#pragma once

#include <cstdint>

#include "sim/history/value.hpp"
#include "sim/kernel/ids.hpp"
#include "sim/kernel/time.hpp"

namespace sim {

/// What an operation asks of the replicated object.
enum class Action : std::uint8_t {
  read,    ///< Output: the value.
  write,   ///< Sets the value to `argument`. No output.
  cas,     ///< Sets the value to `argument` if it equals `expected`. Output: 1 if it did, 0 if not.
  append,  ///< Adds `argument` at the end of the list (or text). No output.
  add,     ///< Adds `argument` to a counter. Output: the new value.
  stamp,   ///< Writes the executing node's clock: nondeterministic. Output: the value written.
  draw,    ///< Writes a random number: nondeterministic. Output: the value written.
};

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

/// The sequential specification that a history is held against.
enum class Model : std::uint8_t {
  reg,           ///< "register": read, write; initially nil.
  cas_register,  ///< "cas-register": read, write, cas; initially nil.
  kv,            ///< "kv": per key read, write, append, cas; initially nil. Keys are independent.
  counter,       ///< "counter": add, read; initially 0.
  log,           ///< "log": append, read of the whole list; initially the empty list.
};

}  // namespace sim
