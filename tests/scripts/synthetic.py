"""Inputs for the plot tests that look like repsim's own: sweeps of a simulated heartbeat detector, and traces
of a small primary-backup run. They are made here so that the tests need no built simulator."""

import csv
import json
import math
import pathlib
import random

TIMEOUTS = ["15ms", "20ms", "25ms", "30ms", "40ms", "50ms", "60ms"]


def poisson_limits(count):
    """Exact 95 % limits of an event count, by bisection."""
    def below(k, mean):
        term = total = math.exp(-mean)
        for i in range(1, k + 1):
            term *= mean / i
            total += term
        return total

    def solve(target, k):
        low, high = 0.0, count + 10 * math.sqrt(count + 1) + 10
        for _ in range(80):
            middle = (low + high) / 2
            low, high = (middle, high) if below(k, middle) > target else (low, middle)
        return low
    if count > 500:
        return count - 1.96 * math.sqrt(count), count + 1.96 * math.sqrt(count)
    return (solve(0.975, count - 1) if count else 0.0), solve(0.025, count)


def wilson_limits(k, n):
    z, p = 1.96, k / n
    centre, spread = (p + z * z / (2 * n)), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return max(0.0, (centre - spread) / (1 + z * z / n)), (centre + spread) / (1 + z * z / n)


def count_false_suspicions(rng, eta, timeout, loss, mean_delay, seconds):
    """Counts suspicions of a live peer by a timer that every arrival restarts, and the time in them."""
    arrivals = sorted(i * eta + rng.expovariate(1 / mean_delay) for i in range(int(seconds / eta))
                      if rng.random() >= loss)
    gaps = [b - a for a, b in zip(arrivals, arrivals[1:])]
    return sum(g > timeout for g in gaps), sum(g - timeout for g in gaps if g > timeout)


def scenario(**protocol):
    return {"name": "primary-backup-timeout",
            "about": "How the failure detector's timeout trades outage against split brain.", "seed": 1,
            "duration": "30s", "settle": "5s",
            "replicas": 2,
            "protocol": {"name": "primary_backup", "acknowledge": "after_backups", "fencing": False,
                         "succession": "fixed_order",
                         "detector": {"kind": "timeout", "heartbeat": "10ms", "timeout": "30ms"}, **protocol},
            "service": {"name": "kv", "keys": 4}, "clients": {"count": 3, "rate": "50/s", "reads": 0.5},
            "network": {"delay": {"exponential": "2ms"}, "loss": 0.05},
            "faults": []}


def write_summary(folder, base, vary, rows, seeds):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    points = [row["point"] for row in rows]
    about = {"scenario": base, "vary": {p: v for p, v in vary.items() if p != "label"}, "points": points,
             "seeds": seeds, "first_seed": 1, "shard": "1/1"}
    (folder / "sweep.json").write_text(json.dumps(about))
    names = list(dict.fromkeys(name for row in rows for name in row["measures"]))
    with open(folder / "summary.csv", "w", newline="") as file:
        out = csv.writer(file)
        out.writerow([*vary, "n", "virtual_seconds",
                      *(c for n in names for c in (n, n + "_low", n + "_high"))])
        for row in rows:
            cells = [c for n in names for c in row["measures"].get(n, ("", "", ""))]
            out.writerow([*(row["point"][p] for p in vary), seeds, seeds * 35, *cells])
    return folder


def timeout_row(rng, point, timeout, loss, runs, seconds_each=12.0):
    eta, seconds = 0.01, runs * seconds_each
    count, wrong = count_false_suspicions(rng, eta, timeout, loss, 0.002, seconds)
    low, high = poisson_limits(count)
    rate = (count / seconds, low / seconds, high / seconds)
    share = min(runs, count) / runs
    outage = 0.05 + timeout + rng.gauss(0, 0.0008)
    availability = 1 - (outage / 30) - 0.0004 * count / runs
    detection = 0.002 + timeout - eta / 2 - eta * loss + rng.gauss(0, 0.0002)
    return {"point": point, "measures": {
        "violation": (share * 0.6, *wilson_limits(share * 0.6 * runs, runs)),
        "diverged": (0.0, *wilson_limits(0, runs)),
        "split_brain": (share, *wilson_limits(share * runs, runs)),
        "split_brain_per_s": rate, "false_suspicions_per_s": rate,
        "lost_writes_per_s": tuple(r * 0.31 for r in rate),
        "dual_primary_fraction": (wrong / seconds, 0.8 * wrong / seconds, 1.2 * wrong / seconds),
        "availability": (availability, availability - 4e-5, availability + 4e-5),
        "longest_outage_s": (outage, outage - 0.0015, outage + 0.0015),
        "detection_mean_s": (detection, detection - 0.0004, detection + 0.0004),
        "latency_p50_ms": (5.5, 5.4, 5.6)}}


def timeout_sweep(folder, runs=40, loss=0.05, seed=1, **protocol):
    """The headline sweep; the largest timeouts see no event at all."""
    rng, pointer = random.Random(seed), "/protocol/detector/timeout"
    rows = [timeout_row(rng, {pointer: t}, float(t[:-2]) / 1e3, loss, runs) for t in TIMEOUTS]
    base = scenario(**protocol)
    base["network"]["loss"] = loss
    return write_summary(folder, base, {pointer: TIMEOUTS}, rows, runs)


def two_parameter_sweep(folder, runs=30):
    rng, timeout, loss = random.Random(2), "/protocol/detector/timeout", "/network/loss"
    rows = [timeout_row(rng, {timeout: t, loss: p}, float(t[:-2]) / 1e3, p, runs)
            for t in TIMEOUTS for p in (0.01, 0.05, 0.2)]
    return write_summary(folder, scenario(), {timeout: TIMEOUTS, loss: [0.01, 0.05, 0.2]}, rows, runs)


def random_design(folder, samples=12, runs=20):
    """Timeouts and losses that vary together, no two alike."""
    rng, timeout, loss = random.Random(4), "/protocol/detector/timeout", "/network/loss"
    points = [{timeout: f"{rng.uniform(15, 60):.4g}ms", loss: round(rng.uniform(0.01, 0.2), 4)}
              for _ in range(samples)]
    rows = [timeout_row(rng, p, float(p[timeout][:-2]) / 1e3, p[loss], runs) for p in points]
    vary = {pointer: [p[pointer] for p in points] for pointer in (timeout, loss)}
    return write_summary(folder, scenario(), vary, rows, runs)


def judged(heartbeat, timeout, rate, outage_s, **more):
    low, high = rate * 0.7, rate * 1.4 if rate else 0.4
    return {"heartbeat": f"{heartbeat}ms", "timeout": f"{timeout}ms",
            "split_brain": {"value": rate, "low": low, "high": high, "seen": round(rate)},
            "outage": {"value": outage_s, "low": outage_s * 0.95, "high": outage_s * 1.1},
            "calm_seconds": 3600, "crashes": 400, "margin": 1 / high, "broken": low > 1, **more}


def advice(folder, answer="found"):
    """A folder as `repsim advise --out` writes it."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True)
    tried = [judged(h, t, 2e5 * 0.05 ** (t // h), (t + 2) / 1e3) for h in (5, 10) for t in (20, 30, 40, 60)]
    tried.append(judged(20, 200, 0.0, 0.21))
    choice = judged(10, 60, 0.003, 0.062)
    changes = [judged(10, 48, 0.06, 0.05, change="timeout x 0.8"),
               judged(10, 60, 2.0, 0.07, change="twice the loss")]
    (folder / "advice.json").write_text(json.dumps(
        {"scenario": "a choice", "protocol": "primary_backup", "answer": answer,
         "bounds": {"split_brain": 1, "outage": 0.1}, "choice": choice, "front": [0, 1, 4, 5, 8],
         "tried": tried, "sensitivity": changes if answer == "found" else [], "runs": 12345}))
    return folder


def category_sweep(folder, runs=50):
    rng, pointer = random.Random(3), "/protocol/acknowledge"
    values = ["before_backups", "after_one", "after_backups"]
    rows = []
    for value, lost in zip(values, (0.4, 0.06, 0.0)):
        k = sum(rng.random() < lost for _ in range(runs))
        low, high = poisson_limits(k)
        rows.append({"point": {pointer: value}, "measures": {
            "lost_write": (k / runs, *wilson_limits(k, runs)),
            "lost_writes_per_s": (k / runs / 30, low / runs / 30, high / runs / 30),
            "latency_p50_ms": (2 + 3 * (lost < 0.3), 1.9 + 3 * (lost < 0.3), 2.1 + 3 * (lost < 0.3)),
            "longest_outage_s": (0.07, 0.068, 0.072)}})
    return write_summary(folder, scenario(), {pointer: values}, rows, runs)


def comparison(folder, labels=("rock", "sand", "bridge of sand"), runs=20, faults=None):
    """A sweep over listed points, with the runs' answers by time: one loses writes, one never fails over.
    `faults`: label -> those of this point alone."""
    points = [{"label": label, "/protocol": {"name": "raft"},
               **({"/faults": faults[label]} if faults and label in faults else {})} for label in labels]
    rows = []
    for number, label in enumerate(labels):
        lost = runs // 2 if number == 1 else 0
        found = {"latency_p50_ms": 2 + number, "latency_p99_ms": 90, "longest_outage_s": 0.2,
                 "messages_per_operation": 6 + number, "delays_per_operation": 4, "answered": 0.98}
        if number != 2:
            found["failover_mean_s"] = 0.15
        measured = {name: (value, 0.95 * value, 1.05 * value) for name, value in found.items()}
        measured.update({name: (lost / runs, *wilson_limits(lost, runs))
                         for name in ("violation", "lost_write", "harmful", "split_brain")})
        rows.append({"point": {"label": label}, "measures": measured})
    base = {**scenario(), "faults": [{"at": "5s", "crash": 0}, {"at": "9s", "restart": 0},
                                     {"from": "12s", "to": "15s", "partition": [[0, "c0"], [1]]}]}
    folder = write_summary(folder, base, {"label": list(labels)}, rows, runs)
    about = json.loads((folder / "sweep.json").read_text())
    (folder / "sweep.json").write_text(json.dumps({**about, "vary": {}, "points": points}))
    write_rows(folder, points, runs)
    return folder


def write_rows(folder, points, runs):
    """A row for each seed and point, as far as pictures look at them: a failover in every second run, 10 ms
    longer from seed to seed."""
    answered = [9] * 40
    lines = [{"point": point, "seed": seed, "digest": f"{seed:016x}", "operations": {"invoked": 400},
              "latency_ms": {"p99": 5 + seed / 10},
              "availability": {"called": [10] * 40, "answered": answered, "longest_outage_s": seed / 1000},
              "failover": {"count": seed % 2, "mean_s": 0.1 + seed / 100 if seed % 2 else None}}
             for seed in range(1, runs + 1) for point in points]
    (folder / "runs.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))


def differences(folder, numbers):
    """differences.csv of a sweep: {(point, baseline, measure): (difference, low, high, unit)}"""
    with open(folder / "differences.csv", "w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["point", "baseline", "measure", "n", "difference", "low", "high", "unit"])
        for (point, baseline, measure), values in numbers.items():
            out.writerow([point, baseline, measure, 40, *values])
    return folder


def labels_times_loss(folder, labels, losses=(0.0, 0.1, 0.2), runs=30):
    """Listed points, each at every loss: the n-th loses more writes the higher n."""
    points = [{"label": label, "/network/loss": loss} for label in labels for loss in losses]
    rows = []
    for point in points:
        k = min(runs, round(runs * point["/network/loss"] * labels.index(point["label"])))
        latency = 2 + 20 * point["/network/loss"]
        rows.append({"point": point, "measures": {
            "lost_write": (k / runs, *wilson_limits(k, runs)),
            "latency_p99_ms": (latency, 0.9 * latency, 1.1 * latency)}})
    return write_summary(folder, scenario(), {"label": labels, "/network/loss": list(losses)}, rows, runs)


def failovers(folder, labels=("150-300 ms", "12-24 ms"), runs=40, each=1):
    """A sweep over listed points whose every run has failovers: 101, 102, ... milliseconds long."""
    comparison(folder, labels, runs)
    lines = [json.loads(line) for line in (folder / "runs.jsonl").read_text().splitlines()]
    for line in lines:
        line["failover"] = {"count": each, "mean_s": 0.1 + line["seed"] / 1000}
    (folder / "runs.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    about = json.loads((folder / "sweep.json").read_text())
    about["scenario"].update(name="raft-election-time", clients={"count": 1, "operations": 1})
    (folder / "sweep.json").write_text(json.dumps(about))
    return folder


def loss_sweep(folder, runs=2000):
    """Naive broadcast to 3 replicas, 10 writes to a log, against the probability of loss."""
    rng, losses = random.Random(4), [0.001, 0.003, 0.01, 0.03, 0.1]
    base = {"name": "naive-broadcast-loss", "about": "Synthetic.", "seed": 1, "duration": "5s",
            "settle": "1s",
            "replicas": 3, "protocol": {"name": "naive_broadcast"}, "service": {"name": "log"},
            "clients": {"count": 1, "every": "100ms", "operations": 10, "reads": 0.0, "retry": False},
            "network": {"delay": {"constant": "2ms"}, "loss": 0.01, "client": "same"}, "faults": []}
    rows = []
    for p in losses:
        k = sum(any(len({rng.random() < p for _ in range(3)}) > 1 for _ in range(10)) for _ in range(runs))
        rows.append({"point": {"/network/loss": p}, "measures": {
            "diverged": (k / runs, *wilson_limits(k, runs)), "messages_per_operation": (6.0, 6.0, 6.0)}})
    return write_summary(folder, base, {"/network/loss": losses}, rows, runs)
