// Practical Byzantine Fault Tolerance: the messages between replicas. `Signed` statements can be shown to
// others; with message authentication codes (macs.cpp) they count only when they come from their author.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "sim/protocol/registry.hpp"
#include "sim/protocol/sessions.hpp"

namespace protocols {

using namespace sim;

/// A base of Pbft that only gives it names.
struct PbftMessages {
  using View = std::uint64_t;
  using Seq = std::uint64_t;           ///< A sequence number, from 1.
  using Batch = std::vector<Request>;  ///< Has a sequence number of its own; empty: nothing to do there.

  // ---- what replicas sign. The phase is part of the type: a prepare can't be shown as a commit.
  enum class Phase : std::uint8_t { pre_prepare, prepare, commit };
  template <Phase> struct Vote {
    View view;
    Seq seq;
    std::uint64_t digest;  ///< Of the batch.
    bool operator==(const Vote&) const = default;
  };
  using PrePrepareVote = Vote<Phase::pre_prepare>;
  using PrepareVote = Vote<Phase::prepare>;
  using CommitVote = Vote<Phase::commit>;
  struct Milestone {  // my state after sequence number `seq`
    Seq seq;
    std::uint64_t slots;  ///< How many requests were ordered up to there.
    std::uint64_t digest;
    bool operator==(const Milestone&) const = default;
  };
  using StableProof = std::vector<Signed<Milestone>>;  ///< A quorum of equal ones; empty for the beginning.

  // ---- messages
  struct Forward {  // backup -> primary: a client asks me for this
    Request request;
  };
  struct PrePrepare {
    Signed<PrePrepareVote> vote;
    Batch batch;
  };
  struct Prepare {
    Signed<PrepareVote> vote;
  };
  struct Commit {
    Signed<CommitVote> vote;
  };
  struct Checkpoint {
    static constexpr bool background = true;
    Signed<Milestone> milestone;
  };
  struct Certificate {  // `pre_prepare` was prepared: a quorum accepted it
    PrePrepare pre_prepare;
    std::vector<Signed<PrepareVote>> prepares;
  };
  struct Wish {  // let us have `view`; this is what I know
    View view;
    StableProof stable;
    std::vector<Certificate> prepared;  ///< At most one for each sequence number after `stable`.
    Seq stable_seq() const { return stable.empty() ? 0 : stable.front()->seq; }
  };
  struct ViewChange {
    Signed<Wish> wish;
  };

  // ---- the view change with message authentication codes (macs.cpp)
  struct Claim {  // this was prepared
    View view;
    Seq seq;
    Batch batch;
  };
  struct Claims {  // let us have `view`; this is what I say that I know. Nothing proves it
    View view;
    Seq stable;                            ///< The paper's h.
    std::vector<Milestone> checkpoints;    ///< C: the states that I have, from `stable` on.
    std::vector<Claim> prepared;           ///< P: for each number the latest.
    std::vector<PrePrepareVote> accepted;  ///< Q: for each number and batch the latest.
  };
  struct ViewChangeAck {  // this is what the others claimed to me, each so that it is known again
    struct Heard {
      NodeId from;
      std::uint64_t digest;
    };
    View view;
    std::vector<Heard> heard;
  };
  struct Supported {
    NodeId from;
    Claims claims;
  };

  struct Opening {
    View view;
    std::vector<Signed<Wish>> wishes;   ///< Of a quorum. What follows can be computed from them.
    std::vector<PrePrepare> proposals;  ///< For each number after the latest stable one.
    std::vector<Supported> claims{};    ///< Stand in for the wishes where nothing is signed.
  };
  struct NewView {
    Signed<Opening> opening;
  };
  struct Status {  // where I am
    static constexpr bool background = true;
    View view;
    bool active;  ///< Has entered the view.
    Seq stable;   ///< Its last stable checkpoint. When that is above `executed`, it lacks the state.
    Seq executed;
    std::uint64_t stuck;  ///< How often in a row I have said the same.
    NodeId helper;        ///< The replica asked to send the large parts; another one each time.
  };
  struct Evidence {  // all that I know of a sequence number
    static constexpr bool background = true;
    PrePrepare pre_prepare;
    std::vector<Signed<PrepareVote>> prepares;
    std::vector<Signed<CommitVote>> commits;
  };
  struct State {
    Seq seq = 0;
    std::uint64_t slots = 0;
    std::uint64_t last_value = 0;  ///< The value decided for the last slot.
    Snapshot snapshot{};
    Sessions sessions{};
  };
  struct Transfer {
    static constexpr bool background = true;
    StableProof proof;
    std::optional<State> state;
  };
  struct Decided {  // without signatures: this is committed, as f + 1 will tell you
    static constexpr bool background = true;
    PrePrepare pre_prepare;
  };
  struct Plot {  // among traitors: vote for this when you talk to `victim`
    PrePrepare told;
    NodeId victim;
  };
  using Message = std::variant<Forward, PrePrepare, Prepare, Commit, Checkpoint, ViewChange, NewView, Status,
                               Evidence, Transfer, Claims, ViewChangeAck, Decided, Plot>;
};

}  // namespace protocols
