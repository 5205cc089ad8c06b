"""Quantities as scenarios write them ("15ms", "200/s", 0.05), and how axes show them."""

import json
import math
import re

from . import words

NANOSECONDS = {"ns": 1, "us": 10**3, "µs": 10**3, "ms": 10**6, "s": 10**9, "min": 60 * 10**9, "m": 60 * 10**9,
               "h": 3600 * 10**9, "d": 86400 * 10**9}
DURATION = re.compile(r"^\s*([+-]?[0-9]*\.?[0-9]+(?:[eE][+-]?[0-9]+)?)\s*(ns|us|µs|ms|s|min|m|h|d)\s*$")
RATE = re.compile(r"^\s*([0-9]*\.?[0-9]+(?:[eE][+-]?[0-9]+)?)\s*/\s*(ms|s|min|h)\s*$")


def duration_ns(text):
    """Whole nanoseconds of "15ms", or None when it isn't a duration."""
    match = DURATION.match(text) if isinstance(text, str) else None
    return round(float(match[1]) * NANOSECONDS[match[2]]) if match else None


def seconds(text):
    """Seconds of "15ms", or None."""
    ns = duration_ns(text)
    return None if ns is None else ns / 1e9


def per_second(text):
    """Events per second of "200/s", or None."""
    match = RATE.match(text) if isinstance(text, str) else None
    return float(match[1]) * 1e9 / NANOSECONDS[match[2]] if match else None


def probability(value, absent=0.0):
    """A probability as a float; None when it is something else than a number."""
    if value is None:
        return absent
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def time_unit(largest_seconds):
    """Unit and factor that keep the numbers on an axis short."""
    if largest_seconds >= 1.0:
        return "s", 1.0
    if largest_seconds >= 1e-3:
        return "ms", 1e3
    return "µs", 1e6


LADDERS = ((1,), (1, 3), (1, 2, 5), (1, 1.5, 2, 3, 5, 7), tuple(k / 10 for k in range(10, 100, 2)))


def log_ticks(low, high, most):
    """Round numbers between the ends of a logarithmic axis: three at least, and no more than `most` if that
    can be. Where even the finest ladder has fewer, three numbers evenly apart, as round as that allows."""
    def between(steps, every=1):
        powers = range(math.floor(math.log10(low)), math.floor(math.log10(high)) + 1)
        ticks = [float(f"{step * 10.0 ** power:.6g}") for power in powers[::every] for step in steps]
        return [tick for tick in ticks if low <= tick <= high]
    found = [between((1,), every) for every in (8, 4, 3, 2)] + [between(steps) for steps in LADDERS]
    enough = [ticks for ticks in found if len(ticks) >= 3]
    fitting = [ticks for ticks in enough if len(ticks) <= most]
    if fitting or enough:
        ticks = fitting[-1] if fitting else enough[0]
        return ticks[::max(1, min(math.ceil(len(ticks) / most), (len(ticks) - 1) // 2))]
    digits = 2 + math.ceil(-math.log10(max(high / low - 1, 1e-9)))
    spots = [low * (high / low) ** share for share in (0.1, 0.5, 0.9)]
    return sorted({float(f"{spot:.{max(digits, 2)}g}") for spot in spots})


def short(value):
    """A raw value of a scenario, for a label."""
    return words.short(plain(value))


def plain(value):
    """The same, however long it is."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, (list, dict)):
        return json.dumps(value).replace('"', "")
    return str(value).replace("_", " ")


def name_of(pointer):
    """What a JSON pointer varies, in words: "/protocol/detector/timeout" -> "detector timeout"."""
    parts = [part for part in pointer.split("/") if part and part != "name"]
    known = {"/network/loss": "message loss probability", "/network/duplicate": "duplication probability",
             "/network/delay": "message delay",
             "/clients/rate": "request rate of each client", "/clients/count": "clients",
             "/protocol/name": "protocol"}
    if pointer in known:
        return known[pointer]
    skip = {"protocol", "network", "clients", "service"}
    last = [part for part in parts[-2:] if part not in skip] or parts[-1:]
    return words.short(" ".join(last).replace("_", " "), 48)


class Axis:
    """The swept parameter: numbers with a unit, or categories."""

    def __init__(self, pointer, raw_values):
        self.pointer = pointer
        self.raw = raw_values
        self.kind = next((kind for kind, read in READERS if all(read(v) is not None for v in raw_values)),
                         "category")
        if self.kind == "category":
            self.drawn = words.distinct(map(plain, raw_values), 24)
            self.order = list(self.drawn.values())
            self.label, self.factor = name_of(pointer), 1.0
            return
        read = dict(READERS)[self.kind]
        unit, self.factor = time_unit(max(map(read, raw_values))) if self.kind == "duration" else ("", 1.0)
        unit = "per s" if self.kind == "rate" else unit
        self.label = name_of(pointer) + (f" ({unit})" if unit else "")
        self.unit = unit

    def position(self, raw):
        if self.kind == "category":
            return float(self.order.index(self.drawn[plain(raw)]))
        return dict(READERS)[self.kind](raw) * self.factor

    def raw_at(self, position):
        """The scenario's way of writing the value at a position; for drawing theory between the points."""
        value = position / self.factor
        if self.kind == "duration":
            return f"{round(value * 1e9)}ns"
        return f"{value!r}/s" if self.kind == "rate" else value

    def is_wide(self):
        """Whether a logarithmic axis serves the values better."""
        positions = [self.position(v) for v in self.raw]
        return self.kind != "category" and min(positions) > 0 and max(positions) / min(positions) >= 30

    def point_label(self, raw):
        if self.kind == "category":
            return self.drawn[plain(raw)]
        return f"{self.position(raw):.4g}" + (f" {self.unit}" if self.unit else "")


def plain_number(value):
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if is_number else None


READERS = (("duration", seconds), ("rate", per_second), ("number", plain_number))
