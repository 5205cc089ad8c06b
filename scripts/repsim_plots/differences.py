"""By how much the points of a sweep differ from one of them, seed by seed, with intervals."""

import csv
import dataclasses
import io
import math
from typing import Optional

from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter

from . import log_axis, measures, page, style
from .output import BadInput, read_text
from .style import pyplot

WRONG = ("split_brain_per_s", "lost_writes_per_s", "violation", "diverged", "consensus_broken")
SERVICE = ("longest_outage_s", "latency_p99_ms", "answered", "failover_mean_s", "messages_per_operation")
NEITHER = ("messages_per_operation", "delays_per_operation")  # fewer is only fewer
MORE_IS_BETTER = ("answered", "availability")
MOST_PANELS, MOST_WRONG, MOST_ROWS = 5, 3, 24
PANEL, LEAST, ROW, LETTER = 2.6, 2.1, 0.50, 0.075  # inches
COLUMNS = ("point", "baseline", "measure", "n", "difference", "low", "high", "unit")


@dataclasses.dataclass(frozen=True)
class Difference:
    """A point minus the baseline, in the unit of its panel; an unknown end of the interval is None."""
    n: int
    value: float
    low: Optional[float]
    high: Optional[float]

    def is_clear(self):
        return (self.low is not None and self.low > 0) or (self.high is not None and self.high < 0)

    def scaled(self, factor):
        ends = (None if end is None else end * factor for end in (self.low, self.high))
        return Difference(self.n, self.value * factor, *ends)


def read(sweep):
    """{baseline: {measure: {point: (Difference, unit)}}}; {} where the sweep has no such file."""
    path, found = sweep.folder / "differences.csv", {}
    if not path.exists():
        return found
    reader = csv.DictReader(io.StringIO(read_text(path)))
    missing = [c for c in COLUMNS if c not in (reader.fieldnames or ())]
    if missing:
        raise BadInput(f"{path}: has no column \"{missing[0]}\"")
    for number, line in enumerate(reader, start=2):
        try:
            point, baseline = int(line["point"]), int(line["baseline"])
            low, high = (float(line[end]) if line[end] else None for end in ("low", "high"))
            one = Difference(int(line["n"]), float(line["difference"]), low, high)
            sweep.points[point], sweep.points[baseline]
        except (ValueError, TypeError, IndexError):
            raise BadInput(f"{path}:{number}: no difference of two points of this sweep") from None
        found.setdefault(baseline, {}).setdefault(line["measure"], {})[point] = (one, line["unit"])
    return found


def draw(pictures, sweep, wanted=None):
    """`wanted` is the name of the point to compare with; else the first that all others are compared with."""
    found = read(sweep)
    if not found and wanted is not None:
        raise BadInput(f"--baseline {wanted}: {sweep.folder} has no differences.csv")
    if not found or len(sweep.points) > MOST_ROWS:
        return
    names = sweep.point_names()
    if wanted is not None and (wanted not in names or names.index(wanted) not in found):
        raise BadInput(f"--baseline {wanted}: no point of that name is compared with; there are: "
                       + "; ".join(names[i] for i in sorted(found)))
    baseline = min(found) if wanted is None else names.index(wanted)
    panels = {name: Panel(name, found[baseline][name]) for name in that_matter(found[baseline])}
    if not panels:
        return
    pictures.add_figure("differences", picture(sweep, names, baseline, panels))
    # Under another name than the sweep's own table, in whose folder the pictures are.
    pictures.add_table("differences_drawn", COLUMNS,
                       [[names[point], names[baseline], name, d.n, d.value, d.low, d.high, unit]
                        for name in panels for point, (d, unit) in sorted(found[baseline][name].items())])


def that_matter(by_measure):
    """Measures in which some point clearly differs: first failures, then service to clients."""
    def is_clear(name):
        return any(d.is_clear() for d, _ in by_measure.get(name, {}).values())
    wrong, service = (list(filter(is_clear, names)) for names in (WRONG, SERVICE))
    return [*wrong[:MOST_WRONG], *service][:MOST_PANELS]


class Panel:
    """One measure's differences, scaled so that their numbers are short."""

    def __init__(self, name, by_point):
        self.measure = measures.of(name)
        self.better = 0 if name in NEITHER else 1 if name in MORE_IS_BETTER else -1
        unit = next(iter(by_point.values()))[1]
        largest = max(abs(d.value) for d, _ in by_point.values())
        factor, self.unit = unit_of(unit, self.measure, largest)
        self.by_point = {point: d.scaled(factor) for point, (d, _) in by_point.items()}


def unit_of(unit, measure, largest):
    if unit == "/s":
        return 3600.0, measure.axis.replace("per second", "an hour")
    if unit.startswith("of "):
        return 100.0, f"percentage points {unit}"
    if unit == "s" and largest < 1:
        return 1e3, "ms"
    return 1.0, unit or measure.axis


def picture(sweep, names, baseline, panels):
    shown = [i for i in range(len(names)) if i != baseline]
    left = 0.3 + 0.085 * max(len(names[i]) for i in shown)
    usual, least = (left + each * len(panels) + 0.1 for each in (PANEL + 0.25, LEAST))
    width, height = page.width(max(usual, 7.4), max(least, 5.0)), 1.95 + ROW * len(shown)
    figure = pyplot.figure(figsize=(width, height))
    grid = figure.add_gridspec(1, len(panels), wspace=0.11, left=left / width, right=1 - 0.15 / width,
                               top=1 - 0.85 / height, bottom=1.05 / height)
    for column, panel in enumerate(panels.values()):
        ax = figure.add_subplot(grid[0, column])
        draw_panel(ax, panel, shown)
        ax.set_yticks(range(len(shown)), [names[i] for i in shown] if column == 0 else [])
    style.fold(figure)
    style.headline(figure, f"Compared with {names[baseline]}, seed by seed")
    marks = [(style.BLUE, style.BLUE, "better"), (style.VERMILLION, style.VERMILLION, "worse"),
             (style.GREY, "white", "not clear")]
    if any(panel.better == 0 for panel in panels.values()):
        marks.insert(2, (style.BLACK, style.BLACK, "more or fewer"))
    handles = [Line2D([], [], marker="o", color=colour, markerfacecolor=face, label=text)
               for colour, face, text in marks]
    handles.append(Line2D([], [], color=style.GREY, linewidth=2.4, label="95 % interval"))
    style.legend_below(figure, handles, 0.28)
    style.footer(figure, sweep.provenance())
    return figure


def draw_panel(ax, panel, shown):
    ends = [v for d in panel.by_point.values() for v in (d.value, d.low, d.high) if v is not None]
    low, high = min(ends + [0]), max(ends + [0])
    room = (high - low) or 1.0
    ax.set_xlim(low - 0.07 * room, high + 0.07 * room)
    ax.set_ylim(len(shown) - 0.5, -0.5)
    ax.axvline(0, color="#222222", linewidth=1.1, zorder=3)
    for y, point in enumerate(shown):
        if y > 0:
            ax.axhline(y - 0.5, color="#EDEDED", linewidth=0.8, zorder=0)
        if point in panel.by_point:
            draw_one(ax, panel, panel.by_point[point], y)
    ax.xaxis.set_major_locator(pyplot.MaxNLocator(3))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: axis_number(x)))
    ax.grid(axis="y", visible=False)
    ax.tick_params(axis="y", length=0, labelsize=style.CELL)
    ax.spines["left"].set_visible(False)
    ax.set_title(panel.measure.title)
    ax.set_xlabel(panel.unit)


def draw_one(ax, panel, d, y):
    colour = style.GREY
    if d.is_clear():
        good = d.value * panel.better
        colour = style.BLUE if good > 0 else style.VERMILLION if good < 0 else style.BLACK
    at = y + 0.17
    if d.low is not None and d.high is not None:
        ax.plot([d.low, d.high], [at, at], color=colour, linewidth=2.4, zorder=4, solid_capstyle="butt")
    ax.plot([d.value], [at], marker="o", markersize=6.5, color=colour, zorder=5, markeredgewidth=1.3,
            markerfacecolor=colour if d.is_clear() else "white", markeredgecolor=colour)
    write(ax, words(d), d.value, y - 0.08, "#222222" if d.is_clear() else style.GREY)


def axis_number(value):
    """Short, with a minus sign as wide as a digit."""
    if value == 0:
        return "0"
    return ("−" if value < 0 else "") + log_axis.label(abs(value))


def words(d):
    if d.value == 0 and d.low is not None and d.low == -(d.high or 0):
        return f"0 ± {number(d.high)[1:]}" if d.high else "0"
    return f"{number(d.value)} [{number(d.low)}, {number(d.high)}]"


def write(ax, text, x, y, colour):
    """Above the bar, over its middle as far as the panel's ends allow."""
    low, high = ax.get_xlim()
    place = (x - low) / (high - low)
    room = ax.get_position().width * ax.figure.get_figwidth() / LETTER
    if len(text) > room:
        text = text.partition(" [")[0]  # the bar shows the interval
    half = min(0.5, 0.5 * len(text) / room)
    place = min(max(place, half), 1 - half)
    ax.text(place, y, text, transform=ax.get_yaxis_transform(), ha="center", va="center", fontsize=style.FINE,
            color=colour, zorder=6, bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6})


def number(value):
    """Three digits, rounded, with a sign that is as wide as they are."""
    if value is None:
        return "?"
    if value == 0:
        return "0"
    magnitude = math.floor(math.log10(abs(value)))
    if magnitude >= 5:
        return ("+" if value > 0 else "−") + log_axis.label(float(f"{abs(value):.3g}"))
    if magnitude < -3:
        text = f"{value:+.1e}"
    else:
        rounded = round(value, 2 - magnitude)
        text = f"{rounded:+,.{max(0, 2 - magnitude)}f}"
    return text.replace("-", "−")
