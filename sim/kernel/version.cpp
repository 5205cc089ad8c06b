#include "sim/kernel/version.hpp"

namespace sim {

std::string_view version() { return REPSIM_VERSION; }

std::string_view build_description() { return REPSIM_VERSION " (" REPSIM_BUILD ")"; }

}  // namespace sim
