#include "sim/linearizability/search/budget.hpp"

namespace sim {

bool Budget::spent(std::size_t bytes) {
  constexpr std::uint64_t between = 20'000;
  if (steps > steps_max) exhausted = "steps";
  if (bytes + held > memory_max) exhausted = "memory";
  if (exhausted == nullptr && out_of_time != nullptr && *out_of_time && steps >= ask_again) {
    ask_again = steps + between;
    if ((*out_of_time)()) exhausted = "time";
  }
  return exhausted != nullptr;
}

bool Budget::spent_now(std::size_t bytes) {
  ask_again = steps;
  return spent(bytes);
}

}  // namespace sim
