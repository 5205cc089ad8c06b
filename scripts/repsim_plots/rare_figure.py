"""The curve of a rare event: what splitting found, the closed form through it, plain sampling beside it as
far as that reaches, how near the estimates are to theory, and what both ways cost."""

import dataclasses
import hashlib
import json

from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import NullLocator

from . import log_axis, measures, page, panels, study, style, sweep, theory
from .output import BadInput, read_text
from .style import pyplot

# What is drawn of an event, in rare.json and in summary.csv, and its name on the axis.
RATES = {"split_brain": ("per_s", "split_brain_per_s"), "lost_write": ("per_s", "lost_writes_per_s")}
TITLES = {"split_brain": "How often the brain splits", "harmful": "How often a split brain does harm",
          "lost_write": "How often an acknowledged write is lost", "diverged": "How often replicas diverge",
          "violation": "How often clients see a violation of linearizability"}
ONCE_IN = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "month": 2629800, "year": 31557600,
           "30 years": 946728000, "1000 years": 31557600000}
PLAIN = "#555555"
DASHES = (0, (5, 2))


@dataclasses.dataclass
class Rare:
    sweep: sweep.Sweep   # its rows hold the one measure that is drawn
    event: str
    measure: str
    costs: dict          # id of a row -> (events of the splitting, events that plain runs would take or None)
    provenance: str


def read(folder):
    path = folder / "rare.json"
    try:
        about = json.loads(read_text(path))
        return understand(folder, about)
    except (json.JSONDecodeError, RecursionError, KeyError, TypeError, AttributeError) as problem:
        raise BadInput(f"{path}: not as `repsim rare --out` writes it "
                       f"({type(problem).__name__}: {problem})") from None


def understand(folder, about):
    event = about["event"]
    key, measure = RATES.get(event, ("probability", event))
    vary = dict(about["vary"])
    points = [p for p in about["points"] if "error" not in p]
    labels = [p["point"]["label"] for p in points if "label" in p["point"]]
    listed = {p["point"]["label"]: {k: v for k, v in p["point"].items() if k != "label" and k not in vary}
              for p in points if "label" in p["point"]}
    if labels:
        vary = {"label": labels, **vary}
    rows, costs = [], {}
    for point in points:
        estimate = sweep.Estimate(*(point[key][end] for end in ("value", "low", "high")))
        row = sweep.Row({p: point["point"][p] for p in vary}, about["replications"], {measure: estimate})
        rows.append(row)
        plain = point["plain_runs"]
        costs[id(row)] = (point["events"], plain and plain * point["events_of_run"])
    if not vary or len(rows) < 2:
        raise BadInput(f"{folder}: a curve needs two points at least")
    digest = hashlib.sha256(json.dumps(about["points"]).encode()).hexdigest()[:16]
    name = about["scenario"].get("name", folder.name)
    return Rare(sweep.Sweep(folder, about["scenario"], vary, None, 1, rows, listed), event, measure, costs,
                f"{name} · seed {about['seed']} · {about['replications']} replications a point · "
                f"digest of the numbers {digest}")


class Curve(study.Study):
    """The study of a rare event, with plain sweeps of the same parameter beside it."""

    def __init__(self, rare, plain):
        self.rare, self.plain = rare, [p for p in plain if any(rare.measure in r.measures for r in p.rows)]
        self.sweeps = [rare.sweep]
        self.axis = sweep.choose_axis([rare.sweep, *self.plain])
        self.series = sweep.split([rare.sweep], self.axis)
        self.provenance = rare.provenance

    def plain_points(self):
        return [(self.axis.position(row.point[self.axis.pointer]), row, row.measures[self.rare.measure])
                for p in self.plain for row in p.rows if self.rare.measure in row.measures]


def draw(pictures, rare, plain):
    curve = Curve(rare, plain)
    if len(curve.series) > 6:
        raise BadInput(f"{rare.sweep.folder}: {len(curve.series)} lines are too many for a picture "
                       "(6 at most)")
    pictures.add_figure("rare", picture(curve))
    pictures.add_table("rare_drawn", *table(curve))


def picture(curve):
    figure = pyplot.figure(figsize=(page.width(11.6, 9.0), 5.9))
    known = any(ratios(curve, series) for series in curve.series)
    grid = figure.add_gridspec(2 if known else 1, 2, width_ratios=(1.6, 1))
    left, costs = figure.add_subplot(grid[:, 0]), figure.add_subplot(grid[-1, 1])
    shown = draw_rates(left, curve)
    draw_costs(costs, curve)
    if known:
        draw_ratios(figure.add_subplot(grid[0, 1]), curve)
    for ax in (left, costs):
        panels.set_x(ax, curve)
    style.finish(figure, curve.provenance, handles(curve, *shown),
                 title=TITLES.get(curve.rare.event, curve.rare.event))
    return figure


def draw_rates(ax, curve):
    """Returns whether there were theory, plain points, and upper limits."""
    name = curve.rare.measure
    theories = [curve.curve(series, name) for series in curve.series]
    plain = curve.plain_points()
    floor = panels.floor_of(curve.estimates(name), []) / 2
    limits = False
    for number, series in enumerate(curve.series):
        limits |= panels.draw_points(
            ax, curve.points(series, name), style.series_style(number), floor,
            panels.Look(line=banded(curve, theories[number]), number=number, lines=len(curve.series)))
    for line in theories:
        if line:
            ax.plot(*zip(*line), color="#222222", linewidth=1.0, linestyle=DASHES, zorder=4)
    limits |= draw_plain(ax, plain, floor)
    ax.set_yscale("log")
    ax.set_ylim(bottom=floor)
    log_axis.tidy(ax.yaxis)
    rate = curve.rare.event in RATES
    ax.set_ylabel(measures.of(name).axis if rate else "probability that it happens in a run")
    ax.set_title("Estimates" + (", and theory" if any(theories) else ""))
    if rate:
        say_once_in(ax)
    return any(theories), bool(plain), limits


def banded(curve, line):
    """Draws theory between the points, if there is one, as it need not be straight."""
    return curve.axis.kind != "category" and not line


def draw_plain(ax, points, floor):
    """Runs without splitting: open squares with their bars, open triangles where they saw nothing."""
    seen = [(x, e) for x, _, e in points if e.value > 0]
    nothing = [(x, e) for x, _, e in points if e.no_event_seen()]
    bars = [[e.bars(floor / 10)[end] for _, e in seen] for end in (0, 1)]
    look = {"color": PLAIN, "markerfacecolor": "none", "markeredgewidth": 1.3, "linestyle": "none",
            "zorder": 8}
    ax.errorbar([x for x, _ in seen], [e.value for _, e in seen], yerr=bars, marker="s", markersize=9,
                elinewidth=1.1, **look)
    ax.plot([x for x, _ in nothing], [e.high for _, e in nothing], marker="v", markersize=7, **look)
    return bool(nothing)


def say_once_in(ax):
    """The same rates as the mean time between two, on the right."""
    low, high = ax.get_ylim()
    ticks = {1 / s: name for name, s in ONCE_IN.items() if low <= 1 / s <= high}
    other = ax.secondary_yaxis("right")
    other.set_yscale("log")
    other.yaxis.set_minor_locator(NullLocator())
    other.set_yticks(list(ticks), [f"one in a {t}" if t[0].isalpha() and t != "hour" else
                                   f"one in {'an ' if t == 'hour' else ''}{t}" for t in ticks.values()])
    other.tick_params(length=0, labelsize=style.FINE, labelcolor=style.GREY)
    other.spines["right"].set_visible(False)


def ratios(curve, series):
    """[(position, estimate over theory)] of one line, where theory says something."""
    name = curve.rare.measure
    predicted = [(x, e, curve.theory_at(series, row, name)) for x, row, e in curve.points(series, name)]
    return [(x, e.scaled(1 / t)) for x, e, t in predicted if t and e.value > 0]


def draw_ratios(ax, curve):
    """Over ten decades an error of 20 % can't be seen; the ratio to the closed form shows it."""
    for number, series in enumerate(curve.series):
        colour, marker = style.series_style(number)
        seen = ratios(curve, series)
        bars = [[e.bars()[end] for _, e in seen] for end in (0, 1)]
        ax.errorbar([x for x, _ in seen], [e.value for _, e in seen], yerr=bars, color=colour, fmt=marker,
                    capsize=3.5, elinewidth=1.3, markeredgecolor="white", markeredgewidth=0.7, zorder=5)
    ax.axhline(1, color="#222222", linewidth=1.0, linestyle=DASHES, zorder=4)
    ax.set_ylim(bottom=0)
    ax.set_title("Estimate over theory")
    panels.set_x(ax, curve, label=False)


def draw_costs(ax, curve):
    for number, series in enumerate(curve.series):
        colour, marker = style.series_style(number)
        at = [(curve.axis.position(row.point[curve.axis.pointer]), curve.rare.costs[id(row)])
              for row in series.rows]
        plain = [(x, cost[1]) for x, cost in at if cost[1]]
        ax.plot([x for x, _ in plain], [y for _, y in plain], marker="s", markerfacecolor="white",
                color=PLAIN if len(curve.series) == 1 else colour, linewidth=1.2)
        ax.plot([x for x, _ in at], [cost[0] for _, cost in at], color=colour, marker=marker,
                markeredgecolor="white", markeredgewidth=0.7)
    ax.set_yscale("log")
    log_axis.tidy(ax.yaxis)
    ax.set_ylabel("simulated events")
    ax.set_title("What such an interval costs")


def handles(curve, has_theory, has_plain, has_limits):
    found = []
    if len(curve.series) > 1:
        for number, series in enumerate(curve.series):
            colour, marker = style.series_style(number)
            found.append(Line2D([], [], color=colour, marker=marker, label=series.label))
    else:
        colour, marker = style.series_style(0)
        found.append(Line2D([], [], color=colour, marker=marker, label="splitting"))
    grey = "#777777" if len(curve.series) > 1 else style.BLUE
    found.append(Line2D([], [], color=grey, marker="|", markersize=12, markeredgewidth=1.6, linestyle="none",
                        label="95 % interval") if has_theory else
                 Patch(facecolor=grey, alpha=0.3, label="95 % interval"))
    if has_theory:
        found.append(Line2D([], [], color="#222222", linewidth=1.0, linestyle=DASHES, label="theory"))
    found.append(Line2D([], [], color=PLAIN, marker="s", markersize=7, markerfacecolor="white",
                        linewidth=1.2, label="plain sampling" if has_plain else "plain sampling would take"))
    if has_limits:
        found.append(Line2D([], [], linestyle="none", marker="v", markersize=7, markerfacecolor="white",
                            markeredgecolor=PLAIN, label="no event seen: 95 % upper limit"))
    return found


def table(curve):
    """Rows for the CSV beside the figure: exactly the numbers that it shows."""
    name = curve.rare.measure
    fixed = sorted({p for s in curve.series for p in s.fixed})
    columns = ["method", curve.axis.pointer, *fixed, "measure", "n", "estimate", "low", "high", "theory",
               "events", "plain events"]
    rows = []
    for series in curve.series:
        for _, row, e in curve.points(series, name, 1.0):
            rows.append(["splitting", *(row.point.get(p) for p in columns[1:2 + len(fixed)]), name, row.runs,
                         e.value, e.low, e.high, theory.predict(series.sweep.scenario_at(row.point), name),
                         *curve.rare.costs[id(row)]])
    for _, row, e in curve.plain_points():
        rows.append(["plain", *(row.point.get(p) for p in columns[1:2 + len(fixed)]), name, row.runs, e.value,
                     e.low, e.high, None, None, None])
    return columns, rows
