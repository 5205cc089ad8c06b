#include "sim/kernel/math.hpp"

#include <bit>

namespace sim {
namespace {

constexpr double kLn2High =
    0x1.62e42fefa3800p-1;  // ln 2 to 42 bits, so that its multiples up to 2^11 are exact
constexpr double kLn2Low = 0x1.ef35793c76730p-45;
constexpr double kSqrt2Pi = 2.5066282746310005024;

double absolute(double x) { return x < 0 ? -x : x; }

// Only a start, refined by Halley's step: it need not be the nearest double.
double square_root(double x) { return exact_exp(0.5 * exact_log(x)); }

// Acklam's approximation to the normal quantile (relative error 1.15e-9): the start of Halley's step.
double rough_quantile(double p) {
  constexpr double a[] = {-3.969683028665376e+01, 2.209460984245205e+02,  -2.759285104469687e+02,
                          1.383577518672690e+02,  -3.066479806614716e+01, 2.506628277459239e+00};
  constexpr double b[] = {-5.447609879822406e+01, 1.615858368580409e+02, -1.556989798598866e+02,
                          6.680131188771972e+01, -1.328068155288572e+01};
  constexpr double c[] = {-7.784894002430293e-03, -3.223964580411365e-01, -2.400758277161838e+00,
                          -2.549732539343734e+00, 4.374664141464968e+00,  2.938163982698783e+00};
  constexpr double d[] = {7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996e+00,
                          3.754408661907416e+00};
  const auto tail = [&](double q) {
    return (((((c[0] * q + c[1]) * q + c[2]) * q + c[3]) * q + c[4]) * q + c[5]) /
           ((((d[0] * q + d[1]) * q + d[2]) * q + d[3]) * q + 1);
  };
  if (p < 0.02425) return tail(square_root(-2 * exact_log(p)));
  if (p > 1 - 0.02425) return -tail(square_root(-2 * exact_log(1 - p)));
  const double q = p - 0.5;
  const double r = q * q;
  return (((((a[0] * r + a[1]) * r + a[2]) * r + a[3]) * r + a[4]) * r + a[5]) * q /
         (((((b[0] * r + b[1]) * r + b[2]) * r + b[3]) * r + b[4]) * r + 1);
}

}  // namespace

double exact_log(double x) {
  const auto bits = std::bit_cast<std::uint64_t>(x);
  auto exponent = static_cast<std::int64_t>(bits >> 52) - 1023;
  double m = std::bit_cast<double>((bits & 0x000fffffffffffffu) | 0x3ff0000000000000u);  // in [1, 2)
  if (m > 1.4142135623730951) {
    m *= 0.5;
    ++exponent;
  }
  // log m = 2 artanh(s) = 2 (s + s^3/3 + s^5/5 + ...), |s| <= 0.1716: eleven terms leave less than one last
  // bit.
  const double s = (m - 1) / (m + 1);
  const double s2 = s * s;
  double sum = 0;
  for (int k = 21; k >= 3; k -= 2) sum = (sum + 1.0 / k) * s2;
  const auto e = static_cast<double>(exponent);
  return e * kLn2High + (2 * s + (2 * s * sum + e * kLn2Low));
}

double exact_exp(double x) {
  if (x < -708) return 0;
  if (x > 708) return 1e308;
  const auto k = static_cast<std::int64_t>(x * 1.4426950408889634 + (x < 0 ? -0.5 : 0.5));
  const auto kd = static_cast<double>(k);
  const double r = (x - kd * kLn2High) - kd * kLn2Low;  // |r| <= 0.3466
  double sum = 1;
  for (int i = 14; i >= 1; --i) sum = 1 + sum * r / i;
  return sum * std::bit_cast<double>(static_cast<std::uint64_t>(k + 1023) << 52);
}

double exact_pow(double x, double y) { return exact_exp(y * exact_log(x)); }

double normal_cdf(double z) {
  const double x = absolute(z);
  if (x > 38) return z < 0 ? 0 : 1;
  const double density = exact_exp(-0.5 * x * x) / kSqrt2Pi;
  double upper = 0;  // P(Z > x)
  if (x < 3) {
    double term = x;
    double sum = x;
    for (int k = 3; k < 120; k += 2) sum += (term *= x * x / k);
    upper = 0.5 - density * sum;
  } else {
    double fraction = 0;
    for (int k = 120; k >= 1; --k) fraction = k / (x + fraction);
    upper = density / (x + fraction);
  }
  return z < 0 ? upper : 1 - upper;
}

double normal_quantile(double p) {
  const double z = rough_quantile(p);
  // Work in the lower half: there p and the cdf keep their relative precision.
  const double lower = z < 0 ? z : -z;
  const double target = z < 0 ? p : 1 - p;
  const double error = (normal_cdf(lower) - target) * kSqrt2Pi * exact_exp(0.5 * lower * lower);
  const double refined = lower - error / (1 + 0.5 * lower * error);
  return z < 0 ? refined : -refined;
}

}  // namespace sim
