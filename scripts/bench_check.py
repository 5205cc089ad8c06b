#!/usr/bin/env python3
"""How fast is `repsim check`? Takes recorded histories, generates the others of the table below, judges each
in a process of its own, and prints what was aimed at beside what was measured, with the machine. Standard
library only.

Porcupine's figures (Go) were taken on one core of a 2-core machine, on these histories or others of the same
kinds. A row's time is processor time from opening the file to the verdict, the median of its runs; memory is
the peak of the whole process.
"""

import argparse
import json
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
RECORDED = ROOT / "tests" / "data" / "histories"

# name, Porcupine, seconds at most, MiB at most (None: no aim), files or arguments of `generate`
ROWS = [
    ("Porcupine's 102 etcd logs, all together", "529 ms", 0.015, None, "etcd/*.log"),
    ("etcd_002", "194 ms", 0.001, None, "etcd/etcd_002.log"),
    ("etcd_057", "67 ms", 0.001, None, "etcd/etcd_057.log"),
    ("kv c50-ok: 1,712 operations, 50 clients, 10 keys", "245 ms, 69 MiB", 0.010, None, "kv/c50-ok.txt"),
    ("one register, unique values, 10 clients: 10k", "2.3 s, 1.1 GiB", 0.5, 256,
     "--operations 10000 --clients 10"),
    ("... 30k", "out of memory", 0.5, 256, "--operations 30000 --clients 10"),
    ("... 1M", "-", 0.5, 256, "--operations 1000000 --clients 10"),
    ("key-value, 100 keys, 50 clients, 1M operations", "8.5 s, 2.3 GiB", 1.5, 256,
     "--model kv --mix read=1,write=1 --operations 1000000 --clients 50 --keys 100"),
    ("1k operations, 5 values, 30 clients on one key", "over 60 s", 5, None,
     "--operations 1000 --values 5 --clients 30"),
    ("1k operations, cas mix, 30 clients", "over 41 s", 20, None,
     "--model cas-register --operations 1000 --values 5 --clients 30"),
    ("get/append, 10 clients on one key, 1k operations", "over 27 s", 0.1, None,
     "--model kv --mix read=1,append=1 --operations 1000 --clients 10"),
    ("300 operations, 20 pending writes", "over 60 s", 0.020, None,
     "--operations 300 --values 5 --crashes 20"),
    ("1k operations, cas mix, 8 % crashed clients", "0.05 s", 0.2, None,
     "--model cas-register --operations 1000 --values 5 --crashes 8%"),
    ("1k operations, 50 clients on one key, 5 values", "not reached", 60, None,
     "--operations 1000 --values 5 --clients 50"),
    ("queue, distinct values, 10 clients, 100k operations", "-", None, None,
     "--model queue --operations 100000 --clients 10"),
    ("compare-and-set, unique values, 10 clients, 1M operations", "-", None, None,
     "--model cas-register --operations 1000000 --clients 10"),
    ("stack, distinct values, 10 clients, 1M operations", "-", None, None,
     "--model stack --operations 1000000 --clients 10"),
    ("set, 1000 elements, 10 clients, 1M operations", "-", None, None,
     "--model set --mix insert=1,remove=1,contains=2 --values 1000 --operations 1000000 --clients 10"),
]

# As short as in a sweep, and judged in memory: the simulator's own may take so many microseconds each;
# generated ones of a single key with five values are harder, and shown beside them.
OWN_HISTORIES = "own histories, 100 operations, 3 clients"
OWN_US_MAX = 20


def machine():
    try:
        cpuinfo = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8")
        processors = [line.split(":", 1) for line in cpuinfo.splitlines() if line.startswith("model name")]
        model = f"{len(processors)} x {processors[0][1].strip()}"
    except (OSError, IndexError):
        model = platform.processor() or "unknown processor"
    return f"{model}, {platform.system()} {platform.release()}"


def run(command):
    return subprocess.run([str(part) for part in command], text=True, capture_output=True, check=False)


def judge(repsim, files, budget):
    """Seconds, MiB and verdicts of one process that checks `files`."""
    done = run([repsim, "check", "--time", "--json", "--budget", budget, *files])
    if done.returncode == 2:
        sys.exit(f"bench_check: {done.stderr.strip()}")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return (sum(line["cpu_seconds"] for line in lines), max(line["peak_mib"] for line in lines),
            sorted({line["verdict"] for line in lines}))


def generate(repsim, plan, folder, seed):
    path = folder / f"{seed}.jsonl"
    done = run([repsim, "generate", *plan.split(), "--seed", seed, "--out", path])
    if done.returncode != 0:
        sys.exit(f"bench_check: {done.stderr.strip()}")
    return [path]


def measure(repsim, what, options):
    if not what.startswith("--"):
        runs = [judge(repsim, sorted(RECORDED.glob(what)), options.budget) for _ in range(options.runs)]
    else:
        runs = []
        with tempfile.TemporaryDirectory() as folder:
            for seed in range(1, options.seeds + 1):
                files = generate(repsim, what, pathlib.Path(folder), seed)
                runs += [judge(repsim, files, options.budget) for _ in range(options.runs)]
                files[0].unlink()
    seconds = [r[0] for r in runs]
    return (statistics.median(seconds), min(seconds), max(seconds), max(r[1] for r in runs),
            ", ".join(sorted({v for r in runs for v in r[2]})))


def judge_sweeps(repsim, only):
    """Prints a row for each model, measured by `repsim bench`; how many took longer than they should."""
    if only not in OWN_HISTORIES:
        return 0
    done = run([repsim, "bench", "--json"])
    if done.returncode != 0:
        sys.exit(f"bench_check: {done.stderr.strip()}")
    missed = 0
    for row in json.loads(done.stdout)["check"]:
        own = row["source"] == "simulated"
        held = row["us_per_history"] <= OWN_US_MAX
        missed += own and not held
        verdict = ("yes" if held else "NO") if own else "-"
        name = OWN_HISTORIES if own else "... generated, 5 values"
        print(f"| {name}: {row['model']} | - | {f'{OWN_US_MAX} us each' if own else '-'} | "
              f"{row['us_per_history']:.3g} us | - | linearizable | {verdict} |", flush=True)
    return missed


def time_text(seconds):
    if seconds is None:
        return "-"
    return f"{seconds:.3g} s" if seconds >= 1 else f"{seconds * 1000:.3g} ms"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--repsim", default=ROOT / "build" / "repsim", help="the program to measure")
    parser.add_argument("--runs", type=int, default=3, help="runs of each history (default 3)")
    parser.add_argument("--seeds", type=int, default=3, help="histories of each row (default 3)")
    parser.add_argument("--budget", default="60s", help="of each check (default 60s)")
    parser.add_argument("--only", default="", help="rows whose name holds this")
    options = parser.parse_args()
    print(f"machine: {machine()}; each row: {options.seeds} histories, {options.runs} runs of each\n")
    print("| history | Porcupine | at most | median (min to max) | peak memory | verdicts | held |")
    print("|---|---|---|---|---|---|---|")
    missed = 0
    for name, porcupine, seconds_max, mib_max, what in ROWS:
        if options.only not in name:
            continue
        median, low, high, mib, verdicts = measure(options.repsim, what, options)
        held = (seconds_max is None or median <= seconds_max) and (mib_max is None or mib <= mib_max)
        missed += not held
        aim = time_text(seconds_max) + (f", {mib_max} MiB" if mib_max else "")
        spread = f"{time_text(low)} to {time_text(high)}"
        print(f"| {name} | {porcupine} | {aim} | {time_text(median)} ({spread}) | "
              f"{mib:.0f} MiB | {verdicts} | {'yes' if held else 'NO'} |", flush=True)
    missed += judge_sweeps(options.repsim, options.only)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
