// Numbers as people say them: three digits, a unit that fits, no exponent where a unit will do. What people
// read says them through here; CSV and JSON keep every digit.
#pragma once

#include <string>
#include <string_view>

namespace sim {

/// Three digits: "0", "0.0523", "12.3", "12300", "4.07 M"; below a ten-thousandth "1.8e-9". What isn't known
/// (not a number) is "unknown", what has no bound "no limit".
std::string three_digits(double x);

/// A span in the unit that fits it: "52.3 ms", "4.07 s", "67.8 min".
std::string time_text(double seconds);

/// A share from 0 to 1 in per cent, without the sign: "5.04", "99.9987"; only what is all or nothing is said
/// to be 100 or 0.
std::string percent_text(double share);

/// A value with the ends of its interval: "4.07 [3.9, 4.2]". What nothing is known of is left out.
std::string interval_text(double value, double low, double high);
/// The same of spans, all three in the unit that fits the value: "4.07 [3.9, 4.2] s".
std::string time_interval_text(double value, double low, double high);
/// The same of shares, in per cent.
std::string percent_interval_text(double value, double low, double high);

}  // namespace sim
