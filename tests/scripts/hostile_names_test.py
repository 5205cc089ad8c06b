"""Names that a user may choose and a picture must survive: escapes, mathematics, length."""

import json
import pathlib
import sys
import unittest
import xml.dom.minidom

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent.parent / "scripts")]

import synthetic  # noqa: E402
import synthetic_trace  # noqa: E402
from plot_test import PlotTest  # noqa: E402
from repsim_plots import units, words  # noqa: E402

NAMES = ("\x1b[31mRED\x07", "$\\frac{$", "x" * 4000, "a_b^c $", "\uffff--> ]]>")


class HostileNames(PlotTest):
    def test_whatever_a_point_is_called_it_is_drawn_and_the_picture_is_xml(self):
        labels = [*NAMES, NAMES[2] + "2"]
        folder = synthetic.comparison(self.dir / "sweep", labels, runs=20)
        about = json.loads((folder / "sweep.json").read_text())
        about["scenario"].update(name=NAMES[0] + NAMES[1], about=NAMES[2])
        (folder / "sweep.json").write_text(json.dumps(about))
        self.draws(folder)
        self.pictures_are_xml()

    def test_whatever_a_message_is_called_it_is_drawn(self):
        path = synthetic_trace.short_trace(self.dir / "short.jsonl")
        events = [json.loads(line) for line in path.read_text().splitlines()]
        for number, event in enumerate(e for e in events if "msg" in e):
            event["msg"] = NAMES[number % len(NAMES)]
        events[0]["scenario"] = "".join(NAMES)
        path.write_text("\n".join(map(json.dumps, events)) + "\n")
        self.draws(path)
        self.pictures_are_xml()

    def pictures_are_xml(self):
        found = list(self.out.glob("*.svg"))
        self.assertTrue(found)
        for path in found:
            xml.dom.minidom.parse(str(path))

    def test_what_was_different_stays_different(self):
        drawn = words.distinct(["x" * 80, "x" * 79 + "y", "x" * 40 + "-" + "x" * 39])
        self.assertEqual(len(set(drawn.values())), 3)
        self.assertTrue(all(len(look) <= words.LONGEST_NAME for look in drawn.values()))

    def test_latencies_that_are_all_zero_are_drawn(self):
        folder = synthetic.comparison(self.dir / "sweep")
        lines = [line.split(",") for line in (folder / "summary.csv").read_text().splitlines()]
        times = [i for i, name in enumerate(lines[0]) if "latency" in name or "outage" in name]
        self.assertTrue(times)
        for line in lines[1:]:
            for i in times:
                line[i] = "0"
        (folder / "summary.csv").write_text("\n".join(map(",".join, lines)) + "\n")
        self.draws(folder)

    def test_a_scenario_and_a_sweep_of_one_point_are_told_what_they_are(self):
        path = self.dir / "scenario.json"
        path.write_text(json.dumps(synthetic.scenario()))
        self.refuses(path, because="is a scenario: `repsim run")
        one = synthetic.write_summary(self.dir / "one", synthetic.scenario(), {}, [
            {"point": {}, "measures": {"latency_p50_ms": (1.0, 1.0, 1.0)}}], 5)
        self.refuses(one, because="varies nothing")

    def test_a_logarithmic_axis_has_three_labels_at_least(self):
        for low, high in ((1, 1.01), (3, 4), (0.9, 11), (1e-9, 1e9), (24.9, 25.1), (2, 90)):
            ticks = units.log_ticks(low, high, 6)
            self.assertGreaterEqual(len(ticks), 3, (low, high))
            self.assertTrue(all(low <= tick <= high for tick in ticks), (low, high, ticks))
            self.assertEqual(len({f"{tick:g}" for tick in ticks}), len(ticks))


del PlotTest  # its own tests run where it is


if __name__ == "__main__":
    unittest.main()
