"""Measures against the swept parameter: one panel for each."""

import dataclasses
import math

from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter

from . import log_axis, measures, page, style
from .style import pyplot


INTERVAL = "95 % interval"
MOST_BANDS = 3  # lines with bands: more would hide each other, and have bars
LEAST, LEAST_PAGE = 3.4, 5.4  # inches that a panel needs, and a page
MARGIN = 0.04  # of the axis, left and right of the outermost points


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
            line=study.axis.kind != "category" and not curve,
            number=number, lines=len(study.series)))
        if curve:
            ax.plot(*zip(*curve), color="#222222", linewidth=1.0, linestyle=(0, (5, 2)), zorder=4)
    if log:
        ax.set_yscale("log")
        ax.set_ylim(bottom=floor)
        log_axis.tidy(ax.yaxis)
    else:
        if measure.kind in ("share", "percent"):
            ax.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{100 * y:.6g} %"))
        if measure.kind != "percent":
            from_zero(ax, estimates, curves)
    ax.set_title(measure.title)
    ax.set_ylabel(study.unit(name))
    return limits, any(curves)


def from_zero(ax, estimates, curves):
    """The axis begins at zero, and ends above the highest mark."""
    highest = max([e.value for e in estimates] + [e.high for e in estimates if e.high is not None]
                  + [y for curve in curves for _, y in curve])
    ax.set_ylim(0, 1.07 * highest if highest > 0 else 1)


@dataclasses.dataclass(frozen=True)
class Look:
    """How one line's points are drawn. A line through them has a band; where there is theory, it takes the
    place of both: its way between the points need not be straight."""
    line: bool
    number: int
    lines: int


def draw_points(ax, points, style_of, floor, look):
    """Band, bars and markers; a point without events becomes an upper limit on a logarithmic axis."""
    colour, marker = style_of
    limits = [p for p in points if floor is not None and p[2].no_event_seen()]
    nothing = [p for p in points if floor is not None and p[2].value <= 0 and p not in limits]
    seen = [p for p in points if p not in limits and p not in nothing]
    lowest = floor / 10 if floor is not None else -math.inf
    under = look.lines - 1 - look.number  # lines below others are wider: of equal ones each has a rim
    if look.line and look.lines <= MOST_BANDS:
        banded = [p for p in (points if look.lines == 1 else seen)
                  if p[2].is_closed() and p not in nothing]
        ax.fill_between([p[0] for p in banded], [max(p[2].low, lowest) for p in banded],
                        [p[2].high for p in banded], color=colour, alpha=0.18, linewidth=0, zorder=2)
    barred = [p for p in seen if p[2].low is not None or p[2].high is not None]
    ax.errorbar([p[0] for p in barred], [p[2].value for p in barred], fmt="none", ecolor=colour, zorder=5,
                yerr=[[p[2].bars(lowest)[end] for p in barred] for end in (0, 1)],
                elinewidth=1.2, capsize=2.5)
    ax.plot([p[0] for p in seen], [p[2].value for p in seen], color=colour, marker=marker, zorder=6,
            linestyle="-" if look.line else "none", markeredgecolor="white", markeredgewidth=0.7,
            linewidth=1.8 + min(1.3 * under, 5.2), markersize=6.5 + min(1.5 * under, 6),
            clip_on=floor is not None)  # a marker at zero is drawn whole
    ax.plot([p[0] for p in limits], [p[2].high for p in limits], linestyle="none", marker="v",
            markersize=max(5.0, 8.5 - 1.7 * look.number), markerfacecolor="white", markeredgecolor=colour,
            markeredgewidth=1.6, zorder=7 + look.number)
    draw_zeros(ax, [(p[0], floor) for p in nothing], colour, look)
    return bool(limits)


def draw_zeros(ax, places, colour, look):
    """Where nothing happened and nothing is known of an upper limit: a 0 on the axis, beside those of the
    other lines."""
    aside = 6.5 * (look.number - (look.lines - 1) / 2)
    for place in places:
        ax.annotate("0", place, xytext=(aside, 2), textcoords="offset points", ha="center", va="bottom",
                    color=colour, fontweight="bold", fontsize=style.SMALL if look.lines < 4 else style.TINY,
                    path_effects=[style.HALO], zorder=8)


def set_x(ax, study, label=True):
    axis = study.axis
    if axis.kind == "category":
        turned = max(map(len, axis.order)) * len(axis.order) > 52
        ax.set_xticks(range(len(axis.order)), axis.order, rotation=20 if turned else 0,
                      ha="right" if turned else "center")
        ax.set_xlim(-0.5, len(axis.order) - 0.5)
    else:
        positions = [axis.position(raw) for raw in axis.raw]  # the same in every panel, with data or without
        low, high = min(positions), max(positions)
        if axis.is_wide():
            ax.set_xscale("log")
            ax.set_xlim(low / (high / low) ** MARGIN, high * (high / low) ** MARGIN)
            log_axis.tidy(ax.xaxis)
        elif high > low:
            ax.set_xlim(low - MARGIN * (high - low), high + MARGIN * (high - low))
        else:
            ax.set_xticks([low])
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
    bar = Line2D([], [], linestyle="none", marker="|", markersize=13, markeredgewidth=1.6, color=grey,
                 label=INTERVAL)
    bars = curve or study.axis.kind == "category" or len(study.series) > MOST_BANDS \
        or len(study.axis.raw) == 1
    handles.append(bar if bars else Patch(color=grey, alpha=0.3, label=INTERVAL))
    if curve:
        handles.append(Line2D([], [], color="#222222", linewidth=1.0, linestyle=(0, (5, 2)), label="theory"))
    if limits:
        handles.append(Line2D([], [], linestyle="none", marker="v", markersize=8, markerfacecolor="white",
                              markeredgecolor=grey, markeredgewidth=1.6,
                              label="no event in all runs: 95 % upper limit"))
    return handles


def panels(study, names, note=""):
    """A figure with one panel for each measure; a note stands in the margin."""
    columns, width = page.columns(len(names), 3 if len(names) != 4 else 2,
                                  4.3 if len(names) > 1 else 6.4, LEAST)
    lines = math.ceil(len(names) / columns)
    figure, axes = pyplot.subplots(lines, columns, squeeze=False,
                                   figsize=(max(width, LEAST_PAGE), 3.3 * lines + 0.9))
    limits = curve = False
    for ax, name in zip(axes.flat, names):
        drawn = draw_measure(ax, study, name)
        limits, curve = limits or drawn[0], curve or drawn[1]
        set_x(ax, study)
    for ax in list(axes.flat)[len(names):]:
        ax.set_visible(False)
    style.finish(figure, study.provenance, legend_handles(study, limits, curve), note=note)
    return figure
