"""The advisor's answer: every setting that was tried, the front, the bounds and the choice; and how the
choice fares if conditions change."""

import json
import math
import pathlib

from . import log_axis, output, page, style, units
from .output import BadInput
from .style import pyplot

# Concern -> what it counts, and its unit.
CONCERNS = {
    "split_brain": ("split brains", "per hour"),
    "harmful": ("harmful split brains", "per hour"),
    "lost_writes": ("lost writes", "per hour"),
    "needless_changes": ("needless leader changes", "per hour"),
    "false_suspicions": ("false suspicions", "per hour"),
    "outages": ("outages while calm", "per hour"),
    "outage": ("outage after a crash, 99th percentile", "ms"),
    "messages": ("messages", "per second"),
}


def is_advice(folder):
    return (pathlib.Path(folder) / "advice.json").exists()


def draw(pictures, folder):
    path = pathlib.Path(folder) / "advice.json"
    try:
        advice = json.loads(output.read_text(path))
        rate = next(name for name in advice["bounds"] if CONCERNS[name][1] == "per hour")
        settings = [Setting(entry, rate) for entry in advice["tried"]]
        nothing = not any(s.outage[0] for s in settings)
    except (ValueError, KeyError, TypeError, StopIteration):
        raise BadInput(f"{path}: not what `repsim advise --out` writes") from None
    if nothing:
        raise BadInput(f"{path}: no setting was measured yet: let `repsim advise` go on")
    pictures.add_figure("advice", advice_figure(advice, rate, settings))
    columns = ["heartbeat_ms", "timeout_ms", "on_front", rate, f"{rate}_low", f"{rate}_high",
               "outage_ms", "outage_ms_low", "outage_ms_high"]
    pictures.add_table("advice_points", columns,
                       [[s.heartbeat, s.timeout, int(i in advice["front"]), *s.rate, *s.outage]
                        for i, s in enumerate(settings)])


class Setting:
    """One row of `tried` or `sensitivity` in the units of the picture."""

    def __init__(self, entry, rate):
        self.heartbeat = units.duration_ns(entry["heartbeat"]) / 1e6
        self.timeout = units.duration_ns(entry["timeout"]) / 1e6
        self.rate = tuple(entry[rate][k] for k in ("value", "low", "high"))
        self.outage = tuple(None if entry["outage"][k] is None else 1e3 * entry["outage"][k]
                            for k in ("value", "low", "high"))
        self.change = entry.get("change")

    @property
    def name(self):
        return f"{self.heartbeat:g} / {self.timeout:g}"


def shown_rate(setting, floor):
    """Returns its place on a logarithmic axis, and whether that is only an upper limit."""
    value, _, high = setting.rate
    if value:
        return max(value, floor), False
    return (high if high else floor), True


def advice_figure(advice, rate, settings):
    figure, (ax, side) = pyplot.subplots(1, 2, figsize=(page.width(12.6, 9.5), 6.0),
                                         gridspec_kw={"width_ratios": [1.75, 1]})
    points = [s for s in settings if s.outage[0]]
    choice = [Setting(advice["choice"], rate)]
    matters = min(shown_rate(choice[0], 1e-300)[0], advice["bounds"][rate])
    floor = max(min(shown_rate(s, 1e-300)[0] for s in points + choice), matters / 1e4) / 6
    draw_bounds(ax, advice, rate, points, floor)
    handles = draw_settings(ax, advice, points, settings, floor)
    label = None
    if advice["answer"] == "found":
        label = draw_choice(ax, Setting(advice["choice"], rate), floor)
        draw_sensitivity(side, advice, rate)
    else:
        side.axis("off")
        said = ("No setting keeps both bounds." if advice["answer"] == "impossible"
                else "The search ended before it was done." if advice.get("search", "done") != "done"
                else "No setting surely keeps both bounds:\nmore time would tell.")
        side.text(0.02, 0.9, said, fontsize=style.TITLE, va="top", transform=side.transAxes)
    ax.set_ylabel(f"{CONCERNS[rate][0]} {CONCERNS[rate][1]}")
    ax.set_xlabel("outage after a crash (ms, 99th percentile)")
    ax.set_title("What each setting costs and risks")
    below = any(s.rate[0] and s.rate[0] < floor for s in points)
    style.finish(figure, ("at the lower edge: rarer still · " if below else "")
                 + f"{advice['scenario']} · {advice['protocol']} · {len(settings)} settings · "
                 f"{advice['runs']:,} runs · bars: 95 % intervals", handles,
                 title="Which heartbeat, which timeout?")
    if label:
        place_label(ax, *label, points, floor)
    return figure


def draw_bounds(ax, advice, rate, points, floor):
    """Shades the values beyond a bound."""
    outage, limit = 1e3 * advice["bounds"]["outage"], advice["bounds"][rate]
    xs, ys = [s.outage[0] for s in points], [shown_rate(s, floor)[0] for s in points]
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set_xlim(min(xs) / 1.35, max(xs) * 1.5)
    ax.set_ylim(floor, max(max(ys), limit) * 4)
    ax.axhspan(limit, ax.get_ylim()[1], color=style.FAINT, alpha=0.28, zorder=0, linewidth=0)
    ax.axhline(limit, color=style.GREY, linewidth=1.2, linestyle="--", zorder=1)
    ax.text(0.99, limit * 1.12, f"bound: {limit:g} {CONCERNS[rate][1]}", ha="right", va="bottom",
            fontsize=style.FINE, color=style.GREY, transform=ax.get_yaxis_transform(),
            path_effects=[style.HALO])
    if outage < ax.get_xlim()[1]:
        ax.axvspan(outage, ax.get_xlim()[1], color=style.FAINT, alpha=0.28, zorder=0, linewidth=0)
        ax.axvline(outage, color=style.GREY, linewidth=1.2, linestyle="--", zorder=1)
    else:
        ax.text(0.99, 0.965, f"the bound on the outage, {outage:g} ms, lies further right →", ha="right",
                va="top", fontsize=style.FINE, color=style.GREY, transform=ax.transAxes,
                path_effects=[style.HALO])
    log_axis.tidy(ax.xaxis)
    log_axis.tidy(ax.yaxis)


def draw_settings(ax, advice, points, settings, floor):
    from matplotlib.lines import Line2D
    front = {id(settings[i]) for i in advice["front"]}
    handles = []
    for number, heartbeat in enumerate(sorted({s.heartbeat for s in points})):
        colour, marker = style.series_style(number)
        mine = [s for s in points if s.heartbeat == heartbeat]
        for s in mine:
            y, limit = shown_rate(s, floor)
            on_front = id(s) in front
            low, high = s.rate[1] or floor, s.rate[2]
            if high and not limit:
                ax.plot([s.outage[0]] * 2, [max(low, floor), high], color=colour, linewidth=1,
                        alpha=0.9 if on_front else 0.35, zorder=3)
            ax.plot([s.outage[0]], [y], "v" if limit else marker, color=colour, zorder=4,
                    markersize=7 if on_front else 4.5, alpha=1 if on_front else 0.4,
                    markerfacecolor="white" if limit else colour)
        line = sorted((s for s in mine if id(s) in front), key=lambda s: s.outage[0])
        ax.plot([s.outage[0] for s in line], [shown_rate(s, floor)[0] for s in line], color=colour,
                linewidth=1.1, alpha=0.6, zorder=2)
        handles.append(Line2D([], [], color=colour, marker=marker, label=f"heartbeat {heartbeat:g} ms"))
    handles.append(Line2D([], [], color=style.GREY, marker="v", markerfacecolor="white", linestyle="none",
                          label="none seen: at most this"))
    handles.append(Line2D([], [], color=style.GREY, marker="o", markersize=4.5, alpha=0.4, linestyle="none",
                          label="pale: another setting is better"))
    return handles


def draw_choice(ax, choice, floor):
    y, _ = shown_rate(choice, floor)
    x = choice.outage[0]
    if choice.rate[2]:
        ax.plot([x, x], [max(choice.rate[1] or floor, floor), choice.rate[2]], color="black", linewidth=1.4,
                zorder=6)
    ax.plot([x], [y], "*", color="black", markersize=17, markeredgecolor="white", zorder=7)
    return f"heartbeat {choice.heartbeat:g} ms\ntimeout {choice.timeout:g} ms", (x, y)


def place_label(ax, text, xy, points, floor):
    at = [tuple(ax.transData.transform((s.outage[0], shown_rate(s, floor)[0]))) for s in points]
    placer = style.Placer(ax, at)
    offsets = [(x * d, y * d / 2, "left" if x > 0 else "right", "bottom" if y > 0 else "top")
               for d in (12, 30, 55) for x, y in ((1, 1), (1, -1), (-1, -1), (-1, 1))]
    if not placer.put(text, xy, offsets, fontsize=style.ROW, fontweight="bold", zorder=9):
        ax.annotate(text, xy, xytext=(14, 8), textcoords="offset points", fontsize=style.ROW,
                    fontweight="bold", path_effects=[style.HALO], zorder=9)


def draw_sensitivity(ax, advice, rate):
    """Draws the rate at the choice and under changed conditions, with the outage in words beside it."""
    rows = [("as recommended", Setting(advice["choice"], rate))]
    rows += [(entry["change"].replace(" x ", " × "), Setting(entry, rate))
             for entry in advice["sensitivity"]]
    limit = advice["bounds"][rate]
    seen = [v for _, s in rows for v in s.rate if v]
    floor = min(seen + [limit]) / 3
    for number, (_, s) in enumerate(rows):
        value, low, high = s.rate
        holds = high is not None and high <= limit
        colour = style.VERMILLION if (low or 0) > limit else style.BLUE if holds else style.ORANGE
        ax.plot([max(low or floor, floor), high or floor], [number] * 2, color=colour, linewidth=2.4,
                solid_capstyle="butt")
        ax.plot([value or high], [number], "o" if value else "<", color=colour,
                markerfacecolor=colour if value else "white", markersize=7)
        beside(ax, number, f"{s.outage[0]:.0f} ms", "black")
    beside(ax, -0.72, "outage", style.GREY)
    ax.axvline(limit, color=style.GREY, linewidth=1.2, linestyle="--")
    ax.set_xscale("log")
    ax.set_xlim(floor, 10 ** math.ceil(math.log10(max(seen + [limit]) * 1.5)))
    log_axis.tidy(ax.xaxis, most=6)
    ax.set_yticks(range(len(rows)), [name for name, _ in rows])
    ax.set_ylim(len(rows) - 0.5, -1)
    ax.grid(axis="y", visible=False)
    ax.set_xlabel(f"{CONCERNS[rate][0]} {CONCERNS[rate][1]} (dashed: the bound)")
    ax.set_title("If conditions change")


def beside(ax, y, text, colour):
    """A word to the right of the panel, at the height of a row."""
    ax.text(1.02, y, text, transform=ax.get_yaxis_transform(), va="center", fontsize=style.SMALL,
            color=colour)
