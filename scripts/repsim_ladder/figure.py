"""The ladder as a picture: rows are protocols, columns are rungs, and each cell has a symbol and a word."""

import textwrap

from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle

from repsim_plots import style
from repsim_plots.style import pyplot

from .promises import BREAKS, HOLDS, OPEN

# Fill, ink and symbol; the fills differ in lightness, too, so that they can be told apart without colour.
HELD = ("#D5EEE3", "#00583F", "✓")
WAITS = ("#FFF1C9", "#6B4A00", "‖")
STUCK = ("#F5C36B", "#4D2F00", "▪")
WRONG = ("#C8500A", "#FFFFFF", "✕")
UNKNOWN = ("#E3E3E3", "#444444", "?")
CELL_WIDTH, CELL_HEIGHT = 1.02, 0.46
DOT = {HOLDS: dict(marker="o", fillstyle="full"), OPEN: dict(marker="o", fillstyle="none"),
       BREAKS: dict(marker="x", fillstyle="full")}


def look_of(cell, promises):
    worst = cell.worst(promises.meaningless(cell.protocol))
    if worst is None:
        return (*UNKNOWN, "unknown") if cell.undecided else (*HELD, "holds")
    look = WRONG if worst.safety else WAITS if worst.name == "serves" else STUCK
    return (*look, worst.word)


def draw_cell(ax, x, y, cell, promises, contradicted):
    fill, ink, symbol, word = look_of(cell, promises)
    ax.add_patch(Rectangle((x + 0.03, y + 0.05), 0.94, 0.90, facecolor=fill, edgecolor="none"))
    ax.text(x + 0.085, y + 0.5, f"{symbol} {word}", va="center_baseline", ha="left", fontsize=style.CELL,
            color=ink,
            fontweight="bold" if fill == WRONG[0] else "normal")
    for safety, height in ((True, 0.30), (False, 0.70)):
        ax.plot([x + 0.925], [y + height], color=ink, markersize=4.4, markeredgewidth=1.1,
                linestyle="none", **DOT[promises.summary(cell, safety)])
    if contradicted:
        ax.add_patch(Rectangle((x + 0.03, y + 0.05), 0.94, 0.90, facecolor="none", edgecolor="black",
                               linewidth=2.8, zorder=5))


def wrapped(rung):
    return "\n".join(textwrap.wrap(rung, 9, break_long_words=False))


def legend(ladder, promises, contradictions):
    """The looks that occur, and the dots."""
    def filled(look, label):
        return Patch(facecolor=look[0], label=f"{look[2]} {label}")

    def dot(verdict, label):
        return Line2D([], [], linestyle="none", color="#222222", markersize=5, label=label, **DOT[verdict])
    fills = {look_of(cell, promises)[0] for cell in ladder.cells.values()}
    looks = [filled(look, label) for look, label in (
        (HELD, "holds"), (WAITS, "waits for the fault to end"), (STUCK, "stuck: nothing wrong, nothing more"),
        (WRONG, "wrong: the worst that it did"), (UNKNOWN, "no verdict")) if look[0] in fills]
    handles = [*looks, dot(HOLDS, "promised"), dot(OPEN, "not promised"), dot(BREAKS, "said to break")]
    if contradictions:
        handles.append(Patch(facecolor="none", edgecolor="black", linewidth=2.2,
                             label="not what the literature says"))
    return handles


WORDS = (("lost", "an acknowledged write is gone"), ("stale", "not linearizable"),
         ("differ", "replicas differ at the end"), ("split", "two primaries at once"),
         ("forked", "two values for one place, or one that nobody proposed"),
         ("2 lead", "two leaders in one term"), ("open", "somebody has not decided"))


def glossary(ladder, promises):
    """Explains the words in red that occur."""
    shown = {look_of(cell, promises)[3] for cell in ladder.cells.values()}
    return "   ".join(f"{word}: {meaning}." for word, meaning in WORDS if word in shown)


def picture(ladder, promises, contradictions):
    rungs, protocols = list(ladder.rungs), ladder.protocols
    names = 0.35 + 0.088 * max(map(len, protocols))
    figure, ax = pyplot.subplots(figsize=(max(names + CELL_WIDTH * len(rungs) + 0.15, 12.5),
                                          2.55 + CELL_HEIGHT * len(protocols)))
    odd = {(c.cell.rung, c.cell.protocol) for c in contradictions}
    for column, rung in enumerate(rungs):
        ax.text(column + 0.5, -0.12, wrapped(rung), ha="center", va="bottom", fontsize=style.CELL,
                fontweight="bold")
        for line, protocol in enumerate(protocols):
            draw_cell(ax, column, line, ladder.cells[rung, protocol], promises, (rung, protocol) in odd)
    for line, protocol in enumerate(protocols):
        ax.text(-0.08, line + 0.5, protocol, ha="right", va="center_baseline", fontsize=style.ROW)
    ax.set_xlim(0, len(rungs))
    ax.set_ylim(len(protocols), 0)
    ax.set_axis_off()
    height, width = figure.get_figheight(), figure.get_figwidth()
    figure.subplots_adjust(left=names / width, right=(names + CELL_WIDTH * len(rungs)) / width,
                           top=1 - 1.22 / height, bottom=1.08 / height)
    finish(figure, ladder, glossary(ladder, promises), legend(ladder, promises, contradictions))
    return figure


def finish(figure, ladder, words, handles):
    """Title, legend and where the numbers come from, around the table."""
    height, width = figure.get_figheight(), figure.get_figwidth()
    title = str(ladder.scenario.get("about", "")).partition(":")[0] or ladder.scenario["name"]
    figure.text(0.10 / width, 1 - 0.12 / height, title, va="top", fontsize=style.HEAD, fontweight="bold")
    figure.text(0.10 / width, 1 - 0.46 / height,
                "Each column adds one fault to a perfect network. A cell shows the worst of all its runs; "
                "its dots say what the literature promises: safety above, progress below.",
                va="top", fontsize=style.CELL, color="#333333")
    figure.text(0.12 / width, 0.66 / height, words, va="bottom", fontsize=style.SMALL, color="#333333")
    figure.legend(handles=handles, loc="lower left", ncol=len(handles), bbox_to_anchor=(0.0, 0.26 / height),
                  fontsize=style.SMALL, handlelength=1.4, columnspacing=1.3)
    last = ladder.first_seed + ladder.seeds - 1
    style.footer(figure, f"{ladder.scenario['name']} · seeds {ladder.first_seed} to {last} · "
                         f"{len(ladder.cells) * ladder.seeds} runs · digest of all runs {ladder.digest}")
