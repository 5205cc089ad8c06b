"""The figures of a sweep: rates, outage, what one costs the other, and one page with all three."""

from . import heat_map, measures, multiples, page, style
from .output import BadInput
from .panels import INTERVAL, draw_measure, legend_handles, panels, set_x
from .pareto import draw_pareto, label_points, pareto_figure, pareto_pair, pareto_title
from .study import Study, table
from .style import pyplot

MOST_LINES = 12


def overview(study, pair):
    """The page for a README: benefits above costs, and their trade-off beside them."""
    cost, gain = pair
    figure = pyplot.figure(figsize=(page.width(11.6, 9.0), 6.9))
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
        if handle.get_label() == INTERVAL:
            handle.set_color("#777777")
    titles = dict.fromkeys(one.headline() for one in study.sweeps[:3])
    style.finish(figure, study.provenance, handles, title="  and  ".join(titles))
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
                    ha="right", va="bottom" if name == above else "top", color=colour, fontsize=style.PLAIN)
    return drawn


def draw(pictures, sweeps, only=()):
    """All figures of one sweep, or of several over each other; or those of some measures only."""
    study = Study(sweeps)
    few = len(study.series) <= MOST_LINES
    if only:
        draw_chosen(pictures, study, only, few)
        return
    if few:
        draw_lines(pictures, study)
    if not heat_map.fits(sweeps[0]):
        multiples.draw_lines(pictures, study)


def too_many(study):
    return BadInput(f"{study.sweeps[0].folder}: {len(study.series)} lines are too many for a picture "
                    f"({MOST_LINES} at most): vary fewer parameters")


def draw_chosen(pictures, study, only, few):
    unknown = [name for name in only if not study.estimates(name)]
    if unknown:
        known = sorted({name for s in study.series for row in s.rows for name in row.measures})
        raise BadInput(f"no data for measure \"{unknown[0]}\"; there are: {', '.join(known)}")
    if not few:
        raise too_many(study)
    pictures.add_figure("measures", panels(study, only))
    pictures.add_table("measures", *table(study, only))


def draw_lines(pictures, study):
    for figure_name, names in (("rates", measures.RATES), ("shares", measures.SHARES),
                               ("elections", measures.ELECTIONS), ("cost", measures.COST),
                               ("outage", measures.OUTAGE)):
        add_panels(pictures, study, figure_name, [name for name in names if study.has_events(name)])
    pair = pareto_pair(study)
    if pair:
        for figure_name, build in (("pareto", pareto_figure), ("overview", overview)):
            pictures.add_figure(figure_name, build(study, pair))
            pictures.add_table(figure_name, *table(study, pair))


def add_panels(pictures, study, figure_name, names):
    """Costs that are zero within their intervals are in the table, and not in the picture."""
    zero = [name for name in names if measures.of(name).kind == "value" and study.is_zero(name)]
    shown = [name for name in names if name not in zero]
    if shown:
        note = f"not drawn: {', '.join(measures.of(n).title.lower() for n in zero)}, 0 at every point"
        pictures.add_figure(figure_name, panels(study, shown, note if zero else ""))
        pictures.add_table(figure_name, *table(study, names))
