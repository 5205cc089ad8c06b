"""The ladder's judgement, its promises and its picture, on made-up sweeps."""

import contextlib
import io
import pathlib
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent.parent / "scripts")]

import synthetic_ladder  # noqa: E402
from repsim_ladder import judge, table  # noqa: E402
from repsim_ladder.promises import Promises  # noqa: E402
from repsim_plots.output import BadInput  # noqa: E402

LOST = {"lost_writes__count": 2}
SILENT_WHILE_IT_LASTS = {"availability__answered": [10] * 15 + [1] * 8 + [10] * 17}
SILENT_FOR_GOOD = {"availability__answered": [10] * 15 + [1] * 25}
ROCK_HOLDS = {"holds": ["nothing lost"], "at": ["all weather"], "source": "A book, page 1"}
SAND_BREAKS = {"breaks": ["nothing lost"], "at": ["storm"], "source": "A book, page 2"}


class LadderTest(unittest.TestCase):
    def setUp(self):
        keep = tempfile.TemporaryDirectory()
        self.addCleanup(keep.cleanup)
        self.dir = pathlib.Path(keep.name)

    def ladder(self, *broken):
        return judge.load(synthetic_ladder.folder(self.dir / "sweep", broken=broken))

    def promises(self, rock=(), sand=(), **more):
        claims = {"rock": list(rock), "sand": list(sand)}
        return Promises(synthetic_ladder.promises(self.dir / "promises.json", claims, **more))


class Judging(LadderTest):
    def test_a_fault_is_judged_after_a_second_and_for_as_long_as_clients_would_still_wait(self):
        scenario = {**synthetic_ladder.SCENARIO, "faults": synthetic_ladder.RUNGS[1]["/faults"]}
        windows = judge.windows_of(scenario, 40)  # parts of 125 ms
        self.assertEqual(windows.during, (16, 17, 18))
        self.assertEqual(windows.after, tuple(range(32, 40)))

    def test_what_lasts_has_no_time_after_it(self):
        for faults, span in (([], (None, None)),
                             ([{"at": "1s", "crash": 0}], (1, None)),
                             ([{"at": "1s", "crash": 0}, {"at": "2s", "restart": 0}], (1, 2)),
                             ([{"from": "1s", "to": "2s", "pause": 0}, {"from": "500ms", "byzantine": 1}],
                              (0.5, None)),
                             ([{"from": "1s", "to": "2s", "pause": 0}, {"at": "3s", "crash": 1}], (1, None))):
            self.assertEqual(judge.fault_span(faults), span, faults)

    def test_every_guarantee_is_seen_to_break(self):
        for name, changes in (("agreement", {"consensus__agreement": False}),
                              ("agreement", {"consensus__validity": False}),
                              ("one leader", {"consensus__election_safety": False}),
                              ("one leader", {"consensus__leader_completeness": False}),
                              ("nothing lost", LOST),
                              ("alike", {"divergence__diverged": True}),
                              ("linearizable", {"linearizability__verdict": "violation"}),
                              ("one primary", {"split_brain__harmful": 1}),
                              ("serves", SILENT_WHILE_IT_LASTS),
                              ("recovers", SILENT_FOR_GOOD)):
            cell = judge.Cell("storm", "sand")
            cell.take(synthetic_ladder.result({}, 7, **changes), judge.Windows((16, 17, 18), (38, 39)))
            self.assertEqual(cell.broken.get(name), [7], name)
            self.assertEqual(cell.worst().name, name)

    def test_a_cell_shows_the_worst_that_any_run_did(self):
        ladder = self.ladder((("storm", "sand"), {**LOST, **SILENT_FOR_GOOD}))
        cell = ladder.cells["storm", "sand"]
        self.assertEqual(cell.worst().name, "nothing lost")
        self.assertEqual(cell.worst(apart_from=["nothing lost"]).name, "recovers")
        self.assertEqual(cell.broken["nothing lost"], [1, 2, 3])
        self.assertIsNone(ladder.cells["storm", "rock"].worst())

    def test_who_serves_nobody_is_judged_by_its_decisions(self):
        nobody = {"operations__invoked": 0, "consensus__termination": False, "split_brain__episodes": 1,
                  "availability__called": [0] * 40, "availability__answered": [0] * 40}
        cell = judge.Cell("storm", "sand")
        cell.take(synthetic_ladder.result({}, 1, **nobody), judge.Windows((16,), (39,)))
        self.assertEqual(cell.judged, {"agreement", "one leader", "one primary", "decides"})
        self.assertEqual(set(cell.broken), {"one primary", "decides"})

    def test_a_verdict_that_is_unknown_holds_nothing_and_breaks_nothing(self):
        cell = judge.Cell("storm", "sand")
        cell.take(synthetic_ladder.result({}, 4, linearizability__verdict="unknown"), judge.Windows((), ()))
        self.assertEqual((cell.undecided, cell.worst()), ([4], None))
        self.assertNotIn("linearizable", cell.judged)


class Promising(LadderTest):
    def test_nothing_is_said_while_all_is_as_promised(self):
        ladder = self.ladder((("storm", "sand"), LOST))
        self.assertEqual(self.promises([ROCK_HOLDS], [SAND_BREAKS]).contradictions(ladder), [])

    def test_a_promise_that_breaks_is_a_contradiction(self):
        ladder = self.ladder((("storm", "sand"), LOST), (("storm", "rock"), LOST))
        found = self.promises([ROCK_HOLDS], [SAND_BREAKS]).contradictions(ladder)
        self.assertEqual([c.text() for c in found], [
            'rock, storm: "nothing lost" is promised, and broke in 3 of 3 runs, first with seed 1 '
            '(A book, page 1)'])

    def test_a_break_that_does_not_show_is_a_contradiction(self):
        found = self.promises([ROCK_HOLDS], [SAND_BREAKS]).contradictions(self.ladder())
        self.assertEqual([c.text() for c in found], [
            'sand, storm: "nothing lost" is said to break, and held in all 3 runs (A book, page 2)'])

    def test_a_promise_that_cannot_be_judged_is_a_contradiction(self):
        ladder = self.ladder((("storm", "rock"), {"linearizability__verdict": "unknown"}))
        ladder.cells["storm", "rock"].take(synthetic_ladder.result({}, 9), judge.Windows((), ()))
        found = self.promises([{**ROCK_HOLDS, "holds": ["linearizable"]}]).contradictions(ladder)
        self.assertEqual([c.text() for c in found], [
            'rock, storm: "linearizable" is promised, and 3 runs came to no verdict'])

    def test_what_nobody_promised_may_hold_or_break(self):
        self.assertEqual(self.promises().contradictions(self.ladder((("storm", "sand"), LOST))), [])

    def test_what_means_nothing_for_a_protocol_is_not_held_against_it(self):
        ladder = self.ladder((("storm", "sand"), LOST))
        promises = self.promises(sand=[{**SAND_BREAKS, "at": ["all weather"]}],
                                 without={"sand": {"nothing lost": "it keeps nothing"}})
        self.assertEqual(promises.contradictions(ladder), [])
        self.assertEqual(table.word_of(ladder.cells["storm", "sand"], promises), "holds")

    def test_bad_promises_are_refused(self):
        for claim, because in (({**ROCK_HOLDS, "at": ["strom"]}, "nobody knows \"strom\""),
                               ({**ROCK_HOLDS, "holds": ["everthing"]}, "nobody knows \"everthing\""),
                               ({**ROCK_HOLDS, "source": " "}, "without a source")):
            with self.assertRaisesRegex(BadInput, because):
                self.promises([claim])
        with self.assertRaisesRegex(BadInput, "both holds and breaks at storm"):
            self.promises([ROCK_HOLDS, SAND_BREAKS])
        with self.assertRaisesRegex(BadInput, "says nothing of lava"):
            self.promises().check(["storm"], ["rock", "lava"])
        with self.assertRaisesRegex(BadInput, "\"rungs\" lacks quake"):
            self.promises().check(["quake"], ["rock"])


class Showing(LadderTest):
    def test_the_table_has_a_word_for_each_cell_and_a_command_for_each_break(self):
        ladder = self.ladder((("storm", "sand"), LOST), (("storm", "rock"), SILENT_FOR_GOOD))
        promises = self.promises(rock=[{**ROCK_HOLDS, "holds": ["recovers"]}])
        lines = table.text(ladder, promises).splitlines()
        self.assertEqual(lines[0].split(), ["perfect", "storm"])
        self.assertEqual(lines[1].split(), ["rock", "holds", "STUCK!"])
        self.assertEqual(lines[2].split(), ["sand", "holds", "lost"])
        self.assertIn("build/repsim run some/ladder.json --point storm --point sand --seed 1",
                      table.breaks(ladder, promises, "some/ladder.json"))

    def test_the_numbers_behind_the_picture_are_complete(self):
        ladder = self.ladder((("storm", "sand"), LOST))
        rows = list(table.rows(ladder, self.promises(sand=[SAND_BREAKS]), "l.json"))
        self.assertEqual({len(row) for row in rows}, {len(table.COLUMNS)})
        lost = [row for row in rows if row[5]]
        self.assertEqual([row[:7] for row in lost], [("storm", "sand", "nothing lost", "breaks", 3, 3, 1)])

    def test_the_picture_is_drawn(self):
        from repsim_ladder import figure
        from repsim_plots.output import Pictures
        ladder = self.ladder((("storm", "sand"), LOST), (("storm", "rock"), SILENT_WHILE_IT_LASTS))
        promises = self.promises([{**ROCK_HOLDS, "holds": ["serves"]}], [SAND_BREAKS])
        pictures = Pictures(self.dir / "out")
        pictures.add_figure("ladder", figure.picture(ladder, promises, promises.contradictions(ladder)))
        self.assertEqual(len(pictures.write()), 1)
        svg = (self.dir / "out" / "ladder.svg").stat().st_size
        self.assertGreater(svg, 10_000)

    def test_the_page_has_the_width_that_was_asked_for(self):
        """The whole command, with a made-up sweep in place of one that runs."""
        import ladder as script
        from repsim_plots import page
        self.addCleanup(page.ask, None, None)
        synthetic_ladder.folder(self.dir / "out" / "l")
        claims = synthetic_ladder.promises(self.dir / "promises.json", {"rock": [], "sand": []})
        words = ["l.json", "--out", str(self.dir / "out"), "--promises", str(claims), "--repsim", "/bin/true"]
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            self.assertEqual(script.main([*words, "--width", "254mm", "--font-size", "8"]), 0)
            head = (self.dir / "out" / "l.svg").read_text()[:2000]
            self.assertIn('width="720pt"', head)
            self.assertEqual(script.main([*words, "--width", "1km"]), 2)
            self.assertEqual(script.main([*words, "--font-size", "900"]), 2)


if __name__ == "__main__":
    unittest.main()
