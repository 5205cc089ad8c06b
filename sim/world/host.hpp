// The interface between the world, which knows handles, and the protocol, whose types only the typed host
// knows (sim/protocol/host.hpp). One virtual call per event goes through it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/fault/fault.hpp"
#include "sim/kernel/ids.hpp"
#include "sim/workload/command.hpp"

namespace sim {

class World;

class Host {
 public:
  virtual ~Host() = default;
  virtual std::unique_ptr<Host> clone() const = 0;

  virtual void start(World& world, NodeId node) = 0;
  /// `written_by`: on the disk's clock, what was due by then had completed when the node crashed.
  /// Returns whether the disk's fate found anything to harm.
  virtual bool restart(World& world, NodeId node, const DiskFound& disk, Time written_by) = 0;
  /// Restarts may lack, or find damaged, some of the last writes that completed: at most so many.
  virtual void remember_writes(std::size_t most) = 0;
  virtual void deliver(World& world, NodeId to, NodeId from, std::uint32_t message) = 0;
  virtual void timer(World& world, NodeId node, std::uint8_t timer) = 0;
  virtual void request(World& world, NodeId node, const Request& request) = 0;
  virtual void chosen(World& world, NodeId node, const Request& request, const Offer& offer) = 0;
  virtual void persisted(World& world, NodeId node) = 0;
  virtual void told_of_failure(World& world, NodeId node, NodeId failed) = 0;
  virtual void ordered(World& world, NodeId node, OrderId id, const Order& order) = 0;
  /// The requests that the node holds without having executed them, as far as its protocol tells.
  virtual std::vector<RequestId> holds(NodeId node) const = 0;
  /// Makes a second copy of a Byzantine node, as the last of its nodes; only the world can name the copy.
  virtual void split(NodeId node) = 0;

  /// Room that messages on their way take.
  virtual std::uint64_t bytes() const = 0;
  /// How many of them there were at once.
  virtual std::size_t messages() const = 0;
  virtual void retain(std::uint32_t message) = 0;   ///< One more copy of the message is on its way.
  virtual void release(std::uint32_t message) = 0;  ///< A copy of the message will not be delivered.
  virtual std::string_view message_name(std::uint8_t tag) const = 0;
  virtual std::string_view timer_name(std::uint8_t timer) const = 0;
  /// A message's content, in words.
  virtual std::string content(std::uint32_t message) const = 0;

 protected:
  Host() = default;
  Host(const Host&) = default;
  Host& operator=(const Host&) = default;
};

/// A world's host. A copy of the world has a clone of it.
class OwnedHost {
 public:
  explicit OwnedHost(std::unique_ptr<Host> host) : host_(std::move(host)) {}
  OwnedHost(const OwnedHost& other) : host_(other.host_->clone()) {}
  OwnedHost(OwnedHost&&) noexcept = default;
  OwnedHost& operator=(OwnedHost) = delete;
  ~OwnedHost() = default;

  Host& operator*() const { return *host_; }
  Host* operator->() const { return host_.get(); }

 private:
  std::unique_ptr<Host> host_;
};

}  // namespace sim
