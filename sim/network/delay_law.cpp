#include "sim/network/delay_law.hpp"

#include <algorithm>

#include "sim/kernel/check.hpp"
#include "sim/kernel/math.hpp"
#include "sim/kernel/rng.hpp"

namespace sim {
namespace {

double nanoseconds(Duration d) { return static_cast<double>(d.count()); }

Duration rounded(double ns) {
  if (ns >= nanoseconds(DelayLaw::kLongest)) return DelayLaw::kLongest;
  return Duration{static_cast<std::int64_t>(ns + 0.5)};
}

}  // namespace

// Some laws turn large draws into long delays, others small ones.
Duration DelayLaw::nearly_longest() const {
  constexpr std::uint64_t kThousandth = ~std::uint64_t{0} / 1000;
  if (kind != Kind::empirical) return std::max(sample(kThousandth), sample(~kThousandth));
  std::vector<Duration> all = samples;
  const auto nth = all.begin() + static_cast<std::ptrdiff_t>((all.size() - 1) * 999 / 1000);
  std::ranges::nth_element(all, nth);
  return *nth;
}

Duration DelayLaw::sample_curve(std::uint64_t bits) const {
  const double u = static_cast<double>((bits >> 12) * 2 + 1) * 0x1p-53;  // in (0, 1), symmetric about a half
  switch (kind) {
    case Kind::exponential: return min + rounded(-nanoseconds(mean) * exact_log(u));
    case Kind::normal:
      return std::max(min,
                      rounded(std::max(0.0, nanoseconds(mean) + nanoseconds(spread) * normal_quantile(u))));
    case Kind::lognormal: return min + rounded(nanoseconds(mean) * exact_exp(shape * normal_quantile(u)));
    case Kind::pareto: return rounded(nanoseconds(mean) * exact_pow(u, -1 / shape));
    case Kind::empirical: return samples[below(bits, samples.size())];
    case Kind::constant:
    case Kind::uniform: break;
  }
  SIM_CHECK(false, "constant and uniform laws are sampled inline");
}

}  // namespace sim
