"""The delay laws of scenarios, as distributions that the closed forms can integrate over."""

import dataclasses
import math
import statistics
from typing import Callable, Optional

import numpy as np

from . import units


@dataclasses.dataclass(frozen=True)
class Law:
    """A delay in seconds: its distribution function and the inverse of that."""
    cdf: Callable
    inverse: Callable
    constant: Optional[float] = None  # the delay, when it never varies

    def quantiles(self, count):
        """Points of equal probability, so that a mean over them is an integral against the density."""
        return np.array([self.inverse((k + 0.5) / count) for k in range(count)])

    def longest(self):
        """A delay that is practically never exceeded."""
        return self.inverse(1 - 1e-9)


def constant(value):
    return Law(lambda x: (np.asarray(x) >= value).astype(float), lambda u: value, constant=value)


def uniform(low, high):
    if high <= low:
        return constant(low)
    return Law(lambda x: np.clip((np.asarray(x) - low) / (high - low), 0, 1),
               lambda u: low + u * (high - low))


def exponential(mean, shift=0.0):
    """An exponential part of the given mean on top of a fixed one."""
    return Law(lambda x: -np.expm1(-np.maximum(np.asarray(x) - shift, 0) / mean),
               lambda u: shift - mean * math.log1p(-u))


# The bell's distribution function as a table: the standard library's erf takes one number at a time.
BELL_AT = np.linspace(-8, 8, 8001)
BELL = np.array([0.5 * (1 + math.erf(x / math.sqrt(2))) for x in BELL_AT])


def normal(mean, deviation):
    """Cut off at zero: a negative draw counts as no delay."""
    bell = statistics.NormalDist(mean, deviation)

    def cdf(x):
        x = np.asarray(x, dtype=float)
        return np.where(x < 0, 0.0, np.interp((x - mean) / deviation, BELL_AT, BELL))
    return Law(cdf, lambda u: max(0.0, bell.inv_cdf(u)))


def lognormal(median, sigma, shift=0.0):
    bell = statistics.NormalDist(math.log(median), sigma)

    def cdf(x):
        x = np.maximum(np.asarray(x, dtype=float) - shift, 1e-300)
        return np.interp((np.log(x) - math.log(median)) / sigma, BELL_AT, BELL)
    return Law(cdf, lambda u: shift + math.exp(bell.inv_cdf(u)))


def pareto(smallest, shape):
    def cdf(x):
        x = np.maximum(np.asarray(x, dtype=float), smallest)
        return 1 - (smallest / x) ** shape
    return Law(cdf, lambda u: smallest * (1 - u) ** (-1 / shape))


def read(delay):
    """The law of a scenario's `delay`, or None when it isn't one of those above."""
    if units.seconds(delay) is not None:
        return constant(units.seconds(delay))
    if not isinstance(delay, dict):
        return None
    shift = units.seconds(delay.get("min", "0s"))
    for kind, build in READ.items():
        if kind in delay:
            return build(delay[kind], shift)
    return None


def _seconds(value, key, position=0):
    """A duration, given alone, or as one of a list, or under a key."""
    if isinstance(value, dict):
        return units.seconds(value[key])
    return units.seconds(value[position] if isinstance(value, list) else value)


READ = {
    "constant": lambda value, shift: constant(_seconds(value, "value")),
    "uniform": lambda value, shift: uniform(_seconds(value, "min", 0), _seconds(value, "max", 1)),
    "exponential": lambda value, shift: exponential(
        _seconds(value, "mean"), units.seconds(value.get("min", "0s")) if isinstance(value, dict) else shift),
    "normal": lambda value, shift: normal(_seconds(value, "mean", 0), _seconds(value, "sd", 1)),
    "lognormal": lambda value, shift: lognormal(_seconds(value, "median"), float(value["sigma"]), shift),
    "pareto": lambda value, shift: pareto(_seconds(value, "min"), float(value["shape"])),
}
