"""scripts/plot.py on the output of `repsim rare`: the curve and its numbers."""

import json
import unittest

import synthetic
from plot_test import PlotTest

RATES = {"40ms": 6e-3, "60ms": 1.5e-5, "80ms": 4e-8, "100ms": 1e-10}


def estimate(value, spread=1.3):
    return {"value": value, "low": value / spread, "high": value * spread}


def write_rare(folder, event="split_brain", **protocol):
    """A folder as `repsim rare --out` makes it; at the longest timeout nothing was found."""
    points = []
    for timeout, rate in RATES.items():
        found = estimate(rate) if timeout != "100ms" else {"value": 0, "low": 0, "high": 1e-9}
        points.append({"point": {"/protocol/detector/timeout": timeout}, "virtual_seconds": 10,
                       "probability": found, "per_run": found, "per_s": found, "per_hour": found,
                       "plan": {"levels": []}, "worlds": 1000, "events": 5_000_000, "events_of_run": 12_000,
                       "plain_runs": 100_000 if found["value"] else None})
    folder.mkdir()
    (folder / "rare.json").write_text(json.dumps({
        "repsim": "rare", "scenario": synthetic.scenario(**protocol), "event": event, "seed": 1,
        "replications": 40, "effort": 20, "vary": {"/protocol/detector/timeout": list(RATES)},
        "points": points}))
    return folder


class Rare(PlotTest):
    def test_the_curve_comes_with_its_numbers_and_theory(self):
        files = self.draws(write_rare(self.dir / "rare"))
        self.assertEqual({"rare.png", "rare.svg", "rare_drawn.csv"}, files)
        rows = self.table("rare_drawn.csv")
        self.assertEqual([r["/protocol/detector/timeout"] for r in rows], list(RATES))
        self.assertEqual([r["method"] for r in rows], ["splitting"] * 4)
        for row, rate in zip(rows, [*RATES.values()][:3]):
            self.assertEqual(float(row["estimate"]), rate)
            self.assertLess(float(row["low"]), rate)
            self.assertEqual(float(row["plain events"]), 1.2e9)
            self.assertLess(abs(float(row["theory"]) / rate - 1), 1)
        self.assertEqual((rows[3]["estimate"], rows[3]["plain events"]), ("0", ""))

    def test_a_sweep_given_with_it_is_the_plain_sampling_beside_it(self):
        self.draws(write_rare(self.dir / "rare"), synthetic.timeout_sweep(self.dir / "sweep"))
        plain = [r for r in self.table("rare_drawn.csv") if r["method"] == "plain"]
        self.assertEqual([r["/protocol/detector/timeout"] for r in plain], synthetic.TIMEOUTS)

    def test_there_is_no_theory_where_its_assumptions_fail_and_other_events_are_probabilities(self):
        self.draws(write_rare(self.dir / "rare", event="harmful", fencing=True))
        rows = self.table("rare_drawn.csv")
        self.assertEqual({r["measure"] for r in rows}, {"harmful"})
        self.assertEqual({r["theory"] for r in rows}, {""})

    def test_the_numbers_of_the_program_stay_as_they_are(self):
        folder = write_rare(self.dir / "rare")
        (folder / "rare.csv").write_text("as repsim wrote it\n")
        self.out = folder
        self.draws(folder)
        self.assertEqual((folder / "rare.csv").read_text(), "as repsim wrote it\n")

    def test_what_is_no_such_folder_is_refused(self):
        folder = write_rare(self.dir / "rare")
        self.refuses(folder, "--measure", "harmful", because="without --measure")
        text = (folder / "rare.json").read_text()
        for broken in (text[:200], text.replace("per_s", "per_x"), "[]"):
            (folder / "rare.json").write_text(broken)
            self.refuses(folder, because="rare.json: not as `repsim rare --out` writes it")


if __name__ == "__main__":
    unittest.main()
