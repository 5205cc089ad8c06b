"""scripts/repsim_cluster without a cluster: the files sent with a scenario, the shards, the worker's task."""

import json
import pathlib
import resource
import sys
import tempfile
import unittest

SCRIPTS = pathlib.Path(__file__).resolve().parent.parent.parent / "scripts"
sys.path[:0] = [str(SCRIPTS)]

from repsim_cluster import plan, worker  # noqa: E402
from repsim_cluster.folder import Folder  # noqa: E402
from repsim_cluster.parcel import Parcel  # noqa: E402
from repsim_plots.output import BadInput  # noqa: E402


class ClusterTest(unittest.TestCase):
    def setUp(self):
        self.keep = tempfile.TemporaryDirectory()
        self.addCleanup(self.keep.cleanup)
        self.dir = pathlib.Path(self.keep.name)

    def file(self, name, content):
        path = self.dir / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path


class Parcels(ClusterTest):
    def test_a_scenario_that_names_no_file_travels_alone(self):
        path = self.file("a/s.json", {"name": "s", "replicas": 2})
        parcel = Parcel(path)
        self.assertEqual((parcel.scenario, list(parcel.files)), ("s.json", ["s.json"]))
        self.assertEqual(parcel.files["s.json"], path.read_bytes())

    def test_files_travel_that_the_scenario_its_lists_of_points_or_a_setting_name(self):
        measured = {"label": "x", "/network/delay": {"empirical": "own.txt"}}
        self.file("data/points.json", {"points": [measured]})
        for name in ("a/own.txt", "a/set.txt", "a/not_named.txt", "data/rtt.csv", "own.txt"):
            self.file(name, name)
        path = self.file("a/s.json", {"network": {"delay": {"regions": "../data/rtt.csv"}},
                                      "sweep": {"points": ["../data/points.json", [{"label": "y"}]]}})
        parcel = Parcel(path, ['/network/delay={"empirical":"set.txt"}', "/protocol/name=raft"])
        self.assertEqual(parcel.scenario, "a/s.json")
        self.assertEqual(set(parcel.files),
                         {"a/s.json", "data/points.json", "data/rtt.csv", "a/own.txt", "a/set.txt"})

    def test_names_of_folders_absolute_paths_and_long_texts_are_no_files_to_send(self):
        self.file("other.txt", "")
        path = self.file("s.json", {"about": "word " * 2000, "name": ".",
                                    "here": str(self.dir / "other.txt")})
        self.assertEqual(list(Parcel(path).files), ["s.json"])


class FakeProgram:
    def __init__(self, seconds):
        self.seconds = seconds

    def seconds_a_seed(self, seeds):
        return self.seconds


class Cutting(ClusterTest):
    def test_a_task_takes_the_seconds_that_were_asked_for(self):
        self.assertEqual(plan.number_of_shards(FakeProgram(0.02), 100_000, 4, 8), 500)

    def test_every_thread_gets_several_shards_and_no_shard_is_empty(self):
        self.assertEqual(plan.number_of_shards(FakeProgram(0.001), 1000, 4, 8), 32)
        self.assertEqual(plan.number_of_shards(FakeProgram(100), 7, 4, 8), 7)
        self.assertEqual(plan.number_of_shards(FakeProgram(1), 10 ** 9, 4, 8), plan.MOST_SHARDS)

    def test_seconds_are_measured_with_as_many_seeds_as_that_takes(self):
        script = self.file("program", f"#!{sys.executable}\nimport sys, time\n"
                           "assert sys.argv[1:5] == ['sweep', 's.json', '--set', '/replicas=3']\n"
                           "assert sys.argv[5] == '--seeds' and sys.argv.count('--seeds') == 1\n"
                           "time.sleep(0.02 * int(sys.argv[6]))\n")
        script.chmod(0o755)
        program = plan.Program(script, "s.json", ["--seeds", "500", "--set", "/replicas=3"])
        self.assertTrue(0.02 < program.seconds_a_seed(500) < 0.2)

    def test_the_shards_have_all_runs(self):
        about = {"seeds": 103, "points": [{}, {}, {}]}
        self.assertEqual(sum(plan.runs_in(about, 10, i) for i in range(1, 11)), 309)

    def test_the_probe_is_the_first_run(self):
        about = {"first_seed": 5, "vary": {"/clients/rate": ["5/s"], "/network/loss": [0.1, 0.2]},
                 "points": [{"label": "raft / calm", "/protocol": {}, "/clients/rate": "5/s",
                             "/network/loss": 0.1}]}
        self.assertEqual(plan.Probe.of(about, ["/replicas=3"]).command("s.json"), [
            "run", "s.json", "--seed", "5", "--point", "raft", "--point", "calm", "--set", "/replicas=3",
            "--set", "/clients/rate=5/s", "--set", "/network/loss=0.1", "--json"])


class Folders(ClusterTest):
    ABOUT = {"scenario": {}, "points": [{}], "seeds": 4, "shard": "1/1"}

    def begun(self, about=None, digest="d"):
        folder = Folder(self.dir / "out", about or self.ABOUT)
        folder.take_up(digest)
        return folder

    def test_what_is_done_is_not_missing_to_the_next(self):
        first = self.begun()
        first.cut_into(3)
        first.keep(2, {"runs.jsonl": b"row\n"})
        first.close()
        second = self.begun()
        self.assertEqual((second.shards, second.missing(), second.is_complete()), (3, [1, 3], False))

    def test_a_shard_half_written_is_missing(self):
        first = self.begun()
        first.cut_into(2)
        (first.parts / "00001.draft").mkdir()
        (first.parts / "00001.draft" / "runs.jsonl").write_text("ro")
        self.assertEqual(first.missing(), [1, 2])
        first.keep(1, {"runs.jsonl": b"row\n"})
        self.assertEqual(first.missing(), [2])

    def test_a_full_disk_is_said_and_costs_one_shard(self):
        folder = self.begun()
        folder.cut_into(2)
        folder.keep(1, {"runs.jsonl": b"row\n"})
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
        try:
            with self.assertRaisesRegex(BadInput, "00002.draft: can't be written: File too large"):
                folder.keep(2, {"runs.jsonl": b"row\n" * 1000})
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        self.assertEqual(folder.missing(), [2])
        folder.keep(2, {"runs.jsonl": b"row\n" * 1000})
        self.assertTrue(folder.is_complete())

    def test_the_shards_are_kept_until_they_are_merged(self):
        folder = self.begun()
        folder.cut_into(1)
        folder.keep(1, {"runs.jsonl": b"row\n"})
        for code, kept in ((-9, True), (2, True), (1, False)):
            script = self.file("program", f"#!/bin/sh\n[ {code} != -9 ] || kill -9 $$\nexit {code}\n")
            script.chmod(0o755)
            program = plan.Program(script, "s.json", [])
            self.assertEqual(folder.merge(program), code)
            self.assertEqual(folder.parts.exists(), kept)

    def test_foreign_folders_are_refused(self):
        first = self.begun()
        first.cut_into(2)
        with self.assertRaisesRegex(BadInput, "another sweep_cluster.py is writing"):
            self.begun()
        first.close()
        with self.assertRaisesRegex(BadInput, "another version of the program"):
            self.begun(digest="e")
        with self.assertRaisesRegex(BadInput, "shards of another sweep"):
            self.begun({**self.ABOUT, "seeds": 5})
        with self.assertRaisesRegex(BadInput, "version None of the program made these"):
            self.begun({**self.ABOUT, "repsim": "9.9.9"})
        self.file("begun/sweep.json", self.ABOUT)
        with self.assertRaisesRegex(BadInput, "that `repsim sweep` began"):
            Folder(self.dir / "begun", self.ABOUT)
        self.file("other/sweep.json", {**self.ABOUT, "seeds": 5})
        with self.assertRaisesRegex(BadInput, "contains another sweep"):
            Folder(self.dir / "other", self.ABOUT)

    def test_what_another_version_finished_is_finished(self):
        self.file("done/sweep.json", {**self.ABOUT, "repsim": "0.0.1"})
        self.file("done/summary.csv", {})
        self.assertTrue(Folder(self.dir / "done", {**self.ABOUT, "repsim": "0.0.2"}).is_finished())


class Workers(ClusterTest):
    def order(self, script):
        program = self.file("program", f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        return {"binary": str(program), "files": {"in/s.json": b"{}"}, "scenario": "in/s.json", "options": [],
                "shards": 5, "probe": ["run", "in/s.json"], "digest": "d1"}

    def test_a_worker_gives_back_the_files_of_its_shard(self):
        result = worker.run_shard(self.order(
            '[ $1 = run ] && echo \'{"digest": "d1"}\' && exit 1\n'
            'test -f "$2" && mkdir ../shard && echo "$@" >../shard/runs.jsonl'), 3)
        self.assertEqual(list(result), ["files"])
        import zlib
        self.assertEqual(zlib.decompress(result["files"]["runs.jsonl"]).decode(),
                         "sweep in/s.json --jobs 1 --shard 3/5 --out ../shard\n")

    def test_a_program_that_differs_is_hopeless_and_one_that_fails_is_not(self):
        agrees = '[ $1 = run ] && echo \'{"digest": "d1"}\' && exit\n'
        for script, hopeless, because in (('echo \'{"digest": "d2"}\'', True, "simulates differently"),
                                          ("echo 0.3", True, "is no repsim"),
                                          ("echo old >&2; exit 2", True, "old"),
                                          (agrees + "echo full >&2; exit 2", False, "full"),
                                          (agrees + "kill -9 $$", False, "ended with code -9")):
            result = worker.run_shard(self.order(script), 1)
            self.assertEqual(result["hopeless"], hopeless, script)
            self.assertIn(because, result["complaint"])


if __name__ == "__main__":
    unittest.main()
