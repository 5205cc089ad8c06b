// Output of several systems' ping: round trips, losses, and lines that are neither.
#include "sim/scenario/ping_log.hpp"

#include <cmath>
#include <string>
#include <vector>

#include "tests/support/catch.hpp"

using namespace sim;
using namespace std::chrono_literals;

namespace {

std::size_t line_of_complaint(std::string_view text) {
  try {
    read_ping_log(text);
  } catch (const PingError& e) {
    return e.line;
  }
  return 0;
}

}  // namespace

TEST_CASE("a log of Linux gives its round trips, and numbers that are missing were lost") {
  const PingLog log = read_ping_log(
      "PING db1 (10.0.0.2) 56(84) bytes of data.\n"
      "64 bytes from db1 (10.0.0.2): icmp_seq=1 ttl=64 time=0.345 ms\n"
      "64 bytes from db1 (10.0.0.2): icmp_seq=2 ttl=64 time=12 ms\n"
      "no answer yet for icmp_seq=3\n"
      "[1700000000.5] 64 bytes from db1 (10.0.0.2): icmp_seq=3 ttl=64 time=1034 ms\n"
      "64 bytes from db1 (10.0.0.2): icmp_seq=3 ttl=64 time=1040 ms (DUP!)\n"
      "From 10.0.0.1 icmp_seq=4 Destination Host Unreachable\n"
      "64 bytes from db1 (10.0.0.2): icmp_seq=8 ttl=64 time=0.4 ms\n"
      "\n--- db1 ping statistics ---\n"
      "8 packets transmitted, 4 received, +1 errors, 50% packet loss, time 7010ms\n"
      "rtt min/avg/max/mdev = 0.345/261.686/1034.000/445.900 ms, pipe 2\n");
  CHECK(log.round_trips == std::vector<Duration>{345us, 12ms, 1034ms, 400us});
  CHECK(log.sent == 8);
  CHECK(log.lost() == 4);
  CHECK(log.one_way_loss() == Approx(1 - std::sqrt(0.5)));
}

TEST_CASE("logs of macOS, busybox and Windows are read, with what timed out") {
  const PingLog mac = read_ping_log(
      "PING 10.0.0.2 (10.0.0.2): 56 data bytes\r\n"
      "64 bytes from 10.0.0.2: icmp_seq=0 ttl=57 time=11.632 ms\r\n"
      "Request timeout for icmp_seq 1\r\n"
      "64 bytes from 10.0.0.2: icmp_seq=2 ttl=57 time=10.9 ms\r\n"
      "^C\r\n--- 10.0.0.2 ping statistics ---\r\n"
      "3 packets transmitted, 2 packets received, 33.3% packet loss\r\n"
      "round-trip min/avg/max/stddev = 10.900/11.266/11.632/0.366 ms\r\n");
  CHECK(mac.round_trips == std::vector<Duration>{11'632us, 10'900us});
  CHECK(mac.lost() == 1);
  CHECK(read_ping_log("64 bytes from 10.0.0.2: seq=0 ttl=64 time=0.080 ms\n").round_trips ==
        std::vector<Duration>{80us});
  const PingLog windows = read_ping_log(
      "Pinging 10.0.0.2 with 32 bytes of data:\r\nReply from 10.0.0.2: bytes=32 time=12ms TTL=56\r\n"
      "Request timed out.\r\nReply from 10.0.0.2: bytes=32 time<1ms TTL=56\r\n"
      "Ping statistics for 10.0.0.2:\r\n    Packets: Sent = 3, Received = 2, Lost = 1 (33% loss),\r\n"
      "Approximate round trip times in milli-seconds:\r\n    Minimum = 1ms, Maximum = 12ms\r\n");
  CHECK(windows.round_trips == std::vector<Duration>{12ms, 1ms});
  CHECK(windows.lost() == 1);
}

TEST_CASE("numbers that begin again after 65,535 lose nothing, and each of several logs counts by itself") {
  std::string text = "PING a\n";
  for (int i = 65'530; i < 65'540; ++i)
    text += "x: icmp_seq=" + std::to_string(i % 65'536) + " ttl=64 time=1 ms\n";
  CHECK(read_ping_log(text).lost() == 0);
  text += "PING b\nx: icmp_seq=1 ttl=64 time=1 ms\nx: icmp_seq=3 ttl=64 time=1 ms\n";
  CHECK(read_ping_log(text).sent == 13);
  CHECK(read_ping_log(text).lost() == 1);
}

TEST_CASE("a line that ping doesn't print, or a time without its unit, is named by its number") {
  CHECK(line_of_complaint("PING a\nicmp_seq=1 time=1 ms\nhello\n") == 3);
  CHECK(line_of_complaint("icmp_seq=1 ttl=64 time=abc ms\n") == 1);
  CHECK(line_of_complaint("icmp_seq=1 ttl=64 time=1 min\n") == 1);
  CHECK(line_of_complaint("icmp_seq=1 ttl=64 time=-1 ms\n") == 1);
  CHECK(line_of_complaint("icmp_seq=1 ttl=64 time=1e300 ms\n") == 1);
  CHECK(line_of_complaint("icmp_seq=99999999999999999999 time=1 ms\n") == 0);
  CHECK_FALSE(is_ping_log("# time=1 ms\n0.5\n1.5\n"));
  CHECK(is_ping_log("PING x\nRequest timeout for icmp_seq 0\n"));
}
