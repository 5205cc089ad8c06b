"""Many small pictures alike, one for each listed point, so that they can be compared at a glance."""

import math

from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from . import cdf, log_axis, measures, page, rows, style
from .panels import set_x
from .study import table
from .style import pyplot

FEWEST, MOST = 3, 24
PANEL, LEAST = 2.35, 5.4  # inches across, of a panel and of the page
COLOURS = {"latency": (style.GREEN, (0, (1.2, 1.2))), "outage": (style.VERMILLION, "-"),
           "failover": (style.BLUE, (0, (4, 1.6)))}
WORDS = {"latency": "99th percentile of latency", "outage": "longest outage", "failover": "failover"}
SHARES = {"answered": (style.BLUE, "o", "operations answered"),
          "violation": (style.VERMILLION, "s", "runs not linearizable"),
          "diverged": (style.PURPLE, "^", "runs whose replicas diverged"),
          "lost_write": (style.BLACK, "D", "runs that lost a write")}
TIMES = {"latency_p50_ms": (style.SKY, "v", "median latency"),
         "latency_p99_ms": (style.GREEN, "o", "99th percentile of latency"),
         "longest_outage_s": (style.VERMILLION, "s", "longest outage")}


# ---- listed points: how each one's runs are spread

def draw_spreads(pictures, sweep):
    """A panel for each point, with the distribution of each time that clients feel, on one axis."""
    if not FEWEST <= len(sweep.points) <= MOST or not sweep.serves():
        return
    found, runs = rows.read(sweep, {name: cdf.WANTED[name] for name in COLOURS})
    if not found:
        return
    shown = {name: by_point for name, by_point in found.items() if cdf.is_spread(by_point)}
    if not shown:
        return
    names = sweep.point_names()
    figure, axes = small_panels(names)
    enough = [values for by_point in shown.values() for values in by_point if len(values) >= cdf.FEWEST_RUNS]
    left, right, wide = cdf.limits(enough)
    for place, (ax, name) in enumerate(zip(axes.flat, names)):
        draw_spread(ax, {m: by_point[place] for m, by_point in shown.items()}, left)
        style.fit(ax.set_title(name, fontsize=style.PLAIN, fontweight="normal"), room_of(ax))
    share_axis(axes, len(names), (left, right, wide), any(values[0] <= 0 for values in enough))
    whole = sweep.seeds is None or runs >= sweep.seeds
    handles = [Line2D([], [], color=COLOURS[m][0], linestyle=COLOURS[m][1], linewidth=2, label=WORDS[m])
               for m in shown]
    handles += [Line2D([], [], linestyle="none", marker=marker, color=style.GREY,
                       label="median" if share == 0.5 else f"{100 * share:g} %")
                for share, marker in cdf.QUANTILES.items()]
    handles.append(Patch(facecolor="#777777", alpha=0.3, label="95 % confidence"))
    axes[-1, 0].set_xlabel("ms")
    axes[len(axes) // 2, 0].set_ylabel("share of the runs with no more")
    style.finish(figure, sweep.provenance(), handles, title=sweep.headline(), note="" if whole else
                 f"from the first {runs} runs of each point")
    pictures.add_figure("spreads", figure)
    pictures.add_table("spreads", ["point", "measure", "n", "quantile", "ms", "low", "high"],
                       cdf.table(names, shown))


def small_panels(names):
    columns, width = page.columns(len(names), 6 if len(names) > 12 else 4, PANEL + 0.1, 1.8)
    lines = math.ceil(len(names) / columns)
    figure, axes = pyplot.subplots(lines, columns, figsize=(max(width, LEAST), 1.75 * lines + 1.6),
                                   sharex=True, sharey=True, squeeze=False)
    for ax in axes.flat[len(names):]:
        ax.set_visible(False)
    return figure, axes


def room_of(ax):
    """Inches that a panel's title has."""
    columns = ax.get_subplotspec().get_gridspec().ncols
    return (ax.figure.get_figwidth() - 0.6) / columns - 0.3


def label_bottoms(axes, count):
    """The numbers below the lowest panel of each column."""
    for number, ax in enumerate(axes.flat[:count]):
        ax.tick_params(labelbottom=number + axes.shape[1] >= count)


def draw_spread(ax, by_measure, left):
    for measure, values in by_measure.items():
        if len(values) < cdf.FEWEST_RUNS:
            continue
        colour, dashes = COLOURS[measure]
        cdf.draw_curve(ax, values, (colour, dashes), left, len(by_measure))
        cdf.mark_quantiles(ax, values, colour, left)


def share_axis(axes, count, limits, none):
    left, right, wide = limits
    for ax in axes.flat[:count]:
        if wide:
            ax.set_xscale("log")
        ax.set_xlim(left, right)
        ax.set_ylim(0, 1.01)
        ax.set_yticks([0, 0.5, 1], ["0 %", "50 %", "100 %"])
    if wide:
        log_axis.tidy(axes.flat[0].xaxis, most=4, zero=none)
    label_bottoms(axes, count)


# ---- listed points times a number: what becomes of each as the number grows

def draw_lines(pictures, study):
    """A panel for each line of the study; on one page what went wrong, on another how long clients waited."""
    if len(study.sweeps) != 1 or study.axis.kind == "category" or not FEWEST <= len(study.series) <= MOST:
        return
    for name_of_page, looks in (("multiples", SHARES), ("multiples_times", TIMES)):
        names = [name for name in looks if len({e.value for e in study.estimates(name)}) > 1]
        if names:
            pictures.add_figure(name_of_page, lines_page(study, names, looks))
            pictures.add_table(name_of_page, *table(study, names))


def lines_page(study, names, looks):
    in_time = looks is TIMES
    labels = [series.label for series in study.series]
    figure, axes = small_panels(labels)
    factors = {name: 1e3 if measures.of(name).axis == "s" else 1.0 for name in names}
    estimates = [e for name in names for e in study.estimates(name, factors[name])]
    floor = min((e.value for e in estimates if e.value > 0), default=1) / 1.4 if in_time else 0.0
    for ax, series in zip(axes.flat, study.series):
        for number, name in enumerate(names):
            draw_line(ax, study.points(series, name, factors[name]), looks[name], floor,
                      len(names) - 1 - number)
        style.fit(ax.set_title(series.label, fontsize=style.PLAIN, fontweight="normal"), room_of(ax))
    first = axes.flat[0]
    if in_time:
        first.set_yscale("log")
        first.set_ylim(floor, 1.4 * max([e.value for e in estimates] + [floor]))
        log_axis.tidy(first.yaxis)
    else:
        first.set_ylim(-0.03, 1.03)
        first.set_yticks([0, 0.5, 1], ["0 %", "50 %", "100 %"])
    set_x(first, study, label=False)
    label_bottoms(axes, len(labels))
    axes[-1, 0].set_xlabel(study.axis.label)
    axes[len(axes) // 2, 0].set_ylabel("ms, mean over runs" if in_time else "share")
    handles = [Line2D([], [], color=looks[n][0], marker=looks[n][1], label=looks[n][2]) for n in names]
    style.finish(figure, study.provenance,
                 [*handles, Patch(facecolor="#777777", alpha=0.3, label="95 % interval")],
                 title=study.sweeps[0].headline(), note="at the lower edge: none" if in_time else "")
    return figure


def draw_line(ax, points, look, floor, above):
    """With so many lines `above` it, through which an equal one is seen by its rim."""
    colour, marker, _ = look
    bounded = [(x, e) for x, _, e in points if e.is_closed()]
    ax.fill_between([x for x, _ in bounded], [max(e.low, floor) for _, e in bounded],
                    [max(e.high, floor) for _, e in bounded], color=colour,
                    alpha=style.band(above + 1), linewidth=0, zorder=2)
    ax.plot([x for x, _, _ in points], [max(e.value, floor) for _, _, e in points], color=colour,
            marker=marker, markersize=4.2 + 0.9 * above, linewidth=1.4 + 0.8 * above,
            markeredgecolor="white", markeredgewidth=0.5, clip_on=False, zorder=4)
