"""The sweeps of one picture, their common axis, and the lines on it."""

import numpy as np

from . import measures, theory
from .sweep import choose_axis, split

CURVE_POINTS = 121


class Study:
    """The sweeps of one picture, their common axis, and the lines on it."""

    def __init__(self, sweeps):
        self.sweeps = sweeps
        self.axis = choose_axis(sweeps)
        self.series = split(sweeps, self.axis)
        short = [f"{s.name} {s.digest}" for s in sweeps[:3]] + ["…"] * (len(sweeps) > 3)
        self.provenance = sweeps[0].provenance() if len(sweeps) == 1 else " | ".join(short)

    def factor(self, name):
        """Seconds are shown as milliseconds where they are all below one."""
        in_seconds = measures.of(name).axis == "s"
        return 1e3 if in_seconds and max((e.value for e in self.estimates(name, 1.0)), default=1) < 1 else 1.0

    def unit(self, name):
        axis = measures.of(name).axis
        if axis != "s":
            return axis
        return "ms, mean over runs" if self.factor(name) == 1e3 else "s, mean over runs"

    def points(self, series, name, factor=None):
        """[(position, row, estimate)] where the measure has data, in the unit of its axis."""
        factor = self.factor(name) if factor is None else factor
        return [(self.axis.position(row.point[self.axis.pointer]), row, row.measures[name].scaled(factor))
                for row in series.rows if name in row.measures]

    def estimates(self, name, factor=None):
        return [e for series in self.series for _, _, e in self.points(series, name, factor)]

    def has_events(self, name):
        unremarkable = 1 if measures.of(name).kind == "percent" else 0
        return any(e.value != unremarkable for e in self.estimates(name))

    def is_zero(self, name):
        """Whether nothing at any point tells the measure from zero: its digits would mean nothing."""
        return all(e.value == 0 or (e.low is not None and e.low <= 0) for e in self.estimates(name))

    def theory_at(self, series, row, name):
        return theory.predict(series.sweep.scenario_at(row.point), name)

    def curve(self, series, name):
        """Theory on a fine grid between the smallest and the largest point; [] where it doesn't apply."""
        positions = [self.axis.position(row.point[self.axis.pointer]) for row in series.rows]
        if self.axis.kind == "category" or len(set(positions)) < 2:
            return []
        if self.theory_at(series, series.rows[0], name) is None:
            return []
        space = np.geomspace if self.axis.is_wide() else np.linspace
        grid = sorted({*space(min(positions), max(positions), CURVE_POINTS).tolist(), *positions})
        values = [theory.predict(series.sweep.scenario_at({**series.fixed,
                                                           self.axis.pointer: self.axis.raw_at(x)}),
                                 name) for x in grid]
        return [(x, y * self.factor(name)) for x, y in zip(grid, values) if y is not None]


def table(study, names):
    """Rows for the CSV beside a figure: exactly the numbers that it shows."""
    columns = ["series", study.axis.pointer, *sorted({p for s in study.series for p in s.fixed}), "measure",
               "n",
               "estimate", "low", "high", "theory"]
    rows = []
    for name in names:
        for series in study.series:
            for _, row, e in study.points(series, name, 1.0):
                point = [row.point.get(p) for p in columns[1:columns.index("measure")]]
                rows.append([series.label or series.sweep.name, *point, name, row.runs, e.value, e.low,
                             e.high,
                             study.theory_at(series, row, name)])
    return columns, rows
