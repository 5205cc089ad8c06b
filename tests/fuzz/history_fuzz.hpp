// What the fuzzer tries, also for the test that replays its corpus.
#pragma once

#include <string_view>

namespace fuzz {

/// Reads `bytes` as a history, if they are one, and judges it. Aborts where something contradicts itself.
void try_history(std::string_view bytes);

}  // namespace fuzz
