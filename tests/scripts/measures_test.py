"""Every measure of the simulator has a title and an axis in the pictures, and the pictures name no other."""

import re
import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

from repsim_plots import measures  # noqa: E402

DECLARED = ROOT / "sim" / "experiment" / "sweep" / "measures.cpp"
FIGURES = ("RATES", "SHARES", "ELECTIONS", "OUTAGE", "COST", "WHAT_IT_COSTS", "WHAT_IT_BUYS")


class MeasuresTest(unittest.TestCase):
    def test_the_pictures_name_the_measures_that_the_simulator_declares(self):
        text = DECLARED.read_text(encoding="utf-8")
        declared = re.findall(r'^    \{"(\w+)", "[^"]+", k(\w+)', text, re.MULTILINE)
        self.assertGreater(len(declared), 30)
        self.assertEqual({name for name, _ in declared}, set(measures.MEASURES))
        kinds = {"Share": {"share"}, "Rate": {"rate"}, "Fraction": {"time", "percent"}, "Mean": {"value"}}
        for name, kind in declared:
            self.assertIn(measures.MEASURES[name].kind, kinds[kind], name)

    def test_figures_show_measures_that_exist(self):
        for figure in FIGURES:
            self.assertLessEqual(set(getattr(measures, figure)), set(measures.MEASURES), figure)


if __name__ == "__main__":
    unittest.main()
