#include "sim/cli/process_memory.hpp"

#include <sys/resource.h>

#include <fstream>
#include <limits>
#include <string>

namespace sim {
namespace {

// A quantity of /proc/self/status (see proc(5)), such as "VmHWM:     5928 kB", in bytes; 0 if there is none.
std::size_t status(const std::string& name) {
  std::ifstream lines("/proc/self/status");
  for (std::string word; lines >> word; lines.ignore(std::numeric_limits<std::streamsize>::max(), '\n')) {
    std::size_t kibibytes = 0;
    if (word == name + ':' && lines >> kibibytes) return kibibytes * 1024;
  }
  return 0;
}

}  // namespace

// getrusage also counts the program that this process ran before it became this one.
// place.
std::size_t peak_memory() {
  if (const std::size_t bytes = status("VmHWM"); bytes > 0) return bytes;
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::size_t>(usage.ru_maxrss) * 1024;
}

std::size_t data_within(std::size_t bytes) {
  constexpr std::size_t at_least = std::size_t{1} << 20;
  const std::size_t program = status("VmSize") - status("VmData");
  return bytes > program + at_least ? bytes - program : at_least;
}

void bound_data(std::size_t bytes) {
  const rlimit bound{bytes, bytes};
  setrlimit(RLIMIT_DATA, &bound);
}

}  // namespace sim
