// Writes down everything that happens in a run, one JSON object a line; the format is in README.md. Lines are
// put together in one reused buffer, because a run may have millions of them.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "sim/scenario/scenario.hpp"
#include "sim/world/tracer.hpp"

namespace sim {

class TraceWriter final : public Tracer {
 public:
  /// Takes one line, without its end; the text is gone after the call.
  using Sink = std::function<void(std::string_view line)>;
  /// Writes the first line at once.
  TraceWriter(const Scenario& scenario, std::uint64_t seed, Sink sink);

  void sent(Time, const Message&) override;
  void delivered(Time, const Message&) override;
  void lost(Time, const Message&, std::string_view why) override;
  void timer_fired(Time, NodeId, std::uint8_t timer) override;
  void became(Time, NodeId, Role, std::uint64_t term) override;
  void suspects(Time, NodeId by, NodeId of, bool suspected) override;
  void applied(Time, NodeId, RequestId, std::uint64_t state) override;
  void installed(Time, NodeId, std::uint64_t state) override;
  void fault(Time, const Fault&, std::optional<NodeId> node) override;
  void resumed(Time, NodeId) override;
  void settling(Time) override;
  void called(Time, std::uint32_t operation, const Operation&) override;
  void returned(Time, std::uint32_t operation, const Operation&) override;

 private:
  void begin(Time at, std::string_view event);
  void end();
  template <class T> void add(std::string_view key, const T& value);
  void message(Time at, std::string_view event, const Message& m);
  void add_end(std::string_view key, Endpoint e);
  void add_ends(std::string_view key, const std::vector<Endpoint>& ends);
  std::string name(Endpoint e) const;
  std::string names(const std::vector<Endpoint>& ends) const;
  std::string groups_json(const Groups& groups) const;
  std::string text_of(const Order& order) const;
  std::string text_of(const MessageChoice& messages) const;
  std::string text_of(const Omission& omission) const;
  static std::string text_of(const DiskFound& found);
  static std::string text_of(const DiskLaws& writes, const std::string& who);
  std::string text_of(const Fault& fault, std::optional<NodeId> node) const;

  std::size_t replicas_;
  Sink sink_;
  std::string line_;
};

}  // namespace sim
