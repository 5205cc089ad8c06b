#include "sim/linearizability/search/seen_configurations.hpp"

#include <algorithm>

#include "sim/kernel/rng.hpp"

namespace sim {
namespace {

std::uint64_t hash_of(std::span<const std::uint64_t> words) {
  std::uint64_t hash = words.size();
  for (const std::uint64_t word : words) hash = mix(hash ^ (word + kGolden));
  return hash;
}

}  // namespace

std::size_t SeenConfigurations::slot_of(std::span<const std::uint64_t> configuration) const {
  const std::size_t mask = table_.size() - 1;
  for (std::size_t i = hash_of(configuration) & mask;; i = (i + 1) & mask) {
    if (table_[i] == kEmpty) return i;
    const auto known = std::span(words_).subspan(table_[i]);
    if (known.front() == configuration.size() &&
        std::equal(configuration.begin(), configuration.end(), known.begin() + 1)) {
      return i;
    }
  }
}

// False if that would take too much.
bool SeenConfigurations::grow() {
  const std::size_t size = table_.empty() ? 256 : table_.size() * 2;
  if (size * 4 + bytes() > memory_max_) return false;
  table_.assign(size, kEmpty);
  for (std::size_t at = 0; at < words_.size(); at += words_[at] + 1) {
    const auto known = std::span(words_).subspan(at + 1, static_cast<std::size_t>(words_[at]));
    table_[slot_of(known)] = static_cast<std::uint32_t>(at);
  }
  return true;
}

bool SeenConfigurations::insert(std::span<const std::uint64_t> configuration) {
  if (count_ * 2 >= table_.size() && !grow()) {
    return table_.empty() || table_[slot_of(configuration)] == kEmpty;
  }
  std::uint32_t& slot = table_[slot_of(configuration)];
  if (slot != kEmpty) return false;
  const std::size_t more = configuration.size() + 1;
  const bool doubles = words_.size() + more > words_.capacity();
  const std::size_t room = doubles ? std::max(words_.capacity() * 2, more) * 8 : 0;
  if (bytes() + room > memory_max_ || words_.size() + more >= kEmpty) return true;
  slot = static_cast<std::uint32_t>(words_.size());
  words_.push_back(configuration.size());
  words_.insert(words_.end(), configuration.begin(), configuration.end());
  ++count_;
  return true;
}

}  // namespace sim
