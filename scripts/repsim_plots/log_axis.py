"""Logarithmic axes: three labels at least, and no more than have room."""

import math

from matplotlib.ticker import FuncFormatter, Locator, LogLocator, NullFormatter, NullLocator

from . import style, units

MOST = 9
MOST_DECADES = 4  # with marks between the labels


class LogTicks(Locator):
    """Round numbers, chosen when the picture is drawn: only then is known how long the axis is. With `zero`
    its lower end is where zeros are drawn, and has a tick of its own."""

    def __init__(self, most=MOST, zero=False):
        self.most, self.zero = most, zero

    def __call__(self):
        return self.tick_values(*sorted(self.axis.get_view_interval()))

    def tick_values(self, vmin, vmax):
        if not 0 < vmin < vmax < math.inf:
            return []
        room = max(3, min(self.most, int(0.72 * self.axis.get_tick_space())))
        low = vmin * (2 if self.zero else 1)
        for most in range(room, 2, -1):
            found = ([vmin] if self.zero else []) + units.log_ticks(low, vmax, most)
            if self.free(found, vmin, vmax) == found:
                return found
        return self.free(found, vmin, vmax)

    def free(self, ticks, vmin, vmax):
        """The ticks whose labels don't overlap the label before, judged by the width of letters."""
        box = self.axis.axes.bbox
        across = self.axis.axis_name == "x"
        inches = (box.width if across else box.height) / self.axis.figure.dpi
        kept, until = [], -math.inf
        for tick in ticks:
            half = style.FINE / 72 * (0.32 * len(label(tick)) + 0.15 if across else 0.6)
            place = inches * math.log(tick / vmin) / math.log(vmax / vmin)
            if place - half >= until:
                kept.append(tick)
                until = place + half
        return kept


def label(value):
    if 1e-3 <= value < 1e4:
        return f"{value:.6g}"
    power = math.floor(math.log10(value) + 1e-9)
    digits = f"{value / 10.0 ** power:.3g}"
    return ("" if digits == "1" else digits + "·") + style.power_of_ten(10.0 ** power)


def tidy(axis, most=MOST, zero=False):
    """For an axis that is logarithmic already; of its limits only the ratio matters now."""
    low, high = sorted(axis.get_view_interval())
    axis.set_major_locator(LogTicks(most, zero))
    axis.set_major_formatter(FuncFormatter(lambda y, _: "0" if zero and y <= 1.001 * min(
        axis.get_view_interval()) else label(y)))
    wide = low > 0 and high / low > 10 ** MOST_DECADES
    axis.set_minor_locator(NullLocator() if wide else LogLocator(subs="auto"))
    axis.set_minor_formatter(NullFormatter())
