// libFuzzer's entry: REPSIM_FUZZ_HARNESS is the harness that this fuzzer is built around.
#include <cstddef>
#include <cstdint>

#include "tests/fuzz/harness.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::REPSIM_FUZZ_HARNESS({data, size});
  return 0;
}
