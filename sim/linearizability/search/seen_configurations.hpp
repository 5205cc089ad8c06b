// The configurations that a search has been in: sequences of words, kept whole and compared whole, as a hash
// alone could take one for another.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace sim {

class SeenConfigurations {
 public:
  /// Remembers nothing more when it takes more than `memory_max` bytes.
  explicit SeenConfigurations(std::size_t memory_max) : memory_max_(memory_max) {}

  /// Whether it hasn't been met before, as far as remembered. Remembers it.
  bool insert(std::span<const std::uint64_t> configuration);

  std::size_t bytes() const { return words_.capacity() * 8 + table_.capacity() * 4; }

 private:
  static constexpr std::uint32_t kEmpty = ~std::uint32_t{0};

  std::size_t slot_of(std::span<const std::uint64_t> configuration) const;
  bool grow();

  std::size_t memory_max_;
  std::size_t count_ = 0;
  std::vector<std::uint64_t> words_{};  // each configuration behind its length
  std::vector<std::uint32_t> table_{};  // open addressing: places in words_
};

}  // namespace sim
