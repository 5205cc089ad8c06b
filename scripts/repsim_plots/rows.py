"""The results of single runs: a few numbers from each row of a sweep."""

import json

import numpy as np

from . import seal
from .output import BadInput

MOST_ROWS = 200_000  # read: enough for any picture, and some seconds of work


def read(sweep, wanted):
    """{name: [values of each point]} for the `wanted` functions from a row to a number or None, the points
    in the order of sweep.points; and the number of runs of each point that were read. Rows come by seed, so
    that the first ones are a fair part of all."""
    path = sweep.folder / "runs.jsonl"
    if not path.exists():
        return None, 0
    seal.check(sweep.folder)
    places = {json.dumps(point, sort_keys=True): number for number, point in enumerate(sweep.points)}
    found = {name: [[] for _ in places] for name in wanted}
    most = MOST_ROWS // len(places) * len(places)
    number = 0
    try:
        with open(path, encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                if number > most:
                    break
                row = json.loads(line)
                place = places[json.dumps(sweep.as_drawn(row["point"]), sort_keys=True)]
                for name, value_of in wanted.items():
                    value = value_of(row)
                    if value is not None:
                        found[name][place].append(value)
    except (ValueError, KeyError, TypeError):
        raise BadInput(f"{path}:{number}: no row of this sweep") from None
    arrays = {name: [np.sort(values) for values in by_point] for name, by_point in found.items()}
    return arrays, min(number, most) // len(places)
