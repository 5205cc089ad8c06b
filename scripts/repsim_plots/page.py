"""How wide pages are and how large their letters: the one place that decides it (--width, --font-size).

Every picture is laid out in inches in which its ordinary letters have 10 points. A narrow page, or one of
large letters, is laid out with less room: fewer panels stand side by side. When the picture is written, all
of it is scaled as a whole, so that the page has its width and the letters their size. A page that can't be
laid out in the room that is left has smaller letters instead; who asked is told.
"""

import contextlib
import math
import re

from .output import BadInput

LETTERS = 10.0            # points, while a page is laid out
FONT_SIZES = (4.0, 40.0)  # points
WIDTHS = (2.0, 60.0)      # inches
INCHES = {"": 1.0, "in": 1.0, "cm": 1 / 2.54, "mm": 1 / 25.4, "pt": 1 / 72}
DOTS = 130                # an inch, in PNG

asked_width, asked_letters = None, LETTERS


def ask(width, letters):
    """What all further pages obey; texts as users write them, or None for what is usual."""
    global asked_width, asked_letters
    asked_width = None if width is None else read("--width", width, INCHES, WIDTHS, "in")
    asked_letters = LETTERS if letters is None else read("--font-size", letters, {"": 1.0, "pt": 1.0},
                                                         FONT_SIZES, "pt")


def read(option, text, units, limits, unit):
    """A length within its limits, in their unit."""
    found = re.fullmatch(r"\s*([0-9]+\.?[0-9]*|\.[0-9]+)\s*([a-z]*)\s*", str(text))
    if not found or found[2] not in units:
        known = ", ".join(name for name in units if name)
        raise BadInput(f"{option} {text}: expected a number of {unit}, or one with its unit ({known})")
    value = float(found[1]) * units[found[2]]
    low, high = limits
    if not low <= value <= high:
        raise BadInput(f"{option} {text}: expected {low:g} to {high:g} {unit}")
    return value


def width(usual, least):
    """Inches across, to lay a page out in: `usual` unless asked otherwise, and `least` at least."""
    return max((asked_width or usual) * LETTERS / asked_letters, least)


def columns(count, most, usual, least):
    """How many panels, each `usual` inches wide or `least` at least, stand side by side: (columns, width)."""
    most = min(count, most)
    room = width(usual * most, least)
    fitting = max(1, min(most, int(room / least + 1e-9)))
    lines = math.ceil(count / fitting)
    return (fitting if fitting == most else math.ceil(count / lines)), room


def scale(figure):
    """From the inches of the layout to those of the file."""
    return asked_width / figure.get_figwidth() if asked_width else asked_letters / LETTERS


def complaint(name, figure):
    """The message for a user whose letters don't fit on the page; None if they do."""
    letters = LETTERS * scale(figure)
    if letters > 0.99 * asked_letters:
        return None
    wide = figure.get_figwidth() * asked_letters / LETTERS
    return (f"{name}: letters of {letters:.2g} pt, for those of {asked_letters:g} pt need a page of "
            f"{wide:.3g} in")


def save(figure, content, kind, metadata):
    """Writes a figure, scaled, into a file-like object."""
    by = scale(figure)
    if kind == "png":
        figure.savefig(content, format=kind, metadata=metadata, dpi=DOTS * by,
                       pil_kwargs={"dpi": (DOTS, DOTS)})
    elif kind == "pdf":
        with scaled_pdf(by):
            figure.savefig(content, format=kind, metadata=metadata)
    else:
        figure.savefig(content, format=kind, metadata=metadata)
        whole = content.getvalue()
        content.seek(0)
        content.truncate()
        content.write(re.sub(rb'<svg [^>]*>', lambda head: scaled_svg(head[0], by), whole, count=1))


def scaled_svg(head, by):
    """The first element of an SVG file: its size in points changes, its view box stays."""
    return re.sub(rb'(width|height)="([0-9.]+)pt"',
                  lambda side: side[1] + b'="%.6gpt"' % (by * float(side[2])), head)


@contextlib.contextmanager
def scaled_pdf(by):
    from matplotlib.backends import backend_pdf

    class Scaled(backend_pdf.PdfFile):
        def newPage(self, across, up):  # noqa: N802  (matplotlib's name)
            super().newPage(across * by, up * by)
            self.output(by, 0, 0, by, 0, 0, backend_pdf.Op.concat_matrix)

    plain = backend_pdf.PdfFile
    backend_pdf.PdfFile = Scaled if by != 1 else plain
    try:
        yield
    finally:
        backend_pdf.PdfFile = plain
