#include "sim/kernel/check.hpp"

#include <cstdio>
#include <cstdlib>

namespace sim {

void check_failed(const char* condition, const char* why, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: a bug in repsim: %s (%s does not hold)\n", file, line, why, condition);
  std::abort();
}

}  // namespace sim
