// The few transcendental functions that a run needs, from additions, multiplications and divisions alone.
// IEEE 754 fixes those to the last bit; the C library's log and exp differ between platforms, and one
// differing bit is another digest.
#pragma once

#include <cstdint>

namespace sim {

/// Natural logarithm of a positive, finite, normal number; relative error below 4e-16.
double exact_log(double x);

/// e^x; 0 below -708 and 1e308 above 708; relative error below 1e-15.
double exact_exp(double x);

/// x^y for positive x.
double exact_pow(double x, double y);

/// P(Z <= z) for a standard normal Z; absolute error below 1e-15 (series and continued fraction, Abramowitz
/// and Stegun 26.2.10 and 26.2.14).
double normal_cdf(double z);

/// The z with normal_cdf(z) = p, for 0 < p < 1: Acklam's rational start, refined by one step of Halley's
/// method.
double normal_quantile(double p);

}  // namespace sim
