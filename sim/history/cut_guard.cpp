#include "sim/history/cut_guard.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdint>
#include <utility>

namespace sim {
namespace {

// The memory that the handler guards; 0 where nothing is guarded.
std::atomic<std::uintptr_t> guarded_begin{0};
std::atomic<std::uintptr_t> guarded_end{0};
std::atomic<bool> guarded_was_cut{false};

// Puts zeros in place of everything that is gone, so that the failed read goes on. Any other fault happens
// again, and then ends the process as it would have.
void on_bus_error(int /*signal*/, siginfo_t* info, void* /*context*/) {
  const auto at = reinterpret_cast<std::uintptr_t>(info->si_addr);
  const std::uintptr_t end = guarded_end.load();
  if (at < guarded_begin.load() || at >= end) {
    std::signal(SIGBUS, SIG_DFL);
    return;
  }
  guarded_was_cut.store(true);
  const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  const std::uintptr_t from = at / page * page;
  ::mmap(reinterpret_cast<void*>(from), end - from, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
         0);
}

}  // namespace

CutGuard::CutGuard(const void* mapping, std::size_t size) {
  if (guarded_begin.load() != 0) return;
  active_ = true;
  guarded_was_cut.store(false);
  guarded_begin.store(reinterpret_cast<std::uintptr_t>(mapping));
  guarded_end.store(reinterpret_cast<std::uintptr_t>(mapping) + size);
  struct sigaction action {};
  action.sa_sigaction = on_bus_error;
  action.sa_flags = SA_SIGINFO;
  ::sigemptyset(&action.sa_mask);
  ::sigaction(SIGBUS, &action, nullptr);
}

CutGuard::CutGuard(CutGuard&& other) noexcept : active_(std::exchange(other.active_, false)) {}

CutGuard::~CutGuard() {
  if (!active_) return;
  std::signal(SIGBUS, SIG_DFL);
  guarded_begin.store(0);
  guarded_end.store(0);
}

bool CutGuard::was_cut() const { return active_ && guarded_was_cut.load(); }

}  // namespace sim
