#!/usr/bin/env python3
"""Sweep on many machines: what `repsim sweep SCENARIO --out DIR` would write, run by the workers of Dask.

The workers need the program, and no folder in common: they are sent the scenario with the files that it
names, a few seconds' worth of runs at a time, and send back the rows. A worker that is lost costs what it was
running; the same command again goes on where an earlier one stopped.
"""

import argparse
import pathlib
import sys

from repsim_plots import interpreter

ROOT = pathlib.Path(__file__).resolve().parent.parent


def parse_arguments(argv):
    parser = argparse.ArgumentParser(prog="sweep_cluster.py", description=__doc__.splitlines()[0])
    parser.add_argument("scenario", type=pathlib.Path, metavar="SCENARIO")
    parser.add_argument("--scheduler", required=True, metavar="ADDRESS",
                        help="of a Dask scheduler, such as tcp://10.0.0.1:8786; or its scheduler file; or "
                             "local: workers on this machine, for the time being")
    parser.add_argument("--workers", type=int, metavar="N", help="local: how many (default: one a core)")
    parser.add_argument("--out", type=pathlib.Path, metavar="DIR", help="default: out/NAME of the scenario")
    parser.add_argument("--seeds", type=int, metavar="N", help="at each point (default: as it says)")
    parser.add_argument("--first-seed", type=int, metavar="N", help="the first of them (default 1)")
    parser.add_argument("--baseline", metavar="NAME", help="the point that the others are compared with")
    parser.add_argument("--point", action="append", default=[], metavar="LABEL",
                        help="only the listed points with these labels; may be repeated")
    parser.add_argument("--set", action="append", default=[], metavar="/json/pointer=VALUE",
                        help="change the scenario; may be repeated")
    parser.add_argument("--repsim", type=pathlib.Path, metavar="PATH", default=ROOT / "build" / "repsim",
                        help="the program here (default: build/repsim)")
    parser.add_argument("--binary", metavar="PATH",
                        help="the program where the workers are (default: the same path)")
    parser.add_argument("--task-seconds", type=float, default=4, metavar="S",
                        help="how long a task should take (default 4)")
    parser.add_argument("--shards", type=int, metavar="N", help="cut the sweep into so many tasks instead")
    return parser.parse_args(argv)


def sweep_options(arguments):
    words = []
    for name in ("seeds", "first_seed", "baseline"):
        if getattr(arguments, name) is not None:
            words += [f"--{name.replace('_', '-')}", str(getattr(arguments, name))]
    for name in ("point", "set"):
        for value in getattr(arguments, name):
            words += [f"--{name}", value]
    return words


def sweep(arguments):
    """Returns the exit code, which is that of `repsim sweep`."""
    from repsim_cluster.folder import Folder
    from repsim_cluster.plan import Probe, Program
    program = Program(arguments.repsim, arguments.scenario, sweep_options(arguments))
    about = program.about()  # a bad scenario is refused before anything is written
    folder = Folder(arguments.out or ROOT / "out" / arguments.scenario.stem, about)
    if folder.is_finished():
        print(f"{folder.path}: the sweep is there already", file=sys.stderr)
        folder.tidy()
        return program.sweep("--out", folder.path).returncode
    probe = Probe.of(about, arguments.set)
    folder.take_up(probe.digest(program))
    if not folder.is_complete():
        run_shards(arguments, folder, program, probe)
    return folder.merge(program)


def run_shards(arguments, folder, program, probe):
    from repsim_cluster import drive, plan
    from repsim_cluster.parcel import Parcel
    from repsim_cluster.progress import Progress, count
    parcel = Parcel(arguments.scenario, arguments.set)
    with drive.cluster(arguments.scheduler, arguments.workers) as client:
        if not folder.shards:
            folder.cut_into(arguments.shards or plan.number_of_shards(
                program, folder.about["seeds"], arguments.task_seconds,
                sum(drive.threads_by_worker(client).values())))
        missing = {i: plan.runs_in(folder.about, folder.shards, i) for i in folder.missing()}
        total = folder.about["seeds"] * len(folder.about["points"])
        progress = Progress(total, total - sum(missing.values()))
        progress.say(f"{count('shard', len(missing))} of {folder.shards} to run, for "
                     f"{count('worker', len(drive.threads_by_worker(client)))} at first")
        order = {"binary": arguments.binary or str(arguments.repsim.resolve()), "files": parcel.files,
                 "scenario": parcel.scenario, "options": program.options, "shards": folder.shards,
                 "probe": probe.command(parcel.scenario), "digest": folder.digest}
        drive.Drive(client, order, missing, folder.keep, progress).run()


def main(argv):
    interpreter.use_one_with_dask(__file__)
    arguments = parse_arguments(argv)
    from repsim_plots.output import BadInput
    try:
        return sweep(arguments)
    except BadInput as problem:
        print(f"sweep_cluster.py: {problem}", file=sys.stderr)
    except OSError as problem:
        print(f"sweep_cluster.py: {problem.filename}: {problem.strerror}", file=sys.stderr)
    except KeyboardInterrupt:
        print("sweep_cluster.py: interrupted; the shards that are done are kept", file=sys.stderr)
        return 130
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
