#!/usr/bin/env python3
"""Draw what repsim leaves behind: a sweep's folder, a run's trace, or a client history.

Several sweeps given together are overlaid. Each figure is written as PNG and SVG, with its numbers as CSV
beside it; either all files are written, or (bad input, exit 2) none.
"""

import argparse
import importlib.util
import os
import sys

DISTRIBUTION_PYTHON = "/usr/bin/python3"


def have_matplotlib():
    return all(importlib.util.find_spec(name) for name in ("matplotlib", "numpy"))


def use_an_interpreter_with_matplotlib():
    """Start again under another interpreter when this one can't draw: the first `python3` on the PATH is
    often a private build, while the distribution's own has matplotlib."""
    if have_matplotlib():
        return
    tried = os.environ.get("REPSIM_PLOT_TRIED", "")
    for other in (os.environ.get("REPSIM_PYTHON"), DISTRIBUTION_PYTHON):
        if other and other not in tried.split(":") and os.access(other, os.X_OK):
            os.environ["REPSIM_PLOT_TRIED"] = f"{tried}:{other}"
            os.execv(other, [other, os.path.abspath(__file__), *sys.argv[1:]])
    print("plot.py: needs matplotlib and numpy (Debian: apt-get install python3-matplotlib)", file=sys.stderr)
    sys.exit(2)


def parse_arguments(argv):
    parser = argparse.ArgumentParser(prog="plot.py", description=__doc__.splitlines()[0])
    parser.add_argument("paths", nargs="+", metavar="PATH",
                        help="a sweep's folder, TRACE.jsonl or HISTORY.jsonl")
    parser.add_argument("--out", metavar="DIR", help="where the pictures go (default: beside the input)")
    parser.add_argument("--measure", nargs="+", metavar="NAME", default=[],
                        help="sweeps: draw these columns of summary.csv instead of the usual figures")
    parser.add_argument("--from", dest="begin", metavar="TIME",
                        help="traces: begin of the window, such as 4.9s")
    parser.add_argument("--to", dest="end", metavar="TIME", help="traces: end of the window")
    return parser.parse_args(argv)


def main(argv):
    use_an_interpreter_with_matplotlib()
    arguments = parse_arguments(argv)
    from repsim_plots import figures
    from repsim_plots.output import BadInput
    try:
        for path in figures.draw(arguments):
            print(path)
    except BadInput as problem:
        print(f"plot.py: {problem}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
