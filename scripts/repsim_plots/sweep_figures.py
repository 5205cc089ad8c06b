"""The figures of a sweep: rates, outage, what one costs the other, and one page with all three."""

from matplotlib.patches import Patch

from . import measures, style
from .output import BadInput
from .panels import draw_measure, legend_handles, panels, set_x
from .pareto import draw_pareto, label_points, pareto_figure, pareto_pair, pareto_title
from .study import Study
from .style import pyplot


def overview(study, pair):
    """The page for a README: what falls and what grows above one another, and their exchange beside them."""
    cost, gain = pair
    figure = pyplot.figure(figsize=(11.6, 6.9))
    grid = figure.add_gridspec(2, 2, width_ratios=(1, 1.12))
    top, bottom, right = (figure.add_subplot(cell) for cell in (grid[0, 0], grid[1, 0], grid[:, 1]))
    alone = len(study.series) == 1
    first = draw_measure(top, study, gain, [(style.VERMILLION, "o")] if alone else None)
    second = draw_measure(bottom, study, cost, [(style.BLUE, "o")] if alone else None)
    if alone and cost == "longest_outage_s" and study.has_events("detection_mean_s"):
        second = add_detection(bottom, study)
    for ax in (top, bottom):
        set_x(ax, study, label=ax is bottom)
    drawn, _ = draw_pareto(right, study, cost, gain)
    right.set_title(pareto_title(study))
    handles = legend_handles(study, first[0] or second[0], first[1] or second[1])
    for handle in handles if alone else ():
        if isinstance(handle, Patch):
            handle.set_facecolor("#777777")
    style.finish(figure, study.provenance, handles, title=headline(study))
    label_points(right, drawn)
    return figure


def add_detection(ax, study):
    """The part of an outage that the timeout decides, beside the outage itself; labelled on the spot."""
    drawn = draw_measure(ax, study, "detection_mean_s", [(style.GREEN, "D")])
    ax.set_title("Longest outage, and detection of the crash")
    names = ("longest_outage_s", "detection_mean_s")
    last = {name: study.points(study.series[0], name)[-1] for name in names}
    ax.set_ylim(0, 1.2 * max(e.value for _, _, e in last.values()))
    above = max(last, key=lambda name: last[name][2].value)
    for name, colour, text in (("longest_outage_s", style.BLUE, "outage"),
                               ("detection_mean_s", style.GREEN, "detection")):
        x, _, e = last[name]
        ax.annotate(text, (x, e.value), xytext=(-4, 10 if name == above else -17), textcoords="offset points",
                    ha="right", va="bottom" if name == above else "top", color=colour, fontsize=10)
    return drawn


def headline(study):
    """What the scenario says that it is about, when that is one short sentence; else its name."""
    if len(study.sweeps) > 1:
        return "  and  ".join(list(dict.fromkeys(s.name for s in study.sweeps))[:3])
    about = str(study.sweeps[0].scenario.get("about", "")).split(". ")[0].rstrip(".")
    return about if 20 <= len(about) <= 95 else study.sweeps[0].name


def table(study, names):
    """Rows for the CSV beside a figure: exactly the numbers that it shows."""
    columns = ["series", study.axis.pointer, *sorted({p for s in study.series for p in s.fixed}), "measure",
               "n",
               "estimate", "low", "high", "theory"]
    rows = []
    for name in names:
        for series in study.series:
            for _, row, e in study.points(series, name, 1.0):
                point = [row.point.get(p) for p in columns[1:columns.index("measure")]]
                rows.append([series.label or series.sweep.name, *point, name, row.runs, e.value, e.low,
                             e.high,
                             study.theory_at(series, row, name)])
    return columns, rows


def draw(pictures, sweeps, only=()):
    """All figures of one sweep, or of several over each other."""
    study = Study(sweeps)
    if len(study.series) > 12:
        raise BadInput(f"{sweeps[0].folder}: {len(study.series)} lines are too many for a picture "
                       "(12 at most): vary fewer parameters")
    if only:
        unknown = [name for name in only if not study.estimates(name)]
        if unknown:
            known = sorted({name for s in study.series for row in s.rows for name in row.measures})
            raise BadInput(f"no data for measure \"{unknown[0]}\"; there are: {', '.join(known)}")
        pictures.add_figure("measures", panels(study, only))
        pictures.add_table("measures", *table(study, only))
        return
    for figure_name, names in (("rates", measures.RATES), ("shares", measures.SHARES),
                               ("elections", measures.ELECTIONS), ("cost", measures.COST)):
        add_panels(pictures, study, figure_name, [name for name in names if study.has_events(name)])
    add_panels(pictures, study, "outage", [name for name in measures.OUTAGE if study.has_events(name)])
    pair = pareto_pair(study)
    if pair:
        for figure_name, build in (("pareto", pareto_figure), ("overview", overview)):
            pictures.add_figure(figure_name, build(study, pair))
            pictures.add_table(figure_name, *table(study, pair))
    if not pictures.files:
        raise BadInput(f"{sweeps[0].folder}: nothing to draw: no measure has data")


def add_panels(pictures, study, figure_name, names):
    if names:
        pictures.add_figure(figure_name, panels(study, names))
        pictures.add_table(figure_name, *table(study, names))
