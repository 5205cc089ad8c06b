// Remembers the requests for which a replica has spoken already.
#pragma once

#include <cstdint>

namespace protocols {

/// The requests of one client for which a replica has proposed. Requests far back count as proposed for.
class Spoken {
 public:
  bool contains(std::uint32_t number) const {
    if (number >= next_) return false;
    const std::uint32_t behind = next_ - 1 - number;
    return behind >= 64 || (recent_ >> behind & 1) != 0;
  }
  void insert(std::uint32_t number) {
    if (number >= next_) {
      const std::uint32_t by = number + 1 - next_;
      recent_ = (by < 64 ? recent_ << by : 0) | 1;
      next_ = number + 1;
    } else if (next_ - 1 - number < 64) {
      recent_ |= std::uint64_t{1} << (next_ - 1 - number);
    }
  }

 private:
  std::uint32_t next_ = 0;    // one above the largest number
  std::uint64_t recent_ = 0;  // bit b: the number next_ - 1 - b
};

}  // namespace protocols
