"""The spread of single runs: distribution functions with quantiles, for each point of a sweep."""

import math

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter

from . import log_axis, page, rows, style
from .style import pyplot

LEAST = 7.0  # inches
MOST_CURVES, FEWEST_RUNS, FEWEST_VALUES = 10, 20, 10
DASHES = ("-", (0, (5, 2)), (0, (2, 1.5)), (0, (7, 2, 1.5, 2)), (0, (10, 4)))
QUANTILES = {0.5: "o", 0.9: "s", 0.99: "D"}


def failover(row):
    return 1e3 * row["failover"]["mean_s"] if row["failover"]["count"] == 1 else None


def latency(row):
    return row["latency_ms"]["p99"]


def outage(row):
    return 1e3 * row["availability"]["longest_outage_s"] if row["operations"]["invoked"] else None


WANTED = {"failover": failover, "latency": latency, "outage": outage}
TITLES = {"failover": ("Failover", "from the fault to the next primary (ms), runs with one failover"),
          "latency": ("Latency", "99th percentile of a run's operations (ms)"),
          "outage": ("Outage", "longest in a run (ms)")}


def draw(pictures, sweep, skip=()):
    """Draws nothing if the rows are gone, there are too many points for lines, or all values are equal."""
    if not 1 <= len(sweep.points) <= MOST_CURVES:
        return
    names = [name for name in WANTED if name not in skip and (name == "failover" or sweep.serves())]
    found, runs = rows.read(sweep, {name: WANTED[name] for name in names})
    if not found:
        return
    shown = {name: values for name, values in found.items() if is_spread(values)}
    if not shown:
        return
    points = sweep.point_names()
    pictures.add_figure("distributions", picture(sweep, points, shown, runs))
    pictures.add_table("distributions", ["point", "measure", "n", "quantile", "ms", "low", "high"],
                       table(points, shown))


def is_spread(by_point):
    """Whether some point has enough runs with different values."""
    return any(len(values) >= FEWEST_RUNS and len(np.unique(values)) > FEWEST_VALUES for values in by_point)


def quantile(values, share):
    """The smallest value that `share` of the runs don't exceed, with the 95 % interval that two of the
    sorted values bound, whatever the law; an end is None where there are too few runs for it."""
    n = len(values)
    half = 1.96 * math.sqrt(n * share * (1 - share))
    low, high = math.floor(n * share - half) - 1, math.ceil(n * share + half)
    return (float(values[min(n - 1, max(0, math.ceil(n * share) - 1))]),
            float(values[low]) if low >= 0 else None, float(values[high]) if high < n else None)


def table(names, shown):
    return [[name, measure, len(values), share, *quantile(values, share)]
            for measure, by_point in shown.items() for name, values in zip(names, by_point)
            if len(values) >= FEWEST_RUNS for share in QUANTILES]


def look(number):
    """A colour and dashes, through whose gaps an equal curve below is seen."""
    return style.series_style(number)[0], DASHES[(number - 1) % (len(DASHES) - 1) + 1 if number else 0]


def draw_curve(ax, values, style_of, left, among=1):
    """A distribution function in the band of Dvoretzky, Kiefer and Wolfowitz. It begins at `left`, at the
    share of the values that lie there or further left. Bands of many equal curves don't add up to a dark
    area: each one of `among` lets the more through."""
    colour, dashes = style_of
    n = len(values)
    half = math.sqrt(math.log(2 / 0.05) / (2 * n))
    x = np.maximum(values, left)
    share = np.arange(1, n + 1) / n
    ax.fill_between(x, np.maximum(share - half, 0), np.minimum(share + half, 1), step="post", color=colour,
                    alpha=style.band(among), linewidth=0, zorder=2)
    ax.step(np.concatenate([[x[0]], x]), np.concatenate([[0], share]), where="post", color=colour,
            linestyle=dashes, linewidth=1.7, zorder=4)


def mark_quantiles(ax, values, colour, left):
    for share, marker in QUANTILES.items():
        ax.plot([max(quantile(values, share)[0], left)], [share], marker=marker, linestyle="none",
                markersize=5.5, color=colour, markeredgecolor="white", markeredgewidth=0.7, zorder=6,
                clip_on=False)


def limits(all_values):
    """Left and right end of an axis, and whether it is logarithmic: for the bulk of the values, not for zeros
    and a few tiny ones, which are drawn at the left end."""
    high = max(values[-1] for values in all_values)
    positive = [values[values > 0] for values in all_values]
    low = min((quantile(values, 0.05)[0] for values in positive if len(values)), default=0)
    if low > 0 and high > 10 * low:
        zeros = any(values[0] <= 0 for values in all_values)
        return low / (2.5 if zeros else 1.25), 1.15 * high, True
    has_zeros = any(values[0] <= 0 for values in all_values)
    room = 0.06 * (high - low) or 0.06 * high or 1.0
    return (0.0 if has_zeros or low < 0.4 * high else low - room), high + room, False


def draw_panel(ax, by_point):
    drawn = [(number, values) for number, values in enumerate(by_point) if len(values) >= FEWEST_RUNS]
    left, right, wide = limits([values for _, values in drawn])
    for number, values in drawn:
        draw_curve(ax, values, look(number), left, len(drawn))
        mark_quantiles(ax, values, look(number)[0], left)
    if wide:
        ax.set_xscale("log")
    ax.set_xlim(left, right)
    if wide:
        log_axis.tidy(ax.xaxis, zero=any(values[0] <= 0 for _, values in drawn))
    ax.set_ylim(0, 1.005)
    ax.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{100 * y:g} %"))


def picture(sweep, names, shown, runs):
    columns, width = page.columns(len(shown), len(shown), 4.7, 4.0)
    lines = math.ceil(len(shown) / columns)
    figure, axes = pyplot.subplots(lines, columns, figsize=(max(width, LEAST), 3.6 * lines + 1.3),
                                   squeeze=False)
    for ax in axes.flat[len(shown):]:
        ax.set_visible(False)
    for ax, (measure, by_point) in zip(axes.flat, shown.items()):
        draw_panel(ax, by_point)
        title, below = TITLES[measure]
        ax.set_title(title)
        ax.set_xlabel(below)
    for ax in axes[:, 0]:
        ax.set_ylabel("share of the runs with no more")
    whole = sweep.seeds is None or runs >= sweep.seeds
    style.finish(figure, sweep.provenance(), handles(names), title=sweep.headline(), note="" if whole else
                 f"from the first {runs} runs of each point")
    return figure


def handles(names):
    lines = [Line2D([], [], color=look(number)[0], linestyle=look(number)[1], label=name)
             for number, name in enumerate(names)]
    marks = [Line2D([], [], linestyle="none", marker=marker, color=style.GREY,
                    label="median" if share == 0.5 else f"{100 * share:g} %")
             for share, marker in QUANTILES.items()]
    return [*lines, *marks, Patch(facecolor="#777777", alpha=0.3, label="95 % confidence")]
