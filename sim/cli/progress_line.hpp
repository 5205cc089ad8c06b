// The progress line of a sweep, on stderr.
#pragma once

#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "sim/cli/standard_files.hpp"
#include "sim/experiment/sweep/sweep.hpp"
#include "sim/kernel/printable.hpp"

namespace sim {

// The progress of a sweep, on stderr: in place on a terminal, else a line every few seconds.
class ProgressLine {
 public:
  /// `what` is printed before the numbers; `unit` is the thing counted.
  explicit ProgressLine(std::string what = {}, std::string unit = "runs")
      : what_(what.empty() ? std::move(what) : printable(what) + ": "), unit_(std::move(unit)) {}

  void show(const SweepProgress& p) {
    const auto now = Clock::now();
    const bool last = p.done == p.total;
    if (finished_) return;
    finished_ = last && printed_;
    if (now - shown_ < (terminal_ ? kOnTerminal : kElsewhere) && !(last && printed_)) return;
    if (now - start_ < kOnTerminal) return;  // too early to say anything
    shown_ = now;
    const double elapsed = std::chrono::duration<double>(now - start_).count();
    const double rate = static_cast<double>(p.done - p.resumed) / elapsed;
    if (rate <= 0) return;
    const double left = static_cast<double>(p.total - p.done) / rate;
    const std::string found = p.resumed > 0 ? fmt::format(" ({} found)", p.resumed) : "";
    const std::string text = fmt::format("{}{} of {} {}{}, {:.0f}/s, {} left", what_, p.done, p.total, unit_,
                                         found, rate, span(left));
    say(fmt::format("{}{:<78}{}", terminal_ ? "\r" : "", text, terminal_ && !last ? "" : "\n"));
    printed_ = true;
  }

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::milliseconds kOnTerminal{200};
  static constexpr std::chrono::milliseconds kElsewhere{5000};

  static std::string span(double s) {
    const auto whole = static_cast<std::uint64_t>(s + 0.999);
    if (whole < 120) return fmt::format("{} s", whole);
    if (whole < 7200) return fmt::format("{} min", whole / 60);
    return fmt::format("{} h {} min", whole / 3600, whole % 3600 / 60);
  }

  const std::string what_;
  const std::string unit_;
  const bool terminal_ = ::isatty(STDERR_FILENO) == 1;
  const Clock::time_point start_ = Clock::now();
  Clock::time_point shown_ = start_;
  bool printed_ = false;
  bool finished_ = false;
};

}  // namespace sim
