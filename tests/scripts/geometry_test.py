"""Pictures of extreme data, held against their geometry: no two texts overlap, none leaves
the page, and a logarithmic axis has three labels at least."""

import contextlib
import io
import itertools
import json
import pathlib
import re
import sys
import tempfile
import unittest
import zlib

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent.parent / "scripts")]

import plot  # noqa: E402
import rare_plot_test  # noqa: E402
import synthetic  # noqa: E402
import synthetic_ladder  # noqa: E402
import synthetic_trace  # noqa: E402
from matplotlib.ticker import NullFormatter  # noqa: E402
from repsim_plots import figures, output, page  # noqa: E402
from repsim_plots.style import mtext, pyplot  # noqa: E402

LONG = ["protocol " + letter * 71 for letter in "abcdef"]
SLACK = 1.0  # pixels: boxes are as high as the font, and no letter is


def texts_of(figure):
    """[(words, box)] of all that is drawn."""
    figure.draw_without_rendering()
    renderer = figure.canvas.get_renderer()
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
    found = sorted(texts_of(figure), key=lambda text: text[1].x0)
    out = [f"leaves the page: {words}" for words, box in found
           if box.x0 < -SLACK or box.y0 < -SLACK or box.x1 > width + SLACK or box.y1 > height + SLACK]
    for place, (one, a) in enumerate(found):
        for other, b in itertools.takewhile(lambda text: text[1].x0 < a.x1 - SLACK, found[place + 1:]):
            if min(a.x1, b.x1) - b.x0 > SLACK and min(a.y1, b.y1) - max(a.y0, b.y0) > SLACK:
                out.append(f"overlap: {one} | {other}")
    return out + few_labels(figure)


def few_labels(figure):
    """Logarithmic axes that are labelled, with less than three numbers."""
    out = []
    for ax in filter(lambda ax: ax.get_visible(), figure.axes):
        for axis in (ax.xaxis, ax.yaxis):
            low, high = sorted(axis.get_view_interval())
            said = [tick.label1.get_text() for tick in axis.get_major_ticks()
                    if low <= tick.get_loc() <= high and any(label.get_visible() for label in (
                        tick.label1, tick.label2))]
            if axis.get_scale() == "log" and any(said) and sum(map(bool, said)) < 3:
                out.append(f"few labels: {ax.get_title(loc='left')} {said}")
    return out


class Checked(output.Pictures):
    """Checks each figure and keeps none."""
    faults = {}

    def add_figure(self, name, figure):
        self.faults[name] = faults_of(figure)
        self.files[name + ".png"] = b""
        pyplot.close(figure)


SIZES = (("--width", "6.5in", "--font-size", "8"), ("--width", "40cm", "--font-size", "14pt"))


class Geometry(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        keep = tempfile.TemporaryDirectory()
        self.addCleanup(keep.cleanup)
        self.dir = pathlib.Path(keep.name)
        self.addCleanup(setattr, figures, "Pictures", figures.Pictures)
        self.addCleanup(page.ask, None, None)
        figures.Pictures = Checked

    def is_clean(self, *paths, kinds=()):
        """Draws all that fits the input in each size; `kinds` must be among it."""
        for size in SIZES:
            Checked.faults = {}
            with contextlib.redirect_stderr(io.StringIO()):
                figures.draw(plot.parse_arguments([*map(str, paths), "--out", str(self.dir / "out"), *size,
                                                   "--repsim", str(self.dir / "none")]))
            with self.subTest(size=size):
                self.assertTrue(Checked.faults, "nothing was drawn")
                self.assertLessEqual(set(kinds), set(Checked.faults))
                self.assertEqual({name: found for name, found in Checked.faults.items() if found}, {})

    def test_the_check_sees_what_overlaps_what_leaves_and_what_has_few_labels(self):
        figure = pyplot.figure(figsize=(3, 3))
        for x, words in ((0.5, "one"), (0.52, "two"), (0.95, "leaves the page")):
            figure.text(x, 0.2, words)
        ax = figure.add_axes((0.2, 0.5, 0.6, 0.3), xscale="log", xlim=(1.1, 12), yticks=[])
        ax.set_xticks([10], ["ten"])
        ax.xaxis.set_minor_formatter(NullFormatter())
        ax.set_title("t")
        found = faults_of(figure)
        pyplot.close(figure)
        self.assertEqual(found[:2], ["leaves the page: leaves the page", "overlap: one | two"])
        self.assertEqual([words[:14] for words in found[2:]], ["few labels: t "])

    def test_points_with_names_of_80_letters(self):
        self.is_clean(synthetic.comparison(self.dir / "sweep", LONG, runs=20), kinds=["comparison"])

    def test_faults_of_some_rows(self):
        faults = [{"from": f"{n}s", "to": f"{n + 1}s", "partition": [[f"c{m}" for m in range(9)], [1]]}
                  for n in range(0, 30, 2)]
        self.is_clean(synthetic.comparison(self.dir / "sweep", LONG[:3], faults={LONG[1]: faults}))

    def test_24_points(self):
        self.is_clean(synthetic.comparison(self.dir / "sweep", [f"point {n}" for n in range(24)], runs=20))

    def test_curves_of_runs_of_points_with_long_names(self):
        self.is_clean(synthetic.comparison(self.dir / "sweep", LONG[:3], runs=40),
                      kinds=["comparison", "spreads", "distributions"])

    def test_a_sweep_over_a_number(self):
        self.is_clean(synthetic.timeout_sweep(self.dir / "sweep"), kinds=["overview", "pareto", "rates"])

    def test_categories(self):
        self.is_clean(synthetic.category_sweep(self.dir / "sweep"))

    def test_a_map(self):
        self.is_clean(synthetic.two_parameter_sweep(self.dir / "sweep"), kinds=["heat_map"])

    def test_a_sweep_that_is_all_zero(self):
        self.is_clean(all_zero(synthetic.timeout_sweep(self.dir / "sweep")))

    def test_points_that_are_all_zero(self):
        self.is_clean(all_zero(synthetic.comparison(self.dir / "sweep", LONG[:3], runs=20)))

    def test_one_point(self):
        self.is_clean(synthetic.comparison(self.dir / "sweep", LONG[:1], runs=20))

    def test_a_thousand_points(self):
        self.is_clean(synthetic.random_design(self.dir / "sweep", samples=1000),
                      kinds=["design", "design_map"])

    def test_small_panels(self):
        self.is_clean(synthetic.labels_times_loss(self.dir / "sweep", [f"{name[:70]} {n}" for n, name in
                                                                       enumerate(4 * LONG[:4])]),
                      kinds=["multiples", "multiples_times"])

    def test_failovers_beside_what_was_published(self):
        self.is_clean(synthetic.failovers(self.dir / "sweep"), kinds=["failover"])

    def test_failovers_of_points_with_long_names(self):
        self.is_clean(synthetic.failovers(self.dir / "sweep", LONG), kinds=["failover"])

    def test_differences_of_points_with_long_names(self):
        large = {(n, 0, name): (sign * 1234.5 * 7 ** n, sign * 1e3 * 7 ** n, sign * 2e3 * 7 ** n, unit)
                 for n in range(1, 6) for sign, name, unit in (
                     (1, "split_brain_per_s", "/s"), (-1, "lost_writes_per_s", "/s"),
                     (1, "violation", "of runs"), (-1, "longest_outage_s", "s"),
                     (1, "messages_per_operation", ""))}
        folder = synthetic.comparison(self.dir / "sweep", LONG, runs=20)
        self.is_clean(synthetic.differences(folder, large), kinds=["differences"])

    def test_advice(self):
        self.is_clean(synthetic.advice(self.dir / "found"))
        self.is_clean(synthetic.advice(self.dir / "impossible", "impossible"))

    def test_a_rare_event(self):
        self.is_clean(rare_plot_test.write_rare(self.dir / "rare"),
                      synthetic.timeout_sweep(self.dir / "sweep"), kinds=["rare"])

    def test_the_ladder(self):
        from repsim_ladder import figure, judge
        from repsim_ladder.promises import Promises
        folder = synthetic_ladder.folder(self.dir / "sweep", broken=[
            (("storm", "sand"), {"lost_writes__count": 2})])
        promises = Promises(synthetic_ladder.promises(self.dir / "promises.json", {}))
        drawn = figure.picture(judge.load(folder), promises, [])
        found = faults_of(drawn)
        pyplot.close(drawn)
        self.assertEqual(found, [])

    def test_a_trace_whose_messages_have_names_of_80_letters(self):
        path = synthetic_trace.short_trace(self.dir / "short.jsonl")
        events = [json.loads(line) for line in path.read_text().splitlines()]
        for event in events:
            if "msg" in event:
                event["msg"] = f"{event['msg']} {'m' * 75}"
        path.write_text("\n".join(map(json.dumps, events)) + "\n")
        self.is_clean(path)

    def test_a_long_trace(self):
        self.is_clean(synthetic_trace.long_trace(self.dir / "long.jsonl"))

    def test_a_history(self):
        self.is_clean(synthetic_trace.history(self.dir / "history.jsonl"))

    def test_a_history_of_1000_operations_at_once(self):
        head = {"repsim": "history", "version": 1, "scenario": LONG[0], "protocol": LONG[1], "seed": 9,
                "model": "register", "clients": 8}
        lines = [{"client": n % 8, "f": "write", "key": 0, "value": 10 ** 12 + n, "call": n * 1000,
                  "return": n * 1000 + 1_000_000, "outcome": "ok"} for n in range(1000)]
        path = self.dir / "history.jsonl"
        path.write_text("".join(json.dumps(line) + "\n" for line in [head, *lines]))
        self.is_clean(path)


class Sizes(unittest.TestCase):
    def setUp(self):
        self.addCleanup(page.ask, None, None)

    def size_of(self, *asked):
        """Inches across, in each kind of file, of a picture laid out for this size."""
        page.ask(*asked)
        figure, sizes = pyplot.figure(figsize=(page.width(8.0, 6.0), 3.0)), []
        for kind, pattern, unit in (("png", rb"IHDR(.{4})", 130), ("svg", rb'width="([0-9.]+)pt"', 72),
                                    ("pdf", rb"MediaBox \[ 0 0 ([0-9.]+)", 72)):
            content = io.BytesIO()
            page.save(figure, content, kind, output.NO_METADATA[kind])
            if kind == "pdf" and page.scale(figure) != 1:
                self.assertRegex(inflated(content.getvalue()),
                                 rb"%.4g\d* 0 0 [0-9.]+ 0 0 cm" % page.scale(figure))
            found = re.search(pattern, content.getvalue(), re.DOTALL)[1]
            sizes.append(round((int.from_bytes(found, "big") if kind == "png" else float(found)) / unit, 1))
        complaint = page.complaint("x", figure)
        pyplot.close(figure)
        return sizes, page.LETTERS * page.scale(figure), complaint

    def test_the_page_has_the_width_and_its_letters_the_size_that_were_asked_for(self):
        for width, letters, across, size in ((None, None, 8.0, 10), ("7in", None, 7.0, 10),
                                             ("254mm", "12", 10.0, 12), (None, "5pt", 8.0, 5),
                                             (None, "20", 12.0, 20)):
            sizes, drawn, complaint = self.size_of(width, letters)
            with self.subTest(width=width, letters=letters):
                self.assertEqual((sizes, round(drawn, 6), complaint), ([across] * 3, size, None))

    def test_letters_become_smaller_where_the_page_has_no_room_and_that_is_said(self):
        sizes, drawn, complaint = self.size_of("3", "10")
        self.assertEqual((sizes, round(drawn, 6)), ([3.0] * 3, 5))
        self.assertEqual(complaint, "x: letters of 5 pt, for those of 10 pt need a page of 6 in")

    def test_other_sizes_are_refused(self):
        for width, letters, because in (("1in", None, "--width 1in: expected 2 to 60 in"),
                                        ("61", None, "expected 2 to 60 in"), ("wide", None, "in, cm, mm, pt"),
                                        ("-3", None, "expected a number of in"), ("1e3", None, "expected"),
                                        ("nan", None, "expected"),
                                        (None, "3", "--font-size 3: expected 4 to 40 pt"),
                                        (None, "9em", "with its unit (pt)"), (None, "", "expected")):
            with self.assertRaises(output.BadInput) as refused:
                page.ask(width, letters)
            self.assertIn(because, str(refused.exception))


def inflated(pdf):
    """The text of its streams, one after the other."""
    streams = re.findall(rb"stream\r?\n(.*?)endstream", pdf, re.DOTALL)
    return b"\n".join(zlib.decompress(s) for s in streams if s[:1] == b"\x78")


def all_zero(folder):
    lines = [line.split(",") for line in (folder / "summary.csv").read_text().splitlines()]
    first = lines[0].index("virtual_seconds") + 1
    zeroed = [line[:first] + ["0" if cell else "" for cell in line[first:]] for line in lines[1:]]
    (folder / "summary.csv").write_text("\n".join(map(",".join, [lines[0], *zeroed])) + "\n")
    return folder


if __name__ == "__main__":
    unittest.main()
