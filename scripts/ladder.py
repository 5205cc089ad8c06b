#!/usr/bin/env python3
"""Put every protocol on every rung of a ladder of faults, and hold what breaks against the literature.

Sweeps scenarios that list rungs and protocols as their points. Prints a table and, for everything that
broke, the command that shows it again; draws the table and writes its numbers as CSV. Exits 1 when something
promised broke, or something that is said to break didn't. The same command again resumes a sweep that was
interrupted.
"""

import argparse
import pathlib
import subprocess
import sys

from repsim_plots import interpreter, page_options

ROOT = pathlib.Path(__file__).resolve().parent.parent
LADDER = ROOT / "scenarios" / "ladder"


def parse_arguments(argv):
    parser = argparse.ArgumentParser(prog="ladder.py", description=__doc__.splitlines()[0])
    parser.add_argument("scenarios", nargs="*", type=pathlib.Path, metavar="SCENARIO",
                        default=[LADDER / "services.json", LADDER / "consensus.json"],
                        help="default: services.json and consensus.json of scenarios/ladder")
    parser.add_argument("--point", action="append", default=[], metavar="LABEL",
                        help="only this rung or protocol; may be repeated")
    parser.add_argument("--seeds", type=int, metavar="N",
                        help="runs of each cell (default: as the scenario says)")
    parser.add_argument("--jobs", type=int, metavar="N", help="threads (default: all cores)")
    parser.add_argument("--out", type=pathlib.Path, metavar="DIR", default=ROOT / "out" / "ladder",
                        help="default: out/ladder")
    parser.add_argument("--promises", type=pathlib.Path, metavar="FILE", default=LADDER / "promises.json",
                        help="default: scenarios/ladder/promises.json")
    parser.add_argument("--repsim", type=pathlib.Path, metavar="PATH", default=ROOT / "build" / "repsim",
                        help="default: build/repsim")
    parser.add_argument("--save", action="store_true",
                        help="write a scenario of its own for every cell that broke, with its seed")
    parser.add_argument("--no-picture", action="store_true", help="only the table and the CSV")
    page_options.add(parser)
    return parser.parse_args(argv)


def shown(path):
    """A path as the caller would type it."""
    path = pathlib.Path(path).resolve()
    here = pathlib.Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def repsim(arguments, *words):
    """Runs it with its result left out; returns the exit code."""
    try:
        return subprocess.run([str(arguments.repsim.resolve()), *map(str, words)], stdout=subprocess.DEVNULL,
                              check=False).returncode
    except OSError as problem:
        from repsim_plots.output import BadInput
        raise BadInput(f"{arguments.repsim}: {problem.strerror} (scripts/run.sh builds it)") from None


def sweep(arguments, scenario, folder):
    words = ["sweep", shown(scenario), "--out", folder]
    for label in arguments.point:
        words += ["--point", label]
    for option in ("seeds", "jobs"):
        if getattr(arguments, option) is not None:
            words += [f"--{option}", getattr(arguments, option)]
    return repsim(arguments, *words)


def save_replays(arguments, scenario, ladder, promises):
    """One scenario for each cell that broke: a run of its own, to be edited."""
    folder = arguments.out / "replays"
    folder.mkdir(parents=True, exist_ok=True)
    for cell in ladder.cells.values():
        worst = cell.worst(promises.meaningless(cell.protocol))
        if worst:
            name = f"{cell.protocol} {cell.rung}".replace(",", "").replace(" ", "_")
            repsim(arguments, "run", shown(scenario), "--point", cell.rung, "--point", cell.protocol,
                   "--seed", cell.broken[worst.name][0], "--save", folder / f"{name}.json")


def climb(arguments, scenario, promises):
    """One ladder; returns the exit code."""
    from repsim_ladder import judge, table
    from repsim_plots.output import Pictures
    code = sweep(arguments, scenario, arguments.out / scenario.stem)
    if code > 1:
        return code
    ladder = judge.load(arguments.out / scenario.stem)
    promises.check(ladder.rungs, ladder.protocols)
    contradictions = promises.contradictions(ladder)
    print(table.text(ladder, promises), end="\n\n")
    print(table.breaks(ladder, promises, shown(scenario)), end="\n\n")
    pictures = Pictures(arguments.out)
    pictures.add_table(scenario.stem, table.COLUMNS, table.rows(ladder, promises, shown(scenario)))
    if not arguments.no_picture:
        from repsim_ladder import figure
        pictures.add_figure(scenario.stem, figure.picture(ladder, promises, contradictions))
    for path in pictures.write():
        print(shown(path), end="\n\n")
    if arguments.save:
        save_replays(arguments, scenario, ladder, promises)
    for contradiction in contradictions:
        print(f"not what the literature says: {contradiction.text()}", file=sys.stderr)
    return 1 if contradictions else 0


def main(argv):
    arguments = parse_arguments(argv)
    interpreter.use_one_with_matplotlib(__file__)
    from repsim_ladder.promises import Promises
    from repsim_plots import page
    from repsim_plots.output import BadInput
    try:
        page.ask(arguments.width, arguments.font_size)
        promises = Promises(arguments.promises)  # bad input is refused before anything runs
        return max(climb(arguments, scenario, promises) for scenario in arguments.scenarios)
    except BadInput as problem:
        print(f"ladder.py: {problem}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
