"""The plan of a sweep, as the program itself states it, and the number of its shards."""

import dataclasses
import json
import math
import pathlib
import subprocess
import tempfile
import time

from repsim_plots.output import BadInput

MOST_SHARDS = 10_000      # each is a folder until they are merged
LONGEST_MEASUREMENT = 10  # seconds
SHARDS_A_THREAD = 4       # at least, so that all end at about the same time
SMALLEST = "1/1000000"   # the first of as many shards as there may be: a millionth of the seeds, mostly none


class Program:
    """The simulator on this machine, with the scenario and the options of one sweep."""

    def __init__(self, path, scenario, options):
        self.path, self.scenario, self.options = path, scenario, options

    def run(self, *words, **how):
        try:
            return subprocess.run([str(self.path.resolve()), *map(str, words)], text=True, check=False, **how)
        except OSError as problem:
            raise BadInput(f"{self.path}: {problem.strerror} (scripts/run.sh builds it)") from None

    def ask(self, *words):
        """Returns the program's output; its error becomes ours."""
        done = self.run(*words, capture_output=True)
        if done.returncode not in (0, 1, 3):
            said = done.stderr.strip().removeprefix("repsim: ")
            raise BadInput(said or f"{self.path}: ended with code {done.returncode}")
        return done.stdout

    def sweep(self, *words, **how):
        return self.run("sweep", self.scenario, *self.options, *words, **how)

    def about(self):
        """The whole sweep's sweep.json: that of the smallest shard, but for the shard."""
        with tempfile.TemporaryDirectory() as folder:
            self.ask("sweep", self.scenario, *self.options, "--shard", SMALLEST, "--out", folder)
            text = pathlib.Path(folder, "sweep.json").read_text(encoding="utf-8")
        return {**json.loads(text), "shard": "1/1"}

    def seconds_a_seed(self, seeds):
        """Of one core; so many seeds are run, results dropped, that the answer is good enough."""
        count = 1
        while True:
            begin = time.monotonic()
            try:
                done = self.run("sweep", self.scenario, *without_seeds(self.options), "--seeds", count,
                                "--jobs", "1", capture_output=True, timeout=LONGEST_MEASUREMENT)
            except subprocess.TimeoutExpired:
                return LONGEST_MEASUREMENT / count
            if done.returncode not in (0, 1):
                raise BadInput(done.stderr.strip().removeprefix("repsim: "))
            spent = time.monotonic() - begin
            if spent > 0.5 or count >= seeds:
                return spent / count
            count = min(seeds, count * 4)


def without_seeds(options):
    at = options.index("--seeds") if "--seeds" in options else len(options)
    return options[:at] + options[at + 2:]


@dataclasses.dataclass(frozen=True)
class Probe:
    """One run that must give the same result on every worker: the first seed at the first point."""
    words: list

    @staticmethod
    def of(about, settings):
        point = about["points"][0]
        words = ["--seed", str(about["first_seed"])]
        for label in filter(None, point.get("label", "").split(" / ")):
            words += ["--point", label]
        for setting in settings:
            words += ["--set", setting]
        for pointer in about["vary"]:
            value = point[pointer]
            words += ["--set", f"{pointer}={value if isinstance(value, str) else json.dumps(value)}"]
        return Probe(words)

    def command(self, scenario):
        return ["run", str(scenario), *self.words, "--json"]

    def digest(self, program):
        return json.loads(program.ask(*self.command(program.scenario)))["digest"]


def number_of_shards(program, seeds, task_seconds, threads):
    """Tasks of a few seconds, several for each thread, none without a seed."""
    by_time = math.ceil(seeds * program.seconds_a_seed(seeds) / task_seconds)
    return max(1, min(max(by_time, SHARDS_A_THREAD * threads), seeds, MOST_SHARDS))


def runs_in(about, shards, index):
    """The number of runs of a shard, as sim/experiment divides seeds."""
    seeds = about["seeds"]
    return (seeds * index // shards - seeds * (index - 1) // shards) * len(about["points"])
