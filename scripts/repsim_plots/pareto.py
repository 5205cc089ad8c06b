"""The trade-off: the cost of each value of the parameter against its benefit."""

import math

from . import log_axis, measures, page, style
from .panels import INTERVAL, floor_of, legend_handles, wants_log
from .style import pyplot


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
            ax.errorbar([x], [y], xerr=[[end] for end in c.bars()],
                        yerr=None if limit else [[end] for end in g.bars(floor / 10 if log else -math.inf)],
                        color=colour, fmt="v" if limit else marker, zorder=5,
                        markerfacecolor="white" if limit else colour, markersize=8 if limit else 5.5,
                        capsize=3,
                        elinewidth=1.2, clip_on=False)
            drawn.append((x, y, study.axis.point_label(row.point[study.axis.pointer]), colour))
    if log:
        ax.set_yscale("log")
        ax.set_ylim(bottom=floor)
        log_axis.tidy(ax.yaxis)
    if ax.get_xlim()[0] < 0 or ax.get_xlim()[0] < 0.35 * ax.get_xlim()[1]:
        ax.set_xlim(left=0)
    ax.set_xlabel(f"{measures.of(cost).title.lower()} ({study.unit(cost)})")
    ax.set_ylabel(f"{measures.of(gain).title.lower()} ({study.unit(gain)})")
    return drawn, limits


ABOVE = ((7, 6, "left", "bottom"), (-7, 6, "right", "bottom"), (0, 14, "center", "bottom"))
BELOW = ((-7, -6, "right", "top"), (7, -6, "left", "top"), (0, -14, "center", "top"))
BESIDE = ((12, 0, "left", "center"), (-12, 0, "right", "center"))


def label_points(ax, drawn):
    """Each point's value beside it, above or, where something stands close above, below."""
    points = [tuple(ax.transData.transform((x, y))) for x, y, _, _ in drawn]
    placer = style.Placer(ax, points)
    for (x, y, text, colour), at in sorted(zip(drawn, points), key=lambda d: -d[1][1]):
        crowded = any(abs(p[0] - at[0]) < 40 and 0 < p[1] - at[1] < 50 for p in points)
        placer.put(text, (x, y), (BELOW + ABOVE if crowded else ABOVE + BELOW) + BESIDE, fontsize=style.SMALL,
                   color=colour, zorder=8)


def pareto_figure(study, pair):
    figure, ax = pyplot.subplots(figsize=(page.width(8.2, 5.0), 5.4))
    drawn, limits = draw_pareto(ax, study, *pair)
    ax.set_title(pareto_title(study))
    style.finish(figure, study.provenance, [h for h in legend_handles(study, limits, False)
                                            if h.get_label() != INTERVAL])
    label_points(ax, drawn)
    return figure


def pareto_title(study):
    what = study.axis.pointer.rsplit("/", 1)[-1]
    return f"What {'the timeout' if what == 'timeout' else 'each value'} costs, and what it buys"
