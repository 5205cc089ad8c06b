#!/usr/bin/env python3
"""How well does `repsim sweep` use the machine? Runs two sweeps with one thread and with as many as asked
for, in turns, and prints the speed-up, and what a sweep costs beside its runs. Standard library only.

A speed-up is the shortest time with one thread over the shortest with several. Whatever else the machine does
spoils it: "cores" says how many the threads really got. Processor time is that of all threads together; where
it grows with their number, they get in each other's way.
"""

import argparse
import json
import pathlib
import resource
import subprocess
import sys
import tempfile
import time

from bench_check import machine

ROOT = pathlib.Path(__file__).resolve().parent.parent
HEADLINE = ROOT / "scenarios" / "sweeps" / "primary_backup_timeout.json"
SHORT = ["--set", "/faults=[]", "--set", "/duration=100ms", "--set", "/settle=10ms"]
SWEEPS = [("headline sweep (30 s of virtual time a run)", 200, []),
          ("the same, 0.1 s a run", 10_000, SHORT)]
LEAST_SPEED_UP_ON_TWO, MOST_OVERHEAD_US = 1.8, 10


def sweep(repsim, seeds, options, jobs):
    """Wall and processor seconds, and the number of runs."""
    with tempfile.TemporaryDirectory() as folder:
        before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        command = [repsim, "sweep", HEADLINE, *options, "--seeds", seeds, "--jobs", jobs, "--out", folder]
        done = subprocess.run([str(part) for part in command], text=True, capture_output=True, check=False)
        wall, after = time.monotonic() - begin, resource.getrusage(resource.RUSAGE_CHILDREN)
        if done.returncode > 1:
            sys.exit(f"bench_sweep: {done.stderr.strip()}")
        runs = sum(1 for _ in open(pathlib.Path(folder) / "runs.jsonl", "rb"))
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, runs


def measure(options, seeds, words):
    """The best of each: (wall, processor) with one thread, the same with several, runs."""
    one, many = [], []
    for _ in range(options.rounds):
        one.append(sweep(options.repsim, seeds, words, 1))
        many.append(sweep(options.repsim, seeds, words, options.jobs))
    return [min(times[i] for times in found) for found in (one, many) for i in (0, 1)] + [one[0][2]]


def overhead_us(options):
    done = subprocess.run([options.repsim, "bench", "--sweep", "--json"], text=True, capture_output=True,
                          check=True)
    return json.loads(done.stdout)["sweep_overhead_us"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--repsim", default=ROOT / "build" / "repsim", help="the program to measure")
    parser.add_argument("--jobs", type=int, default=2, help="threads to compare with one (default 2)")
    parser.add_argument("--rounds", type=int, default=5, help="of each, in turns (default 5)")
    options = parser.parse_args()
    print(f"machine: {machine()}; the best of {options.rounds} rounds\n")
    print(f"| sweep | runs/s, 1 thread | runs/s, {options.jobs} threads | speed-up | cores | "
          f"processor time of {options.jobs} over 1 |")
    print("|---|---|---|---|---|---|")
    held = True
    for name, seeds, words in SWEEPS:
        wall, cpu, wall_many, cpu_many, runs = measure(options, seeds, words)
        held &= options.jobs != 2 or wall / wall_many >= LEAST_SPEED_UP_ON_TWO
        print(f"| {name} | {runs / wall:.4g} | {runs / wall_many:.4g} | {wall / wall_many:.2f} | "
              f"{cpu_many / wall_many:.2f} | {cpu_many / cpu:.2f} |", flush=True)
    beside = overhead_us(options)
    print(f"\nbeside its runs, a sweep costs {beside:.2g} us a run (at most {MOST_OVERHEAD_US})")
    return 0 if held and beside <= MOST_OVERHEAD_US else 1


if __name__ == "__main__":
    sys.exit(main())
