"""How long failovers take at the listed points of a sweep: the whole distribution, run by run."""

import csv
import dataclasses
import io
import math
import pathlib

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter

from . import cdf, log_axis, page as pages, rows, style, words
from .output import read_text
from .style import pyplot

PUBLISHED = pathlib.Path(__file__).parents[2] / "scenarios" / "data" / "published.csv"
MOST_LINES = 14
STATISTICS = ("mean", "median")
SHAPES = {"mean": "D", "median": "o"}


@dataclasses.dataclass
class Page:
    sweep: object
    times: dict        # label -> sorted milliseconds, one of each run that had one failover
    published: dict    # (label, statistic) -> (milliseconds, source)
    runs: int          # of each point


def read(sweep):
    """None unless the runs of every point had failovers, one each at most: else there is no distribution."""
    if len(sweep.points) > MOST_LINES:
        return None
    found, runs = rows.read(sweep, {"one": cdf.failover,
                                    "more": lambda row: 1 if row["failover"].get("count", 0) > 1 else None})
    if not found or any(map(len, found["more"])) or any(len(v) < cdf.FEWEST_RUNS for v in found["one"]):
        return None
    return Page(sweep, dict(zip(sweep.point_names(), found["one"])), published(sweep.name), runs)


def published(scenario):
    if not PUBLISHED.exists():
        return {}
    rows = csv.DictReader(io.StringIO(read_text(PUBLISHED)))
    return {(row["label"], row["statistic"]): (float(row["milliseconds"]), row["source"])
            for row in rows if row["scenario"] == scenario}


def mean(values):
    """With its 95 % interval; so many runs that the normal law serves."""
    value, half = np.mean(values), 1.96 * np.std(values, ddof=1) / math.sqrt(len(values))
    return float(value), float(value - half), float(value + half)


def median(values):
    """With the 95 % interval that two of the sorted values bound, whatever the law."""
    n, half = len(values), 0.98 * math.sqrt(len(values))
    low, high = max(0, math.floor(n / 2 - half) - 1), min(n - 1, math.ceil(n / 2 + half))
    return float(np.median(values)), float(values[low]), float(values[high])


ESTIMATES = {"mean": mean, "median": median}


def draw(pictures, sweep):
    """Returns whether there was a distribution to draw."""
    page = read(sweep)
    if page is None:
        return False
    pictures.add_figure("failover", picture(page))
    pictures.add_table("failover", ["label", "statistic", "n", "ms", "low", "high", "published ms", "source"],
                       table(page))
    return True


def table(page):
    return [[label, name, len(values), *ESTIMATES[name](values),
             *page.published.get((label, name), (None, None))]
            for label, values in page.times.items() for name in STATISTICS]


def picture(page):
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(pages.width(11.6, 8.0), 5.4),
                                            width_ratios=(1.5, 1))
    draw_curves(left, page)
    draw_estimates(right, page)
    for ax in (left, right):
        ax.set_xscale("log")
        ax.set_xlabel("failover: from the crash to the next primary (ms)")
        log_axis.tidy(ax.xaxis)
    right.set_xlim(*limits(page))
    style.finish(figure, page.sweep.provenance(), handles(page),
                 title="How long nobody is primary after a crash")
    return figure


def limits(page):
    marks = [v for row in table(page) for v in (*row[4:6], row[6]) if v is not None]
    return 0.8 * min(marks), 1.25 * max(marks)


def draw_curves(ax, page):
    for number, values in enumerate(page.times.values()):
        cdf.draw_curve(ax, values, cdf.look(number), 0, len(page.times))
    low = min(values[0] for values in page.times.values())
    high = max(values[-1] for values in page.times.values())
    ax.set_xlim(0.9 * low, 1.1 * high)
    ax.set_ylim(0, 1.005)
    ax.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{100 * y:g} %"))
    ax.set_ylabel("share of failovers that took no longer")
    ax.set_title("Distribution")


def draw_estimates(ax, page):
    rows = list(page.times.items())
    for number, (label, values) in enumerate(rows):
        colour = cdf.look(number)[0]
        for name, up in zip(STATISTICS, (-0.17, 0.17)):
            value, low, high = ESTIMATES[name](values)
            ax.errorbar([value], [number + up], xerr=[[value - low], [high - value]], fmt=SHAPES[name],
                        color=colour, capsize=2.5, elinewidth=1.3, markersize=6, zorder=5)
            if (label, name) in page.published:
                ax.plot([page.published[label, name][0]], [number + up], SHAPES[name], markersize=10.5,
                        markerfacecolor="none", markeredgecolor="#111111", markeredgewidth=1.2, zorder=6)
    ax.set_yticks(range(len(rows)), words.distinct([label for label, _ in rows], 24).values())
    ax.set_ylim(len(rows) - 0.5, -0.5)
    ax.grid(axis="y", visible=False)
    ax.set_title("Mean and median")


def handles(page):
    lines = [Line2D([], [], color=cdf.look(number)[0], linestyle=cdf.look(number)[1], label=label)
             for number, label in enumerate(page.times)]
    marks = [Line2D([], [], linestyle="none", marker=SHAPES[name], color="#777777", label=name)
             for name in STATISTICS]
    if page.published:
        marks.append(Line2D([], [], linestyle="none", marker="o", markersize=10, markerfacecolor="none",
                            markeredgecolor="#111111", label="published, same shape"))
    return [*lines, *marks, Patch(facecolor="#777777", alpha=0.3, label="95 % confidence")]
