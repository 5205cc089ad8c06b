"""Points drawn at random: each measure against each parameter, and against two of them at once."""

import itertools
import math

from matplotlib.colors import LogNorm, Normalize
from matplotlib.lines import Line2D

from . import heat_map, log_axis, measures, page, style, units
from .panels import floor_of, wants_log
from .style import pyplot

MOST_PARAMETERS = 4
MOST_MEASURES = 4


def fits(sweep):
    """Several numbers that vary together: a design drawn at random, not a grid."""
    parameters = parameters_of(sweep)
    return "label" not in sweep.vary and len(parameters) >= 2 and not heat_map.is_grid(sweep)


def parameters_of(sweep):
    axes = [units.Axis(pointer, values) for pointer, values in sweep.vary.items()]
    return [axis for axis in axes if axis.kind != "category" and len(axis.raw) > 1]


def draw(pictures, sweep):
    names = [name for name in heat_map.SHOWN if measures.move(
        [row.measures[name] for row in sweep.rows if name in row.measures])][:MOST_MEASURES]
    if not names:
        return
    axes = parameters_of(sweep)[:MOST_PARAMETERS]
    pictures.add_figure("design", by_parameter(sweep, axes, names))
    first, second = axes[:2]
    pictures.add_figure("design_map", by_two(sweep, first, second, names))
    pictures.add_table("design", [*sweep.vary, "measure", "n", "estimate", "low", "high"],
                       [[*(row.point[p] for p in sweep.vary), name, row.runs, e.value, e.low, e.high]
                        for name in names for row in sweep.rows if (e := row.measures.get(name))])


def by_parameter(sweep, axes, names):
    """A line of panels for each measure: what it does with one parameter while the others are anything."""
    size = (page.width(3.4 + 3.4 * len(axes), 1.2 + 2.4 * len(axes)), 2.3 * len(names) + 0.6)
    figure, panels = pyplot.subplots(len(names), len(axes), figsize=size, squeeze=False, sharey="row",
                                     sharex="col")
    limits = False
    for (line, name), (column, axis) in itertools.product(enumerate(names), enumerate(axes)):
        ax = panels[line][column]
        limits |= draw_panel(ax, sweep, axis, name)
        if line == len(names) - 1:
            ax.set_xlabel(axis.label)
        if column == 0:
            ax.set_title(measures.of(name).title)
            ax.set_ylabel(measures.of(name).axis)
    style.finish(figure, sweep.provenance(), handles_of(limits))
    return figure


def draw_panel(ax, sweep, axis, name):
    """Returns whether it shows an upper limit."""
    points = [(axis.position(row.point[axis.pointer]), row.measures[name])
              for row in sweep.rows if name in row.measures]
    estimates = [e for _, e in points]
    log = wants_log(measures.of(name).kind, estimates)
    floor = floor_of(estimates, []) if log else None
    limits = [(x, e.high) for x, e in points if log and e.no_event_seen()]
    seen = [(x, e) for x, e in points if not log or e.value > 0]
    ax.plot([x for x, _ in limits], [y for _, y in limits], "v", color=style.BLUE, markerfacecolor="white",
            markersize=5.5, zorder=3)
    ends = [e.bars(floor / 10 if log else -math.inf) for _, e in seen]
    ax.vlines([x for x, _ in seen], [e.value - below for (_, e), (below, _) in zip(seen, ends)],
              [e.value + above for (_, e), (_, above) in zip(seen, ends)], color=style.SKY, linewidth=1.0,
              zorder=2)
    ax.plot([x for x, _ in seen], [e.value for _, e in seen], "o", color=style.BLUE, markersize=4.5,
            markeredgecolor="white", markeredgewidth=0.6, zorder=4)
    if log:
        ax.set_yscale("log")
        ax.set_ylim(bottom=floor)
        log_axis.tidy(ax.yaxis)
    return bool(limits)


def by_two(sweep, across, up, names):
    """Two parameters as the plane, the measure as the colour of a dot."""
    columns, width = page.columns(len(names), 2, 5.4, 4.2)
    lines = -(-len(names) // columns)
    size = (width, 4.0 * lines + 0.4)
    figure, panels = pyplot.subplots(lines, columns, figsize=size, squeeze=False)
    limits = False
    for ax, name in zip(panels.flat, names):
        found = [(*(axis.position(row.point[axis.pointer]) for axis in (across, up)), row.measures[name])
                 for row in sweep.rows if name in row.measures]
        factor, unit = heat_map.scale(measures.of(name), [e for _, _, e in found])
        zero = [(x, y) for x, y, e in found if e.no_event_seen()]
        seen = [(x, y, e.value * factor) for x, y, e in found if not e.no_event_seen()]
        values = [v for _, _, v in seen]
        log = wants_log(measures.of(name).kind, [e for _, _, e in found if e.value > 0]) and min(values) > 0
        norm = (LogNorm if log else Normalize)(min(values), max(values))
        dots = ax.scatter([x for x, _, _ in seen], [y for _, y, _ in seen], c=values, s=70, norm=norm,
                          cmap=heat_map.COLOURS, edgecolors=style.GREY, linewidths=0.6, zorder=3)
        ax.scatter([x for x, _ in zero], [y for _, y in zero], s=70, marker="v", facecolors="white",
                   edgecolors=style.GREY, linewidths=0.9, zorder=3)
        limits |= bool(zero)
        bar = figure.colorbar(dots, ax=ax, pad=0.02)
        if log:
            log_axis.tidy(bar.ax.yaxis)
        ax.set_title(f"{measures.of(name).title} ({unit})")
        ax.set_xlabel(across.label)
        ax.set_ylabel(up.label)
    for ax in panels.flat[len(names):]:
        ax.set_visible(False)
    style.finish(figure, sweep.provenance(), handles_of(limits))
    return figure


def handles_of(limits):
    if not limits:
        return ()
    return [Line2D([], [], color=style.GREY, marker="v", markerfacecolor="white", linestyle="none",
                   label="no event in all runs: below the 95 % upper limit")]
