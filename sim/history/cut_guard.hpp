// A file that is mapped into memory and cut short by somebody else meanwhile: reading the missing part ends
// the process with SIGBUS. Guarded, it reads as zeros, and one can ask whether that has happened.
#pragma once

#include <cstddef>

namespace sim {

/// Guards one mapping at a time, as a signal's handler knows of no other way to find it: a second file mapped
/// meanwhile is unguarded. The guard must end before the mapping does.
class CutGuard {
 public:
  CutGuard() = default;
  CutGuard(const void* mapping, std::size_t size);
  CutGuard(const CutGuard&) = delete;
  CutGuard& operator=(const CutGuard&) = delete;
  CutGuard(CutGuard&& other) noexcept;
  CutGuard& operator=(CutGuard&&) = delete;
  ~CutGuard();

  /// Whether a part of the mapping was missing when it was read.
  bool was_cut() const;

 private:
  bool active_ = false;
};

}  // namespace sim
