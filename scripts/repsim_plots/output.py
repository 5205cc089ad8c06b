"""Reading input and writing pictures, so that bad input leaves nothing half-written behind."""

import csv
import hashlib
import io
import json
import os
import pathlib
import tempfile


class BadInput(Exception):
    """Something the user can mend; its text is one line."""


def read_text(path):
    try:
        return pathlib.Path(path).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise BadInput(f"{path}: no such file") from None
    except UnicodeDecodeError:
        raise BadInput(f"{path}: not a text file (expected JSON in UTF-8)") from None
    except OSError as problem:
        raise BadInput(f"{path}: {problem.strerror}") from None


def read_json_lines(path):
    """The objects of a JSONL file. A last line cut short (its writer was killed) is left out."""
    lines = read_text(path).splitlines()
    objects = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except (json.JSONDecodeError, RecursionError) as problem:
            if number == len(lines) and number > 1:
                break
            reason = getattr(problem, "msg", "nested too deeply")
            raise BadInput(f"{path}:{number}: not JSON ({reason})") from None
        if not isinstance(value, dict):
            raise BadInput(f"{path}:{number}: expected an object, found {type(value).__name__}")
        objects.append(value)
    if not objects:
        raise BadInput(f"{path}: empty")
    return objects


def digest_of(runs):
    """One digest for the rows of a sweep: two pictures that carry the same one show the same runs."""
    return hashlib.sha256("".join(run["digest"] for run in runs).encode()).hexdigest()[:16]


# What repsim itself leaves in the folders that are drawn, and where pictures land: never replaced.
OF_THE_PROGRAM = ("summary.csv", "differences.csv", "rare.csv", "advice.csv")


class Pictures:
    """Collects finished files in memory and writes them all at the end, each by renaming a temporary one."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.files = {}

    def add_figure(self, name, figure):
        """PNG and SVG of a figure; the bytes depend on nothing but the data and matplotlib's version."""
        png, svg = io.BytesIO(), io.BytesIO()
        figure.savefig(png, format="png", metadata={"Software": None})
        figure.savefig(svg, format="svg", metadata={"Date": None, "Creator": None})
        self.files[f"{name}.png"] = png.getvalue()
        self.files[f"{name}.svg"] = svg.getvalue()
        from matplotlib import pyplot
        pyplot.close(figure)

    def add_table(self, name, columns, rows):
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(columns)
        for row in rows:
            writer.writerow(["" if cell is None else f"{cell:.10g}" if isinstance(cell, float) else cell
                             for cell in row])
        assert f"{name}.csv" not in OF_THE_PROGRAM, name
        self.files[f"{name}.csv"] = text.getvalue().encode()

    def write(self):
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            for name, content in self.files.items():
                handle, temporary = tempfile.mkstemp(dir=self.folder, prefix=".plot-")
                try:
                    with os.fdopen(handle, "wb") as file:
                        file.write(content)
                    os.chmod(temporary, 0o644)
                    os.replace(temporary, self.folder / name)
                except BaseException:
                    os.unlink(temporary)
                    raise
        except OSError as problem:
            raise BadInput(f"{self.folder}: can't write here ({problem.strerror})") from None
        return [self.folder / name for name in self.files if name.endswith(".png")]
