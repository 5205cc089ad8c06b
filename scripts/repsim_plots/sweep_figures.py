"""The figures of a sweep: rates, outage, what one costs the other, and one page with all three."""

import dataclasses
import math

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, NullLocator

from . import measures, style, theory
from .output import BadInput
from .style import pyplot
from .sweep import choose_axis, split

CURVE_POINTS = 121


class Study:
    """The sweeps of one picture, their common axis, and the lines on it."""

    def __init__(self, sweeps):
        self.sweeps = sweeps
        self.axis = choose_axis(sweeps)
        self.series = split(sweeps, self.axis)
        known = list(dict.fromkeys(s.provenance() for s in sweeps))
        self.provenance = "  |  ".join(known[:2]) + (" | …" if len(known) > 2 else "")

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


def wants_log(kind, estimates):
    """Rates of rare events span decades; so do shares now and then."""
    positive = [e.value for e in estimates if e.value > 0]
    if not positive or kind in ("percent", "value"):
        return False
    return kind in ("rate", "time") or max(positive) / min(positive) >= 30


def floor_of(estimates, curves):
    """Lower end of a logarithmic axis: just below the smallest thing that must be seen."""
    seen = [e.value for e in estimates if e.value > 0] + [e.high for e in estimates if e.no_event_seen()]
    seen += [e.low for e in estimates if e.low and e.value > 0 and e.low > e.value / 20]
    lowest = min(seen)
    curve = [y for c in curves for _, y in c if y > 0]
    return min([lowest, *(max(y, lowest / 30) for y in curve)]) * 0.6


def draw_measure(ax, study, name, colours=None):
    """One measure against the swept parameter; returns whether upper limits and theory were drawn."""
    measure = measures.of(name)
    estimates = study.estimates(name)
    log = wants_log(measure.kind, estimates)
    curves = [study.curve(series, name) for series in study.series]
    floor = floor_of(estimates, curves) if log else None
    limits = False
    for number, (series, curve) in enumerate(zip(study.series, curves)):
        colour, marker = colours[number] if colours else style.series_style(number)
        points = study.points(series, name)
        limits |= draw_points(ax, points, (colour, marker), floor, Look(
            band=study.axis.kind != "category", line=study.axis.kind != "category" and not curve,
            alone=len(study.series) == 1, number=number))
        if curve:
            ax.plot(*zip(*curve), color="#222222", linewidth=1.0, linestyle=(0, (5, 2)), zorder=4)
    if log:
        ax.set_yscale("log")
        ax.set_ylim(bottom=floor)
        tidy_log(ax.yaxis)
    elif measure.kind in ("share", "percent"):
        ax.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{100 * y:.6g} %"))
        if measure.kind == "share":
            ax.set_ylim(bottom=0)
    else:
        ax.set_ylim(bottom=0)
    ax.set_title(measure.title)
    ax.set_ylabel(study.unit(name))
    return limits, any(curves)


@dataclasses.dataclass(frozen=True)
class Look:
    """How one line's points are drawn; theory, where there is some, takes the connecting line's place."""
    band: bool
    line: bool
    alone: bool
    number: int


def draw_points(ax, points, style_of, floor, look):
    """Band, bars and markers; a point without events becomes an upper limit on a logarithmic axis."""
    colour, marker = style_of
    limits = [p for p in points if floor is not None and p[2].no_event_seen()]
    nothing = [p for p in points if floor is not None and p[2].value <= 0 and p not in limits]
    seen = [p for p in points if p not in limits and p not in nothing]
    lowest = floor / 10 if floor is not None else -math.inf
    banded = [p for p in points if p[2].low is not None and p not in nothing and (look.alone or p in seen)]
    if look.band:
        ax.fill_between([p[0] for p in banded], [max(p[2].low, lowest) for p in banded],
                        [p[2].high for p in banded], color=colour, alpha=0.18, linewidth=0, zorder=2)
    barred = [p for p in seen if p[2].low is not None]
    ax.errorbar([p[0] for p in barred], [p[2].value for p in barred], fmt="none", ecolor=colour, zorder=5,
                yerr=[[max(0, p[2].value - max(p[2].low, lowest)) for p in barred],
                      [max(0, p[2].high - p[2].value) for p in barred]],
                elinewidth=1.2, capsize=2.5 if look.band else 4)
    ax.plot([p[0] for p in seen], [p[2].value for p in seen], color=colour, marker=marker, zorder=6,
            linestyle="-" if look.line else "none", markeredgecolor="white", markeredgewidth=0.7,
            markersize=6.5)
    ax.plot([p[0] for p in limits], [p[2].high for p in limits], linestyle="none", marker="v",
            markersize=max(5.0, 8.5 - 1.7 * look.number), markerfacecolor="white", markeredgecolor=colour,
            markeredgewidth=1.6, zorder=7 + look.number)
    for position, _, _ in nothing:
        ax.annotate("0", (position, floor), xytext=(9 * look.number, 3), textcoords="offset points",
                    ha="center",
                    va="bottom", color=colour, fontweight="bold", fontsize=9.5)
    return bool(limits)


def tidy_log(axis):
    low, high = axis.get_view_interval()
    if high / low > 1e4:
        axis.set_minor_locator(NullLocator())
    axis.set_major_locator(LogLocator(numticks=8))
    axis.set_minor_formatter(NullFormatter())
    axis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:g}" if 1e-3 <= y < 1e4
                                           else f"$10^{{{round(math.log10(y))}}}$"))


def set_x(ax, study, label=True):
    axis = study.axis
    if axis.kind == "category":
        turned = max(map(len, axis.order)) * len(axis.order) > 52
        ax.set_xticks(range(len(axis.order)), axis.order, rotation=20 if turned else 0,
                      ha="right" if turned else "center")
        ax.set_xlim(-0.5, len(axis.order) - 0.5)
    elif axis.is_wide():
        ax.set_xscale("log")
        tidy_log(ax.xaxis)
    if label:
        ax.set_xlabel(axis.label)
    else:
        ax.tick_params(labelbottom=False)


def legend_handles(study, limits, curve):
    handles = []
    if len(study.series) > 1:
        for number, series in enumerate(study.series):
            colour, marker = style.series_style(number)
            handles.append(Line2D([], [], color=colour, marker=marker, label=series.label))
    grey = "#777777" if len(study.series) > 1 else style.BLUE
    handles.append(Patch(facecolor=grey, alpha=0.3, label="95 % interval"))
    if curve:
        handles.append(Line2D([], [], color="#222222", linewidth=1.0, linestyle=(0, (5, 2)), label="theory"))
    if limits:
        handles.append(Line2D([], [], linestyle="none", marker="v", markersize=8, markerfacecolor="white",
                              markeredgecolor=grey, markeredgewidth=1.6,
                              label="no event in all runs: 95 % upper limit"))
    return handles


def panels(study, names):
    """A figure with one panel for each measure."""
    columns = min(len(names), 3) if len(names) != 4 else 2
    lines = math.ceil(len(names) / columns)
    figure, axes = pyplot.subplots(lines, columns, figsize=(max(4.3 * columns, 6.4), 3.3 * lines + 0.9),
                                   squeeze=False)
    limits = curve = False
    for ax, name in zip(axes.flat, names):
        drawn = draw_measure(ax, study, name)
        limits, curve = limits or drawn[0], curve or drawn[1]
        set_x(ax, study)
    for ax in list(axes.flat)[len(names):]:
        ax.set_visible(False)
    style.finish(figure, study.provenance, legend_handles(study, limits, curve))
    return figure


def pareto_pair(study):
    """The first cost and the first benefit that the sweep moves at all, or None."""
    def moves(name):
        values = {e.value for e in study.estimates(name)}
        return len(values) > 1
    cost = next((n for n in measures.WHAT_IT_COSTS if moves(n)), None)
    gain = next((n for n in measures.WHAT_IT_BUYS if moves(n)), None)
    return (cost, gain) if cost and gain else None


def draw_pareto(ax, study, cost, gain):
    """What a value of the parameter costs (across) against what it leaves (up); each point says its value."""
    estimates = study.estimates(gain)
    log = wants_log(measures.of(gain).kind, estimates)
    floor = floor_of(estimates, []) if log else None
    drawn, limits = [], False
    ax.margins(x=0.12, y=0.12)
    for number, series in enumerate(study.series):
        colour, marker = style.series_style(number)
        points = [(r.measures[cost].scaled(study.factor(cost)), r.measures[gain].scaled(study.factor(gain)),
                   r)
                  for r in series.rows if {cost, gain} <= r.measures.keys()]
        points = [p for p in points if not log or p[1].value > 0 or p[1].no_event_seen()]
        line = [(c.value, g.high if log and g.no_event_seen() else g.value) for c, g, _ in points]
        seen = [(c.value, g.value) for c, g, _ in points if not log or g.value > 0]
        if study.axis.kind != "category":
            ax.plot([x for x, _ in seen], [y for _, y in seen], color=colour, linewidth=1.0, alpha=0.5,
                    zorder=3)
        for (x, y), (c, g, row) in zip(line, points):
            limit = log and g.no_event_seen()
            limits |= limit
            xerr = None if c.low is None else [[max(0, c.value - c.low)], [max(0, c.high - c.value)]]
            bottom = max(g.low or 0, floor / 10) if log else g.low
            yerr = None if g.low is None or limit else [[max(0, g.value - bottom)],
                                                        [max(0, g.high - g.value)]]
            ax.errorbar([x], [y], xerr=xerr, yerr=yerr, color=colour, fmt="v" if limit else marker, zorder=5,
                        markerfacecolor="white" if limit else colour, markersize=8 if limit else 5.5,
                        capsize=3,
                        elinewidth=1.2)
            drawn.append((x, y, study.axis.point_label(row.point[study.axis.pointer]), colour))
    if log:
        ax.set_yscale("log")
        ax.set_ylim(bottom=floor)
        tidy_log(ax.yaxis)
    if ax.get_xlim()[0] < 0 or ax.get_xlim()[0] < 0.35 * ax.get_xlim()[1]:
        ax.set_xlim(left=0)
    ax.set_xlabel(f"{measures.of(cost).title.lower()} ({study.unit(cost)})")
    ax.set_ylabel(f"{measures.of(gain).title.lower()} ({study.unit(gain)})")
    return drawn, limits


ABOVE = ((7, 6, "left", "bottom"), (-7, 6, "right", "bottom"), (0, 14, "center", "bottom"))
BELOW = ((-7, -6, "right", "top"), (7, -6, "left", "top"), (0, -14, "center", "top"))


def label_points(ax, drawn):
    """Each point's value beside it, above or, where something stands close above, below."""
    points = [tuple(ax.transData.transform((x, y))) for x, y, _, _ in drawn]
    placer = style.Placer(ax, points)
    for (x, y, text, colour), at in sorted(zip(drawn, points), key=lambda d: -d[1][1]):
        crowded = any(abs(p[0] - at[0]) < 40 and 0 < p[1] - at[1] < 25 for p in points)
        placer.put(text, (x, y), BELOW + ABOVE if crowded else ABOVE + BELOW, fontsize=9.5, color=colour,
                   zorder=8)


def pareto_figure(study, pair):
    figure, ax = pyplot.subplots(figsize=(7.4, 5.4))
    drawn, limits = draw_pareto(ax, study, *pair)
    ax.set_title(pareto_title(study))
    style.finish(figure, study.provenance, [h for h in legend_handles(study, limits, False)
                                            if not isinstance(h, Patch)])
    label_points(ax, drawn)
    return figure


def pareto_title(study):
    what = study.axis.pointer.rsplit("/", 1)[-1]
    return f"What {'the timeout' if what == 'timeout' else 'each value'} costs, and what it buys"


def overview(study, pair):
    """The page for a README: what falls and what grows above one another, and their exchange beside them."""
    cost, gain = pair
    figure = pyplot.figure(figsize=(11.6, 6.9))
    grid = figure.add_gridspec(2, 2, width_ratios=(1, 1.12))
    top, bottom, right = (figure.add_subplot(cell) for cell in (grid[0, 0], grid[1, 0], grid[:, 1]))
    alone = len(study.series) == 1
    first = draw_measure(top, study, gain, [(style.VERMILLION, "o")] if alone else None)
    second = draw_measure(bottom, study, cost, [(style.BLUE, "o")] if alone else None)
    if alone and cost == "longest_outage_s" and study.has_events("detection_mean_s"):
        second = add_detection(bottom, study)
    for ax in (top, bottom):
        set_x(ax, study, label=ax is bottom)
    drawn, _ = draw_pareto(right, study, cost, gain)
    right.set_title(pareto_title(study))
    handles = legend_handles(study, first[0] or second[0], first[1] or second[1])
    for handle in handles if alone else ():
        if isinstance(handle, Patch):
            handle.set_facecolor("#777777")
    style.finish(figure, study.provenance, handles, title=headline(study))
    label_points(right, drawn)
    return figure


def add_detection(ax, study):
    """The part of an outage that the timeout decides, beside the outage itself; labelled on the spot."""
    drawn = draw_measure(ax, study, "detection_mean_s", [(style.GREEN, "D")])
    ax.set_title("Longest outage, and detection of the crash")
    names = ("longest_outage_s", "detection_mean_s")
    last = {name: study.points(study.series[0], name)[-1] for name in names}
    ax.set_ylim(0, 1.2 * max(e.value for _, _, e in last.values()))
    above = max(last, key=lambda name: last[name][2].value)
    for name, colour, text in (("longest_outage_s", style.BLUE, "outage"),
                               ("detection_mean_s", style.GREEN, "detection")):
        x, _, e = last[name]
        ax.annotate(text, (x, e.value), xytext=(-4, 10 if name == above else -17), textcoords="offset points",
                    ha="right", va="bottom" if name == above else "top", color=colour, fontsize=10)
    return drawn


def headline(study):
    """What the scenario says that it is about, when that is one short sentence; else its name."""
    if len(study.sweeps) > 1:
        return "  and  ".join(list(dict.fromkeys(s.name for s in study.sweeps))[:3])
    about = str(study.sweeps[0].scenario.get("about", "")).split(". ")[0].rstrip(".")
    return about if 20 <= len(about) <= 95 else study.sweeps[0].name


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


def draw(pictures, sweeps, only=()):
    """All figures of one sweep, or of several over each other."""
    study = Study(sweeps)
    if len(study.series) > 12:
        raise BadInput(f"{sweeps[0].folder}: {len(study.series)} lines are too many for a picture "
                       "(12 at most): vary fewer parameters")
    if only:
        unknown = [name for name in only if not study.estimates(name)]
        if unknown:
            known = sorted({name for s in study.series for row in s.rows for name in row.measures})
            raise BadInput(f"no data for measure \"{unknown[0]}\"; there are: {', '.join(known)}")
        pictures.add_figure("measures", panels(study, only))
        pictures.add_table("measures", *table(study, only))
        return
    for figure_name, names in (("rates", measures.RATES), ("shares", measures.SHARES),
                               ("elections", measures.ELECTIONS), ("cost", measures.COST)):
        add_panels(pictures, study, figure_name, [name for name in names if study.has_events(name)])
    add_panels(pictures, study, "outage", [name for name in measures.OUTAGE if study.has_events(name)])
    pair = pareto_pair(study)
    if pair:
        for figure_name, build in (("pareto", pareto_figure), ("overview", overview)):
            pictures.add_figure(figure_name, build(study, pair))
            pictures.add_table(figure_name, *table(study, pair))
    if not pictures.files:
        raise BadInput(f"{sweeps[0].folder}: nothing to draw: no measure has data")


def add_panels(pictures, study, figure_name, names):
    if names:
        pictures.add_figure(figure_name, panels(study, names))
        pictures.add_table(figure_name, *table(study, names))
