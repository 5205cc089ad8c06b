"""One look for all pictures: colours that the colour-blind can tell apart, light grids, legible sizes."""

import math
import textwrap
import warnings

import matplotlib

matplotlib.use("Agg")
from matplotlib import patheffects, pyplot, text as mtext  # noqa: E402  (the backend comes first)
from matplotlib.transforms import Bbox  # noqa: E402

from . import page, words  # noqa: E402

# Okabe and Ito's palette.
BLACK, ORANGE, SKY, GREEN, YELLOW, BLUE, VERMILLION, PURPLE = (
    "#000000", "#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7")
SERIES = (BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY, BLACK)
MARKERS = "osD^vPX"
GREY, FAINT = "#666666", "#BBBBBB"

# Sizes of letters, in points of the layout (page.py scales it): marks in a crowd, small print, numbers beside
# dots, ordinary ones, numbers in cells, names of rows, titles of columns, of pages, of tables.
TINY, FINE, SMALL, PLAIN, CELL, ROW, TITLE, HEADLINE, HEAD = 8, 9, 9.5, page.LETTERS, 10.5, 11, 11.5, 13.5, 16

matplotlib.rcParams.update({
    "font.family": "DejaVu Sans", "font.size": PLAIN, "axes.titlesize": ROW, "axes.labelsize": PLAIN,
    "xtick.labelsize": FINE, "ytick.labelsize": FINE, "legend.fontsize": SMALL,
    "axes.titlelocation": "left", "axes.titleweight": "bold", "axes.grid": True, "grid.color": "#E4E4E4",
    "grid.linewidth": 0.7,
    "axes.axisbelow": True, "axes.spines.top": False, "axes.spines.right": False, "axes.edgecolor": "#888888",
    "legend.frameon": False, "figure.dpi": page.DOTS, "savefig.dpi": page.DOTS, "savefig.facecolor": "white",
    "svg.hashsalt": "repsim", "lines.linewidth": 1.8, "lines.markersize": 5.5, "hatch.linewidth": 0.7,
    "text.parse_math": False,  # a name with $, _ or ^ is a name
    "axes.unicode_minus": True, "axes.xmargin": 0.04})


# A letter that the font lacks is drawn as a box; that is no message for the terminal.
warnings.filterwarnings("ignore", message=r"Glyph .* missing from current font")

set_text_unchecked = mtext.Text.set_text


def set_text(self, text):
    """Every text of a picture passes here, whoever makes it, so that none can break the file."""
    set_text_unchecked(self, None if text is None else words.clean(str(text)))


mtext.Text.set_text = set_text


SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def power_of_ten(value):
    return "10" + str(round(math.log10(value))).translate(SUPERSCRIPTS)


def series_style(number):
    """Colour and marker of the n-th line; both change, so that lines differ in black and white too."""
    return SERIES[number % len(SERIES)], MARKERS[(number + number // len(SERIES)) % len(MARKERS)]


def fit(text, room):
    """Cuts the longest line of a text until it is no wider than `room` inches."""
    figure = text.figure
    while text.get_window_extent(figure.canvas.get_renderer()).width > room * figure.dpi:
        lines = text.get_text().split("\n")
        longest = max(range(len(lines)), key=lambda i: len(lines[i]))
        if len(lines[longest]) < 8:
            return
        lines[longest] = words.short(lines[longest], int(0.95 * len(lines[longest])))
        text.set_text("\n".join(lines))


def fold(figure):
    """Breaks titles and labels of panels that are longer than their panel's side, and cuts what still is;
    returns whether one was."""
    renderer, changed = figure.canvas.get_renderer(), False
    for ax in figure.axes:
        frame = ax.get_window_extent(renderer)
        up = 0.6 * figure.bbox.height if is_shared_by_lines(ax) else frame.height
        for text, room in ((ax.title, frame.width), (ax._left_title, frame.width),
                           (ax.xaxis.label, frame.width), (ax.yaxis.label, up)):
            changed |= bool(ax.get_visible() and text.get_text()) and fold_one(text, 1.02 * room, renderer)
    return changed


def is_shared_by_lines(ax):
    """Whether one label stands for the panels of several lines."""
    return len({other.get_position().y0 for other in ax.get_shared_y_axes().get_siblings(ax)}) > 1


def fold_one(text, room, renderer):
    def length():
        box = text.get_window_extent(renderer)
        return box.height if text.get_rotation() else box.width
    whole, long = text.get_text(), length()
    if long <= room:
        return False
    most, even = int(0.97 * len(whole) * room / long), math.ceil(len(whole) / math.ceil(long / room))
    lines = textwrap.wrap(whole, max(10, min(most, even + 6)), break_long_words=False)
    text.set_text("\n".join(lines[:2]))
    while length() > room or len(lines) > 2:
        longest = max(map(len, text.get_text().split("\n")))
        if longest < 8:
            break
        whole = words.short(whole, int(0.95 * len(whole)))
        lines = textwrap.wrap(whole, max(8, min(longest, int(0.6 * len(whole)) + 2)))
        text.set_text("\n".join(lines[:2]))
    return True


def headline(figure, text):
    """The title of a page, at its upper left."""
    fit(figure.text(0.01, 1 - 0.10 / figure.get_figheight(), text, va="top", fontsize=HEADLINE,
                    fontweight="bold"), 0.98 * figure.get_figwidth())


def footer(figure, text, note=""):
    """Where the numbers come from, small and grey in the bottom margin; a note above it."""
    for line, height in ((text, 0.06), (note, 0.24)):
        fit(figure.text(0.995, height / figure.get_figheight(), line, ha="right", va="bottom", fontsize=FINE,
                        color="#777777"), 0.985 * figure.get_figwidth())


def legend_below(figure, handles, bottom):
    """A legend in as many columns as the page is wide; returns its height in inches."""
    for columns in range(len(handles), 0, -1):
        legend = figure.legend(handles=handles, loc="lower center", ncol=columns,
                               bbox_to_anchor=(0.5, bottom / figure.get_figheight()))
        box = legend.get_window_extent(figure.canvas.get_renderer())
        if columns == 1 or box.width <= figure.bbox.width - 8:
            break
        legend.remove()
    for text in legend.get_texts():
        fit(text, figure.get_figwidth() - 1.0)
    legend.set_bbox_to_anchor((0.5, bottom / figure.get_figheight()))
    return box.height / figure.dpi


USUAL_BOTTOM = 0.9  # inches of the margin below the panels for which pages are laid out


def finish(figure, footer_text, handles=(), title=None, note=""):
    """Legend below the panels, the footer below that, and the panels fitted into what is left. A legend of
    many lines makes the page higher, not the panels lower."""
    begin = bottom = 0.48 if note else 0.30
    if handles:
        bottom += legend_below(figure, handles, begin) + 0.02
    figure.set_figheight(figure.get_figheight() + max(0.0, bottom - USUAL_BOTTOM))
    height = figure.get_figheight()
    for legend in figure.legends:
        legend.set_bbox_to_anchor((0.5, begin / height))
    if title:
        headline(figure, title)
    room = (0, bottom / height, 1, 1 - (0.50 if title else 0.08) / height)
    figure.tight_layout(rect=room)
    if fold(figure):
        figure.tight_layout(rect=room)
    footer(figure, footer_text, note)


HALO = patheffects.withStroke(linewidth=2.6, foreground="white")  # lines that cross a label don't hide it


MARKER = 5  # points from the middle of a marker to its edge, with a little room


def band(among):
    """How opaque each of so many bands is, so that equal ones don't add up to a dark area."""
    return 1 - (1 - 0.28) ** (1 / max(among, 2))


class Placer:
    """Puts labels where they cover neither each other nor given points, or leaves them out."""

    def __init__(self, ax, points=(), room_above=4):
        reach = MARKER * ax.figure.dpi / 72
        self.ax, self.taken, self.above = ax, [], room_above * ax.figure.dpi / 72
        self.markers = [Bbox([[x - reach, y - reach], [x + reach, y + reach]]) for x, y in points]
        self.renderer = ax.figure.canvas.get_renderer()
        self.frame = ax.get_window_extent(self.renderer)
        self.right = min(self.frame.x1 + 30, ax.figure.bbox.x1 - 3)

    def put(self, text, xy, offsets, **look):
        """Tries (dx, dy, ha, va) offsets in points, in order; returns whether one was free."""
        for dx, dy, ha, va in offsets:
            label = self.ax.annotate(text, xy, xytext=(dx, dy), textcoords="offset points", ha=ha, va=va,
                                     path_effects=[HALO], **look)
            box = label.get_window_extent(self.renderer).expanded(1.02, 1.04)
            frame = self.frame
            inside = (frame.x0 - 4 <= box.x0 and box.x1 <= self.right
                      and frame.y0 - 4 <= box.y0 and box.y1 <= frame.y1 + self.above)
            if inside and not any(box.overlaps(b) for b in [*self.taken, *self.markers]):
                self.taken.append(box)
                return True
            label.remove()
        return False
