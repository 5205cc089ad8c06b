"""The ladder in words: a table for a terminal, what broke and how to see it again, and the numbers as CSV."""

import shlex

from . import judge
from .promises import BREAKS, HOLDS, OPEN

COLUMNS = ("rung", "protocol", "guarantee", "literature says", "runs", "broke in", "first seed", "replay",
           "source")


SAID = {HOLDS: " PROMISED", BREAKS: " (predicted)", OPEN: ""}


def replay(scenario_file, cell, seed):
    """The command that shows one run of a cell again."""
    words = ["build/repsim", "run", str(scenario_file), "--point", cell.rung, "--point", cell.protocol,
             "--seed", str(seed)]
    return " ".join(shlex.quote(word) for word in words)


def word_of(cell, promises):
    worst = cell.worst(promises.meaningless(cell.protocol))
    if worst:
        return worst.word
    return "?" if cell.undecided else "holds"


def text(ladder, promises):
    """One line for each protocol, one column for each rung."""
    width = max(len(p) for p in ladder.protocols)
    columns = [max(len(rung), 9) for rung in ladder.rungs]
    lines = [" " * width + "  " + "  ".join(f"{r:<{w}}" for r, w in zip(ladder.rungs, columns)).rstrip()]
    for protocol in ladder.protocols:
        words = [mark(ladder.cells[rung, protocol], promises) for rung in ladder.rungs]
        lines.append(f"{protocol:<{width}}  "
                     + "  ".join(f"{word:<{w}}" for word, w in zip(words, columns)).rstrip())
    return "\n".join(lines)


def mark(cell, promises):
    """The word of a cell; loud where a promise is broken."""
    worst = cell.worst(promises.meaningless(cell.protocol))
    if worst is None:
        return word_of(cell, promises)
    said = promises.verdict(cell.protocol, cell.rung, worst.name)
    return worst.word.upper() + "!" if said == HOLDS else worst.word


def breaks(ladder, promises, scenario_file):
    """Every broken guarantee of every cell: how often, what the literature says, how to see it again."""
    lines = ["What broke, in how many runs (predicted: by the literature), and how to see it again:"]
    for protocol in ladder.protocols:
        lines.append(protocol)
        count = len(lines)
        for rung in ladder.rungs:
            cell = ladder.cells[rung, protocol]
            skip = promises.meaningless(protocol)
            names = [g.name for g in judge.GUARANTEES if g.name in cell.broken and g.name not in skip]
            if not names:
                continue
            told = ", ".join(f"{name} {len(cell.broken[name])}/{cell.runs}"
                             + SAID[promises.verdict(protocol, rung, name)] for name in names)
            lines.append(f"  {rung}: {told}")
            lines.append(f"    {replay(scenario_file, cell, cell.broken[names[0]][0])}")
        if len(lines) == count:
            lines.append("  holds on every rung")
    return "\n".join(lines)


def rows(ladder, promises, scenario_file):
    for rung in ladder.rungs:
        for protocol in ladder.protocols:
            cell = ladder.cells[rung, protocol]
            for guarantee in judge.GUARANTEES:
                if guarantee.name not in cell.judged or guarantee.name in promises.meaningless(protocol):
                    continue
                seeds = cell.broken.get(guarantee.name, [])
                claim = promises.claim(protocol, rung, guarantee.name)
                yield (rung, protocol, guarantee.name, promises.verdict(protocol, rung, guarantee.name),
                       cell.runs, len(seeds), seeds[0] if seeds else None,
                       replay(scenario_file, cell, seeds[0]) if seeds else None,
                       claim.source if claim else None)
