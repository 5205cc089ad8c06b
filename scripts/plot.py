#!/usr/bin/env python3
"""Draw what repsim leaves behind: a sweep's folder, a run's trace, or a client history.

Several sweeps given together are overlaid. Each figure is written as PNG and SVG (--format for PDF), with its
numbers as CSV beside it; either all files are written, or (bad input, exit 2) none.
"""

import argparse
import pathlib
import sys

from repsim_plots import interpreter, page_options

ROOT = pathlib.Path(__file__).resolve().parent.parent


def parse_arguments(argv):
    parser = argparse.ArgumentParser(prog="plot.py", description=__doc__.splitlines()[0])
    parser.add_argument("paths", nargs="+", metavar="PATH",
                        help="a sweep's folder, TRACE.jsonl, or a history in any format that repsim reads")
    parser.add_argument("--out", metavar="DIR", help="where the pictures go (default: beside the input)")
    parser.add_argument("--format", metavar="LIST", default="png,svg",
                        help="files of each picture: png, svg, pdf (default: png,svg)")
    page_options.add(parser)
    parser.add_argument("--measure", nargs="+", metavar="NAME", default=[],
                        help="sweeps: draw these columns of summary.csv instead of the usual figures")
    parser.add_argument("--baseline", metavar="POINT",
                        help="sweeps: compare with the point of this name (default: the first)")
    parser.add_argument("--from", dest="begin", metavar="TIME",
                        help="traces: begin of the window, such as 4.9s")
    parser.add_argument("--to", dest="end", metavar="TIME", help="traces: end of the window")
    parser.add_argument("--repsim", metavar="PATH", default=ROOT / "build" / "repsim",
                        help="histories: the program that judges them (default: build/repsim)")
    parser.add_argument("--verdict", metavar="FILE",
                        help="histories: what `repsim check --json --order HISTORY` printed; then it isn't "
                             "asked")
    return parser.parse_args(argv)


def main(argv):
    interpreter.use_one_with_matplotlib(__file__)
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
