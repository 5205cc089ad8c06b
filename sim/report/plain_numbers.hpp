// Numbers for people: three digits, a unit that fits, no exponent where a unit will do. All text for people
// prints numbers through here; CSV and JSON keep every digit.
#pragma once

#include <string>
#include <string_view>

namespace sim {

/// Three digits: "0", "0.0523", "12.3", "12300", "4.07 M"; below a ten-thousandth "1.8e-9". An unknown value
/// (not a number) is "unknown", one without a bound "no limit".
std::string three_digits(double x);

/// A span in the unit that fits it: "52.3 ms", "4.07 s", "67.8 min".
std::string time_text(double seconds);

/// A share from 0 to 1 in per cent, without the sign: "5.04", "99.9987"; only exact values of all or nothing
/// show as 100 or 0.
std::string percent_text(double share);

/// A value with the ends of its interval: "4.07 [3.9, 4.2]". Unknown parts are left out.
std::string interval_text(double value, double low, double high);
/// The same for spans, all three in the unit that fits the value: "4.07 [3.9, 4.2] s".
std::string time_interval_text(double value, double low, double high);
/// The same for shares, in per cent.
std::string percent_interval_text(double value, double low, double high);

}  // namespace sim
