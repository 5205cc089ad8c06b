// At-most-once execution: a replica's memory of its clients, so that a repeated request (the client asked
// twice, the network copied it) is answered again but not executed again.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <variant>
#include <vector>

#include "sim/kernel/digest.hpp"
#include "sim/workload/command.hpp"

namespace sim {

class Sessions {
 public:
  struct Answer {
    std::uint32_t number = 0;  ///< The request's number.
    std::uint64_t index = 0;   ///< Where the protocol's log holds it, for protocols with a log.
    Value output{};
    bool operator==(const Answer&) const = default;
  };

  /// The answer that the request got when it was executed; nullptr when it has not been (or was forgotten).
  const Answer* find(RequestId id) const {
    if (id.client.value >= clients_.size()) return nullptr;
    const auto& answers = clients_[id.client.value].answers;
    if (answers.empty() || answers.back().number < id.number) return nullptr;  // nearly always
    const auto found = std::ranges::lower_bound(answers, id.number, {}, &Answer::number);
    return found != answers.end() && found->number == id.number ? &*found : nullptr;
  }

  /// Whether the client has said that it needs no answer to this request any more: a late copy, to be
  /// ignored.
  bool is_over(RequestId id) const {
    return id.client.value < clients_.size() && id.number < clients_[id.client.value].oldest_pending;
  }

  /// Remembers an executed request, and forgets what its client no longer needs.
  void add(const Request& request, std::uint64_t index, Value output) {
    const RequestId id = request.id;
    if (id.client.value >= clients_.size()) clients_.resize(id.client.value + std::size_t{1});
    auto& [oldest_pending, answers] = clients_[id.client.value];
    if (request.oldest_pending > oldest_pending) {
      oldest_pending = request.oldest_pending;
      forget(answers, oldest_pending);
    }
    Answer answer{id.number, index, std::move(output)};
    const bool last = answers.empty() || answers.back().number < id.number;
    if (last) return answers.push_back(std::move(answer));
    answers.insert(std::ranges::lower_bound(answers, id.number, {}, &Answer::number), std::move(answer));
  }
  bool operator==(const Sessions&) const = default;

  /// Adds all of it to a fingerprint, for protocols whose replicas compare their states.
  void add_to(Digest& digest) const {
    for (const Client& client : clients_) {
      digest.add(client.oldest_pending);
      digest.add(client.answers.size());
      for (const Answer& answer : client.answers) {
        digest.add(answer.number);
        digest.add(answer.index);
        answer.output.visit([&](const auto& output) { add(digest, output); });
      }
    }
  }

 private:
  static void forget(std::vector<Answer>& answers, std::uint32_t below) {
    if (answers.empty() || answers.front().number >= below) return;
    if (answers.back().number < below) return answers.clear();
    answers.erase(answers.begin(), std::ranges::lower_bound(answers, below, {}, &Answer::number));
  }
  static void add(Digest& digest, Nil) { digest.add(0); }
  static void add(Digest& digest, std::int64_t number) { digest.add(static_cast<std::uint64_t>(number)); }
  template <class Elements> static void add(Digest& digest, const Elements& elements) {
    digest.add(elements.size());
    for (const auto& element : elements) digest.add(static_cast<std::uint64_t>(element));
  }

  struct Client {
    std::uint32_t oldest_pending = 0;
    std::vector<Answer> answers{};  ///< Ascending numbers.
    bool operator==(const Client&) const = default;
  };
  std::vector<Client> clients_;
};

}  // namespace sim
