#include "sim/linearizability/search/configuration_set.hpp"

namespace sim {

void ConfigurationSet::clear() {
  data_.clear();
  alive_.clear();
  next_.clear();
  heads_.clear();
  live_ = 0;
}

bool ConfigurationSet::at_least_as_good(const std::uint64_t* a, const std::uint64_t* b) const {
  for (std::size_t w = 1; w <= words_; ++w) {
    const std::uint64_t free_a = a[w + words_];
    const std::uint64_t different = (a[w] ^ b[w]) | (free_a ^ b[w + words_]);
    if ((different & ~free_a) != 0) return false;
  }
  return true;
}

ConfigurationSet::Place ConfigurationSet::compare(std::size_t i, const std::uint64_t* configuration) {
  const std::uint64_t* other = at(i);
  if (alive_[i] == 0 || other[0] != configuration[0]) return Place::neither;
  if (at_least_as_good(other, configuration)) return Place::worse;
  if (!at_least_as_good(configuration, other)) return Place::neither;
  alive_[i] = 0;
  --live_;
  return Place::better;
}

std::size_t ConfigurationSet::bucket(std::uint64_t state) const {
  return static_cast<std::size_t>((state * 0x9e3779b97f4a7c15U) >> 32) & (heads_.size() - 1);
}

void ConfigurationSet::rehash() {
  heads_.assign(alive_.size() * 4 < 64 ? 64 : heads_.size() * 2, kNone);
  next_.assign(alive_.size(), kNone);
  for (std::size_t i = 0; i < alive_.size(); ++i) {
    if (alive_[i] == 0) continue;
    std::uint32_t& head = heads_[bucket(*at(i))];
    next_[i] = head;
    head = static_cast<std::uint32_t>(i);
  }
}

bool ConfigurationSet::add(const std::uint64_t* configuration, std::uint64_t& steps) {
  if (heads_.empty()) {
    for (std::size_t i = 0; i < alive_.size(); ++i) {
      ++steps;
      if (compare(i, configuration) == Place::worse) return false;
    }
  } else {
    for (std::uint32_t* link = &heads_[bucket(configuration[0])]; *link != kNone;) {
      ++steps;
      const std::uint32_t i = *link;
      const Place place = compare(i, configuration);
      if (place == Place::worse) return false;
      if (alive_[i] == 0) {
        *link = next_[i];  // superseded ones aren't looked at again
      } else {
        link = &next_[i];
      }
    }
  }
  ++steps;
  data_.insert(data_.end(), configuration, configuration + stride_);
  alive_.push_back(1);
  ++live_;
  if (heads_.empty() ? alive_.size() > kScan : alive_.size() * 2 > heads_.size()) {
    rehash();
  } else if (!heads_.empty()) {
    std::uint32_t& head = heads_[bucket(configuration[0])];
    next_.push_back(head);
    head = static_cast<std::uint32_t>(alive_.size() - 1);
  }
  return true;
}

void ConfigurationSet::truncate(std::size_t count) {
  for (std::size_t i = 0; i < alive_.size(); ++i) {
    if (alive_[i] == 0) continue;
    if (count > 0) {
      --count;
    } else {
      alive_[i] = 0;
      --live_;
    }
  }
}

}  // namespace sim
