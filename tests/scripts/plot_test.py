"""scripts/plot.py as users call it: the files that it writes, and its errors for input that it can't draw."""

import csv
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
SCRIPTS = HERE.parent.parent / "scripts"
sys.path[:0] = [str(HERE)]

import synthetic  # noqa: E402
import synthetic_trace  # noqa: E402


def plot(*arguments):
    return subprocess.run([sys.executable, SCRIPTS / "plot.py", *map(str, arguments)], text=True,
                          capture_output=True, check=False)


class PlotTest(unittest.TestCase):
    def setUp(self):
        self.keep = tempfile.TemporaryDirectory()
        self.addCleanup(self.keep.cleanup)
        self.dir = pathlib.Path(self.keep.name)
        self.out = self.dir / "pictures"

    def draws(self, *arguments):
        result = plot(*arguments, "--out", self.out)
        self.assertEqual(result.returncode, 0, result.stderr)
        noted = [line for line in result.stderr.splitlines() if "drawn without a verdict" not in line]
        self.assertEqual(noted, [])
        return {p.name for p in self.out.iterdir()}

    def refuses(self, *arguments, because):
        result = plot(*arguments, "--out", self.out)
        self.assertEqual(result.returncode, 2, result.stdout + result.stderr)
        self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)
        self.assertIn(because, result.stderr)
        self.assertFalse(self.out.exists(), "something was written")

    def table(self, name):
        with open(self.out / name, newline="") as file:
            return list(csv.DictReader(file))


class Sweeps(PlotTest):
    def test_a_timeout_sweep_gives_every_figure_with_its_numbers(self):
        files = self.draws(synthetic.timeout_sweep(self.dir / "sweep"))
        for figure in ("overview", "rates", "shares", "outage", "pareto"):
            self.assertLessEqual({f"{figure}.png", f"{figure}.svg", f"{figure}.csv"}, files)
        self.numbers_hold_estimate_interval_and_theory()

    def numbers_hold_estimate_interval_and_theory(self):
        rows = [r for r in self.table("rates.csv") if r["measure"] == "split_brain_per_s"]
        self.assertEqual([r["/protocol/detector/timeout"] for r in rows], synthetic.TIMEOUTS)
        for row in rows:
            self.assertLessEqual(float(row["low"]), float(row["estimate"]))
            self.assertLessEqual(float(row["estimate"]), float(row["high"]))
        self.assertAlmostEqual(float(rows[1]["theory"]), 2.695, delta=0.003)

    def test_fencing_takes_the_theory_of_split_brain_away(self):
        self.draws(synthetic.timeout_sweep(self.dir / "sweep", fencing=True), "--measure",
                   "split_brain_per_s",
                   "false_suspicions_per_s")
        rates = self.table("measures.csv")
        self.assertTrue(all(r["theory"] == "" for r in rates if r["measure"] == "split_brain_per_s"))
        self.assertTrue(all(r["theory"] != "" for r in rates if r["measure"] == "false_suspicions_per_s"))

    def test_two_parameters_give_one_line_for_each_value_of_the_second(self):
        self.draws(synthetic.two_parameter_sweep(self.dir / "sweep"), "--measure", "split_brain_per_s")
        self.assertEqual(len({r["series"] for r in self.table("measures.csv")}), 3)

    def test_categories_can_be_on_the_axis(self):
        self.assertIn("shares.png", self.draws(synthetic.category_sweep(self.dir / "sweep")))

    def test_listed_points_are_compared_on_one_page(self):
        files = self.draws(synthetic.comparison(self.dir / "sweep"))
        self.assertEqual(files, {f"{name}.{kind}" for name in ("comparison", "spreads", "distributions")
                                 for kind in ("png", "svg", "csv")})
        rows = self.table("comparison.csv")
        self.assertEqual([r["label"] for r in rows if r["measure"] == "answered"],
                         ["rock", "sand", "bridge of sand"])
        self.assertEqual({r["label"] for r in rows if r["measure"] == "failover_mean_s"}, {"rock", "sand"})
        self.assertEqual([r["estimate"] for r in rows if r["measure"] == "lost_write"], ["0", "0.5", "0"])

    def test_failovers_are_drawn_as_distributions_beside_what_was_published(self):
        files = self.draws(synthetic.failovers(self.dir / "sweep"))
        self.assertEqual(files, {"failover.png", "failover.svg", "failover.csv"})
        rows = {(r["label"], r["statistic"]): r for r in self.table("failover.csv")}
        self.assertEqual(len(rows), 4)
        row = rows["12-24 ms", "median"]
        self.assertEqual((row["n"], row["ms"], row["published ms"]), ("40", "120.5", "30"))
        self.assertTrue(float(row["low"]) < 120.5 < float(row["high"]))

    def test_a_mean_of_several_failovers_is_no_distribution(self):
        self.assertNotIn("failover.svg", self.draws(synthetic.failovers(self.dir / "sweep", each=2)))

    def test_measures_of_listed_points_can_be_chosen(self):
        self.draws(synthetic.comparison(self.dir / "sweep"), "--measure", "latency_p50_ms")
        self.assertEqual([r["label"] for r in self.table("measures.csv")], ["rock", "sand", "bridge of sand"])

    def test_more_points_than_a_page_holds_are_refused(self):
        many = synthetic.comparison(self.dir / "sweep", [f"point {n}" for n in range(30)], runs=2)
        self.refuses(many, because="too many for a page")

    def test_naive_broadcast_has_its_theory(self):
        self.draws(synthetic.loss_sweep(self.dir / "sweep", runs=200))
        theory = {r["/network/loss"]: float(r["theory"]) for r in self.table("shares.csv")}
        self.assertAlmostEqual(theory["0.01"], 0.26029, places=5)

    def test_several_sweeps_are_overlaid_and_told_apart(self):
        one = synthetic.timeout_sweep(self.dir / "one")
        two = synthetic.timeout_sweep(self.dir / "two", loss=0.2)
        self.draws(one, two, "--measure", "split_brain_per_s")
        self.assertEqual({r["series"] for r in self.table("measures.csv")},
                         {"message loss probability 0.05", "message loss probability 0.2"})

    def test_the_same_input_gives_the_same_bytes(self):
        sweep = synthetic.loss_sweep(self.dir / "sweep", runs=50)
        self.draws(sweep)
        first = {p.name: p.read_bytes() for p in self.out.iterdir()}
        self.draws(sweep)
        self.assertEqual(first, {p.name: p.read_bytes() for p in self.out.iterdir()})

    def test_formats_can_be_chosen(self):
        sweep = synthetic.loss_sweep(self.dir / "sweep", runs=50)
        self.refuses(sweep, "--format", "png,gif", because="found \"gif\"")
        files = self.draws(sweep, "--measure", "diverged", "--format", "pdf,svg")
        self.assertEqual(files, {"measures.pdf", "measures.svg", "measures.csv"})
        first = (self.out / "measures.pdf").read_bytes()
        self.assertTrue(first.startswith(b"%PDF"))
        self.draws(sweep, "--measure", "diverged", "--format", "pdf")
        self.assertEqual(first, (self.out / "measures.pdf").read_bytes())

    def test_chosen_measures(self):
        files = self.draws(synthetic.category_sweep(self.dir / "sweep"), "--measure", "latency_p50_ms")
        self.assertEqual(files, {"measures.png", "measures.svg", "measures.csv"})

    def test_bad_sweeps_are_refused_in_one_line(self):
        sweep = synthetic.category_sweep(self.dir / "sweep")
        self.refuses(sweep, "--measure", "nonsense", because="no data for measure")
        self.refuses(sweep, synthetic.loss_sweep(self.dir / "other", runs=5),
                     because="vary different parameters")
        self.refuses(self.dir / "nowhere", because="no such file or folder")
        empty = self.dir / "empty"
        empty.mkdir()
        self.refuses(empty, because="no sweep.json")
        (sweep / "summary.csv").unlink()
        self.refuses(sweep, because="isn't finished")
        (sweep / "sweep.json").write_text("{")
        self.refuses(sweep, because="not JSON")

    def test_an_unwritable_folder_is_refused(self):
        sweep = synthetic.category_sweep(self.dir / "sweep")
        blocked = self.dir / "file"
        blocked.write_text("")
        result = plot(sweep, "--out", blocked / "below")
        self.assertEqual((result.returncode, len(result.stderr.splitlines())), (2, 1), result.stderr)


class SweepFigures(PlotTest):
    """Single figures, drawn in this process."""

    def draws_alone(self, module, folder, *arguments):
        sys.path[:0] = [str(SCRIPTS)]
        import importlib
        from repsim_plots import output, sweep
        pictures = output.Pictures(self.out)
        importlib.import_module(f"repsim_plots.{module}").draw(pictures, sweep.load(folder), *arguments)
        pictures.write()
        return set(pictures.files)

    def svg(self, name):
        return (self.out / f"{name}.svg").read_text(encoding="utf-8")

    def test_faults_that_only_some_rows_have_are_named_in_these(self):
        sys.path[:0] = [str(SCRIPTS)]
        from repsim_plots import comparison, style, sweep
        folder = synthetic.comparison(self.dir / "sweep", faults={
            "sand": [{"from": "3s", "to": "9s", "pause": 1}]})
        figure = comparison.picture(comparison.read(sweep.load(folder)))
        said = [text.get_text() for text in figure.findobj(style.mtext.Text)]
        style.pyplot.close(figure)
        self.assertEqual([said.count(words) for words in ("pause 1", "crash 0")], [1, 2])

    def test_labels_hide_no_point_of_the_exchange(self):
        sys.path[:0] = [str(SCRIPTS)]
        from repsim_plots import pareto, study, style, sweep
        one = study.Study([sweep.load(synthetic.timeout_sweep(self.dir / "sweep"))])
        figure, ax = style.pyplot.subplots()
        drawn, _ = pareto.draw_pareto(ax, one, *pareto.pareto_pair(one))
        pareto.label_points(ax, drawn)
        labels = [text.get_window_extent() for text in ax.texts]
        self.assertGreaterEqual(len(labels), len(drawn) - 1)
        for x, y, _, _ in drawn:
            at = ax.transData.transform((x, y))
            self.assertFalse(any(box.contains(*at) for box in labels))
        style.pyplot.close(figure)

    def test_a_cost_that_is_zero_within_its_intervals_is_said_and_not_drawn(self):
        folder = synthetic.category_sweep(self.dir / "sweep")
        text = (folder / "summary.csv").read_text().replace("latency_p50_ms", "delays_per_operation")
        lines = [line + ",0.0002,-0.0001,0.0005" for line in text.splitlines()]
        lines[0] = text.splitlines()[0] + ",latency_p50_ms,latency_p50_ms_low,latency_p50_ms_high"
        (folder / "summary.csv").write_text("\n".join(lines) + "\n")
        self.draws(folder)
        svg = self.svg("cost")
        self.assertIn("not drawn: median latency, 0 at every point", svg)
        self.assertNotIn("<!-- Median latency -->", svg)
        self.assertIn("latency_p50_ms", {row["measure"] for row in self.table("cost.csv")})

    def test_two_numbers_varied_together_give_maps(self):
        self.draws_alone("heat_map", synthetic.two_parameter_sweep(self.dir / "sweep"))
        cells = [r for r in self.table("heat_map.csv") if r["measure"] == "split_brain_per_s"]
        self.assertEqual(len(cells), len(synthetic.TIMEOUTS) * 3)
        self.assertEqual({r["/network/loss"] for r in cells}, {"0.01", "0.05", "0.2"})
        self.assertIn("below the 95 % upper limit", self.svg("heat_map"))

    def test_points_drawn_at_random_are_dots_by_parameter_and_by_two_of_them(self):
        files = self.draws(synthetic.random_design(self.dir / "sweep"))
        self.assertLessEqual({"design.png", "design.svg", "design.csv", "design_map.png"}, files)
        self.assertNotIn("heat_map.png", files)
        self.assertEqual(len({r["/network/loss"] for r in self.table("design.csv")}), 12)

    def test_advice_is_drawn_with_its_bounds_its_choice_and_what_if(self):
        self.draws(synthetic.advice(self.dir / "advice"))
        svg = self.svg("advice")
        for said in ("heartbeat 10 ms", "as recommended", "twice the loss", "none seen: at most this"):
            self.assertTrue(said in svg, said)
        self.assertEqual(len(self.table("advice_points.csv")), 9)

    def test_advice_without_a_choice_says_so(self):
        self.draws(synthetic.advice(self.dir / "advice", "impossible"))
        self.assertTrue("No setting keeps both bounds" in self.svg("advice"))
        self.assertFalse("as recommended" in self.svg("advice"))

    def test_what_is_no_advice_is_refused(self):
        folder = synthetic.advice(self.dir / "advice")
        (folder / "advice.json").write_text('{"bounds": {"outage": 1}}')
        self.refuses(folder, because="not what `repsim advise --out` writes")

    def test_one_number_gives_no_map(self):
        self.assertEqual(self.draws_alone("heat_map", synthetic.timeout_sweep(self.dir / "sweep")), set())

    def test_runs_are_drawn_as_distributions_with_their_quantiles(self):
        folder = synthetic.timeout_sweep(self.dir / "sweep", runs=100)
        self.assertEqual(self.draws_alone("cdf", folder), set())  # without rows
        points = json.loads((folder / "sweep.json").read_text())["points"]
        synthetic.write_rows(folder, points, 100)
        self.draws_alone("cdf", folder)
        rows = {(r["point"], r["measure"], r["quantile"]): r for r in self.table("distributions.csv")}
        self.assertEqual(len(rows), len(points) * 3 * 3)
        half = rows["15 ms", "outage", "0.5"]
        self.assertEqual((half["n"], half["ms"]), ("100", "50"))
        self.assertTrue(float(half["low"]) < 45 and float(half["high"]) > 55)
        most = rows["15 ms", "outage", "0.99"]
        self.assertEqual((most["ms"], most["high"]), ("99", ""))  # too few runs to say
        self.assertEqual(rows["15 ms", "failover", "0.9"]["n"], "50")

    def test_differences_are_drawn_against_one_point(self):
        folder = synthetic.differences(synthetic.timeout_sweep(self.dir / "sweep"), {
            (0, 1, "split_brain_per_s"): (2, 1.5, 2.5, "/s"),
            (1, 0, "split_brain_per_s"): (-2, -2.5, -1.5, "/s"),
            (2, 1, "split_brain_per_s"): (0.1, -0.3, 0.5, "/s"),
            (2, 1, "diverged"): (0, -0.1, 0.1, "of runs")})
        self.draws_alone("differences", folder)
        self.assertEqual({r["point"] for r in self.table("differences_drawn.csv")}, {"20 ms"})
        self.draws_alone("differences", folder, "20 ms")
        rows = self.table("differences_drawn.csv")
        self.assertEqual([(r["point"], r["baseline"], r["measure"]) for r in rows],
                         [("15 ms", "20 ms", "split_brain_per_s"), ("25 ms", "20 ms", "split_brain_per_s")])
        self.assertIn("episodes an hour", self.svg("differences"))

    def test_what_is_no_row_or_difference_of_the_sweep_is_refused(self):
        folder = synthetic.timeout_sweep(self.dir / "sweep")
        synthetic.differences(folder, {(0, 1, "split_brain_per_s"): (2, 1.5, 2.5, "/s")})
        self.refuses(folder, "--baseline", "5 ms", because="there are: 20 ms")
        synthetic.differences(folder, {(0, 99, "diverged"): (2, 1.5, 2.5, "/s")})
        self.refuses(folder, because="differences.csv:2: no difference of two points")
        (folder / "differences.csv").unlink()
        self.refuses(folder, "--baseline", "15 ms", because="has no differences.csv")
        synthetic.write_rows(folder, [{"/protocol/detector/timeout": "7ms"}], 30)
        self.refuses(folder, because="runs.jsonl:1: no row of this sweep")

    def test_listed_points_times_a_number_are_small_pictures_alike(self):
        labels = [f"protocol {n}" for n in range(14)]
        files = self.draws(synthetic.labels_times_loss(self.dir / "sweep", labels))
        self.assertLessEqual({"multiples.png", "multiples_times.png", "multiples.csv"}, files)
        self.assertNotIn("shares.png", files)  # too many lines for one picture
        for label in labels:
            self.assertIn(f"<!-- {label} -->", self.svg("multiples"))


class TracesAndHistories(PlotTest):
    def test_a_short_trace_is_drawn_whole(self):
        self.assertEqual(self.draws(synthetic_trace.short_trace(self.dir / "short.jsonl")),
                         {"short.png", "short.svg"})

    def test_a_long_trace_is_drawn_around_its_split_brain(self):
        path = synthetic_trace.long_trace(self.dir / "long.jsonl")
        self.draws(path)
        sys.path[:0] = [str(SCRIPTS)]
        from repsim_plots import output, spacetime, trace
        run = trace.read(path, output.read_json_lines(path))
        split = run.split_brain()[0]
        window = spacetime.choose_window(run, None, None)
        self.assertTrue(window.begin < split.begin < split.end < window.end)
        self.assertLess(window.width(), run.end // 10)

    def test_a_window_can_be_given(self):
        path = synthetic_trace.long_trace(self.dir / "long.jsonl")
        self.assertEqual(self.draws(path, "--from", "4.9s", "--to", "5200ms"), {"long.png", "long.svg"})

    def test_a_history_with_a_verdict_frames_the_contradiction_and_draws_the_order(self):
        history = synthetic_trace.history(self.dir / "history.jsonl")
        verdict = self.dir / "verdict.json"
        verdict.write_text(json.dumps({"file": "history.jsonl", "story": "nothing wrote 3",
                                       "witness": [1, 2],
                                       "linearization": [{"operation": place, "at": place}
                                                         for place in (0, 1, 3)]}) + "\n")
        self.assertEqual(self.draws(history, "--verdict", verdict), {"history.png", "history.svg"})
        svg = (self.out / "history.svg").read_text(encoding="utf-8")
        for words in ("nothing wrote 3", "contradict each other", "longest order found"):
            self.assertIn(words, svg)

    def test_a_verdict_on_another_history_is_refused(self):
        history = synthetic_trace.history(self.dir / "history.jsonl")
        verdict = self.dir / "verdict.json"
        verdict.write_text('{"file": "a.jsonl", "witness": [1]}\n{"file": "b.jsonl", "witness": []}\n')
        self.refuses(history, "--verdict", verdict, because="no line judges history.jsonl")

    def test_faults_of_a_history_are_shaded(self):
        history = synthetic_trace.history(self.dir / "history.jsonl")
        lines = history.read_text().splitlines()
        head = json.loads(lines[0])
        head["faults"] = [{"what": "crash", "from": 1000, "until": 10**7, "text": "replica 2 crashes"}]
        history.write_text("\n".join([json.dumps(head), *lines[1:], ""]))
        self.draws(history)
        svg = (self.out / "history.svg").read_text(encoding="utf-8")
        self.assertIn("<!-- fault -->", svg)

    def test_without_the_program_ours_is_drawn(self):
        history = synthetic_trace.history(self.dir / "history.jsonl")
        drawn = self.draws(history, "--repsim", self.dir / "nothing")
        self.assertEqual(drawn, {"history.png", "history.svg"})

    def test_without_the_program_other_formats_are_refused(self):
        missing = self.dir / "nothing"
        edn = self.dir / "history.edn"
        edn.write_text("{:process 0, :type :invoke, :f :read, :value nil}\n")
        self.refuses(edn, "--repsim", missing, because="nothing: No such file or directory")

    def test_the_nemesis_is_told_by_line(self):
        sys.path[:0] = [str(SCRIPTS)]
        from repsim_plots import judged
        edn = self.dir / "history.edn"
        edn.write_text("""[{:process 1, :type :invoke, :f :read, :value nil}
 {:process :nemesis, :type :info, :f :start, :value nil}
 {:process :nemesis,
  :type :info,
  :f :start,
  :value "Cut off n1"}
 {:type :info, :process :nemesis, :f :stop, :value nil}
 {:process :nemesis, :type :info, :f :stop, :value "fully connected"}
 {:process :nemesis, :type :info, :f :start, :value nil}]""")
        head = {}
        judged.add_nemesis(edn, head)
        cut = {"what": "start", "from": 2, "text": "nemesis: Cut off n1", "until": 7}
        self.assertEqual(head["faults"], [cut, {"what": "start", "from": 9, "text": "nemesis"}])

    def test_a_history(self):
        self.assertEqual(self.draws(synthetic_trace.history(self.dir / "history.jsonl")),
                         {"history.png", "history.svg"})

    def test_bad_files_are_refused_in_one_line(self):
        trace = synthetic_trace.short_trace(self.dir / "short.jsonl")
        self.refuses(trace, "--from", "9", because="expected a time with its unit")
        self.refuses(trace, "--from", "90s", "--to", "91s", because="window holds nothing")
        lines = trace.read_text().splitlines()
        for bad, because in (("{}\n", "neither a trace nor a history"), ("", "empty"),
                             ("[1]\n", "expected an object"),
                             ("not json\n", "not JSON"), (json.dumps({"repsim": "trace"}) + "\n", "scenario"),
                             ("\n".join([lines[0], '{"t":1,"e":"send","from":0,"to":9,"n":0,"msg":"x"}', ""]),
                              "no such place"),
                             ("\n".join([lines[0], '{"t":"x","e":"send"}', ""]), "expected a time")):
            path = self.dir / "bad.jsonl"
            path.write_text(bad)
            self.refuses(path, because=because)


if __name__ == "__main__":
    unittest.main()
