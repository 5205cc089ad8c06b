"""A client history as bars: one line for each client, one bar for each operation; faults in the background.
Operations that contradict each other are framed, and a line runs through the longest order that was found."""

import dataclasses
import pathlib
import textwrap

from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle

from . import page, spacetime, style, trace, units
from .output import BadInput, read_json_lines
from .style import pyplot

MOST_AROUND = 60   # operations shown around a contradiction
MOST_SHOWN = 120   # of a history without one
MOST_IN_LINE = 40  # operations whose order is drawn as a line; more have a dot where each takes effect
HEIGHT = 0.22      # of a bar
FAULT = "#E9E9E9"


@dataclasses.dataclass
class Operation(trace.Operation):
    place: int = 0  # in the history, from 0


@dataclasses.dataclass
class Verdict:
    story: str
    witness: list
    order: list  # (place, instant in ns), from first to last


def verdict_of(line):
    """From a line of `check --json --order`."""
    order = [(int(o["operation"]), int(o["at"])) for o in line.get("linearization", [])]
    story = str(line.get("story", ""))
    if line.get("verdict") == "linearizable" and order:
        story = "linearizable: the line is an order of the operations that explains every answer"
    return Verdict(story, list(line.get("witness", [])), order)


def read_verdict(path, history):
    """What a file of such lines says of `history`."""
    lines = read_json_lines(pathlib.Path(path))
    for line in lines:
        if len(lines) == 1 or pathlib.Path(str(line.get("file"))).name == history.name:
            return verdict_of(line)
    raise BadInput(f"{path}: no line judges {history.name}")


def read_faults(path, head):
    """The spans of time in which a fault was active, from the header of a history."""
    try:
        return [trace.Span(int(f["from"]), int(f["until"]) if "until" in f else 2**62,
                           str(f.get("text") or f["what"])) for f in head.get("faults", [])]
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        raise BadInput(f"{path}:1: not a list of faults ({problem})") from None


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
    if verdict is None or not verdict.witness:
        until = operations[min(len(operations), MOST_SHOWN) - 1].begin + last // 50
        return spacetime.Window(0, min(last, until))
    told = [o for o in operations if o.place in verdict.witness]
    if not told:
        raise BadInput("the verdict is about other operations")
    begin = min(o.begin for o in told)
    end = max(o.begin if o.end is None else o.end for o in told)
    margin = max((end - begin) // 4, 1)
    window = spacetime.Window(begin - margin // 10, end + margin // 10)
    for factor in (1, 2, 4, 8):  # as much around it as can be read
        wide = spacetime.Window(max(0, begin - factor * margin), min(last, end + factor * margin))
        crowd = sum(wide.holds(o.begin, last if o.end is None else o.end) for o in operations)
        if crowd > MOST_AROUND:
            break
        window = wide
    return window


def draw(pictures, name, path, lines, begin, end, verdict=None):
    operations = operations_of(path, lines)
    last = max(o.begin if o.end is None else o.end for o in operations)
    window = usual_window(operations, last, verdict)
    window = spacetime.Window(window.begin if begin is None else begin, window.end if end is None else end)
    shown = [o for o in operations if window.holds(o.begin, last if o.end is None else o.end)]
    if not shown or window.end <= window.begin:
        raise BadInput(f"--from/--to: the window holds nothing (the history ends at {last / 1e9:g}s)")
    figure = Figure(lines[0], window, last, verdict, read_faults(path, lines[0]))
    figure.draw(shown)
    left = len(operations) - len(shown)
    where = "around the contradiction" if verdict and verdict.witness else "in the window"
    figure.finish(f"{len(shown)} of {len(operations)} operations, {where}" if left else None)
    pictures.add_figure(name, figure.figure)


class Figure:
    def __init__(self, head, window, last, verdict, faults):
        self.head, self.window, self.last, self.verdict = head, window, last, verdict
        self.faults = [f for f in faults if window.holds(f.begin, f.end)]
        if head.get("times") == "lines":
            self.unit, self.scale = "line of the file", 1.0
        else:
            unit, scale = units.time_unit(window.end / 1e9)
            self.unit, self.scale = f"virtual time ({unit})", scale / 1e9

    def draw(self, shown):
        self.shown = shown
        clients = sorted({o.client for o in shown}, reverse=True)
        rows, base = [], 0.0
        for client in clients:
            placed = spacetime.lanes_of([o for o in shown if o.client == client])
            rows.append((client, base, placed))
            base += 0.6 + 0.5 * max(lane for _, lane in placed)
        self.top = base - 0.12 + (0.25 if self.faults else 0)
        height = min(24.0, 1.5 + 1.1 * self.top + (0.6 if self.verdict else 0))
        self.figure, self.ax = pyplot.subplots(figsize=(page.width(13.2, 6.0), height))
        self.labels, self.heights = [], {}
        for _, y, placed in rows:
            for operation, lane in placed:
                self.draw_operation(operation, y + 0.5 * lane)
        for fault in self.faults:
            a, b = self.inside(fault.begin, fault.end)
            self.ax.axvspan(a, b, color=FAULT, zorder=0, linewidth=0)
        ax = self.ax
        ax.set_xlim(*self.inside(self.window.begin, self.window.end))
        ax.set_ylim(-0.15, self.top + 0.1)
        ax.set_yticks([y + 0.12 for _, y, _ in rows], [f"client {c}" for c, _, _ in rows], fontsize=style.ROW)
        ax.set_xlabel(self.unit)
        ax.ticklabel_format(axis="x", useOffset=False, style="plain")
        ax.grid(axis="y", visible=False)

    def inside(self, begin, end):
        return max(begin, self.window.begin) * self.scale, min(end, self.window.end) * self.scale

    def draw_operation(self, operation, y):
        a, b = self.inside(operation.begin, self.last if operation.end is None else operation.end)
        b = max(b, a + self.window.width() * self.scale / 600)  # what took no time is seen, too
        self.heights[operation.place] = y + HEIGHT / 2
        self.ax.add_patch(bar(operation, a, b, y, self.verdict))
        self.labels.append((operation, (a, y + HEIGHT)))

    def finish(self, left_out):
        handles = legend(self.shown)
        if self.faults:
            handles.append(Patch(facecolor=FAULT, label="fault"))
        if self.verdict:
            handles += draw_order(self.ax, self.verdict, self.heights, self.scale)
        whence = [str(self.head[key]) for key in ("scenario", "protocol") if self.head.get(key)]
        whence += [f"seed {self.head['seed']}"] if whence and "seed" in self.head else []
        style.finish(self.figure, " · ".join(whence + ([left_out] if left_out else [])), handles)
        if self.verdict and self.verdict.story:
            colour = style.VERMILLION if self.verdict.witness else "#222222"
            lines = textwrap.wrap(self.verdict.story, int(12.8 * self.figure.get_figwidth()))
            text = "\n".join(lines[:3]) + (" …" if len(lines) > 3 else "")
            self.ax.set_title(text, fontsize=style.SMALL, fontweight="normal", color=colour)
            self.figure.tight_layout(rect=(0, 0.62 / self.figure.get_figheight(), 1, 1))
        self.put_labels()

    def put_labels(self):
        """Those of a contradiction first: where two would overlap, the later one is left out."""
        def told(operation):
            return self.verdict is not None and operation.place in self.verdict.witness
        placer = style.Placer(self.ax)
        for operation, xy in sorted(self.labels, key=lambda entry: not told(entry[0])):
            above = [(0, up, "left", "bottom") for up in ((1, 12) if told(operation) else (1,))]
            placer.put(operation.label, xy, above, fontsize=style.FINE, zorder=6,
                       color=style.VERMILLION if told(operation) else "#222222")
        for fault in self.faults:
            a, _ = self.inside(fault.begin, fault.end)
            placer.put(fault.label, (a, self.top + 0.08), [(3, -2, "left", "top"), (3, -14, "left", "top")],
                       fontsize=style.FINE, color="#555555", zorder=6)


def bar(operation, a, b, y, verdict):
    colour = spacetime.OUTCOMES.get(operation.outcome, style.GREY)
    pending = operation.outcome == "pending"
    told = verdict is not None and operation.place in verdict.witness
    quiet = verdict is not None and verdict.witness and not told
    edge = colour if pending else "white"
    return Rectangle((a, y), b - a, HEIGHT, facecolor="white" if pending else colour,
                     alpha=0.45 if quiet else 1, edgecolor=style.VERMILLION if told else edge,
                     hatch="////" if pending else None, linewidth=2.6 if told else 0.8,
                     zorder=3 if told else 2)


def draw_order(ax, verdict, heights, scale):
    """The order as a line from bar to bar; returns what the legend says of it and of the frames."""
    points = [(at * scale, heights[place]) for place, at in verdict.order if place in heights]
    xs, ys = ax.get_xlim(), ax.get_ylim()
    many = len(points) > MOST_IN_LINE  # then a line from client to client would cross out everything
    ax.plot([x for x, _ in points], [y for _, y in points], color=style.BLUE, linewidth=0 if many else 1.1,
            marker="o", markersize=3.5, zorder=4)
    ax.set_xlim(xs)
    ax.set_ylim(ys)
    said = "longest order found" if verdict.witness else "an order that explains them"
    line = Line2D([], [], color=style.BLUE, linewidth=0 if many else 1.1, marker="o", markersize=3.5,
                  label=f"{said}: left to right" if many else said)
    frame = Patch(facecolor="white", edgecolor=style.VERMILLION, linewidth=2.6, label="contradict each other")
    return ([frame] if verdict.witness else []) + ([line] if points else [])


def legend(shown):
    outcomes = {o.outcome for o in shown}
    return [Patch(facecolor="white" if k == "pending" else c, edgecolor=c, label=f"operation {k}",
                  hatch="////" if k == "pending" else None)
            for k, c in spacetime.OUTCOMES.items() if k in outcomes]
