// Functions that a fuzzer feeds with bytes. Each harness returns when everything is as it should be, and throws a
// Finding (or dies) when it isn't; so the same functions serve libFuzzer and the test that replays the kept
// corpus.
#pragma once

#include <cstdint>
#include <span>
#include <stdexcept>

namespace fuzz {

/// Something that must always hold doesn't.
struct Finding : std::logic_error {
  using std::logic_error::logic_error;
};

/// Bytes as the text of a history, in every format: reading must give a history or a HistoryError. What was
/// read must survive being written and read again, and can be judged; plain lines mean what the strict reader
/// says.
void read_bytes(std::span<const std::uint8_t> bytes);

/// Bytes as a history of a few operations on any object: everything that judges it must agree.
void judge_bytes(std::span<const std::uint8_t> bytes);

}  // namespace fuzz
