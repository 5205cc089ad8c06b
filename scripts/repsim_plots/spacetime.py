"""One run as a space-time diagram: a line for each client and replica, time rightward, messages as arrows."""

import dataclasses

import numpy as np
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle

from . import page, style, trace, units, words
from .output import BadInput
from .style import pyplot

READABLE = 150           # messages that a projected picture can hold
ONLY_LINES = 700         # above this, arrowheads would cover everything
MOST_LINES = 60          # replicas and clients together
OUTCOMES = {"ok": style.GREEN, "failed": style.VERMILLION, "pending": "#9A9A9A"}
MESSAGES = (style.BLUE, style.PURPLE, style.BLACK, style.SKY, "#8A6A00")
OTHERS = "#5B3A8C"       # of all types of message beyond those
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
    """Returns the user's bounds, all of a small run, or the first interesting moment and what led to it."""
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
    least = min(run.end, max(1000, 4 * usual_flight(run)))  # narrower, nothing would be seen to arrive
    widths = [max(least, int(run.end * 0.8**k)) for k in range(70)]
    crowd = Crowd(run)
    window = next((w for w in map(around, widths) if crowd.within(w) <= 0.6 * READABLE), around(widths[-1]))
    wider = [Window(max(0, cause - window.width() // 12), window.end)] if cause is not None else []
    wider += [Window(window.begin, min(run.end, s.end + window.width() // 8))
              for s in run.split_brain()[:1] if s.end > window.end]
    for other in wider:
        other = Window(min(other.begin, window.begin), max(other.end, window.end))
        if crowd.within(other) <= READABLE:
            window = other
    return window


def usual_flight(run):
    """The median time that a message was on its way; 0 where none arrived."""
    flights = sorted(m.arrived - m.sent for m in run.messages if m.arrived is not None)
    return flights[len(flights) // 2] if flights else 0


class Crowd:
    """How full a window would be: messages that begin or end in it. Heartbeats count less, since they may be
    thinned out."""

    def __init__(self, run):
        self.sent = np.array([m.sent for m in run.messages])
        self.ends = np.array([m.ends for m in run.messages])
        beats = {m.kind: m.is_heartbeat() for m in run.messages}
        self.weight = np.array([0.4 if beats[m.kind] else 1.0 for m in run.messages])

    def within(self, window):
        begins, ends = ((window.begin <= times) & (times <= window.end) for times in (self.sent, self.ends))
        return float(self.weight[begins | ends].sum())


def colours_of(run):
    """{type of message: colour}, the same in every window of a run: the most frequent ones have their own,
    the others share one. Heartbeats stay in the background."""
    count = {}
    for message in run.messages:
        if not message.is_heartbeat():
            count[message.kind] = count.get(message.kind, 0) + 1
    order = sorted(count, key=lambda kind: (-count[kind], kind))
    own = (*MESSAGES, OTHERS) if len(order) == len(MESSAGES) + 1 else MESSAGES
    return {kind: own[i] if i < len(own) else OTHERS for i, kind in enumerate(order)}


def lanes_of(operations):
    """Overlapping operations of one client go above one another: [(operation, lane)]."""
    free, placed = [], []
    for operation in operations:
        end = operation.end if operation.end is not None else 2**62
        lane = next((i for i, until in enumerate(free) if until <= operation.begin), len(free))
        free[lane:lane + 1] = [end]
        placed.append((operation, lane))
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
        self.labels, self.heights, self.heads = [], {}, []
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
        height = min(24.0, max(min(10.5, 1.9 + 0.98 * (self.top + 0.5)), 1.9 + 0.42 * self.top))
        self.figure, self.ax = pyplot.subplots(figsize=(page.width(13.6, 7.0), height))

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
                      fontsize=style.ROW)
        ax.set_xlabel(f"virtual time ({self.unit})")
        ax.ticklabel_format(axis="x", useOffset=False)
        ax.grid(axis="y", visible=False)
        ax.tick_params(axis="y", length=0)
        ax.spines["left"].set_visible(False)
        note = " · ".join(map(words.short, (self.run.scenario, self.run.protocol, f"seed {self.run.seed}")))
        note += f" · {self.left_out} heartbeats left out" if self.left_out else ""
        style.finish(self.figure, note, self.legend())
        self.draw_heads()
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
        self.colours = colours_of(self.run)
        self.thin_out()
        usual = usual_flight(self.run) or self.window.width() // 40
        heads = len(self.messages) <= ONLY_LINES
        lines, losses, along = {}, [], {}
        for message in self.messages:
            begin, end, lost = self.flight(message, usual)
            kinds = along.setdefault((begin, end), [])  # another type on the same way is drawn beside it
            kinds += [message.kind] if message.kind not in kinds else []
            aside = 0.04 * kinds.index(message.kind)
            begin, end = (begin[0], begin[1] + aside), (end[0], end[1] + aside)
            with_head = heads and message.arrived is not None and not lost
            lines.setdefault((message.is_heartbeat(), message.copy, with_head), []).append(
                (begin, end, HEARTBEAT if message.is_heartbeat() else self.colours[message.kind]))
            losses += [end] if lost else []
        for (beats, copies, with_head), flights in lines.items():
            look = {"linewidths": 0.9 if beats else 1.25, "linestyles": "--" if copies else "-",
                    "zorder": 4.5 if beats else 5, "colors": [colour for _, _, colour in flights]}
            self.ax.add_collection(LineCollection([(b, e) for b, e, _ in flights], **look), autolim=False)
            if with_head:
                self.heads.append((flights, look["zorder"]))
        self.ax.plot([x for x, _ in losses], [y for _, y in losses], marker="x", linestyle="none",
                     color=style.VERMILLION, markersize=7, markeredgewidth=1.8, zorder=6)

    def draw_heads(self):
        """The heads of all arrows, in few collections: an annotation for each takes seconds. They are laid
        out in the pixels of the finished page, for they don't stretch with its axes."""
        pixels, scale = self.ax.transData, self.figure.dpi / 72
        for flights, zorder in self.heads:
            begins, ends = (pixels.transform([f[i] for f in flights]) for i in (0, 1))
            ways = ends - begins
            ways /= np.maximum(np.hypot(ways[:, 0], ways[:, 1]), 1e-9)[:, None]
            backs, across = ends - 4.5 * scale * ways, 2.2 * scale * ways[:, ::-1] * (-1, 1)
            corners = np.stack([ends, backs + across, backs - across], axis=1)
            corners = pixels.inverted().transform(corners.reshape(-1, 2)).reshape(-1, 3, 2)
            colours = [colour for _, _, colour in flights]
            self.ax.add_collection(PolyCollection(corners, facecolors=colours, edgecolors=colours,
                                                  linewidths=0.4, zorder=zorder), autolim=False)

    def flight(self, message, usual):
        """Where the line of a message begins and ends, and whether it was lost."""
        y0, y1 = self.heights[message.source], self.heights[message.target]
        way = 1 if y1 > y0 else -1
        y0, y1 = y0 + way * BAR * isinstance(message.source, int), y1 - way * BAR * isinstance(message.target,
                                                                                               int)
        end, lost = message.arrived, message.lost is not None
        if lost:
            # A loss is known when it happens: at the sender, or where the message would have arrived.
            share = 0.45 if message.lost - message.sent < usual // 4 else 1.0
            end = message.sent + int(share * usual) if share < 1 else message.lost
            y1 = y0 + share * (y1 - y0) * (0.94 if share == 1.0 else 1)
        elif end is None:
            end, y1 = self.run.end, y0 + (y1 - y0) * min(1.0, (self.run.end - message.sent) / max(usual, 1))
        return (self.x(message.sent), y0), (self.x(end), y1), lost

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
            placer.put(text, (x, y), offsets[kind], color=colour, fontsize=style.CELL if bold else 9,
                       fontweight="bold" if bold else "normal", zorder=9)

    def legend_of_messages(self):
        """Types with their colours; those that share one are named together."""
        drawn, names = {m.kind for m in self.messages}, words.distinct(self.colours, 24)
        by_colour = {}
        for kind, colour in self.colours.items():
            if kind in drawn:
                by_colour.setdefault(colour, []).append(names[kind])
        shares = len(self.colours) > len(MESSAGES) + 1
        return [Line2D([], [], color=colour, label=words.short(f"other: {', '.join(kinds)}", 90)
                       if shares and colour == OTHERS else kinds[0]) for colour, kinds in by_colour.items()]

    def legend(self):
        """Only what the picture shows."""
        shown = self.messages
        handles = self.legend_of_messages()
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
        for suspects, face, label in ((True, style.PURPLE, "suspects"), (False, "white", "trusts again")):
            if any(self.window.holds(s[0], s[0]) and s[3] == suspects for s in self.run.suspicions):
                handles.append(Line2D([], [], linestyle="none", marker="D", markerfacecolor=face,
                                      markeredgecolor=style.PURPLE, label=label))
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
