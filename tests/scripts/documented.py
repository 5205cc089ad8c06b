#!/usr/bin/env python3
"""Runs the commands that the documentation shows, and compares what they print with what it shows.

A line of a block in Markdown that begins with `build/repsim` (after `$ ` or not) is a command; the lines
below it, up to the next command, must each stand in what it prints, apart from white space. A line `...`
stands for what was left out.
Usage: documented.py BINARY [--all]     --all also runs sweeps, rare and advise (seven minutes on two cores)
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COMMAND = re.compile(r"(?:\$ )?build/repsim ((\w+) .*)")
QUICK = {"run", "check", "generate", "list"}
NEXT = ("$ ", "build/repsim", "scripts/")


def shown(text):
    """Yields the command line, its first word, and the lines shown below it, for each command in Markdown."""
    for block in re.findall(r"^```\w*\n(.*?)^```", text, re.DOTALL | re.MULTILINE):
        lines = iter(block.replace("\\\n", " ").splitlines() + ["$ "])
        command, below = None, []
        for line in lines:
            if not line.startswith(NEXT):
                below.append(line)
                continue
            if command:
                yield command[1], command[2], [b for b in below if b.strip() not in ("", "...")]
            command, below = COMMAND.fullmatch(line), []


def plain(text):
    return " ".join(text.split())


def differences(binary, command, lines, folder):
    """The lines that the command does not print."""
    ran = subprocess.run(["bash", "-c", f'"$0" {command}', binary], cwd=folder, capture_output=True,
                         text=True)
    printed = plain(ran.stdout)
    if ran.returncode == 2:
        return [ran.stderr.strip()]
    return [line for line in lines if plain(line) not in printed]


def main():
    binary, everything = str(Path(sys.argv[1]).resolve()), "--all" in sys.argv[2:]
    wrong = ran = 0
    with tempfile.TemporaryDirectory() as folder:
        for name in ("scenarios", "tests"):
            os.symlink(ROOT / name, Path(folder) / name)
        os.mkdir(Path(folder) / "out")
        files = subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True,
                               check=True).stdout.split()
        for file in files:
            for command, kind, lines in shown((ROOT / file).read_text(encoding="utf-8")):
                if kind not in QUICK and not everything or "$F" in command or "'out/" in command:
                    continue
                ran += 1
                for line in differences(binary, command.split("  #")[0], lines, folder):
                    wrong += 1
                    print(f"{file}: repsim {command}\n    does not print: {line}")
    print(f"{ran} documented commands, {wrong} lines that they don't print")
    sys.exit(wrong > 0 or ran < 40)


if __name__ == "__main__":
    main()
