"""A sweep's folder as values: points, estimates with their intervals, and the scenario behind them."""

import copy
import csv
import dataclasses
import hashlib
import io
import json
import math
import pathlib
import re
from typing import Optional

from . import units, words
from .output import BadInput, read_text


@dataclasses.dataclass(frozen=True)
class Estimate:
    value: float
    low: Optional[float] = None
    high: Optional[float] = None

    def no_event_seen(self):
        """Zero events say "at most", never "none": the estimate is an upper limit."""
        return self.value == 0 and self.high is not None and self.high > 0

    def is_closed(self):
        """Whether both ends of its interval are known: with few runs one may be missing."""
        return self.low is not None and self.high is not None

    def bars(self, lowest=-math.inf):
        """How far the interval reaches below and above the value, where it ends within what is drawn."""
        return (0 if self.low is None else max(0, self.value - max(self.low, lowest)),
                0 if self.high is None else max(0, self.high - self.value))

    def scaled(self, factor):
        return Estimate(*(None if v is None else v * factor for v in (self.value, self.low, self.high)))


@dataclasses.dataclass
class Row:
    point: dict       # JSON pointer -> value as the scenario writes it
    runs: int
    measures: dict    # name -> Estimate; a measure without data is absent


@dataclasses.dataclass
class Sweep:
    folder: pathlib.Path
    scenario: dict
    vary: dict        # JSON pointer -> values; "label" -> the labels of listed points
    seeds: Optional[int]
    first_seed: int
    rows: list
    listed: dict = dataclasses.field(default_factory=dict)  # label -> the values of that point
    drawn: dict = dataclasses.field(default_factory=dict)   # label in the files -> label in pictures
    points: list = dataclasses.field(default_factory=list)  # as sweep.json lists them
    digest: str = ""  # of what was run and what came out: pictures that carry the same one show the same

    @property
    def name(self):
        return words.short(self.scenario.get("name", self.folder.name), 60)

    def scenario_at(self, point):
        """The scenario with a point's values put in."""
        scenario = copy.deepcopy(self.scenario)
        values = {**self.listed.get(point.get("label"), {}), **point}
        for pointer, value in values.items():
            if pointer == "label":
                continue
            *path, last = [p.replace("~1", "/").replace("~0", "~") for p in pointer.split("/")[1:]]
            here = scenario
            for part in path:
                here = here[int(part)] if isinstance(here, list) else here.setdefault(part, {})
            here[int(last) if isinstance(here, list) else last] = value
        return scenario

    def headline(self):
        """What the scenario says that it is about, up to the first colon or full stop; else its name."""
        about = re.split(r"[.:](?:\s|$)", str(self.scenario.get("about", "")))[0]
        return about if 12 <= len(about) <= 95 else self.name

    def shorten_labels(self):
        """Replaces labels of points by those of pictures; the sweep's files keep the originals, listed in
        `drawn`."""
        if "label" not in self.vary:
            return
        self.drawn = words.distinct(self.listed)
        self.listed = {self.drawn[label]: values for label, values in self.listed.items()}
        self.vary = {**self.vary, "label": list(self.listed)}
        for point in [*self.points, *(row.point for row in self.rows)]:
            point["label"] = self.drawn.get(point["label"], words.short(point["label"]))

    def as_drawn(self, point):
        """A point of runs.jsonl as `points` has it."""
        return {**point, "label": self.drawn.get(point["label"])} if "label" in point else point

    def is_list(self):
        """Whether its points are listed ones and nothing else varies."""
        return list(self.vary) == ["label"]

    def serves(self):
        """Whether clients call often enough for a picture of their service."""
        clients = self.scenario.get("clients", {})
        return not 0 < clients.get("operations", 0) * clients.get("count", 1) < 10

    def point_name(self, point):
        """What tells a point from the others, in words: its label, and what varies."""
        words = [point["label"]] if "label" in point else []
        varied = [pointer for pointer in self.vary if pointer != "label"]
        for pointer in varied:
            axis = units.Axis(pointer, self.vary[pointer])
            value = axis.point_label(point[pointer])
            bare = len(varied) == 1 and axis.kind == "duration"  # says by itself what it is
            words.append(value if bare else f"{units.name_of(pointer)} {value}")
        return ", ".join(words)

    def point_names(self):
        return [self.point_name(point) for point in self.points]

    def provenance(self):
        runs = sorted({row.runs for row in self.rows})
        each = f"{runs[0]}" if len(runs) == 1 else f"{runs[0]} to {runs[-1]}"
        last = None if self.seeds is None else self.first_seed + self.seeds - 1
        seeds = "" if last is None else f" · seeds {self.first_seed} to {last}"
        return f"{self.name}{seeds} · n = {each} runs a point · digest {self.digest}"


def load(folder):
    folder = pathlib.Path(folder)
    about = _read_about(folder / "sweep.json")
    if not (folder / "summary.csv").exists():
        raise BadInput(f"{folder}: has no summary.csv: the sweep isn't finished "
                       "(the same command again resumes it)")
    rows = _read_summary(folder / "summary.csv", about["vary"])
    seeds = about.get("seeds")
    first = about.get("first_seed", 1) or 1
    if not all(isinstance(number, int) for number in (seeds, first) if number is not None):
        raise BadInput(f"{folder / 'sweep.json'}: expected whole numbers under \"seeds\" and \"first_seed\"")
    digest = hashlib.sha256((folder / "sweep.json").read_bytes() + (folder / "summary.csv").read_bytes())
    one = Sweep(folder, about["scenario"], about["vary"], seeds, first, rows, about["listed"],
                points=about.get("points", []), digest=digest.hexdigest()[:12])
    one.shorten_labels()
    return one


def _read_about(path):
    if not path.parent.is_dir():
        raise BadInput(f"{path.parent}: no such folder")
    if not path.exists():
        raise BadInput(f"{path.parent}: not a sweep's folder (it has no sweep.json)")
    try:
        about = json.loads(read_text(path))
    except (json.JSONDecodeError, RecursionError) as problem:
        raise BadInput(f"{path}: not JSON ({getattr(problem, 'msg', 'nested too deeply')})") from None
    for key in ("scenario", "vary"):
        if not isinstance(about, dict) or not isinstance(about.get(key), dict):
            raise BadInput(f"{path}: expected an object under \"{key}\"")
    if not all(isinstance(values, list) for values in about["vary"].values()):
        raise BadInput(f"{path}: expected a list of values for each parameter under \"vary\"")
    points = about.get("points", [])
    about["listed"] = {p["label"]: {k: v for k, v in p.items() if k != "label" and k not in about["vary"]}
                       for p in points if isinstance(p, dict) and "label" in p}
    if about["listed"]:
        about["vary"] = {"label": list(about["listed"]), **about["vary"]}
    return about


def _raw_value(text, values):
    """The value of a point as the scenario writes it; summary.csv holds it as text."""
    for value in values:
        if text in (value, json.dumps(value), str(value), json.dumps(value)[1:-1]):
            return value
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def _read_summary(path, vary):
    reader = csv.DictReader(io.StringIO(read_text(path)))
    columns = reader.fieldnames or []
    missing = [c for c in [*vary, "n"] if c not in columns]
    if missing:
        raise BadInput(f"{path}: has no column \"{missing[0]}\"")
    names = [c for c in columns if c + "_low" in columns and c + "_high" in columns]
    rows = []
    for number, line in enumerate(reader, start=2):
        def number_in(column):
            text = line[column]
            try:
                return float(text) if text not in ("", None) else None
            except ValueError:
                raise BadInput(f"{path}:{number}: {column}: expected a number, found \"{text}\"") from None
        measures = {name: Estimate(number_in(name), number_in(name + "_low"), number_in(name + "_high"))
                    for name in names if number_in(name) is not None}
        point = {pointer: _raw_value(line[pointer], vary[pointer]) for pointer in vary}
        rows.append(Row(point, int(number_in("n") or 0), measures))
    if not rows:
        raise BadInput(f"{path}: has no rows")
    return rows


@dataclasses.dataclass
class Series:
    """One line of a picture: what is left of a sweep once all parameters but the axis's are fixed."""
    label: str
    sweep: Sweep
    rows: list
    fixed: dict


def choose_axis(sweeps):
    """The parameter on the axis: numeric before categories, more values before fewer, then the first."""
    shared = [p for p in sweeps[0].vary if all(p in s.vary for s in sweeps)]
    unvaried = [s for s in sweeps if not s.vary]
    if unvaried:
        raise BadInput(f"{unvaried[0].folder}: varies nothing, so that there is no axis to draw on; its "
                       "numbers are in summary.csv, and a run of it (`repsim run --trace FILE`) can be drawn")
    if not shared:
        raise BadInput("these sweeps vary different parameters, so they share no axis: "
                       + " | ".join(f"{s.folder}: {', '.join(s.vary) or 'none'}" for s in sweeps))

    def rank(pointer):
        values = [row.point[pointer] for s in sweeps for row in s.rows]
        return units.Axis(pointer, values).kind == "category", -len({units.short(v) for v in values})
    pointer = min(shared, key=rank)
    return units.Axis(pointer, [row.point[pointer] for s in sweeps for row in s.rows])


def split(sweeps, axis):
    """The lines to draw, each sorted along the axis."""
    prefixes = _labels(sweeps) if len(sweeps) > 1 else [""]
    series = []
    for sweep, prefix in zip(sweeps, prefixes):
        groups = {}
        for row in sweep.rows:
            fixed = {p: v for p, v in row.point.items() if p != axis.pointer}
            groups.setdefault(json.dumps(fixed), (fixed, []))[1].append(row)
        for fixed, rows in groups.values():
            words = [v if p == "label" else f"{units.name_of(p)} {units.short(v)}" for p, v in fixed.items()]
            rows.sort(key=lambda row: axis.position(row.point[axis.pointer]))
            series.append(Series(", ".join(([prefix] if prefix else []) + words), sweep, rows, fixed))
    return series


def _flatten(value, path=""):
    if isinstance(value, dict) and value:
        return {k: v for key, inner in value.items() for k, v in _flatten(inner, f"{path}/{key}").items()}
    return {path: value}


def _labels(sweeps):
    """Labels that distinguish the sweeps: protocols, else differing options, else names or folders."""
    flat = [_flatten(s.scenario) for s in sweeps]
    ignored = {"/about", "/seed", "/name", *(p for s in sweeps for p in s.vary)}
    paths = [p for p in dict.fromkeys(k for f in flat for k in f)
             if p not in ignored and not p.startswith(("/sweep", "/expect"))
             and len({json.dumps(f.get(p)) for f in flat}) > 1]
    protocols = "/protocol/name" in paths
    choices = []
    if protocols:
        choices.append([units.short(f.get("/protocol/name", "?")) for f in flat])
    if 0 < len(paths) <= 2 and not protocols:
        choices.append([", ".join(f"{units.name_of(p)} {units.short(f.get(p, 'default'))}" for p in paths)
                        for f in flat])
    choices.append([s.name for s in sweeps])
    choices.append([s.folder.resolve().name for s in sweeps])
    for labels in choices:
        if len(set(labels)) == len(sweeps):
            return labels
    return [str(s.folder) for s in sweeps]
