"""Pictures of extreme data, held against their geometry: no two texts overlap, and none leaves the page."""

import itertools
import json
import pathlib
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent.parent / "scripts")]

import plot  # noqa: E402
import synthetic  # noqa: E402
import synthetic_trace  # noqa: E402
from repsim_plots import figures, output  # noqa: E402
from repsim_plots.style import mtext  # noqa: E402

LONG = ["protocol " + letter * 71 for letter in "abcdef"]
SLACK = 1.0  # pixels: boxes are as high as the font, and no letter is


def texts_of(figure):
    """[(words, box)] of all that is drawn."""
    renderer = figure.canvas.get_renderer()
    figure.draw(renderer)
    hidden = {id(t) for ax in figure.axes if not ax.get_visible() for t in ax.findobj(mtext.Text)}
    found = []
    for ax in figure.axes:  # ticks beyond the ends of an axis aren't drawn
        for axis in (ax.xaxis, ax.yaxis):
            low, high = sorted(axis.get_view_interval())
            low, high = low - 1e-9 * abs(low), high + 1e-9 * abs(high)
            hidden |= {id(t) for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks())
                       if not low <= tick.get_loc() <= high for t in tick.findobj(mtext.Text)}
    for text in figure.findobj(mtext.Text):
        if text.get_visible() and text.get_text().strip() and id(text) not in hidden:
            found.append((text.get_text(), text.get_window_extent(renderer)))
    return found


def faults_of(figure):
    width, height = figure.bbox.width, figure.bbox.height
    found = texts_of(figure)
    out = [f"leaves the page: {words}" for words, box in found
           if box.x0 < -SLACK or box.y0 < -SLACK or box.x1 > width + SLACK or box.y1 > height + SLACK]
    for (one, a), (other, b) in itertools.combinations(found, 2):
        across, up = min(a.x1, b.x1) - max(a.x0, b.x0), min(a.y1, b.y1) - max(a.y0, b.y0)
        if across > SLACK and up > SLACK:
            out.append(f"overlap: {one} | {other}")
    return out


class Checked(output.Pictures):
    """Looks at each figure instead of writing it."""
    faults = {}

    def add_figure(self, name, figure):
        self.faults[name] = faults_of(figure)
        output.Pictures.add_figure(self, name, figure)


class Geometry(unittest.TestCase):
    def setUp(self):
        keep = tempfile.TemporaryDirectory()
        self.addCleanup(keep.cleanup)
        self.dir = pathlib.Path(keep.name)
        self.addCleanup(setattr, figures, "Pictures", figures.Pictures)
        figures.Pictures, Checked.faults = Checked, {}

    def is_clean(self, path):
        figures.draw(plot.parse_arguments([str(path), "--out", str(self.dir / "out"), "--format", "svg",
                                           "--repsim", str(self.dir / "none")]))
        self.assertTrue(Checked.faults, "nothing was drawn")
        self.assertEqual({name: found for name, found in Checked.faults.items() if found}, {})

    def test_the_check_sees_what_overlaps_and_what_leaves(self):
        from repsim_plots.style import pyplot
        figure = pyplot.figure(figsize=(3, 2))
        for x, words in ((0.5, "one"), (0.52, "two"), (0.95, "leaves the page")):
            figure.text(x, 0.5, words)
        found = faults_of(figure)
        pyplot.close(figure)
        self.assertEqual(found, ["leaves the page: leaves the page", "overlap: one | two"])

    def test_points_with_names_of_80_letters(self):
        self.is_clean(synthetic.comparison(self.dir / "sweep", LONG, runs=20))

    def test_24_points(self):
        self.is_clean(synthetic.comparison(self.dir / "sweep", [f"point {n}" for n in range(24)], runs=20))

    def test_a_sweep_over_a_number(self):
        self.is_clean(synthetic.timeout_sweep(self.dir / "sweep"))

    def test_a_map(self):
        self.is_clean(synthetic.two_parameter_sweep(self.dir / "sweep"))

    def test_a_sweep_that_is_all_zero(self):
        self.is_clean(all_zero(synthetic.timeout_sweep(self.dir / "sweep")))

    def test_points_that_are_all_zero(self):
        self.is_clean(all_zero(synthetic.comparison(self.dir / "sweep", LONG[:3], runs=20)))

    def test_one_point(self):
        self.is_clean(synthetic.comparison(self.dir / "sweep", LONG[:1], runs=20))

    def test_a_thousand_points(self):
        self.is_clean(synthetic.random_design(self.dir / "sweep", samples=1000))

    def test_a_trace_whose_messages_have_names_of_80_letters(self):
        path = synthetic_trace.short_trace(self.dir / "short.jsonl")
        events = [json.loads(line) for line in path.read_text().splitlines()]
        for event in events:
            if "msg" in event:
                event["msg"] = f"{event['msg']} {'m' * 75}"
        path.write_text("\n".join(map(json.dumps, events)) + "\n")
        self.is_clean(path)

    def test_a_history(self):
        self.is_clean(synthetic_trace.history(self.dir / "history.jsonl"))


def all_zero(folder):
    lines = [line.split(",") for line in (folder / "summary.csv").read_text().splitlines()]
    first = lines[0].index("virtual_seconds") + 1
    zeroed = [line[:first] + ["0" if cell else "" for cell in line[first:]] for line in lines[1:]]
    (folder / "summary.csv").write_text("\n".join(map(",".join, [lines[0], *zeroed])) + "\n")
    return folder


if __name__ == "__main__":
    unittest.main()
