#!/usr/bin/env python3
"""Counts, over many seeds, how often each incident of scenarios/incidents shows what it is about.

Of each pair, NAME_broken.json must show the harm that its `expect` states in nearly every run, and
NAME_mended.json in none. A harm that shows in few runs, or a cure that only seems to work, would not be
seen in the one run that the tests make of each file.
"""

import argparse
import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
INCIDENTS = ROOT / "scenarios" / "incidents"


def met(repsim, file, seeds, *more):
    """The number of seeds whose run meets all expectations."""
    command = [repsim, "sweep", str(file), "--seeds", str(seeds), "--json", "--quiet", *more]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode not in (0, 1):
        sys.exit(f"{' '.join(command)}\n{done.stderr}")
    return seeds - json.loads(done.stdout)["expectations_unmet"]


def counted(repsim, name, seeds):
    """Runs that show the harm: broken, mended; and mended runs that are as they should be."""
    broken, mended = (INCIDENTS / f"{name}_{kind}.json" for kind in ("broken", "mended"))
    harm = json.dumps(json.loads(broken.read_text())["expect"])
    return (met(repsim, broken, seeds), met(repsim, mended, seeds, "--set", f"/expect={harm}"),
            met(repsim, mended, seeds))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("name", nargs="*", help="incidents, such as github_2018 (default: all)")
    parser.add_argument("--seeds", type=int, default=100, help="runs of each file (default: 100)")
    parser.add_argument("--at-least", type=float, default=0.9, metavar="SHARE",
                        help="share of the broken runs that must show the harm (default: 0.9)")
    parser.add_argument("--repsim", default=str(ROOT / "build" / "repsim"), help="the program")
    options = parser.parse_args()
    names = options.name or sorted(f.name[:-len("_broken.json")] for f in INCIDENTS.glob("*_broken.json"))
    print(f"{'of ' + str(options.seeds) + ' runs':26} {'broken':>8} {'mended':>8} {'mended'}")
    print(f"{'':26} {'harmed':>8} {'harmed':>8} {'as expected'}")
    good = True
    for name in names:
        broken, mended, fine = counted(options.repsim, name, options.seeds)
        good &= broken >= options.at_least * options.seeds and mended == 0 and fine == options.seeds
        print(f"{name:26} {broken:8} {mended:8} {fine:8}", flush=True)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
