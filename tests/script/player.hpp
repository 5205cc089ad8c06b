// The hand that plays a script: makes the world from the script's settings and carries out its commands.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/scenario/scenario.hpp"
#include "sim/world/by_hand.hpp"
#include "tests/script/transcript.hpp"
#include "tests/script/words.hpp"

namespace script {

/// Which messages a command is about, such as `Append 0->1,2` or `all`.
struct Pattern {
  enum class Which { every, first, last };
  Which which = Which::every;
  std::string type{};                     ///< Empty: any.
  std::vector<std::string> from{}, to{};  ///< Empty: any.
  bool matches(const std::string& message_type, const std::string& sender, const std::string& receiver) const;
};

class Player {
 public:
  /// `name: value`, before the first command.
  void set(const std::string& name, const std::string& value);
  /// Carries out a command and returns what happened. Throws std::runtime_error for what makes no sense.
  std::string command(const std::string& text);

 private:
  using Pending = EventQueue::Pending;
  using Wire = std::vector<Pending>;

  // commands
  void start();
  void request(const Words& words);
  void deliver(const Words& words);
  void drop(const Words& words);
  void duplicate(const Words& words);
  void fire(const Words& words);
  void persist(const Words& words);
  void crash(const Words& words);
  void restart(const Words& words);
  void fail(const Words& words);
  void tell(const Words& words);
  void pause(const Words& words);
  void resume(const Words& words);
  void partition(const Words& words);
  void heal();
  void order(const Words& words);
  void fault(const std::string& json);
  void advance(const Words& words);
  void run(const Words& words);
  void settle();
  void show();
  void mark();
  void back();

  // the wire
  bool automatic(const Event& event) const;
  bool on_wire(const Event& event) const { return is_message(event) && !automatic(event); }
  std::string type_of(const Event& event) const;
  std::string from(const Event& event) const;
  std::string to(const Event& event) const;
  bool is_paused(const Event& event) const;
  std::string label(const Event& event) const;
  std::string labels(const Wire& messages) const;
  Wire wire() const;
  Wire matching(const Words& words) const;
  void happen(const Pending& pending);
  void drain();

  NodeId node(const std::string& word) const;
  ClientId client(const std::string& word) const;
  NodeId running(const std::string& word) const;
  void fire_client(const std::string& who, const std::string& what);
  std::uint32_t strike(Fault::Kind kind, NodeId node);
  Json document() const;
  ByHand hand() { return ByHand(*world_); }

  std::map<std::string, std::string> settings_{};
  std::optional<Scenario> scenario_{};
  std::optional<Transcript> transcript_{};
  std::optional<World> world_{};
  enum class Life { up, paused, down };
  struct Replicas {
    std::vector<Life> lives{};
    std::map<std::uint16_t, std::uint32_t> pauses{};  ///< By node: the fault.
  };
  Replicas replicas_{};
  struct Mark {
    World world;
    Replicas replicas;
    Transcript transcript;
  };
  std::unique_ptr<Mark> mark_{};  ///< Where `back` goes.
  bool slow_disk_ = false;
  bool slow_clients_ = false;
};

}  // namespace script
