"""Two numbers varied together: one map for each measure, a cell for each pair of values."""

import math

import numpy as np
from matplotlib.colors import LogNorm, Normalize
from matplotlib.patches import Patch, Rectangle

from . import log_axis, measures, page, style, units
from .panels import wants_log
from .style import pyplot

COLOURS = "YlGnBu"      # one light-to-dark scale: read alike with every kind of sight, and in grey
MOST_WITH_NUMBERS = 12  # cells across: more are too narrow for what they would say
MOST_MAPS = 6
LEAST = 7.0             # inches
SHOWN = ("split_brain_per_s", "longest_outage_s", "lost_writes_per_s", "violation", "diverged",
         "outages_per_s", "answered", "latency_p99_ms", "failover_mean_s", "messages_per_operation")


class Grid:
    """The two axes of a sweep, and its rows in their cells."""

    def __init__(self, sweep):
        across, up = sorted((units.Axis(p, values) for p, values in sweep.vary.items()),
                            key=lambda axis: -len(axis.raw))
        self.sweep, self.across, self.up = sweep, across, up
        self.xs, self.ys = ([v for _, v in sorted((axis.position(v), v) for v in axis.raw)]
                            for axis in (across, up))
        self.cells = {(across.position(row.point[across.pointer]), up.position(row.point[up.pointer])): row
                      for row in sweep.rows}

    def estimates(self, name):
        """[(column, line, estimate or None)]"""
        for i, x in enumerate(self.xs):
            for j, y in enumerate(self.ys):
                row = self.cells.get((self.across.position(x), self.up.position(y)))
                yield i, j, row and row.measures.get(name)

    def has_room(self):
        """For numbers in the cells."""
        return max(len(self.xs), len(self.ys)) <= MOST_WITH_NUMBERS

    def moves(self, name):
        return measures.move([e for _, _, e in self.estimates(name) if e])


def fits(sweep):
    """Two varied numbers and nothing else, every pair of values, at least three of one of them."""
    if len(sweep.vary) != 2 or "label" in sweep.vary or not is_grid(sweep):
        return False
    axes = [units.Axis(pointer, values) for pointer, values in sweep.vary.items()]
    return all(axis.kind != "category" and len(axis.raw) > 1 for axis in axes) and max(
        len(axis.raw) for axis in axes) > 2


def is_grid(sweep):
    """Whether it has every combination of what varies."""
    return len(sweep.rows) == math.prod(map(len, sweep.vary.values()))


def draw(pictures, sweep):
    if not fits(sweep):
        return
    grid = Grid(sweep)
    names = [name for name in SHOWN if grid.moves(name)][:MOST_MAPS]
    if not names:
        return
    pictures.add_figure("heat_map", picture(grid, names))
    both = (grid.across.pointer, grid.up.pointer)
    pictures.add_table("heat_map", [*both, "measure", "n", "estimate", "low", "high"],
                       [[*(row.point[pointer] for pointer in both), name, row.runs, e.value, e.low, e.high]
                        for name in names for row in sweep.rows if (e := row.measures.get(name))])


def picture(grid, names):
    across, up = (0.62 * len(grid.xs), 0.42 * len(grid.ys)) if grid.has_room() else (3.5, 2.4)
    columns, width = page.columns(len(names), 3 if len(names) != 4 else 2, 1.5 + across, 1.3 + across)
    lines = math.ceil(len(names) / columns)
    figure, axes = pyplot.subplots(lines, columns, figsize=(max(width, LEAST), (1.0 + up) * lines + 0.9),
                                   squeeze=False)
    limits = [draw_map(ax, grid, name) for ax, name in zip(axes.flat, names)]
    for ax in axes.flat[len(names):]:
        ax.set_visible(False)
    handles = [Patch(facecolor="white", edgecolor=style.GREY, hatch="////",
                     label="no event in all runs: below the 95 % upper limit")] if any(limits) else ()
    style.finish(figure, grid.sweep.provenance(), handles, title=grid.sweep.headline())
    return figure


def draw_map(ax, grid, name):
    """Returns whether a cell shows an upper limit."""
    measure, found = measures.of(name), [c for c in grid.estimates(name) if c[2]]
    factor, unit = scale(measure, [e for _, _, e in found])
    zero = [c for c in found if c[2].no_event_seen()]
    seen = [(i, j, e.value * factor) for i, j, e in found if not e.no_event_seen()]
    values = [v for _, _, v in seen]
    log = wants_log(measure.kind, [e for _, _, e in found if e.value > 0]) and min(values) > 0
    low, high = min(values), max(values)
    norm = (LogNorm if log else Normalize)(low, high if high > low else low + 1)
    cells = np.full((len(grid.ys), len(grid.xs)), np.nan)
    for i, j, value in seen:
        cells[j, i] = value
    shades = pyplot.get_cmap(COLOURS)
    mesh = ax.pcolormesh(cells, cmap=shades, norm=norm, edgecolors="white",
                         linewidth=1.2 if grid.has_room() else 0.4)
    for i, j, _ in zero:
        ax.add_patch(Rectangle((i, j), 1, 1, facecolor="white", edgecolor=style.FAINT, hatch="////",
                               linewidth=0))
    if grid.has_room():
        digits = digits_of(values)
        for i, j, value in seen:
            write(ax, i, j, number(value, digits), "white" if norm(value) > 0.55 else "black")
        for i, j, e in zero:
            write(ax, i, j, f"<{number(e.high * factor)}", "black", behind="white")
    else:
        bar = ax.figure.colorbar(mesh, ax=ax)
        if log:
            log_axis.tidy(bar.ax.yaxis)
    dress(ax, grid, f"{measure.title} ({unit})")
    return bool(zero)


def scale(measure, found):
    """Factor and unit in which a cell's numbers are short."""
    if measure.axis == "s" and max(e.value for e in found) < 1:
        return 1e3, "ms"
    if measure.kind in ("share", "percent"):
        return 100.0, measure.axis.replace("share of ", "% of ", 1)
    return 1.0, measure.axis


def digits_of(values):
    """The number of digits that tells the values apart, five at most."""
    looks = {digits: len({number(v, digits) for v in values}) for digits in range(2, 6)}
    return min(looks, key=lambda digits: (-looks[digits], digits))


def number(value, digits=2):
    if value == 0 or 0.001 <= abs(value) < 1000:
        return f"{value:.{max(3, digits) if abs(value) >= 1 else digits}g}"
    if 1000 <= abs(value) < 1e5:
        return f"{value:.0f}"
    return f"{value:.0e}".replace("e-0", "e-").replace("e+0", "e")


def write(ax, i, j, text, colour, behind=None):
    box = None if behind is None else dict(boxstyle="round,pad=0.15", facecolor=behind, edgecolor="none")
    ax.text(i + 0.5, j + 0.5, text, ha="center", va="center", fontsize=style.PLAIN, color=colour, bbox=box)


def dress(ax, grid, title):
    """Each value below, or left of, the middle of its cells; long rows of them only in part."""
    for axis, raw, put in ((grid.across, grid.xs, ax.set_xticks), (grid.up, grid.ys, ax.set_yticks)):
        step = math.ceil(len(raw) / MOST_WITH_NUMBERS)
        put([i + 0.5 for i in range(0, len(raw), step)],
            [f"{axis.position(v):.4g}" for v in raw[::step]])
    ax.set_xlabel(grid.across.label)
    ax.set_ylabel(grid.up.label)
    ax.set_title(title)
    ax.grid(visible=False)
    ax.tick_params(length=0)
    for side in ax.spines.values():
        side.set_visible(False)
