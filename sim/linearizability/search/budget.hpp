// The budget of a check, and how much of it is spent.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>

namespace sim {

/// Shared by all parts of one check: steps spent by one part are gone for the others.
struct Budget {
  std::uint64_t steps = 0;
  std::uint64_t steps_max = std::numeric_limits<std::uint64_t>::max();
  std::size_t memory_max = std::numeric_limits<std::size_t>::max();
  std::size_t held = 0;  ///< Bytes in use besides those that are asked about.
  const std::function<bool()>* out_of_time = nullptr;
  std::uint64_t ask_again = 0;      ///< When `steps` gets here, ask for the time.
  const char* exhausted = nullptr;  ///< What ran out: "steps", "memory" or "time".

  /// Whether something ran out, `bytes` being in use now. Cheap: asks for the time only every so many steps.
  bool spent(std::size_t bytes);

  /// The same for work that isn't counted in steps: asks for the time at once.
  bool spent_now(std::size_t bytes);
};

}  // namespace sim
