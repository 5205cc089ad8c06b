// Assertions that stay in release builds: a simulator that goes on after a broken invariant lies.
#pragma once

namespace sim {
[[noreturn]] void check_failed(const char* condition, const char* why, const char* file, int line);
}  // namespace sim

/// Ends the program with `why` unless `condition` holds: for programming errors only, never for bad input.
#define SIM_CHECK(condition, why) \
  (static_cast<bool>(condition) ? void(0) : ::sim::check_failed(#condition, why, __FILE__, __LINE__))
