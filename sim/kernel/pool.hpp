// Where things that many events refer to lie still: slots that are reused, and that stay where they are while
// new ones are added. One message that is broadcast is stored once and counted.
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
  Pool(const Pool& other) : free_(other.free_), size_(other.size_) {
    for (const auto& chunk : other.chunks_) chunks_.push_back(std::make_unique<Chunk>(*chunk));
  }
  Pool& operator=(const Pool& other) { return *this = Pool(other); }
  Pool(Pool&&) noexcept = default;
  Pool& operator=(Pool&&) noexcept = default;
  ~Pool() = default;

  /// Stores a value with a count of zero references; the caller adds some or drops it.
  template <class U> Handle put(U&& value) {
    const Handle handle = free_.empty() ? grow() : take_free();
    slot(handle).value = std::forward<U>(value);
    return handle;
  }
  T& operator[](Handle handle) { return slot(handle).value; }
  const T& operator[](Handle handle) const { return (*chunks_[handle / kChunk])[handle % kChunk].value; }

  void set_references(Handle handle, std::uint32_t references) {
    slot(handle).references = references;
    if (references == 0) free_.push_back(handle);
  }
  /// Adds one reference to a value that has some.
  void retain(Handle handle) { ++slot(handle).references; }
  /// Drops one reference; the slot is reused after the last.
  void release(Handle handle) {
    if (--slot(handle).references == 0) free_.push_back(handle);
  }
  std::size_t in_use() const { return size_ - free_.size(); }

 private:
  struct Slot {
    T value{};
    std::uint32_t references = 0;
  };
  static constexpr std::size_t kChunk = 32;
  using Chunk = std::array<Slot, kChunk>;

  Slot& slot(Handle handle) { return (*chunks_[handle / kChunk])[handle % kChunk]; }
  Handle take_free() {
    const Handle handle = free_.back();
    free_.pop_back();
    return handle;
  }
  Handle grow() {
    if (size_ == chunks_.size() * kChunk) chunks_.push_back(std::make_unique<Chunk>());
    return static_cast<Handle>(size_++);
  }

  std::vector<std::unique_ptr<Chunk>> chunks_;
  std::vector<Handle> free_;
  std::size_t size_ = 0;
};

}  // namespace sim
