// The memory that this process has used, and may use.
#pragma once

#include <cstddef>

namespace sim {

/// The largest amount ever in memory at once, in bytes.
std::size_t peak_memory();

/// Out of `bytes` for the whole process, the part left for data when its code, libraries and stack are all
/// in memory; at least a mebibyte. Elsewhere than on Linux: all of them.
std::size_t data_within(std::size_t bytes);

/// From now on the system refuses more than `bytes` of data, which throws `std::bad_alloc`.
void bound_data(std::size_t bytes);

}  // namespace sim
