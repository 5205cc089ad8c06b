"""One page that compares the listed points of a sweep: a row for each, a panel for each measure."""

import dataclasses
import math

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle
from matplotlib.ticker import FuncFormatter, MaxNLocator

from . import log_axis, page as pages, seal, style, units, words
from .output import BadInput, read_json_lines
from .style import pyplot

MOST_ROWS = 24
WIDTH, ROW = 16, 0.42  # inches
LEAST = 12.5           # of all panels
LEGEND, LEGEND_LINE = 15.8, 0.24
MARGIN = 0.15
MOST_TICKS = 300       # of single runs in a row
PANEL_WIDTHS = (3.6, 1.9, 1.7, 1.45, 1.45, 3.3)
GOOD, BAD, MILD = ("#D5EEE3", "#00583F"), ("#C8500A", "#FFFFFF"), ("#FFF1C9", "#6B4A00")
WRONGS = (("violation", "not linearizable"), ("lost_write", "lost writes"), ("harmful", "split brain"))


@dataclasses.dataclass
class Page:
    """The results of the runs of one comparison."""
    sweep: object
    rows: list         # of the summary, in the order of the list
    answered: dict     # label -> share answered in each part of the chaos phase; NaN where nothing was called
    failovers: dict    # label -> the mean of each run that had one, in seconds
    duration: float

    @property
    def labels(self):
        return [row.point["label"] for row in self.rows]


def read(sweep):
    if len(sweep.rows) > MOST_ROWS:
        raise BadInput(f"{sweep.folder}: {len(sweep.rows)} points are too many for a page ({MOST_ROWS} at "
                       "most; scripts/ladder.py draws a ladder)")
    seal.check(sweep.folder)
    counts, failovers = {}, {}
    for run in read_json_lines(sweep.folder / "runs.jsonl"):
        both = np.array([run["availability"]["called"], run["availability"]["answered"]], dtype=float)
        label = sweep.as_drawn(run["point"])["label"]
        counts[label] = counts[label] + both if label in counts else both
        if run["failover"]["mean_s"] is not None:
            failovers.setdefault(label, []).append(run["failover"]["mean_s"])
    with np.errstate(invalid="ignore", divide="ignore"):
        answered = {label: both[1] / both[0] for label, both in counts.items()}
    duration = units.seconds(sweep.scenario["duration"])
    return Page(sweep, sweep.rows, answered, failovers, duration)


def draw(pictures, sweep):
    page = read(sweep)
    pictures.add_figure("comparison", picture(page))
    pictures.add_table("comparison", ["label", "measure", "n", "estimate", "low", "high"], table(page))


SHOWN = ("answered", "latency_p50_ms", "latency_p99_ms", "failover_mean_s", "longest_outage_s",
         "messages_per_operation", "delays_per_operation", *(name for name, _ in WRONGS), "split_brain")


def table(page):
    return [[row.point["label"], name, row.runs, e.value, e.low, e.high]
            for name in SHOWN for row in page.rows if (e := row.measures.get(name))]


def picture(page):
    names = 0.35 + 0.085 * max(map(len, page.labels))
    width = pages.width(WIDTH, names + LEAST)
    below = LEGEND_LINE * (legend_lines(width) - 1)
    height = 2.55 + below + ROW * len(page.rows)
    figure = pyplot.figure(figsize=(width, height))
    grid = figure.add_gridspec(1, len(PANEL_WIDTHS), width_ratios=PANEL_WIDTHS, wspace=0.09,
                               left=names / width, right=1 - MARGIN / width, top=1 - 1.32 / height,
                               bottom=(1.10 + below) / height)
    axes = [figure.add_subplot(cell) for cell in grid]
    draw_answers(axes[0], page)
    draw_latency(axes[1], page)
    draw_outage(axes[2], page)
    draw_plain(axes[3], page, "messages_per_operation", "Messages", "per operation")
    draw_plain(axes[4], page, "delays_per_operation", "Delays", "one-way, per operation")
    draw_wrongs(axes[5], page)
    for number, ax in enumerate(axes):
        dress(ax, page, first=number == 0)
    name_faults(axes[0], page)
    say(figure, page)
    return figure


def dress(ax, page, first):
    """Rows from the top down, with a faint line between them; names at the left of the first panel only."""
    count = len(page.rows)
    ax.set_ylim(count - 0.5, -0.5)
    ax.set_yticks(range(count), page.labels if first else [])
    ax.tick_params(axis="y", length=0, labelsize=style.ROW)
    ax.grid(axis="y", visible=False)
    for y in range(1, count):
        ax.axhline(y - 0.5, color="#E9E9E9", linewidth=0.8, zorder=0)
    for side in ("left", "right", "top"):
        ax.spines[side].set_visible(False)


HEADING = 21  # points between a panel and its title; a line of words fits in


def title(ax, text, below):
    ax.set_title(text, fontsize=style.TITLE, pad=HEADING)
    ax.set_xlabel(below, fontsize=style.SMALL)


def draw_answers(ax, page):
    """Draws for each row the share of operations that were answered, by the time of their call."""
    for y, label in enumerate(page.labels):
        shares = page.answered.get(label)
        if shares is None or not len(shares):
            continue
        edges = np.linspace(0, page.duration, len(shares) + 1)
        level = y + 0.36 - 0.72 * np.nan_to_num(shares)
        level = np.append(level, level[-1])
        ax.fill_between(edges, level, y + 0.36, step="post", color=style.BLUE, alpha=0.28, linewidth=0,
                        zorder=2)
        ax.step(edges, level, where="post", color=style.BLUE, linewidth=1.3, zorder=3)
    ax.set_xlim(0, page.duration)
    draw_faults(ax, page)
    title(ax, "Operations answered", "when they were called (s); full height: all of them")


def name_faults(ax, page):
    """Names faults that all rows share above them, and every other fault in its row."""
    spans = spans_of(page)
    shared = [span for span in spans[0] if all(span in of_row for of_row in spans)]
    placer = style.Placer(ax, room_above=HEADING)
    for begin, end, text in sorted(shared, key=lambda span: span[0] - span[1]):
        put_fault(placer, text, (begin + end) / 2, -0.58)
    for y, of_row in enumerate(spans):  # those of this row alone are named in it
        for begin, end, text in (span for span in of_row if span not in shared):
            put_fault(placer, text, (begin + end) / 2, y + 0.47)


def draw_faults(ax, page):
    """Shades each row while a fault is active in it."""
    for y, of_row in enumerate(spans_of(page)):
        for begin, end, _ in of_row:
            ax.add_patch(Rectangle((begin, y - 0.5), end - begin, 1, color="#8A8A8A", alpha=0.16, linewidth=0,
                                   zorder=1))


def spans_of(page):
    return [fault_spans(page.sweep.scenario_at(row.point), page.duration) for row in page.rows]


def put_fault(placer, text, x, y):
    """Puts a name over the middle of its time or beside another name, or leaves it out."""
    placer.put(words.short(text, 28), (x, y), [(dx, dy, ha, "bottom") for dy in (0, 12 if y < 0 else 9)
                                               for dx, ha in ((0, "center"), (4, "left"), (-4, "right"))],
               fontsize=style.FINE if y < 0 else style.TINY, color="#333333", zorder=6,
               annotation_clip=False)


def fault_spans(scenario, duration):
    """[(begin, end, words)] of the faults that strike at known times; a crash lasts until its restart."""
    spans = []
    restarts = [f for f in scenario.get("faults", []) if "restart" in f]
    for fault in scenario.get("faults", []):
        what = next((k for k in FAULT_WORDS if k in fault), None)
        begin = units.seconds(fault.get("at", fault.get("from")))
        if what is None or begin is None:
            continue
        end = units.seconds(fault.get("to"))
        if what == "crash":
            end = min((t for f in restarts if (t := units.seconds(f["at"])) > begin), default=None)
        spans.append((begin, duration if end is None else end, FAULT_WORDS[what](fault[what])))
    return spans


def group_words(groups):
    return "cut off: " + ", ".join(str(member) for member in groups[0])


FAULT_WORDS = {"crash": lambda who: f"crash {who}", "fail_stop": lambda who: f"fail-stop {who}",
               "pause": lambda who: f"pause {who}", "slow": lambda who: f"slow {who}",
               "partition": group_words, "overlap": lambda _: "bridge",
               "cut": lambda ends: f"cut {ends[0]} → {ends[1]}", "clock": lambda who: f"clock {who}",
               "byzantine": lambda who: f"traitor {who}"}


def draw_latency(ax, page):
    """Median and 99th percentile, joined."""
    for y, row in enumerate(page.rows):
        both = [row.measures.get(name) for name in ("latency_p50_ms", "latency_p99_ms")]
        if None in both:
            nothing(ax, y)
            continue
        ax.plot([e.value for e in both], [y, y], color=style.BLUE, linewidth=1.6, alpha=0.5, zorder=3)
        for e, hollow in zip(both, (False, True)):
            dot(ax, e, y, hollow=hollow)
    spread(ax, [e.value for row in page.rows for name in ("latency_p50_ms", "latency_p99_ms")
                if (e := row.measures.get(name))])
    title(ax, "Latency", "ms")


def draw_outage(ax, page):
    """Mean failover over a tick for each run, so that one sees how it is spread; the longest outage below."""
    for y, row in enumerate(page.rows):
        failover, outage = (row.measures.get(name) for name in ("failover_mean_s", "longest_outage_s"))
        each = [1e3 * s for s in page.failovers.get(row.point["label"], [])][:MOST_TICKS]
        ax.plot(each, [y - 0.16] * len(each), linestyle="none", marker="|", markersize=10,
                markeredgewidth=0.9, color=style.SKY, alpha=0.35, zorder=2)
        if failover:
            dot(ax, failover.scaled(1e3), y - 0.16)
        if outage and outage.value > 0:
            dot(ax, outage.scaled(1e3), y + 0.16 if failover else y, hollow=True)
        if not failover and not outage:
            nothing(ax, y)
    spread(ax, [1e3 * e.value for row in page.rows for name in ("failover_mean_s", "longest_outage_s")
                if (e := row.measures.get(name)) and e.value > 0]
           + [1e3 * m for each in page.failovers.values() if (m := max(each)) > 0])
    title(ax, "Failover", "ms")


def draw_plain(ax, page, name, heading, below):
    for y, row in enumerate(page.rows):
        e = row.measures.get(name)
        if e is None:
            nothing(ax, y)
        else:
            dot(ax, e, y)
            text = f"{e.value:.3g}" if e.value < 1000 else f"{e.value:.0f}"
            ax.annotate(text, (e.value, y), xytext=(7, 0), textcoords="offset points",
                        va="center_baseline", fontsize=style.SMALL, color="#333333")
    values = [row.measures[name].value for row in page.rows if name in row.measures] or [1]
    if min(values) > 0 and max(values) / min(values) > 12:  # one that keeps repeating itself hides the others
        spread(ax, values)
        ax.set_xlim(right=ax.get_xlim()[1] * 4 ** narrow(ax))
    else:
        from_zero(ax, (1 + 0.38 * narrow(ax)) * max(values))
    title(ax, heading, below)


def narrow(ax):
    """How much more of a panel the numbers beside the dots take than on the usual page."""
    return max(1.0, 1.45 / (ax.get_position().width * ax.figure.get_figwidth()))


def dot(ax, e, y, hollow=False):
    if e.is_closed():
        ax.plot([max(e.low, 0), e.high], [y, y], color=style.BLUE, linewidth=2.6, alpha=0.45, zorder=4,
                solid_capstyle="butt")
    ax.plot([e.value], [y], marker="o", markersize=6, linestyle="none", color=style.BLUE,
            markerfacecolor="white" if hollow else style.BLUE, markeredgewidth=1.4, zorder=5,
            path_effects=[style.HALO])


def nothing(ax, y):
    ax.text(0.5, y, "–", transform=ax.get_yaxis_transform(), ha="center", va="center", color=style.GREY)


def from_zero(ax, right):
    """An axis whose first and last labels don't stand in the panels beside it."""
    right = right or 1
    ax.set_xlim(-0.08 * right, right)
    ax.xaxis.set_major_locator(MaxNLocator(3, prune="upper"))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}" if x >= 0 else ""))


def spread(ax, values):
    """A logarithmic axis with ticks that a reader can name, where all values are positive; else a plain one
    that begins at zero."""
    positive = [v for v in values if v > 0]
    if len(positive) < len(values) or not values:
        from_zero(ax, 1.25 * max(values, default=0))
        return
    ax.set_xscale("log")
    low, high = min(values) / 1.4, max(values) * 1.4
    ax.set_xlim(low, high)
    log_axis.tidy(ax.xaxis, most=4)


def draw_wrongs(ax, page):
    """Shares of runs in which something went wrong, as words on a colour with a symbol."""
    for column, (name, heading) in enumerate(WRONGS):
        ax.text(column + 0.5, -0.62, heading, ha="center", va="bottom", fontsize=style.SMALL, clip_on=False)
        for y, row in enumerate(page.rows):
            wrong_cell(ax, column, y, name, row.measures)
    ax.set_xlim(0, len(WRONGS))
    ax.set_xticks([])
    ax.spines["bottom"].set_visible(False)
    title(ax, "Went wrong", "share of runs")


def wrong_cell(ax, column, y, name, found):
    e = found.get(name)
    if e is None:
        ax.text(column + 0.5, y, "–", ha="center", va="center", color=style.GREY)
        return
    both_act = found["split_brain"].value if name == "harmful" and "split_brain" in found else 0
    (fill, ink), text = (BAD, f"✕ {percent(e.value)}") if e.value > 0 else \
        (MILD, f"‖ {percent(both_act)}") if both_act > 0 else (GOOD, "✓ none")
    ax.add_patch(Rectangle((column + 0.04, y - 0.42), 0.92, 0.84, facecolor=fill, edgecolor="none", zorder=2))
    ax.text(column + 0.5, y, text, ha="center", va="center_baseline", fontsize=style.CELL, color=ink,
            zorder=3, fontweight="bold" if e.value > 0 else "normal")


def percent(share):
    return f"{100 * share:.0f} %" if share >= 0.0995 else f"{100 * share:.2g} %"


def legend_lines(width):
    return math.ceil(LEGEND / width)


def say(figure, page):
    width, height = figure.get_figwidth(), figure.get_figheight()
    about = str(page.sweep.scenario.get("about", ""))
    head, _, rest = about.partition(": ")
    style.fit(figure.text(0.10 / width, 1 - 0.12 / height, head.rstrip(".") or page.sweep.name, va="top",
                          fontsize=style.HEAD, fontweight="bold"), width - 0.2)
    if rest:
        style.fit(figure.text(0.10 / width, 1 - 0.47 / height, rest[:1].upper() + rest[1:], va="top",
                              fontsize=style.CELL, color="#333333"), width - 0.2)
    filled, hollow = (dict(linestyle="none", marker="o", markersize=6, color=style.BLUE,
                           markerfacecolor=face) for face in (style.BLUE, "white"))
    handles = [Line2D([], [], label="mean; median latency", **filled),
               Line2D([], [], label="99th percentile of latency; longest outage", **hollow),
               Line2D([], [], color=style.BLUE, linewidth=3, alpha=0.45, label="95 % interval"),
               Line2D([], [], linestyle="none", marker="|", markersize=11, color=style.SKY,
                      label="one run's failover"),
               Patch(facecolor="#8A8A8A", alpha=0.2, label="a fault is on"),
               Patch(facecolor=BAD[0], label="✕ happened"), Patch(facecolor=GOOD[0], label="✓ in no run"),
               Patch(facecolor=MILD[0], label="‖ two primaries, one answered")]
    figure.legend(handles=handles, loc="lower left", fontsize=style.SMALL, handlelength=1.6,
                  ncol=math.ceil(len(handles) / legend_lines(width)), bbox_to_anchor=(0.0, 0.22 / height))
    style.footer(figure, page.sweep.provenance())
