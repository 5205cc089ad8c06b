"""The built simulator up the ladder: all that the literature promises holds, all that it says breaks does,
and what broke breaks again when its command is typed. Usage: ladder_climb.py REPSIM"""

import csv
import json
import pathlib
import shlex
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BROKEN = {"agreement": lambda r: not r["consensus"]["agreement"] or not r["consensus"]["validity"],
          "nothing lost": lambda r: r["lost_writes"]["count"] > 0,
          "alike": lambda r: r["divergence"]["diverged"],
          "linearizable": lambda r: r["linearizability"]["verdict"] == "violation",
          "one primary":
              lambda r: r["split_brain"]["harmful" if r["operations"]["invoked"] else "episodes"] > 0,
          "decides": lambda r: r["consensus"]["termination"] is False}


def climb(repsim, out, scenario, *options):
    """Runs the ladder and says what it says; False when it doesn't hold."""
    command = [sys.executable, ROOT / "scripts" / "ladder.py", ROOT / "scenarios" / "ladder" / scenario,
               "--repsim", repsim, "--out", out, "--no-picture", *options]
    done = subprocess.run([str(word) for word in command], cwd=ROOT, text=True, capture_output=True,
                          check=False)
    print(done.stdout.split("\n\n")[0], done.stderr, sep="\n")
    return done.returncode == 0


def replays(repsim, table):
    """The first command of each kind of break, typed again: does it show the same?"""
    with open(table, newline="") as file:
        first = {row["guarantee"]: row for row in reversed(list(csv.DictReader(file))) if row["replay"]}
    held = True
    for guarantee, row in first.items():
        if guarantee not in BROKEN:
            continue
        words = [str(repsim), *shlex.split(row["replay"])[1:], "--json"]
        shown = subprocess.run(words, cwd=ROOT, text=True, capture_output=True, check=False)
        again = shown.returncode <= 1 and BROKEN[guarantee](json.loads(shown.stdout))
        print("ok   " if again else "FAILS", guarantee, row["replay"])
        held = held and again
    return held and bool(first)


def main(repsim):
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder)
        held = [climb(repsim, out, "services.json", "--seeds", "6"), climb(repsim, out, "consensus.json"),
                replays(repsim, out / "services.csv"), replays(repsim, out / "consensus.csv")]
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]).resolve()))
