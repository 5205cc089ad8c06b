"""A made-up ladder: a sweep's folder whose points are rungs and protocols, with results that tests choose."""

import json
import pathlib

PARTS = 40
RUNGS = [{"label": "perfect", "/about": "Nothing happens."},
         {"label": "storm", "/about": "It rains.",
          "/faults": [{"from": "1s", "to": "3s", "partition": [[0], ["others"]]}]}]
PROTOCOLS = [{"label": "rock", "/protocol": {"name": "raft"}},
             {"label": "sand", "/protocol": {"name": "naive_broadcast"}}]
SCENARIO = {"name": "made-up", "about": "Which breaks where: a made-up ladder.", "duration": "5s",
            "clients": {"count": 5, "timeout": "600ms"}, "faults": []}


def result(point, seed, **changes):
    """A run in which all went well, but for what `changes` says: dotted keys of the result."""
    row = {"scenario": "made-up", "point": point, "protocol": "p", "seed": seed, "digest": f"{seed:016x}",
           "operations": {"invoked": 400, "ok": 400, "failed": 0, "pending": 0},
           "linearizability": {"verdict": "linearizable"}, "divergence": {"diverged": False},
           "split_brain": {"episodes": 0, "harmful": 0}, "lost_writes": {"count": 0},
           "consensus": {"agreement": True, "validity": True, "election_safety": True,
                         "leader_completeness": True, "termination": True},
           "availability": {"called": [10] * PARTS, "answered": [10] * PARTS}}
    for key, value in changes.items():
        group, name = key.split("__")
        row[group][name] = value
    return row


def folder(path, seeds=3, broken=()):
    """`broken`: ((rung, protocol), changes) of cells in which every run goes wrong."""
    path = pathlib.Path(path)
    path.mkdir(parents=True)
    points = [{**rung, **protocol, "label": f"{rung['label']} / {protocol['label']}"}
              for rung in RUNGS for protocol in PROTOCOLS]
    about = {"scenario": {**SCENARIO, "sweep": {"points": [RUNGS, PROTOCOLS]}}, "vary": {}, "points": points,
             "seeds": seeds, "first_seed": 1, "shard": "1/1"}
    (path / "sweep.json").write_text(json.dumps(about))
    wrong = {f"{rung} / {protocol}": changes for (rung, protocol), changes in broken}
    rows = [result(point, seed, **wrong.get(point["label"], {})) for seed in range(1, seeds + 1)
            for point in points]
    (path / "runs.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def promises(path, claims, without=None, rungs=("perfect", "storm")):
    """`claims`: protocol -> list of claims."""
    said = {protocol: {"claims": claims.get(protocol, []), "without": (without or {}).get(protocol, {})}
            for protocol in ("rock", "sand")}
    text = {"about": "Made up.", "rungs": list(rungs), "groups": {"all weather": ["perfect", "storm"]},
            "protocols": said}
    path = pathlib.Path(path)
    path.write_text(json.dumps(text))
    return path
