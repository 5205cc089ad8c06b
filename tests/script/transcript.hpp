// The lines that a script's reader sees: every send, reply, role, decision and applied command, a line each.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/world/tracer.hpp"
#include "sim/world/world.hpp"

namespace script {

using namespace sim;

class Transcript final : public Tracer {
 public:
  explicit Transcript(std::size_t replicas) : replicas_(replicas) {}
  /// From now on it can look at the replicas.
  void watch(const World& world) { world_ = &world; }
  /// Leaves out upkeep such as heartbeats, and headings under which nothing happens.
  void be_brief(bool brief) {
    write_send();
    heading_.clear();
    brief_ = brief;
  }

  /// Goes back to what was known at that time.
  void recall(const Transcript& earlier) { seen_ = earlier.seen_; }

  /// What follows happens because of this.
  void heading(std::string text);
  void line(const std::string& text);
  bool has_lines() const { return !text_.empty() || !send_.what.empty(); }
  /// All lines since the last time.
  std::string take();

  /// What a replica takes itself for, holds, and has decided.
  std::string summary(NodeId node) const;
  /// It has crashed.
  void forget(NodeId node);
  std::string name_of(Endpoint end) const;
  /// Such as `c0#1`, or a number that replicas proposed.
  std::string name_of_value(std::uint64_t value) const;

  void sent(Time, const Message& m) override;
  void lost(Time, const Message& m, std::string_view why) override;
  void became(Time, NodeId node, Role role, std::uint64_t term) override;
  void decided(Time, NodeId node, std::uint64_t slot, std::uint64_t value) override;
  void suspects(Time, NodeId by, NodeId of, bool suspected) override;
  void applied(Time, NodeId node, RequestId request, std::uint64_t state) override;
  void installed(Time, NodeId node, std::uint64_t state) override;
  void returned(Time, std::uint32_t index, const Operation& operation) override;

 private:
  struct Send {  // one line for all receivers of the same message, one for those who don't get it
    std::string from{}, what{};
    std::vector<std::string> to{}, lost{};
  };
  void write_send();
  std::string service_of(NodeId node) const;

  std::size_t replicas_;
  struct Seen {
    std::string role{};
    std::uint64_t slot = 0;  ///< The highest that it has decided ...
    std::string value{};     ///< ... and what is in it.
  };
  std::vector<Seen> seen_ = std::vector<Seen>(replicas_);
  const World* world_ = nullptr;
  bool brief_ = false;
  std::string heading_;
  Send send_;
  std::string text_;
};

/// `primary in term 2`.
std::string text_of(Role role, std::uint64_t term);

}  // namespace script
