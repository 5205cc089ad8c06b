"""Judges the runs of a ladder's sweep: which guarantee broke, for each rung and protocol."""

import dataclasses
import json
import pathlib
from typing import Callable, Optional

from repsim_plots import seal, units
from repsim_plots.output import BadInput, digest_of, read_json_lines, read_text

JOINT = " / "        # between the labels of a point, rung first
GRACE = 1.0          # so many seconds after a fault strikes, or ends, service must be back
SERVED, RECOVERED = 0.6, 0.9   # shares of operations answered; a client of five may be cut off meanwhile


@dataclasses.dataclass(frozen=True)
class Windows:
    """The parts of the chaos phase, by number, in which the fault is on, and those after its end."""
    during: tuple
    after: tuple


@dataclasses.dataclass(frozen=True)
class Guarantee:
    """A guarantee that a protocol may give."""
    name: str
    word: str        # what a cell says when it is broken
    safety: bool     # else progress
    held: Callable   # (result, windows) -> True, False, or None where it doesn't apply


def consensus(*keys):
    def held(result, windows):
        values = [result["consensus"][key] for key in keys]
        return None if None in values else all(values)
    return held


def of_service(judgement):
    """A guarantee that only applies to protocols that serve clients."""
    def held(result, windows):
        return judgement(result) if result["operations"]["invoked"] else None
    return held


def decides(result, windows):
    """Termination, where agreement is all that there is; with clients, whether these are served says more."""
    return None if result["operations"]["invoked"] else result["consensus"]["termination"]


def one_primary(result, windows):
    """Two at once do harm when both answer somebody; where there are no clients, by being there."""
    split = result["split_brain"]
    return (split["harmful"] if result["operations"]["invoked"] else split["episodes"]) == 0


def linearizable(result):
    return {"linearizable": True, "violation": False}.get(result["linearizability"]["verdict"])


def answered(parts_of, least):
    def held(result, windows):
        parts = parts_of(windows)
        called = sum(result["availability"]["called"][i] for i in parts)
        if not called:
            return None
        return sum(result["availability"]["answered"][i] for i in parts) >= least * called
    return held


# From the worst on: a cell shows the first that broke.
GUARANTEES = (
    Guarantee("agreement", "forked", True, consensus("agreement", "validity")),
    Guarantee("one leader", "2 lead", True, consensus("election_safety", "leader_completeness")),
    Guarantee("nothing lost", "lost", True, of_service(lambda r: r["lost_writes"]["count"] == 0)),
    Guarantee("alike", "differ", True, of_service(lambda r: not r["divergence"]["diverged"])),
    Guarantee("linearizable", "stale", True, of_service(linearizable)),
    Guarantee("one primary", "split", True, one_primary),
    Guarantee("decides", "open", False, decides),
    Guarantee("recovers", "stuck", False, answered(lambda w: w.after, RECOVERED)),
    Guarantee("serves", "waits", False, answered(lambda w: w.during, SERVED)),
)
BY_NAME = {g.name: g for g in GUARANTEES}


@dataclasses.dataclass
class Cell:
    """All runs of one protocol on one rung."""
    rung: str
    protocol: str
    runs: int = 0
    judged: set = dataclasses.field(default_factory=set)      # names of guarantees that apply
    broken: dict = dataclasses.field(default_factory=dict)    # name -> seeds
    undecided: list = dataclasses.field(default_factory=list)  # seeds whose verdict is unknown

    def worst(self, apart_from=()) -> Optional[Guarantee]:
        return next((g for g in GUARANTEES if g.name in self.broken and g.name not in apart_from), None)

    def take(self, result, windows):
        self.runs += 1
        if result.get("error") or result["linearizability"]["verdict"] == "unknown":
            self.undecided.append(result["seed"])
        if result.get("error"):
            return
        for guarantee in GUARANTEES:
            held = guarantee.held(result, windows)
            if held is not None:
                self.judged.add(guarantee.name)
            if held is False:
                self.broken.setdefault(guarantee.name, []).append(result["seed"])


@dataclasses.dataclass
class Ladder:
    """A judged sweep: rungs and protocols in the order of the scenario."""
    folder: pathlib.Path
    scenario: dict
    rungs: dict        # label -> about
    protocols: list
    cells: dict        # (rung, protocol) -> Cell
    seeds: int
    first_seed: int
    digest: str = ""   # over the digests of all runs


def windows_of(scenario, parts):
    """When the fault of a scenario is on, and when it is over."""
    begin, end = fault_span(scenario.get("faults", []))
    duration = units.seconds(scenario["duration"])
    patience = units.seconds(scenario["clients"]["timeout"])

    def within(a, b):
        width = duration / parts
        return tuple(i for i in range(parts) if a <= i * width + 1e-9 and (i + 1) * width <= b + 1e-9)
    if begin is None:
        return Windows(within(GRACE, duration), ())
    if end is None:
        return Windows(within(begin + GRACE, duration), ())
    return Windows(within(begin + GRACE, end - patience), within(end + GRACE, duration))


def fault_span(faults):
    """Seconds at which the first fault begins and the last one ends; no end when something lasts."""
    if not faults:
        return None, None
    begins = [units.seconds(f.get("at", f.get("from"))) for f in faults]
    ends = [units.seconds(f["to"]) for f in faults if "to" in f]
    ends += [units.seconds(f["at"]) for f in faults if "restart" in f]
    lasting = sum(1 for f in faults if "at" in f and "restart" not in f or "from" in f and "to" not in f)
    mended = sum(1 for f in faults if "restart" in f)
    return min(begins), max(ends) if ends and mended >= lasting else None


def load(folder):
    """The cells of a finished sweep whose points are rungs and protocols."""
    folder = pathlib.Path(folder)
    about = json.loads(read_text(folder / "sweep.json"))
    lists = about["scenario"].get("sweep", {}).get("points", [])
    if len(lists) != 2 or not all(isinstance(points, list) for points in lists):
        raise BadInput(f"{folder}: not a ladder: its scenario must list rungs and protocols under \"points\"")
    ladder = Ladder(folder, about["scenario"], {}, [], {}, about["seeds"], about["first_seed"])
    abouts = {point["label"]: point.get("/about", "") for point in lists[0]}
    windows = {}
    for point in about["points"]:
        rung, protocol = point["label"].split(JOINT)
        ladder.rungs[rung] = abouts[rung]
        if protocol not in ladder.protocols:
            ladder.protocols.append(protocol)
        ladder.cells[rung, protocol] = Cell(rung, protocol)
        windows[rung] = windows_of({**about["scenario"], "faults": point.get("/faults", [])}, 40)
    seal.check(folder)
    rows = read_json_lines(folder / "runs.jsonl")
    ladder.digest = digest_of(rows)
    for row in rows:
        rung, protocol = row["point"]["label"].split(JOINT)
        ladder.cells[rung, protocol].take(row, windows[rung])
    return ladder
