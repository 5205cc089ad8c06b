"""A client history as bars: one line for each client, one bar for each operation."""

from matplotlib.patches import Patch, Rectangle

from . import spacetime, style, trace, units
from .output import BadInput
from .style import pyplot


def operations_of(path, lines):
    one_key = len({str(line.get("key", 0)) for line in lines[1:]}) <= 1
    found = []
    for number, line in enumerate(lines[1:], start=2):
        try:
            label = trace.operation_label({**line,
                                           "f": {"get": "read", "put": "write"}.get(line["f"], line["f"])},
                                          one_key)
            if "output" in line:
                label += f" → {'nil' if line['output'] is None else line['output']}"
            found.append(trace.Operation(int(line["client"]), label, int(line["call"]),
                                         int(line["return"]) if "return" in line else None,
                                         str(line["outcome"])))
        except (KeyError, TypeError, ValueError) as problem:
            raise BadInput(f"{path}:{number}: not an operation ({problem})") from None
    if not found:
        raise BadInput(f"{path}: holds no operations")
    return sorted(found, key=lambda o: o.begin)


def draw(pictures, name, path, lines, begin, end):
    operations = operations_of(path, lines)
    last = max(o.begin if o.end is None else o.end for o in operations)
    window = spacetime.Window(begin or 0,
                              min(last, operations[min(len(operations), 120) - 1].begin + last // 50)
                              if end is None else end)
    shown = [o for o in operations if window.holds(o.begin, last if o.end is None else o.end)]
    if not shown or window.end <= window.begin:
        raise BadInput(f"--from/--to: the window holds nothing (the history ends at {last / 1e9:g}s)")
    pictures.add_figure(name, picture(lines[0], shown, window, last))


def picture(head, shown, window, last):
    unit, scale = units.time_unit(window.end / 1e9)
    clients = sorted({o.client for o in shown}, reverse=True)
    figure, ax = pyplot.subplots(figsize=(12.5, 1.7 + 0.75 * len(clients)))
    labels = []
    base = 0.0
    ticks = []
    for client in clients:
        placed = spacetime.lanes_of([o for o in shown if o.client == client])
        ticks.append(base + 0.12)
        for operation, lane in placed:
            a = max(operation.begin, window.begin) * scale / 1e9
            b = min(last if operation.end is None else operation.end, window.end) * scale / 1e9
            colour, y = spacetime.OUTCOMES.get(operation.outcome, style.GREY), base + 0.5 * lane
            pending = operation.outcome == "pending"
            ax.add_patch(Rectangle((a, y), b - a, 0.22, facecolor="white" if pending else colour,
                                   edgecolor=colour,
                                   hatch="////" if pending else None, linewidth=0.8))
            labels.append((operation.label, (a, y + 0.22)))
        base += 0.6 + 0.5 * max(lane for _, lane in placed)
    ax.set_xlim(window.begin * scale / 1e9, window.end * scale / 1e9)
    ax.set_ylim(-0.15, base + 0.1)
    ax.set_yticks(ticks, [f"client {c}" for c in clients], fontsize=11)
    ax.set_xlabel(f"virtual time ({unit})")
    ax.grid(axis="y", visible=False)
    outcomes = {o.outcome for o in shown}
    style.finish(figure,
                 f"{head.get('scenario', '')} · {head.get('protocol', '')} · seed {head.get('seed', '?')}",
                 [Patch(facecolor="white" if k == "pending" else c, edgecolor=c, label=f"operation {k}",
                        hatch="////" if k == "pending" else None)
                  for k, c in spacetime.OUTCOMES.items() if k in outcomes])
    placer = style.Placer(ax)
    for text, xy in labels:
        placer.put(text, xy, [(0, 1, "left", "bottom")], fontsize=9, color="#222222")
    return figure
