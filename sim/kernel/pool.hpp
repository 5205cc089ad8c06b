// Stable storage for things that many events refer to: slots that are reused, and that stay in place while
// new ones are added. A broadcast message is stored once and counted.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace sim {

/// A pool of values of type T, named by handles. Copying it copies every value; handles stay valid in the
/// copy.
template <class T> class Pool {
 public:
  using Handle = std::uint32_t;

  Pool() = default;
  Pool(const Pool& other) : first_free_(other.first_free_), in_use_(other.in_use_), size_(other.size_) {
    for (const auto& chunk : other.chunks_) chunks_.push_back(std::make_unique<Chunk>(*chunk));
  }
  Pool& operator=(const Pool& other) { return *this = Pool(other); }
  Pool(Pool&&) noexcept = default;
  Pool& operator=(Pool&&) noexcept = default;
  ~Pool() = default;

  /// Stores a value with a count of zero references; the caller adds some or drops it.
  template <class U> Handle put(U&& value) {
    if (first_free_ == kNone) grow();
    const Handle handle = first_free_;
    Slot& s = slot(handle);
    first_free_ = s.references;
    ++in_use_;
    s.value = std::forward<U>(value);
    return handle;
  }
  T& operator[](Handle handle) { return slot(handle).value; }
  const T& operator[](Handle handle) const { return (*chunks_[handle / kChunk])[handle % kChunk].value; }

  void set_references(Handle handle, std::uint32_t references) {
    slot(handle).references = references;
    if (references == 0) free(handle);
  }
  /// Adds one reference to a value that has some.
  void retain(Handle handle) { ++slot(handle).references; }
  /// Drops one reference; the slot is reused after the last.
  void release(Handle handle) {
    if (--slot(handle).references == 0) free(handle);
  }
  std::size_t in_use() const { return in_use_; }
  std::size_t slots() const { return size_; }  ///< That are or were in use.
  /// Room taken by all slots, plus what the values hold elsewhere according to `inside(value)`.
  template <class F> std::uint64_t bytes(const F& inside) const {
    std::uint64_t sum = size_ * sizeof(Slot);
    for (Handle h = 0; h < size_; ++h) sum += inside((*this)[h]);
    return sum;
  }

 private:
  struct Slot {
    T value{};
    std::uint32_t references = 0;  ///< Of a free slot: the next free one.
  };
  static constexpr std::size_t kChunk = 32;
  static constexpr Handle kNone = 0xffffffff;
  using Chunk = std::array<Slot, kChunk>;

  Slot& slot(Handle handle) { return (*chunks_[handle / kChunk])[handle % kChunk]; }
  void free(Handle handle) {
    slot(handle).references = first_free_;
    first_free_ = handle;
    --in_use_;
  }
  void grow() {
    if (size_ == chunks_.size() * kChunk) chunks_.push_back(std::make_unique<Chunk>());
    first_free_ = static_cast<Handle>(size_++);
    slot(first_free_).references = kNone;
  }

  std::vector<std::unique_ptr<Chunk>> chunks_;
  Handle first_free_ = kNone;  ///< The free slots are linked, the one that was freed last comes first.
  std::size_t in_use_ = 0;
  std::size_t size_ = 0;
};

}  // namespace sim
