"""Reading input and writing pictures, so that bad input leaves nothing half-written behind."""

import contextlib
import csv
import fcntl
import hashlib
import io
import json
import os
import pathlib
import re
import sys


class BadInput(Exception):
    """An error that the user can correct; its text is one line."""


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


@contextlib.contextmanager
def locked(folder):
    """Holds the lock of a folder, as repsim does (sim/files): one writes at a time."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise BadInput(f"{folder}: is in use: another command is writing or reading it") from None
    finally:
        os.close(handle)


def write_whole(path, content):
    """Writes a file that appears whole or not at all, by the rules of sim/files: a draft beside it, locked as
    long as its writer lives, is renamed when it is whole; those of killed writers go."""
    path = pathlib.Path(os.path.realpath(path))
    stem = path.name[:200] + "."
    for left in path.parent.iterdir():
        if re.fullmatch(re.escape(stem) + r"[0-9-]+\.tmp", left.name):
            remove_if_stale(left)
    draft = path.with_name(f"{stem}{os.getpid()}.tmp")
    with open(draft, "xb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            os.replace(draft, path)
        except BaseException:
            os.unlink(draft)
            raise


def remove_if_stale(draft):
    with contextlib.suppress(OSError), open(draft, "rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # free only when its writer is gone
        os.unlink(draft)


# What repsim itself leaves in the folders that are drawn, and where pictures land: never replaced.
OF_THE_PROGRAM = ("summary.csv", "differences.csv", "rare.csv", "advice.csv")


# What matplotlib would say of itself and of today: left out, for the same data give the same bytes.
NO_METADATA = {"png": {"Software": None}, "svg": {"Date": None, "Creator": None},
               "pdf": {"CreationDate": None, "Creator": None, "Producer": None}}


class Pictures:
    """Collects finished files in memory and writes them all at the end, each by renaming a temporary one."""

    def __init__(self, folder, formats=("png", "svg")):
        self.folder = pathlib.Path(folder)
        self.formats = formats
        self.files = {}

    def add_figure(self, name, figure):
        """A figure in each format; the bytes depend on nothing but the data and matplotlib's version."""
        from . import page  # which says what is wrong with a size as this module says it
        for kind in self.formats:
            content = io.BytesIO()
            page.save(figure, content, kind, NO_METADATA[kind])
            self.files[f"{name}.{kind}"] = content.getvalue()
        from matplotlib import pyplot
        complaint = page.complaint(name, figure)
        if complaint:
            print(f"plot.py: {complaint}", file=sys.stderr)
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
            with locked(self.folder):
                for name, content in self.files.items():
                    write_whole(self.folder / name, content)
        except OSError as problem:
            raise BadInput(f"{self.folder}: can't write here ({problem.strerror})") from None
        return [self.folder / name for name in self.files if name.endswith("." + self.formats[0])]
