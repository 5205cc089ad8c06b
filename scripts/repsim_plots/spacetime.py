"""One run as a space-time diagram: a line for each client and replica, time rightward, messages as arrows."""

import dataclasses

from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle

from . import style, trace, units
from .output import BadInput
from .style import pyplot

READABLE = 150           # messages that a projected picture can hold
ONLY_LINES = 700         # above this, arrowheads would cover everything
MOST_LINES = 60          # replicas and clients together
OUTCOMES = {"ok": style.GREEN, "failed": style.VERMILLION, "pending": "#9A9A9A"}
MESSAGES = (style.BLUE, style.PURPLE, style.BLACK, style.SKY, "#8A6A00", "#5B3A8C")
HEARTBEAT = "#B0B0B0"
ROLES = {"primary": style.ORANGE, "candidate": style.YELLOW}
BAR = 0.085              # half of a role bar's height


@dataclasses.dataclass
class Window:
    begin: int
    end: int

    def holds(self, begin, end):
        return begin <= self.end and end >= self.begin

    def width(self):
        return self.end - self.begin


def choose_window(run, begin, end):
    """The user's bounds, else all of a small run, else the first interesting moment with what led to it."""
    if begin is not None or end is not None:
        window = Window(begin or 0, run.end if end is None else end)
        if window.end <= window.begin or window.begin > run.end:
            raise BadInput(f"--from/--to: the window holds nothing (the trace ends at {run.end / 1e9:g}s)")
        return window
    if len(run.messages) < READABLE:
        margin = max(run.end // 60, 1000)
        return Window(-margin, run.end + margin)
    focus, cause = run.first_interesting()

    def around(width):
        first = focus - int(0.35 * width)
        return Window(max(0, first), min(run.end, first + width))
    widths = [max(1000, int(run.end * 0.8**k)) for k in range(70)]
    window = next((w for w in map(around, widths) if crowd(run, w) <= 0.6 * READABLE), around(widths[-1]))
    wider = [Window(max(0, cause - window.width() // 12), window.end)] if cause is not None else []
    wider += [Window(window.begin, min(run.end, s.end + window.width() // 8))
              for s in run.split_brain()[:1] if s.end > window.end]
    for other in wider:
        other = Window(min(other.begin, window.begin), max(other.end, window.end))
        if crowd(run, other) <= READABLE:
            window = other
    return window


def crowd(run, window):
    """How full a window would be; heartbeats count less, since they may be thinned out."""
    return sum(0.4 if m.is_heartbeat() else 1.0 for m in run.messages if window.holds(m.sent, m.ends))


def lanes_of(operations):
    """Overlapping operations of one client go above one another: [(operation, lane)]."""
    free, placed = [], []
    for operation in operations:
        end = operation.end if operation.end is not None else 2**62
        lane = next((i for i, until in enumerate(free) if until <= operation.begin), len(free))
        free[lane:lane + 1] = [end]
        placed.append((operation, min(lane, 3)))
    return placed


class Diagram:
    def __init__(self, run, window):
        self.run, self.window = run, window
        self.unit, self.scale = units.time_unit(max(abs(window.begin), window.end) / 1e9)
        self.scale /= 1e9
        self.messages = [m for m in run.messages if window.holds(m.sent, m.ends)]
        self.left_out = 0
        self.operations = {c: lanes_of([o for o in run.operations if o.client == c and window.holds(
            o.begin, run.end if o.end is None else o.end)]) for c in range(run.clients)}
        self.labels, self.heights = [], {}
        self.lay_out_rows()

    def lay_out_rows(self):
        """Clients on top, replicas below, each as high as what stands on its line."""
        y = 0.0
        for replica in reversed(range(self.run.replicas)):
            self.heights[replica] = y
            y += 1.0
        for client in reversed(range(self.run.clients)):
            self.heights[f"c{client}"] = y
            y += 0.55 + 0.34 * (1 + max((lane for _, lane in self.operations[client]), default=0))
        self.top = y - 0.5
        size = (13.6, min(10.5, 1.9 + 0.98 * (self.top + 0.5)))
        self.figure, self.ax = pyplot.subplots(figsize=size)

    def x(self, time):
        return time * self.scale

    def inside(self, begin, end):
        return self.x(max(begin, self.window.begin)), self.x(min(end, self.window.end))

    def draw(self):
        self.draw_backgrounds()
        self.draw_lines()
        self.draw_operations()
        self.draw_messages()
        self.draw_marks()
        ax = self.ax
        ax.set_xlim(self.x(self.window.begin), self.x(self.window.end))
        ax.set_ylim(-0.6, self.top + 0.35)
        ax.set_yticks(list(self.heights.values()),
                      [f"replica {k}" if isinstance(k, int) else f"client {k[1:]}" for k in self.heights],
                      fontsize=11)
        ax.set_xlabel(f"virtual time ({self.unit})")
        ax.ticklabel_format(axis="x", useOffset=False)
        ax.grid(axis="y", visible=False)
        ax.tick_params(axis="y", length=0)
        ax.spines["left"].set_visible(False)
        note = f"{self.run.scenario} · {self.run.protocol} · seed {self.run.seed}"
        note += f" · {self.left_out} heartbeats left out" if self.left_out else ""
        style.finish(self.figure, note, self.legend())
        self.place_labels()
        return self.figure

    def draw_backgrounds(self):
        for span in self.run.partitions:
            if self.window.holds(span.begin, span.end):
                a, b = self.inside(span.begin, span.end)
                self.ax.axvspan(a, b, color="#DDE6EE", zorder=0, linewidth=0)
                self.labels.append(((a + b) / 2, self.top + 0.33, span.label, "#3B5B77", "top"))
        for span in self.run.split_brain():
            if self.window.holds(span.begin, span.end):
                a, b = self.inside(span.begin, span.end)
                below = -0.6
                self.ax.add_patch(Rectangle((a, below), b - a, self.run.replicas + 0.2,
                                            color=style.VERMILLION,
                                            alpha=0.13, linewidth=0, zorder=0.5))
                self.labels.append(((a + b) / 2, below + 0.02, "split brain", style.VERMILLION, "floor"))
        if self.run.settle_at is not None and self.window.holds(self.run.settle_at, self.run.settle_at):
            self.ax.axvline(self.x(self.run.settle_at), color=style.GREY, linestyle=":", linewidth=1.2)
            self.labels.append((self.x(self.run.settle_at), self.top + 0.33, "settle", style.GREY, "top"))

    def draw_lines(self):
        left, right = self.x(self.window.begin), self.x(self.window.end)
        for place, y in self.heights.items():
            self.ax.plot([left, right], [y, y], color="#444444", linewidth=1.1, zorder=2)
        splits = self.run.split_brain()
        for node, spans in self.run.roles.items():
            for span in spans:
                if span.label in ROLES:
                    self.bar(node, span, facecolor=ROLES[span.label], zorder=3)
                acting = trace.without(span, self.run.paused.get(node, ())) if span.label == "primary" else ()
                for part, other in ((a, b) for a in acting for b in splits if a.begin < b.end
                                    and b.begin < a.end):
                    both = trace.Span(max(part.begin, other.begin), min(part.end, other.end))
                    self.bar(node, both, facecolor=style.VERMILLION, zorder=3.1)
        for node, spans in self.run.paused.items():
            for span in spans:
                self.bar(node, span, facecolor="none", edgecolor="#333333", hatch="////", zorder=3.3)
                self.node_label(span, node, "paused")
        for node, spans in self.run.crashed.items():
            for span in spans:
                self.bar(node, span, facecolor="#C9C9C9", zorder=3.2)
                self.node_label(span, node, "crashed")
                if self.window.holds(span.begin, span.begin):
                    self.ax.plot(self.x(span.begin), self.heights[node], marker="X", color="black",
                                 markersize=11,
                                 markeredgecolor="white", zorder=7)

    def bar(self, node, span, **look):
        if self.window.holds(span.begin, span.end):
            a, b = self.inside(span.begin, span.end)
            look.setdefault("linewidth", 0 if "edgecolor" not in look else 0.8)
            self.ax.add_patch(Rectangle((a, self.heights[node] - BAR), b - a, 2 * BAR, **look))

    def node_label(self, span, node, text):
        if self.window.holds(span.begin, span.end):
            a, b = self.inside(span.begin, span.end)
            self.labels.append(((a + b) / 2, self.heights[node], text, "#333333", "node"))

    def draw_operations(self):
        many = sum(map(len, self.operations.values())) > 90  # then only what went wrong is labelled
        for client, placed in self.operations.items():
            base = self.heights[f"c{client}"]
            for operation, lane in placed:
                a, b = self.inside(operation.begin, self.run.end if operation.end is None else operation.end)
                y = base + 0.07 + 0.34 * lane
                pending = operation.outcome == "pending"
                colour = OUTCOMES.get(operation.outcome, style.GREY)
                self.ax.add_patch(Rectangle((a, y), max(b - a, 1e-9), 0.13,
                                            facecolor="white" if pending else colour,
                                            edgecolor=colour, hatch="////" if pending else None,
                                            linewidth=0.8,
                                            zorder=4))
                if operation.begin >= self.window.begin and (not many or operation.outcome != "ok"):
                    self.labels.append((a, y + 0.13, operation.label, "#222222", "operation"))

    def kinds(self):
        """Colours by type of message, the most frequent first; heartbeats stay in the background."""
        count = {}
        for message in self.messages:
            if not message.is_heartbeat():
                count[message.kind] = count.get(message.kind, 0) + 1
        order = sorted(count, key=lambda kind: (-count[kind], kind))
        return {kind: MESSAGES[min(i, len(MESSAGES) - 1)] for i, kind in enumerate(order)}

    def thin_out(self):
        """Leaves out heartbeats that arrived, evenly, until the rest can be read; never a lost one."""
        beats = [m for m in self.messages if m.is_heartbeat() and m.lost is None]
        room = max(20, READABLE - (len(self.messages) - len(beats)))
        if len(beats) <= room:
            return
        step, seen, kept = -(-len(beats) // room), {}, set()
        for message in beats:
            link = message.source, message.target
            seen[link] = seen.get(link, -1) + 1
            if seen[link] % step == 0:
                kept.add(id(message))
        self.left_out = len(beats) - len(kept)
        self.messages = [m for m in self.messages if not m.is_heartbeat() or m.lost is not None
                         or id(m) in kept]

    def draw_messages(self):
        self.colours = self.kinds()
        self.thin_out()
        flights = sorted(m.arrived - m.sent for m in self.run.messages if m.arrived is not None)
        usual = flights[len(flights) // 2] if flights else self.window.width() // 40
        heads = len(self.messages) <= ONLY_LINES
        for message in self.messages:
            self.draw_message(message, usual, heads)

    def draw_message(self, message, usual, heads):
        y0, y1 = self.heights[message.source], self.heights[message.target]
        way = 1 if y1 > y0 else -1
        y0, y1 = y0 + way * BAR * isinstance(message.source, int), y1 - way * BAR * isinstance(message.target,
                                                                                               int)
        colour = HEARTBEAT if message.is_heartbeat() else self.colours[message.kind]
        end, lost = message.arrived, message.lost is not None
        if lost:
            # A loss is known when it happens: at the sender, or where the message would have arrived.
            share = 0.45 if message.lost - message.sent < usual // 4 else 1.0
            end = message.sent + int(share * usual) if share < 1 else message.lost
            y1 = y0 + share * (y1 - y0) * (0.94 if share == 1.0 else 1)
        elif end is None:
            end, y1 = self.run.end, y0 + (y1 - y0) * min(1.0, (self.run.end - message.sent) / max(usual, 1))
        line = "--" if message.copy else "-"
        arrow = {"arrowstyle": "-" if lost or not heads or message.arrived is None
                 else "-|>,head_width=.22,head_length=.45",
                 "color": colour, "linewidth": 0.9 if message.is_heartbeat() else 1.25, "linestyle": line,
                 "shrinkA": 0, "shrinkB": 0}
        self.ax.annotate("", (self.x(end), y1), (self.x(message.sent), y0), arrowprops=arrow,
                         annotation_clip=False,
                         zorder=4.5 if message.is_heartbeat() else 5).arrow_patch.set_clip_path(self.ax.patch)
        if lost:
            self.ax.plot(self.x(end), y1, marker="x", color=style.VERMILLION, markersize=7,
                         markeredgewidth=1.8,
                         zorder=6)

    def draw_marks(self):
        for time, node, peer, suspects in self.run.suspicions:
            if self.window.holds(time, time):
                self.ax.plot(self.x(time), self.heights[node], marker="D", markersize=7.5, zorder=8,
                             color=style.PURPLE if suspects else "white", markeredgecolor=style.PURPLE,
                             markeredgewidth=1.4)
                if suspects:
                    self.labels.append((self.x(time), self.heights[node], f"suspects {peer}", style.PURPLE,
                                        "node"))
        for time, node in self.run.applied:
            if self.window.holds(time, time):
                self.ax.plot(self.x(time), self.heights[node], marker="o", markersize=3.4, color="black",
                             zorder=6.5)
        for time, node, text in self.run.marks:
            if self.window.holds(time, time):
                where = self.heights.get(node)
                if where is None:
                    self.ax.axvline(self.x(time), color=style.GREY, linestyle=":", linewidth=1.2)
                    self.labels.append((self.x(time), self.top + 0.33, text, "#444444", "top"))
                else:
                    self.ax.plot(self.x(time), where, marker="|", color="black", markersize=14, zorder=7)
                    self.labels.append((self.x(time), where, text, "#333333", "node"))

    def place_labels(self):
        """Labels in order of weight; one that finds no free place is left out."""
        weight = {"floor": 0, "top": 1, "node": 2, "operation": 3}
        offsets = {"floor": [(0, 2, "center", "bottom")],
                   "top": [(0, -1, "center", "top"), (0, -15, "center", "top")],
                   "node": [(0, 9, "center", "bottom"), (0, -9, "center", "top"), (8, 9, "left", "bottom"),
                            (8, -9, "left", "top"), (-8, 9, "right", "bottom"), (-8, -9, "right", "top")],
                   "operation": [(0, 0.5, "left", "bottom")]}
        placer = style.Placer(self.ax)
        for x, y, text, colour, kind in sorted(self.labels, key=lambda l: weight[l[4]]):
            bold = kind in ("floor", "top")
            placer.put(text, (x, y), offsets[kind], color=colour, fontsize=10.5 if bold else 9,
                       fontweight="bold" if bold else "normal", zorder=9)

    def legend(self):
        """Only what the picture shows."""
        shown = self.messages
        kinds = list(self.colours.items())[:len(MESSAGES)]
        handles = [Line2D([], [], color=colour, label=kind) for kind, colour in kinds]
        if any(m.is_heartbeat() for m in shown):
            handles.append(Line2D([], [], color=HEARTBEAT, label="heartbeats"))
        if any(m.lost is not None for m in shown):
            handles.append(Line2D([], [], color=style.VERMILLION, marker="x", linestyle="none",
                                  markeredgewidth=1.8,
                                  label="lost"))
        if any(m.copy for m in shown):
            handles.append(Line2D([], [], color="#444444", linestyle="--", label="duplicate"))
        roles = {s.label for spans in self.run.roles.values() for s in spans
                 if self.window.holds(s.begin, s.end)}
        handles += [Patch(facecolor=colour, label=f"acts as {role}") for role,
                    colour in ROLES.items() if role in roles]
        if any(self.window.holds(s.begin, s.end) for s in self.run.split_brain()):
            handles.append(Patch(facecolor=style.VERMILLION, label="two primaries"))
        if any(self.window.holds(s[0], s[0]) for s in self.run.suspicions):
            handles.append(Line2D([], [], linestyle="none", marker="D", color=style.PURPLE, label="suspects"))
        if any(self.window.holds(t, t) for t, _ in self.run.applied):
            handles.append(Line2D([], [], linestyle="none", marker="o", markersize=4, color="black",
                                  label="executes"))
        outcomes = {o.outcome for placed in self.operations.values() for o, _ in placed}
        for outcome, colour in OUTCOMES.items():
            if outcome in outcomes:
                pending = outcome == "pending"
                handles.append(Patch(facecolor="white" if pending else colour, edgecolor=colour,
                                     label=f"operation {outcome}",
                                     hatch="////" if pending else None))
        return handles


def draw(pictures, name, run, begin, end):
    if not run.end:
        raise BadInput("the trace holds no events")
    if run.replicas + run.clients > MOST_LINES:
        raise BadInput(f"{run.replicas} replicas and {run.clients} clients are too many for a picture "
                       f"({MOST_LINES} together at most)")
    pictures.add_figure(name, Diagram(run, choose_window(run, begin, end)).draw())
