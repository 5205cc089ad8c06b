#!/usr/bin/env python3
"""Compiles each file of sim/ and protocols/ by itself with clang++, and links the program from it.

A file must include what it uses: it may not live on what happens to stand before it where a build puts
many files into one unit. Headers without a source of their own are compiled as well.
Usage: compile_alone.py SOURCE_DIR WORK_DIR     leaves WORK_DIR/repsim and WORK_DIR/digests

To read the standard library 300 times would take twice as long. A precompiled header is given to those
files that include all of it anyway, so that nothing is hidden by it.
"""

import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

COMPILE = ["clang++", "-std=c++20", "-O0", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow",
           "-Werror", "-ffp-contract=off", '-DREPSIM_VERSION="alone"', '-DREPSIM_BUILD="Clang"', "-I."]
STANDARD = {"algorithm", "array", "bit", "chrono", "compare", "cstddef", "cstdint", "initializer_list",
            "iterator", "memory", "optional", "string", "string_view", "utility", "variant", "vector"}
PRECOMPILED = [STANDARD | {"filesystem", "nlohmann/json.hpp"}, STANDARD]  # the first that fits is taken
INCLUDE = re.compile(r'^#include [<"]([^>"]+)[>"]', re.MULTILINE)


def included_by(file, cache):
    """All that `file` includes, directly or not: our own files and those of libraries."""
    if file not in cache:
        cache[file] = set()
        for name in INCLUDE.findall(Path(file).read_text(encoding="utf-8")):
            cache[file] |= {name} | (included_by(name, cache) if Path(name).is_file() else set())
    return cache[file]


def precompile(names, work):
    """The precompiled header of `names`, as arguments to the compiler."""
    header = work / f"precompiled_{len(names)}.hpp"
    header.write_text("".join(f"#include <{name}>\n" for name in sorted(names)), encoding="utf-8")
    output = header.with_suffix(".pch")
    subprocess.run([*COMPILE, "-x", "c++-header", str(header), "-o", str(output)], check=True)
    return ["-include-pch", str(output)]


def compile_one(file, work, precompiled, cache):
    """Compiles `file` alone. Returns its object file ("" for a header), None if it doesn't compile."""
    needed = included_by(file, cache)
    help_ = next((arguments for names, arguments in precompiled if names <= needed), [])
    if file.endswith(".hpp"):
        how = ["-fsyntax-only", "-x", "c++", "-Wno-pragma-once-outside-header", "-Wno-unused-const-variable"]
        produced = ""
    else:
        produced = str(work / (file.replace("/", "-") + ".o"))
        how = ["-c", "-o", produced]
    return produced if subprocess.run([*COMPILE, *help_, *how, file]).returncode == 0 else None


def main():
    source, work = Path(sys.argv[1]), Path(sys.argv[2]).absolute()
    work.mkdir(parents=True, exist_ok=True)
    os.chdir(source)
    files = sorted(str(f) for room in ("sim", "protocols") for f in Path(room).rglob("*.?pp"))
    sources = [f for f in files if f.endswith(".cpp")] + ["tests/digests/main.cpp"]
    headers = [f for f in files if f.endswith(".hpp") and f.removesuffix("hpp") + "cpp" not in sources]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        precompiled = list(zip(PRECOMPILED, pool.map(lambda names: precompile(names, work), PRECOMPILED)))
        cache = {}
        compiled = pool.map(lambda f: compile_one(f, work, precompiled, cache), sources + headers)
        objects = dict(zip(sources + headers, compiled))
    refused = [f for f, o in objects.items() if o is None]
    if refused:
        sys.exit("these don't compile alone: " + ", ".join(refused))
    digests = objects.pop("tests/digests/main.cpp")
    program = [o for o in objects.values() if o]
    without_main = [o for f, o in objects.items() if o and not f.startswith("sim/cli/")]
    for output, parts in (("repsim", program), ("digests", [digests, *without_main])):
        subprocess.run(["clang++", *parts, "-lfmt", "-lpthread", "-o", str(work / output)], check=True)
    print(f"{len(sources)} sources and {len(headers)} headers compile alone")


if __name__ == "__main__":
    main()
