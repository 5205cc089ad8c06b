// Which repsim this is: one number, which CMakeLists.txt states.
#pragma once

#include <string_view>

namespace sim {

/// Such as "0.3.0".
std::string_view version();

/// With the compiler and, where it is known, the commit: "0.3.0 (GCC 12.2.0, commit 924f08c)".
std::string_view build_description();

}  // namespace sim
