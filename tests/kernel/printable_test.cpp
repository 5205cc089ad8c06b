// Printed text can't move a cursor, break a line, or become a formula.
#include "sim/kernel/printable.hpp"

#include <limits>
#include <string>
#include <utility>

#include "sim/report/labelled_lines.hpp"
#include "sim/report/plain_numbers.hpp"
#include "sim/scenario/json.hpp"
#include "tests/support/catch.hpp"

using namespace sim;

TEST_CASE("control characters, changes of direction and bytes that are no UTF-8 are shown, not sent",
          "[printable]") {
  CHECK(printable("plain, é, 日本 and 🙂") == "plain, é, 日本 and 🙂");
  CHECK(printable("\x1b[31mRED\x07") == "\\u001b[31mRED\\u0007");
  CHECK(printable("a\nb\tc\rd\x7f") == "a\\nb\\tc\\rd\\u007f");
  CHECK(printable("\xc2\x9b"
                  "31m") == "\\u009b31m");
  CHECK(printable("\xe2\x80\xae"
                  "gnp.exe") == "\\u202egnp.exe");
  CHECK(printable(std::string("\0", 1)) == "\\u0000");
  // Overlong, cut off, a surrogate, beyond the last character, a lone continuation.
  CHECK(printable("\xc0\xaf") == "\\xc0\\xaf");
  CHECK(printable("\xe2\x80") == "\\xe2\\x80");
  CHECK(printable("\xed\xa0\x80") == "\\xed\\xa0\\x80");
  CHECK(printable("\xf4\x90\x80\x80") == "\\xf4\\x90\\x80\\x80");
  CHECK(printable("\x80") == "\\x80");
}

TEST_CASE("making JSON printable leaves it the same JSON", "[printable]") {
  const Json json{{"a\x7f\xc2\x9b", "\xe2\x80\xae\xf3\xa0\x80\x81 \x1b"}};
  const std::string text = printable_lines(json.dump(2));
  CHECK(Json::parse(text) == json);
  CHECK(printable(json.dump()).find('\x7f') == std::string::npos);
  CHECK(printable_lines("a\nb\x1b") == "a\nb\\u001b");
}

TEST_CASE("a long name keeps both its ends, and no character is cut in two", "[printable]") {
  CHECK(shortened("short", 10) == "short");
  CHECK(shortened("abcdefghijklmnop", 10) == "abcde...op");
  const std::string many = [] {
    std::string text;
    for (int i = 0; i < 4000; ++i) text += "é";
    return text;
  }();
  CHECK(columns_of(many) == 4000);
  const std::string few = shortened(many, 60);
  CHECK(columns_of(few) == 60);
  CHECK(printable(few) == few);
  CHECK(columns_of("日本") == 4);
}

TEST_CASE("a cell of a table for spreadsheets is one cell, and no formula", "[printable]") {
  CHECK(csv_field("raft") == "raft");
  CHECK(csv_field("a,b") == "\"a,b\"");
  CHECK(csv_field("say \"x\"") == "\"say \"\"x\"\"\"");
  CHECK(csv_field("a\nb") == "a\\nb");
  CHECK(csv_field("=1+1") == "'=1+1");
  CHECK(csv_field("@SUM(A1)") == "'@SUM(A1)");
  CHECK(csv_field("+cmd|' /C calc'!A0") == "'+cmd|' /C calc'!A0");
  CHECK(csv_field("-5ms") == "'-5ms");
  CHECK(csv_field("\t=1") == "'\\t=1");
  CHECK(csv_field("-0.5") == "-0.5");
  CHECK(csv_field("-1e-9") == "-1e-9");
  CHECK(csv_field("+3") == "+3");
  CHECK(csv_field("a;=1") == "\"a;=1\"");
}

TEST_CASE("messages about input are one printable line whatever the input holds", "[printable]") {
  const InputError e({.file = "a\x1b]0;x\x07", .pointer = "/" + std::string(4000, 'k'), .found = "b\nc"});
  const std::string text = e.what();
  CHECK(text.find_first_of("\x1b\n\x07") == std::string::npos);
  CHECK(text.size() < 300);
  CHECK(shown(Json("\x1b[2J\xc2\x9b")) == R"("\u001b[2J\u009b")");
  CHECK(columns_of(shown(Json(std::string(4000, 'x')))) == 60);
}

TEST_CASE("reports break lines where the terminal ends, and never inside a character", "[printable]") {
  CHECK(wrapped("one two three", 100, 0) == "one two three");
  CHECK(wrapped("aaaa bbbb cccc dddd eeee ffff gggg", 34, 10) ==
        "aaaa bbbb cccc dddd eeee\n          ffff gggg");
  CHECK(wrapped("first\nsecond", 80, 2) == "first\n  second");
  const std::string narrow = wrapped(std::string(50, 'x'), 20, 0);
  CHECK(narrow == std::string(20, 'x') + "\n" + std::string(20, 'x') + "\n" + std::string(10, 'x'));
  LabelledLines out(40);
  out.line("label", "x\x1b[2Jy");
  CHECK(std::move(out).result() == "label         x\\u001b[2Jy\n");
}

TEST_CASE("numbers for people have three digits and a unit that fits", "[numbers]") {
  CHECK(time_text(0) == "0 s");
  CHECK(time_text(4.07) == "4.07 s");
  CHECK(time_text(0.0523) == "52.3 ms");
  CHECK(time_text(0.99996) == "1 s");
  CHECK(time_text(0.000999996) == "1 ms");
  CHECK(time_text(2.5e-9) == "2.5 ns");
  CHECK(time_text(290.4) == "290 s");
  CHECK(time_text(4070) == "67.8 min");
  CHECK(time_text(86'400) == "24 h");
  CHECK(time_text(31'536'000) == "365 days");
  CHECK(time_text(-0.0123) == "-12.3 ms");
  CHECK(three_digits(0) == "0");
  CHECK(three_digits(1) == "1");
  CHECK(three_digits(12.34) == "12.3");
  CHECK(three_digits(12'345) == "12300");
  CHECK(three_digits(999'999) == "1 M");
  CHECK(three_digits(4'073'000) == "4.07 M");
  CHECK(three_digits(0.05234) == "0.0523");
  CHECK(three_digits(1.8e-9) == "1.8e-9");
  CHECK(three_digits(-2'000) == "-2000");
  for (double x = 1e-4; x < 1e17; x *= 1.37) {
    INFO(x);
    CHECK(three_digits(x).find('e') == std::string::npos);
    CHECK(time_text(x).find('e') == std::string::npos);
  }
}

TEST_CASE("a share is said to be all or nothing only when it is", "[numbers]") {
  CHECK(percent_text(1) == "100");
  CHECK(percent_text(0) == "0");
  CHECK(percent_text(0.05041) == "5.04");
  CHECK(percent_text(0.999987) == "99.9987");
  CHECK(percent_text(0.9999999) == "99.99999");
  CHECK(percent_text(0.995) == "99.5");
  CHECK(percent_text(0.99) == "99");
}

TEST_CASE("an interval is said in one unit, and what nothing is known of is left out", "[numbers]") {
  const double unknown = std::numeric_limits<double>::quiet_NaN(),
               endless = std::numeric_limits<double>::infinity();
  CHECK(time_interval_text(4.07, 3.9, 4.2) == "4.07 [3.9, 4.2] s");
  CHECK(time_interval_text(0.0523, 0.051, 1.2) == "52.3 [51, 1200] ms");
  CHECK(time_interval_text(0, 0, 0.002) == "0 [0, 2] ms");
  CHECK(time_interval_text(4.07, unknown, unknown) == "4.07 s");
  CHECK(interval_text(3, 2, endless) == "3 [2, no limit]");
  CHECK(interval_text(3, -endless, endless) == "3");
  CHECK(percent_interval_text(0.5, 0.25, 0.75) == "50 [25, 75]");
}
