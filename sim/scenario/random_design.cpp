#include "sim/scenario/random_design.hpp"

#include <algorithm>
#include <cmath>  // tidy: allow floor of exact values, before any run

#include <fmt/format.h>

#include "sim/kernel/math.hpp"
#include "sim/kernel/rng.hpp"
#include "sim/scenario/quantity.hpp"
#include "sim/scenario/units.hpp"

namespace sim {
namespace {

// Whole numbers and others are one kind where they meet.
Measured common(const Quantity& a, const Quantity& b) { return a.kind == b.kind ? a.kind : Measured::number; }

double four_digits(double x) { return std::stod(fmt::format("{:.3e}", x)); }

Json json_of(Measured kind, double size) {
  switch (kind) {
    case Measured::whole: return static_cast<std::int64_t>(size);
    case Measured::duration: return short_text(Duration{static_cast<std::int64_t>(four_digits(size))});
    case Measured::rate: return rate_text(four_digits(size));
    case Measured::number: break;
  }
  return four_digits(size);
}

}  // namespace

Json value_at(const RandomRange& range, double place) {
  if (!range.choices.empty()) {
    const auto n = range.choices.size();
    return range.choices[std::min(n - 1, static_cast<std::size_t>(place * static_cast<double>(n)))];
  }
  const Quantity low = *quantity(range.low), high = *quantity(range.high);
  const Measured kind = common(low, high);
  // Each whole number has the same part of the range, the last one too.
  const double end = kind == Measured::whole ? high.size + 1 : high.size;
  const double size =
      range.log ? low.size * exact_pow(end / low.size, place) : low.size + (end - low.size) * place;
  return json_of(kind, std::min(kind == Measured::whole ? std::floor(size) : size, high.size));
}

std::vector<std::vector<std::pair<std::string, Json>>> draw(const RandomDesign& design) {
  std::vector<std::vector<std::pair<std::string, Json>>> samples(design.samples);
  for (const auto& [pointer, range] : design.values) {
    Rng rng(design.seed, pointer);
    std::vector<std::size_t> strata(design.samples);
    for (std::size_t i = 0; i < strata.size(); ++i) strata[i] = i;
    for (std::size_t i = strata.size(); i > 1; --i) std::swap(strata[i - 1], strata[rng.below(i)]);
    for (std::size_t i = 0; i < strata.size(); ++i) {
      const double place = (static_cast<double>(strata[i]) + rng.unit()) / static_cast<double>(strata.size());
      samples[i].emplace_back(pointer, value_at(range, place));
    }
  }
  return samples;
}

}  // namespace sim
