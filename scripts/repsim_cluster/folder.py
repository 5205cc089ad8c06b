"""A sweep's folder while it is run in shards: DIR/parts holds the plan and the shards that are done.

A shard appears there whole or not at all. In the end they are merged into DIR, which then holds what one
machine would have written, and parts is removed.
"""

import fcntl
import json
import os
import pathlib
import shutil

from repsim_plots.output import BadInput, write_whole


def same_sweep(there, about):
    """Whether two sweep.json, or none, are of one sweep, by whatever version of the program."""
    return there is not None and {**there, "repsim": None} == {**about, "repsim": None}


class Folder:
    def __init__(self, path, about):
        self.path, self.about = pathlib.Path(path), about
        self.parts = self.path / "parts"
        self.plan = self.parts / "shards.json"
        self.shards, self.digest, self.lock = 0, None, None
        there = read_json(self.path / "sweep.json")
        if there is not None and not same_sweep(there, about):
            raise BadInput(f"{self.path}: contains another sweep; expected a separate folder")
        if there and not self.is_finished() and not self.plan.exists():
            raise BadInput(f"{self.path}: holds a sweep that `repsim sweep` began; the same command again "
                           "finishes it, and here another folder is expected")

    def is_finished(self):
        there = read_json(self.path / "sweep.json")
        return (self.path / "summary.csv").exists() and same_sweep(there, self.about)

    def take_up(self, digest):
        """Locks the folder, and finds the plan of an earlier try, if there is one. `digest` tells programs
        apart: shards of two that simulate differently must not be mixed."""
        self.parts.mkdir(parents=True, exist_ok=True)
        self.digest = digest
        plan = read_json(self.plan)
        if plan and not same_sweep(plan["sweep"], self.about):
            raise BadInput(f"{self.parts}: holds the shards of another sweep; expected a folder of its own")
        if plan and plan["sweep"] != self.about:  # a merge takes shards of one version only
            raise BadInput(f"{self.parts}: version {plan['sweep'].get('repsim')} of the program made these "
                           f"shards, this is {self.about.get('repsim')}; expected a folder of its own")
        if plan and plan["digest"] != digest:
            raise BadInput(f"{self.parts}: another version of the program, which simulates differently, "
                           "wrote these shards; expected a folder of its own")
        self.shards = plan["shards"] if plan else 0
        self.lock = os.open(self.parts, os.O_RDONLY)  # held as long as this process lives
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self.close()
            raise BadInput(f"{self.path}: another sweep_cluster.py is writing here") from None

    def close(self):
        os.close(self.lock)

    def cut_into(self, shards):
        self.shards = shards
        plan = {"shards": shards, "digest": self.digest, "sweep": self.about}
        write_whole(self.plan, (json.dumps(plan, indent=1) + "\n").encode())

    def is_complete(self):
        return self.shards > 0 and not self.missing()

    def part(self, index):
        return self.parts / f"{index:05}"

    def missing(self):
        return [i for i in range(1, self.shards + 1) if not self.part(i).exists()]

    def keep(self, index, files):
        draft = self.parts / f"{index:05}.draft"
        shutil.rmtree(draft, ignore_errors=True)
        try:
            draft.mkdir()
            for name, content in files.items():
                (draft / name).write_bytes(content)
            draft.rename(self.part(index))
        except OSError as problem:
            raise BadInput(f"{draft}: can't be written: {problem.strerror}; the shards that are done are "
                           "kept, and the same command goes on from there") from None

    def merge(self, program):
        """Prints the summary; returns the exit code."""
        names = [self.part(i).name for i in range(1, self.shards + 1)]
        done = program.run("merge", *names, "--out", self.path.resolve(), cwd=self.parts)
        if done.returncode in (0, 1):
            self.tidy()
        return done.returncode

    def tidy(self):
        """Removes the parts, which are merged by now."""
        shutil.rmtree(self.parts, ignore_errors=True)


def read_json(path):
    """None when there is no such file."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError:
        raise BadInput(f"{path}: not JSON") from None
