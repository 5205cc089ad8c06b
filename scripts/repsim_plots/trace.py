"""A trace as values: messages with both ends, roles, outages, suspicions and operations as spans of time."""

import dataclasses
import re
from typing import Optional

from .output import BadInput

HEARTBEAT = re.compile(r"heart|ping|pong|alive|beat|keepalive", re.I)


@dataclasses.dataclass
class Message:
    source: object            # number of a replica, or a client such as "c0"
    target: object
    kind: str
    sent: int
    copy: bool = False
    arrived: Optional[int] = None
    lost: Optional[int] = None
    why: str = ""

    @property
    def ends(self):
        return self.sent if self.arrived is None and self.lost is None else max(self.arrived or 0,
                                                                                self.lost or 0)

    def is_heartbeat(self):
        return bool(HEARTBEAT.search(self.kind))


@dataclasses.dataclass
class Span:
    begin: int
    end: int
    label: str = ""


@dataclasses.dataclass
class Operation:
    client: int
    label: str
    begin: int
    end: Optional[int] = None
    outcome: str = "pending"


@dataclasses.dataclass
class Run:
    scenario: str
    protocol: str
    seed: object
    replicas: int
    clients: int
    end: int = 0
    settle_at: Optional[int] = None
    messages: list = dataclasses.field(default_factory=list)
    roles: dict = dataclasses.field(default_factory=dict)      # node -> [Span labelled with the role]
    crashed: dict = dataclasses.field(default_factory=dict)    # node -> [Span]
    paused: dict = dataclasses.field(default_factory=dict)
    partitions: list = dataclasses.field(default_factory=list)
    suspicions: list = dataclasses.field(default_factory=list)  # (time, node, peer, whether it suspects now)
    applied: list = dataclasses.field(default_factory=list)     # (time, node)
    marks: list = dataclasses.field(default_factory=list)       # (time, node or None, text)
    operations: list = dataclasses.field(default_factory=list)

    def split_brain(self):
        """Spans in which two nodes or more act as primary at once; a paused one doesn't act."""
        steps = sorted((t, step) for node, spans in self.roles.items() for s in spans if s.label == "primary"
                       for part in without(s, self.paused.get(node, ()))
                       for t, step in ((part.begin, 1), (part.end, -1)))
        found, level = [], 0
        for time, step in steps:
            if level < 2 <= level + step:
                found.append(Span(time, time, "split brain"))
            elif level >= 2 > level + step:
                found[-1].end = time
            level += step
        return [s for s in found if s.end > s.begin]

    def first_interesting(self):
        """The moment to look at first: a split brain, else a fault, a suspicion or a loss."""
        faults = [s.begin for spans in (*self.crashed.values(), *self.paused.values(), self.partitions)
                  for s in spans]
        for times in ([s.begin for s in self.split_brain()], faults + [m[0] for m in self.marks],
                      [s[0] for s in self.suspicions], [m.sent for m in self.messages if m.lost is not None]):
            if times:
                return min(times), (max([t for t in faults if t <= min(times)], default=None))
        return 0, None


def without(span, holes):
    """The parts of a span that remain when others, in order of time, are cut out."""
    begin, parts = span.begin, []
    for hole in holes:
        parts.append(Span(begin, min(hole.begin, span.end), span.label))
        begin = max(begin, hole.end)
    parts.append(Span(begin, span.end, span.label))
    return [part for part in parts if part.end > part.begin]


def operation_label(event, one_key):
    """Such as "w k2=17", "r k2" (its answer follows), "cas k0 3>4"."""
    key = "" if one_key or "key" not in event else f" k{event['key']}"
    verb = {"write": "w", "read": "r"}.get(event["f"], event["f"])
    value = event.get("value")
    if event.get("expected") is not None:
        return f"{verb}{key} {event['expected']}>{value}"
    return f"{verb}{key}" + ("" if value is None else f" {value}" if one_key else f"={value}")


def read(path, lines):
    """Builds the run from a trace's objects; the first is its header."""
    head = lines[0]
    try:
        run = Run(head["scenario"], head["protocol"], head["seed"], int(head["replicas"]),
                  int(head["clients"]))
    except (KeyError, TypeError, ValueError) as problem:
        raise BadInput(f"{path}:1: a trace's first line needs {problem}") from None
    reader = _Reader(run, len({str(e.get("key", 0)) for e in lines[1:] if e.get("e") == "call"}) <= 1)
    for number, event in enumerate(lines[1:], start=2):
        try:
            reader.take(event)
        except KeyError as problem:
            raise BadInput(f"{path}:{number}: event \"{event.get('e')}\" lacks {problem}") from None
        except (TypeError, ValueError, AttributeError) as problem:
            raise BadInput(f"{path}:{number}: event \"{event.get('e')}\": {problem}") from None
    reader.close()
    return run


class _Reader:
    """Pairs the beginnings of things with their ends."""

    def __init__(self, run, one_key):
        self.run, self.one_key = run, one_key
        self.flying, self.open_operations, self.open = {}, {}, {}
        self.take_by_name = {
            "send": self.send, "deliver": self.deliver, "lose": self.lose, "role": self.role,
            "fault": self.fault,
            "call": self.call, "return": self.returned,
            "suspect": lambda e: run.suspicions.append((e["t"], self.node(e), e["peer"], True)),
            "trust": lambda e: run.suspicions.append((e["t"], self.node(e), e["peer"], False)),
            "apply": lambda e: run.applied.append((e["t"], self.node(e)))}

    def take(self, event):
        if not isinstance(event["t"], int) or event["t"] < 0:
            raise ValueError(f"expected a time in nanoseconds under \"t\", found {event['t']!r}")
        self.run.end = max(self.run.end, event["t"])
        self.take_by_name.get(event["e"], lambda e: None)(event)

    def node(self, event):
        node = event["node"]
        if not isinstance(node, int) or not 0 <= node < self.run.replicas:
            raise ValueError(f"no replica {node!r} among {self.run.replicas}")
        return node

    def place(self, place):
        known = self.run.replicas if isinstance(place, int) else self.run.clients
        number = place if isinstance(place, int) else int(str(place).lstrip("c"))
        if not 0 <= number < known:
            raise ValueError(f"no such place as {place!r}")
        return place

    def send(self, event):
        message = Message(self.place(event["from"]), self.place(event["to"]), str(event["msg"]), event["t"],
                          bool(event.get("copy")))
        if message.source != message.target:
            self.run.messages.append(message)
        self.flying.setdefault((event["from"], event["to"], event["n"]), []).append(message)

    def land(self, event):
        """The message that an event ends; copies of one message end in the order in which they were sent."""
        waiting = self.flying.get((event["from"], event["to"], event["n"]), [])
        wanted = [m for m in waiting if "copy" not in event or m.copy == bool(event["copy"])] or waiting
        if wanted:
            waiting.remove(wanted[0])
        return wanted[0] if wanted else None

    def deliver(self, event):
        message = self.land(event)
        if message:
            message.arrived = event["t"]

    def lose(self, event):
        message = self.land(event)
        if message:
            message.lost, message.why = event["t"], event.get("why", "")

    def begin(self, spans, key, time, label=""):
        self.finish(key, time)
        span = Span(time, -1, label)
        spans.append(span)
        self.open[key] = span

    def finish(self, key, time):
        span = self.open.pop(key, None)
        if span:
            span.end = time

    def role(self, event):
        node, role = self.node(event), str(event["role"])
        self.finish(("role", node), event["t"])
        if role != "none":
            self.begin(self.run.roles.setdefault(node, []), ("role", node), event["t"], role)

    def fault(self, event):
        what, time = event["what"], event["t"]
        if what == "crash":
            node = self.node(event)
            self.finish(("role", node), time)
            self.finish(("pause", node), time)
            self.begin(self.run.crashed.setdefault(node, []), ("crash", node), time)
        elif what == "restart":
            self.finish(("crash", self.node(event)), time)
        elif what == "pause":
            self.begin(self.run.paused.setdefault(self.node(event), []), ("pause", event["node"]), time)
            self.until(("pause", event["node"]), event)
        elif what == "resume":
            self.finish(("pause", self.node(event)), time)
        elif what in ("partition", "overlap", "cut"):
            key = ("partition", time, len(self.run.partitions))
            self.begin(self.run.partitions, key, time, partition_label(event))
            self.until(key, event)
        elif what == "heal":
            for key in [k for k in self.open if k[0] == "partition"]:
                self.finish(key, time)
        elif what == "settle":
            self.run.settle_at = time
        else:
            self.run.marks.append((time, event.get("node"), event.get("text") or what))

    def until(self, key, event):
        """Ends a fault that has no event for its end."""
        if event.get("until") is not None:
            self.finish(key, int(event["until"]))

    def call(self, event):
        operation = Operation(int(str(event["client"]).lstrip("c")), operation_label(event, self.one_key),
                              event["t"])
        self.run.operations.append(operation)
        self.open_operations[event["op"]] = operation

    def returned(self, event):
        operation = self.open_operations.pop(event["op"], None)
        if not operation:
            return
        operation.end, operation.outcome = event["t"], str(event["outcome"])
        if operation.label.startswith("r") and event["outcome"] == "ok":
            output = event.get("output")
            operation.label += f" → {'nil' if output is None else output}"

    def close(self):
        """What is still open at the end stays so until then."""
        for span in self.open.values():
            span.end = self.run.end
        spans = [s for group in (self.run.crashed, self.run.paused, self.run.roles) for g in group.values()
                 for s in g]
        for span in spans + self.run.partitions:
            span.end = min(span.end if span.end >= 0 else self.run.end, max(self.run.end, span.begin))


def partition_label(event):
    def names(group):
        return "{" + ", ".join(str(member) for member in group) + "}"
    if event["what"] == "cut":
        return f"cut {event.get('from')} → {event.get('to')}"
    return f"{event['what']} " + " | ".join(names(g) for g in event.get("groups", []))
