"""What the literature says of each protocol, and where that is not what was seen."""

import dataclasses
import json

from repsim_plots.output import BadInput, read_text

from . import judge

HOLDS, BREAKS, OPEN = "holds", "breaks", "not promised"


@dataclasses.dataclass(frozen=True)
class Claim:
    """One sentence of a paper: these guarantees hold, or break, on these rungs."""
    verdict: str
    guarantees: tuple
    rungs: tuple
    source: str


@dataclasses.dataclass(frozen=True)
class Contradiction:
    cell: judge.Cell
    guarantee: str
    claim: Claim

    def text(self):
        seeds = self.cell.broken.get(self.guarantee, [])
        where = f"{self.cell.protocol}, {self.cell.rung}: \"{self.guarantee}\""
        if self.claim.verdict == HOLDS and not seeds:
            return f"{where} is promised, and {len(self.cell.undecided)} runs came to no verdict"
        if self.claim.verdict == HOLDS:
            return (f"{where} is promised, and broke in {len(seeds)} of {self.cell.runs} runs, "
                    f"first with seed {seeds[0]} ({self.claim.source})")
        return f"{where} is said to break, and held in all {self.cell.runs} runs ({self.claim.source})"


class Promises:
    """scenarios/ladder/promises.json; names in it that nobody knows are errors."""

    def __init__(self, path):
        self.path = path
        try:
            data = json.loads(read_text(path))
        except json.JSONDecodeError as problem:
            raise BadInput(f"{path}:{problem.lineno}: not JSON ({problem.msg})") from None
        self.rungs = data["rungs"]
        self.groups = {name: tuple(names) for name, names in data["groups"].items()}
        self.claims, self.without = {}, {}
        for protocol, entry in data["protocols"].items():
            self.claims[protocol] = [self._claim(protocol, claim) for claim in entry["claims"]]
            self.without[protocol] = dict(entry.get("without", {}))
        self._check_verdicts()

    def _names(self, protocol, names, known):
        """Names with groups spelt out."""
        found = []
        for name in names:
            if name in self.groups:
                found += self.groups[name]
            elif name in known:
                found.append(name)
            else:
                raise BadInput(f"{self.path}: {protocol}: nobody knows \"{name}\"")
        return tuple(dict.fromkeys(found))

    def _claim(self, protocol, claim):
        verdict = HOLDS if HOLDS in claim else BREAKS
        if not claim.get("source", "").strip():
            raise BadInput(f"{self.path}: {protocol}: a claim without a source")
        return Claim(verdict, self._names(protocol, claim[verdict], judge.BY_NAME),
                     self._names(protocol, claim["at"], self.rungs), claim["source"])

    def check(self, rungs, protocols):
        """Everything on the ladder must be listed here, even if the literature says nothing about it."""
        for rung in rungs:
            if rung not in self.rungs:
                raise BadInput(f"{self.path}: \"rungs\" lacks {rung}")
        for protocol in protocols:
            if protocol not in self.claims:
                raise BadInput(f"{self.path}: says nothing of {protocol}")

    def _check_verdicts(self):
        for protocol, claims in self.claims.items():
            said = {}
            for claim in claims:
                for key in [(g, r) for g in claim.guarantees for r in claim.rungs]:
                    if said.setdefault(key, claim.verdict) != claim.verdict:
                        raise BadInput(f"{self.path}: {protocol}: {key[0]} both holds and breaks at {key[1]}")

    def claim(self, protocol, rung, guarantee):
        """The literature's claim about it, or None."""
        return next((c for c in self.claims.get(protocol, ())
                     if guarantee in c.guarantees and rung in c.rungs), None)

    def verdict(self, protocol, rung, guarantee):
        claim = self.claim(protocol, rung, guarantee)
        return claim.verdict if claim else OPEN

    def meaningless(self, protocol):
        """Guarantees that mean nothing for a protocol, each with the reason."""
        return self.without.get(protocol, {})

    def contradictions(self, ladder):
        found = []
        for cell in ladder.cells.values():
            for name in sorted(cell.judged - set(self.meaningless(cell.protocol)),
                               key=list(judge.BY_NAME).index):
                claim = self.claim(cell.protocol, cell.rung, name)
                broke = name in cell.broken or name == "linearizable" and cell.undecided
                if claim and bool(broke) == (claim.verdict == HOLDS):
                    found.append(Contradiction(cell, name, claim))
        return found

    def summary(self, cell, safety):
        """The promise for all safety, or all progress, in a cell: holds, breaks or not promised."""
        names = [g.name for g in judge.GUARANTEES if g.safety == safety and g.name in cell.judged
                 and g.name not in self.meaningless(cell.protocol)]
        verdicts = {self.verdict(cell.protocol, cell.rung, name) for name in names}
        if BREAKS in verdicts:
            return BREAKS
        return HOLDS if verdicts == {HOLDS} else OPEN
