// An observer that is told of everything as it happens. For diagrams and for finding the first difference
// between two runs; a run without one pays a single test per event.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sim/fault/fault.hpp"
#include "sim/history/record.hpp"
#include "sim/kernel/event_queue.hpp"
#include "sim/network/network.hpp"
#include "sim/workload/clients.hpp"

namespace sim {

class World;

class Tracer {
 public:
  /// One copy of one message. `number` counts the messages on the link from `from` to `to`.
  struct Message {
    Endpoint from, to;
    std::uint32_t number;
    std::string_view type;
    bool copy;
    const World* world;
    const Event* event;
    std::string content() const;  ///< Its content, in words; ask before the call returns.
  };
  virtual ~Tracer() = default;
  virtual void sent(Time, const Message&) {}
  virtual void delivered(Time, const Message&) {}
  virtual void lost(Time, const Message&, std::string_view /*why*/) {}
  /// Set, or put off; `due` in true time.
  virtual void timer_set(Time, NodeId, std::uint8_t /*timer*/, Time /*due*/) {}
  virtual void timer_fired(Time, NodeId, std::uint8_t /*timer*/) {}
  virtual void became(Time, NodeId, Role, std::uint64_t /*term*/) {}
  virtual void decided(Time, NodeId, std::uint64_t /*slot*/, std::uint64_t /*value*/) {}
  virtual void suspects(Time, NodeId /*by*/, NodeId /*of*/, bool /*suspected*/) {}
  virtual void applied(Time, NodeId, RequestId, std::uint64_t /*state*/) {}
  virtual void installed(Time, NodeId, std::uint64_t /*state*/) {}
  /// `node` is the node struck, where the fault strikes one.
  virtual void fault(Time, const Fault&, std::optional<NodeId> /*node*/) {}
  virtual void resumed(Time, NodeId) {}
  virtual void healed(Time, const Fault&, std::optional<NodeId>) {}
  virtual void settling(Time) {}
  virtual void called(Time, std::uint32_t /*operation*/, const Operation&) {}
  virtual void returned(Time, std::uint32_t /*operation*/, const Operation&) {}
};

/// The tracer of one world, if it has one. Copies of the world start without.
class Listener {
 public:
  Listener(Tracer* tracer) : tracer_(tracer) {}
  Listener(const Listener&) noexcept {}
  Listener(Listener&& other) noexcept : tracer_(other.tracer_) {}
  Listener& operator=(Tracer* tracer) {
    tracer_ = tracer;
    return *this;
  }
  ~Listener() = default;

  operator Tracer*() const { return tracer_; }
  Tracer* operator->() const { return tracer_; }

 private:
  Tracer* tracer_ = nullptr;
};

}  // namespace sim
