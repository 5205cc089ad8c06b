#include "sim/scenario/ping_log.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>  // tidy: allow a root of IEEE 754, when a file is read
#include <set>

namespace sim {
namespace {

bool has(std::string_view line, std::string_view words) { return line.find(words) != line.npos; }

bool is_header(std::string_view line) { return line.starts_with("PING ") || line.starts_with("Pinging "); }

bool is_answer(std::string_view line) { return has(line, "time=") || has(line, "time<"); }

bool is_lost(std::string_view line) {
  constexpr std::array kWords{
      "equest timeout", "equest timed out", "no answer yet", "nreachable",    "ime to live exceeded",
      "TTL expired",    "sendmsg:",         "sendto:",       "eneral failure"};
  return std::ranges::any_of(kWords, [&](const char* words) { return has(line, words); });
}

bool is_summary(std::string_view line) {
  constexpr std::array kWords{
      "packets transmitted", "min/avg/max", "ing statistics", "Packets: Sent", "pproximate round trip",
      "Minimum =",           "--- ",        "arning:",        "pipe ",         "^C"};
  return std::ranges::any_of(kWords, [&](const char* words) { return has(line, words); });
}

bool is_nothing(std::string_view line) {
  return line.find_first_not_of(" \t\r") == line.npos || line.front() == '#';
}

std::optional<std::uint64_t> number_after(std::string_view line, std::string_view key) {
  const auto at = line.find(key);
  if (at == line.npos) return std::nullopt;
  std::uint64_t number = 0;
  const char* const begin = line.data() + at + key.size();
  const auto [end, error] = std::from_chars(begin, line.data() + line.size(), number);
  return error == std::errc{} ? std::optional(number) : std::nullopt;
}

// "icmp_seq=7" of Linux and macOS, "seq=7" of busybox, "icmp_seq 7" of a timeout on macOS.
std::optional<std::uint64_t> sequence_of(std::string_view line) {
  const auto number = number_after(line, "seq=");
  return number ? number : number_after(line, "seq ");
}

// "time=0.345 ms", "time=12ms", "time<1ms": the last says at most.
std::optional<Duration> round_trip_of(std::string_view line) {
  line.remove_prefix(line.find("time") + 5);
  double value = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), value);
  if (error != std::errc{} || !(value >= 0 && value <= 86'400'000)) return std::nullopt;
  std::string_view unit(end, static_cast<std::size_t>(line.data() + line.size() - end));
  while (unit.starts_with(' ')) unit.remove_prefix(1);
  if (!unit.starts_with("ms")) return std::nullopt;
  return Duration{static_cast<std::int64_t>(std::llround(value * 1e6))};
}

class Reader {
 public:
  void take(std::string_view line, std::size_t number) {
    if (is_nothing(line)) return;
    if (is_header(line)) return end_section();
    if (is_answer(line)) return take_answer(line, number);
    if (is_lost(line)) return take_loss(line);
    if (is_summary(line)) return;
    throw PingError{number, std::string(line),
                    "a line of ping's, such as \"64 bytes from 10.0.0.2: icmp_seq=1 ttl=64 time=0.345 ms\""};
  }

  PingLog end() {
    end_section();
    return std::move(log_);
  }

 private:
  void take_answer(std::string_view line, std::size_t number) {
    const auto round_trip = round_trip_of(line);
    if (!round_trip) throw PingError{number, std::string(line), "a time in ms, such as time=0.345 ms"};
    const auto sequence = sequence_of(line);
    if (sequence && !answered_.insert(unwrapped(*sequence)).second) return;  // a second answer to one request
    if (!sequence) ++unnumbered_;
    log_.round_trips.push_back(*round_trip);
  }

  void take_loss(std::string_view line) {
    if (const auto sequence = sequence_of(line))
      asked_.insert(unwrapped(*sequence));  // it may still be answered
    else
      ++unnumbered_;
  }

  // The numbers have 16 bits and begin again after 65,535.
  std::int64_t unwrapped(std::uint64_t sequence) {
    constexpr std::int64_t kRound = 65'536;
    std::int64_t whole = last_ / kRound * kRound + static_cast<std::int64_t>(sequence % 65'536);
    if (whole < last_ - kRound / 2) whole += kRound;
    if (whole > last_ + kRound / 2 && whole >= kRound) whole -= kRound;
    last_ = std::max(last_, whole);
    return whole;
  }

  // The requests from the first number to the last. A log that begins in the middle is taken from there.
  void end_section() {
    std::set<std::int64_t> all = answered_;
    all.insert(asked_.begin(), asked_.end());
    if (!all.empty()) log_.sent += static_cast<std::uint64_t>(*all.rbegin() - *all.begin() + 1);
    log_.sent += unnumbered_;
    answered_.clear();
    asked_.clear();
    unnumbered_ = 0;
    last_ = 0;
  }

  PingLog log_;
  std::set<std::int64_t> answered_, asked_;
  std::uint64_t unnumbered_ = 0;
  std::int64_t last_ = 0;
};

// Calls `take` for each line, with its number.
template <class Take> void each_line(std::string_view text, const Take& take) {
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    take(line, number);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

}  // namespace

double PingLog::one_way_loss() const {
  if (sent == 0) return 0;
  const double answered = static_cast<double>(round_trips.size()) / static_cast<double>(sent);
  return 1 - std::sqrt(answered);  // tidy: allow a root of IEEE 754, when a file is read
}

bool is_ping_log(std::string_view text) {
  bool found = false;
  each_line(text, [&](std::string_view line, std::size_t) {
    if (is_nothing(line)) return;
    found = found || is_header(line) || is_answer(line) || is_lost(line);
  });
  return found;
}

PingLog read_ping_log(std::string_view text) {
  Reader reader;
  each_line(text, [&](std::string_view line, std::size_t number) { reader.take(line, number); });
  return reader.end();
}

}  // namespace sim
