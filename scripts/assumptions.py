#!/usr/bin/env python3
"""Writes the table of what each protocol assumes, guarantees and costs into README.md.

The table stands in protocols/assumptions.json, from which the soak (tests/soak) draws its scenarios, too:
what the README promises is what is tested.
Usage: scripts/assumptions.py [--check]    With --check it writes nothing, and exits with 1 if they differ.
"""

import argparse
import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
HEAD = ("| protocol | assumes | guarantees when that holds | messages, delays for a write |\n"
        "|---|---|---|---|\n")
COLUMNS = ("protocol", "assumes", "guarantees", "cost")


def table_of(rows):
    return HEAD + "".join("| " + " | ".join(row[column] for column in COLUMNS) + " |\n" for row in rows)


def with_table(text, table):
    """The text with the table in place of the one that begins with the same head."""
    start = text.index(HEAD)
    end = text.index("\n\n", start) + 1
    return text[:start] + table + text[end:]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 if it differs")
    check = parser.parse_args().check
    rows = json.loads((ROOT / "protocols" / "assumptions.json").read_text(encoding="utf-8"))["rows"]
    readme = ROOT / "README.md"
    text = readme.read_text(encoding="utf-8")
    wanted = with_table(text, table_of(rows))
    if check:
        if text != wanted:
            print("README.md: the table of protocols isn't that of protocols/assumptions.json: "
                  "run scripts/assumptions.py")
        return int(text != wanted)
    readme.write_text(wanted, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
