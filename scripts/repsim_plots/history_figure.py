"""A client history as bars: one line for each client, one bar for each operation. With a verdict, the
operations that contradict each other are framed, and a line runs through the longest order that was found."""

import dataclasses
import pathlib
import textwrap

from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle

from . import spacetime, style, trace, units
from .output import BadInput, read_json_lines
from .style import pyplot

MOST_AROUND = 60  # operations shown around a contradiction
HEIGHT = 0.22     # of a bar


@dataclasses.dataclass
class Operation(trace.Operation):
    place: int = 0  # in the history, from 0


@dataclasses.dataclass
class Verdict:
    story: str
    witness: list
    order: list  # (place, instant in ns), from first to last


def read_verdict(path, history):
    """The line of `check --json` that judges `history`; None when it tells no contradiction."""
    if path is None:
        return None
    lines = read_json_lines(pathlib.Path(path))
    for line in lines:
        if len(lines) == 1 or pathlib.Path(str(line.get("file"))).name == history.name:
            if not line.get("witness"):
                return None
            order = [(int(o["operation"]), int(o["at"])) for o in line.get("linearization", [])]
            return Verdict(str(line.get("story", "")), list(line["witness"]), order)
    raise BadInput(f"{path}: no line judges {history.name}")


def operations_of(path, lines):
    one_key = len({str(line.get("key", 0)) for line in lines[1:]}) <= 1
    found = []
    for number, line in enumerate(lines[1:], start=2):
        try:
            label = trace.operation_label({**line,
                                           "f": {"get": "read", "put": "write"}.get(line["f"], line["f"])},
                                          one_key)
            if "output" in line:
                label += f" → {'nil' if line['output'] is None else shortened(line['output'])}"
            found.append(Operation(int(line["client"]), label, int(line["call"]),
                                   int(line["return"]) if "return" in line else None,
                                   str(line["outcome"]), number - 2))
        except (KeyError, TypeError, ValueError) as problem:
            raise BadInput(f"{path}:{number}: not an operation ({problem})") from None
    if not found:
        raise BadInput(f"{path}: holds no operations")
    return sorted(found, key=lambda o: o.begin)


def shortened(output):
    text = str(output)
    return text if len(text) <= 24 else f"…{text[-22:]}"


def usual_window(operations, last, verdict):
    """The contradiction with what surrounds it, as far as a picture holds that; otherwise the beginning."""
    if verdict is None:
        return spacetime.Window(0, min(last, operations[min(len(operations), 120) - 1].begin + last // 50))
    told = [o for o in operations if o.place in verdict.witness]
    begin = min(o.begin for o in told)
    end = max(o.begin if o.end is None else o.end for o in told)
    margin = max((end - begin) // 4, 1)
    window = spacetime.Window(begin - margin // 10, end + margin // 10)
    wide = spacetime.Window(max(0, begin - margin), min(last, end + margin))
    crowd = sum(wide.holds(o.begin, last if o.end is None else o.end) for o in operations)
    return wide if crowd <= MOST_AROUND else window


def draw(pictures, name, path, lines, begin, end, verdict=None):
    operations = operations_of(path, lines)
    last = max(o.begin if o.end is None else o.end for o in operations)
    window = usual_window(operations, last, verdict)
    window = spacetime.Window(window.begin if begin is None else begin, window.end if end is None else end)
    shown = [o for o in operations if window.holds(o.begin, last if o.end is None else o.end)]
    if not shown or window.end <= window.begin:
        raise BadInput(f"--from/--to: the window holds nothing (the history ends at {last / 1e9:g}s)")
    pictures.add_figure(name, picture(lines[0], shown, window, last, verdict))


def picture(head, shown, window, last, verdict):
    unit, scale = units.time_unit(window.end / 1e9)
    clients = sorted({o.client for o in shown}, reverse=True)
    figure, ax = pyplot.subplots(figsize=(12.5, 1.7 + 0.75 * len(clients) + (0.5 if verdict else 0)))
    labels, ticks, heights = [], [], {}
    base = 0.0
    for client in clients:
        placed = spacetime.lanes_of([o for o in shown if o.client == client])
        ticks.append(base + 0.12)
        for operation, lane in placed:
            a = max(operation.begin, window.begin) * scale / 1e9
            b = min(last if operation.end is None else operation.end, window.end) * scale / 1e9
            y = base + 0.5 * lane
            heights[operation.place] = y + HEIGHT / 2
            ax.add_patch(bar(operation, a, b, y, verdict))
            labels.append((operation, (a, y + HEIGHT)))
        base += 0.6 + 0.5 * max(lane for _, lane in placed)
    ax.set_xlim(window.begin * scale / 1e9, window.end * scale / 1e9)
    ax.set_ylim(-0.15, base + 0.1)
    ax.set_yticks(ticks, [f"client {c}" for c in clients], fontsize=11)
    ax.set_xlabel(f"virtual time ({unit})")
    ax.grid(axis="y", visible=False)
    handles = legend(shown)
    if verdict:
        handles += draw_order(ax, verdict, heights, scale / 1e9)
    story = textwrap.fill(verdict.story, 150, max_lines=2) if verdict else None
    style.finish(figure,
                 f"{head.get('scenario', '')} · {head.get('protocol', '')} · seed {head.get('seed', '?')}",
                 handles)
    if story:
        ax.set_title(story, fontsize=9.5, fontweight="normal", color=style.VERMILLION)
        figure.tight_layout(rect=(0, 0.62 / figure.get_figheight(), 1, 1))
    put_labels(ax, labels, verdict)
    return figure


def bar(operation, a, b, y, verdict):
    colour = spacetime.OUTCOMES.get(operation.outcome, style.GREY)
    pending = operation.outcome == "pending"
    told = verdict is not None and operation.place in verdict.witness
    return Rectangle((a, y), b - a, HEIGHT, facecolor="white" if pending else colour,
                     alpha=1 if verdict is None or told else 0.45,
                     edgecolor=style.VERMILLION if told else colour, hatch="////" if pending else None,
                     linewidth=2.6 if told else 0.8, zorder=3 if told else 2)


def draw_order(ax, verdict, heights, scale):
    """The order as a line from bar to bar; returns what the legend says of it and of the frames."""
    points = [(at * scale, heights[place]) for place, at in verdict.order if place in heights]
    ax.plot([x for x, _ in points], [y for _, y in points], color=style.BLUE, linewidth=1.1, marker="o",
            markersize=3.5, zorder=4)
    return [Patch(facecolor="white", edgecolor=style.VERMILLION, linewidth=2.6,
                  label="contradict each other"),
            Line2D([], [], color=style.BLUE, linewidth=1.1, marker="o", markersize=3.5,
                   label="longest order found")]


def legend(shown):
    outcomes = {o.outcome for o in shown}
    return [Patch(facecolor="white" if k == "pending" else c, edgecolor=c, label=f"operation {k}",
                  hatch="////" if k == "pending" else None)
            for k, c in spacetime.OUTCOMES.items() if k in outcomes]


def put_labels(ax, labels, verdict):
    """Those of a contradiction first: where two would overlap, the later one is left out."""
    def told(operation):
        return verdict is not None and operation.place in verdict.witness
    placer = style.Placer(ax)
    for operation, xy in sorted(labels, key=lambda entry: not told(entry[0])):
        placer.put(operation.label, xy, [(0, 1, "left", "bottom")], fontsize=9, zorder=6,
                   color=style.VERMILLION if told(operation) else "#222222")
