// A file that is mapped into memory and cut short by somebody else meanwhile: reading what is no longer there
// ends the process with SIGBUS. Guarded, it reads as zeros, and one can ask whether that has happened.
#pragma once

#include <cstddef>

namespace sim {

/// Guards one mapping at a time, as a signal's handler knows of no other way to find it: whoever maps a
/// second file meanwhile has it unguarded. The guard must end before the mapping does.
class CutGuard {
 public:
  CutGuard() = default;
  CutGuard(const void* mapping, std::size_t size);
  CutGuard(const CutGuard&) = delete;
  CutGuard& operator=(const CutGuard&) = delete;
  CutGuard(CutGuard&& other) noexcept;
  CutGuard& operator=(CutGuard&&) = delete;
  ~CutGuard();

  /// Whether something of the mapping was no longer there when it was read.
  bool was_cut() const;

 private:
  bool active_ = false;
};

}  // namespace sim
