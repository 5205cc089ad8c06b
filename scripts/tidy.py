#!/usr/bin/env python3
"""The house rules as a test: sizes, determinism, includes, folders' READMEs, links, scenarios' "about".

Prints `file:line: rule` for each breach and exits 1 when there is one. A line that must break a determinism
or size rule says why in a trailing comment: `// tidy: allow REASON`. Standard library only.
"""

import json
import pathlib
import re
import shutil
import subprocess
import sys

FILE_LINES, LINE_LENGTH, FUNCTION_LINES = 400, 110, 60
CODE = (".cpp", ".hpp")

# A room (a folder of sim/, with all below it) may include itself and these.
JUDGES = {"check", "linearizability"}
BASE = {"kernel", "network", "fault", "workload", "history"}
ARROWS = {
    "files": set(), "kernel": set(), "network": {"kernel"}, "fault": {"kernel", "network"},
    "history": {"files", "kernel"},
    "check": {"history", "kernel"}, "linearizability": {"history", "kernel"},
    "workload": {"kernel", "history"}, "world": BASE,
    "protocol": BASE | {"world"}, "scenario": BASE | {"files", "world", "protocol", *JUDGES},
    "report": BASE | {"files", "world", "protocol", *JUDGES, "scenario"},
    "experiment": BASE | {"files", "world", "protocol", *JUDGES, "scenario", "report"},
    "cli": BASE | {"files", "world", "protocol", *JUDGES, "scenario", "report", "experiment"},
}
FOR_PROTOCOLS = {"protocol", "kernel"}
OUTSIDE_RUNS = {"experiment", "cli", "report"}  # may use the wall clock, threads and floating-point libraries

BREACHES = re.compile(
    r"std::random_device|\bmt19937|std::(?:uniform|exponential|normal|bernoulli|poisson)_|\bs?rand\(|"
    r"\b(?:system|steady|high_resolution)_clock\b|\bunordered_(?:multi)?(?:map|set)\b|"
    r"std::j?thread\b|<(?:random|cmath|thread|unordered_map|unordered_set)>|"
    r"std::(?:log\w*|exp\w*|pow|sin|cos|sqrt)\(")
ALLOW = re.compile(r"//\s*tidy: allow\s+\S")
INCLUDE = re.compile(r'^\s*#\s*include\s+["<]((?:sim|protocols)/[^">]+)[">]')
MACHINE_PATH = re.compile(r"(?:^|[^A-Za-z0-9_.])/(?:work|farm|root|home/\w+|Users/\w+)/")


def text_of(path):
    return path.read_text(encoding="utf-8", errors="replace")


def without_comments(text):
    """The same lines with comments and string contents blanked out, so that rules see code only."""
    def blank(match):
        found = match[0]
        if found.startswith('"') and not found.startswith('""'):
            return '"' + re.sub(r"[^\n]", " ", found[1:-1]) + '"'
        return re.sub(r"[^\n]", " ", found)
    pattern = (r'R"(\w*)\([\s\S]*?\)\1"|//[^\n]*|/\*[\s\S]*?\*/|"(?:\\.|[^"\\\n])*"|'
               r"(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])'")
    includes = re.compile(r"^\s*#\s*include.*$", re.M)
    kept = {m.start(): m[0] for m in includes.finditer(text)}
    bare = re.sub(pattern, blank, text)
    for start, line in kept.items():
        bare = bare[:start] + line + bare[start + len(line):]
    return bare


def check_sizes(path, lines):
    if len(lines) > FILE_LINES:
        yield FILE_LINES + 1, f"file has {len(lines)} lines, {FILE_LINES} at most: split it by idea"
    for number, line in enumerate(lines, start=1):
        if len(line) > LINE_LENGTH and not ALLOW.search(line):
            yield number, f"line has {len(line)} characters, {LINE_LENGTH} at most"


def functions(bare):
    """(first, last) line of each function, by its braces; lambdas belong to the function around them."""
    stack, since, line, inside = [], "", 1, 0
    start = None
    for character in bare:
        if character == "\n":
            line += 1
        if character == "{":
            head = since.strip()
            scope = re.search(r"\b(?:namespace|struct|class|enum|union)\b", re.sub(r"<[^<>]*>", "", head))
            is_function = not inside and ")" in head and not (scope and not re.search(r"\)[^)]*$", head)) \
                and not head.endswith(("=", ","))
            if is_function:
                start, inside = line - head.count("\n"), 1
            stack.append(is_function)
        elif character == "}" and stack:
            if stack.pop():
                yield start, line
                inside = 0
        since = "" if character in "{};" else since + character


def check_functions(path, lines, bare):
    for first, last in functions(bare):
        if last - first + 1 > FUNCTION_LINES and not any(ALLOW.search(l) for l in lines[first - 1:first + 3]):
            yield first, f"function has {last - first + 1} lines, {FUNCTION_LINES} at most"


def check_determinism(lines, bare_lines):
    for number, (line, bare) in enumerate(zip(lines, bare_lines), start=1):
        found = BREACHES.search(bare)
        if found and not ALLOW.search(line):
            what = found[0].rstrip("(")
            yield number, f"determinism: \"{what}\" inside a run (or say why: // tidy: allow REASON)"


def check_arrows(where, lines):
    """`where` is a folder of sim/, or "protocols"."""
    allowed = FOR_PROTOCOLS if where == "protocols" else ARROWS.get(where, set()) | {where}
    for number, line in enumerate(lines, start=1):
        match = INCLUDE.match(line)
        if not match:
            continue
        parts = match[1].split("/")
        if parts[0] == "protocols" and where != "protocols":
            yield number, "include: sim/ never includes protocols/"
        elif parts[0] == "sim" and parts[1] not in allowed:
            only = ", ".join(sorted(allowed))
            yield number, f"include: {where} may not include sim/{parts[1]} (only {only})"


def rank_of_include(line, path):
    """0 own header, 1 the system's, 2 other libraries', 3 the project's; None if the line is no include."""
    match = re.match(r'\s*#\s*include\s+(["<])([^">]+)[">]', line)
    if not match:
        return None
    if match[1] == '"':
        own = path.suffix == ".cpp" and path.with_suffix(".hpp").as_posix().endswith("/" + match[2])
        return 0 if own else 3
    return 2 if match[2].startswith(("fmt/", "nlohmann/", "CLI/", "catch2/")) else 1


def check_include_order(path, lines):
    """Own header, the system's, other libraries', the project's; what stands under a condition is free."""
    last, depth = 0, 0
    for number, line in enumerate(lines, start=1):
        if re.match(r"\s*#\s*if", line):
            depth += 1
        elif re.match(r"\s*#\s*endif", line):
            depth -= 1
        rank = rank_of_include(line, path)
        if rank is None or depth:
            continue
        if rank < last:
            yield number, "include order: own header, standard, third party, project"
        last = rank


def code_of(root):
    return sorted(p for room in ("sim", "protocols") for p in root.glob(f"{room}/**/*") if p.suffix in CODE)


def check_code(root):
    for path in code_of(root):
        parts = path.relative_to(root).parts
        where = parts[1] if parts[0] == "sim" else "protocols"
        text = text_of(path)
        lines, bare = text.splitlines(), without_comments(text)
        found = [*check_sizes(path, lines), *check_functions(path, lines, bare), *check_arrows(where, lines),
                 *check_include_order(path, lines)]
        if where not in OUTSIDE_RUNS:
            found += check_determinism(lines, bare.splitlines())
        if where != "protocols" and where not in ARROWS:
            found.append((1,
                          f"folder sim/{where} has no line in the table of include arrows (scripts/tidy.py)"))
        yield from ((path, number, rule) for number, rule in found)


def includes_of(root):
    """What each file includes, by name without suffix: a header and its implementation are one."""
    graph = {}
    for path in code_of(root):
        name = path.relative_to(root).with_suffix("").as_posix()
        for line in text_of(path).splitlines():
            match = INCLUDE.match(line)
            other = match[1].rsplit(".", 1)[0] if match else name
            if other != name:
                graph.setdefault(name, set()).add(other)
    return graph


def cycle_in(graph):
    """Some names that include each other in turn, or nothing."""
    done, way = set(), []

    def follow(name):
        if name in way:
            return way[way.index(name):] + [name]
        if name in done:
            return None
        way.append(name)
        for other in sorted(graph.get(name, ())):
            if found := follow(other):
                return found
        way.pop()
        done.add(name)
        return None

    return next((found for name in sorted(graph) if (found := follow(name))), None)


def check_cycles(root):
    if cycle := cycle_in(includes_of(root)):
        yield root / f"{cycle[0]}.hpp", 1, "include cycle: " + " -> ".join(cycle)


def check_scripts(root):
    for path in sorted([*root.glob("scripts/**/*.py"), *root.glob("scripts/*.sh"),
                        *root.glob("tests/**/*.py")]):
        yield from ((path, number, rule) for number, rule in check_sizes(path, text_of(path).splitlines()))


def check_tests(root):
    for path in sorted(p for p in root.glob("tests/**/*") if p.suffix in CODE):
        lines = text_of(path).splitlines()
        yield from ((path, number, rule) for number, rule in check_sizes(path, lines) if number > FILE_LINES)
        text = "\n".join(lines)
        for name in re.finditer(r'TEST_CASE\(\s*"([-\[~*]|[^"]*;)', text):
            yield (path, text.count("\n", 0, name.start()) + 1,
                   "name of a test: ctest can't pass on what begins with - [ ~ *, and splits it at ;")


def check_folders(root):
    for folder in sorted([*root.glob("sim/*"),
                          *(root / n for n in ("protocols", "scenarios", "scripts", "tests"))]):
        if folder.is_dir() and any(folder.iterdir()) and not (folder / "README.md").exists():
            yield folder / "README.md", 1, "folder without a README (what lives here, what it may include)"


def check_scenarios(root):
    for path in sorted(root.glob("scenarios/**/*.json")):
        try:
            scenario = json.loads(text_of(path))
        except json.JSONDecodeError as problem:
            yield path, problem.lineno, f"not JSON: {problem.msg}"
            continue
        if isinstance(scenario, dict) and not str(scenario.get("about", "")).strip():
            yield path, 1, "scenario without an \"about\""


def anchors_of(text):
    """The anchors of a page: its headings as GitHub writes them in an address."""
    heads = re.findall(r"^#+\s+(.*?)\s*$", text, re.M)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def leads_somewhere(root, page, link):
    name, _, anchor = link.partition("#")
    target = (page.parent / name).resolve() if name else page
    if not target.exists() or not target.is_relative_to(root.resolve()):
        return False
    return not anchor or (target.suffix == ".md" and anchor in anchors_of(prose_of(target)))


def prose_of(page):
    """A page with its blocks of code blanked out, and as many lines as before."""
    def blank(match):
        return re.sub(r"[^\n]", "", match[0])
    return re.sub(r"^```.*?^```", blank, text_of(page), flags=re.M | re.S)


def check_links(root):
    """Relative links and images of the pages; addresses of other sites are not tried."""
    rooms = ("docs", "sim", "protocols", "scenarios", "scripts", "tests")
    for page in sorted([*root.glob("*.md"), *(p for room in rooms for p in root.glob(f"{room}/**/*.md"))]):
        for number, line in enumerate(prose_of(page).splitlines(), start=1):
            for link in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`]*`", "``", line)):
                if not re.match(r"[a-z]+:", link) and not leads_somewhere(root, page, link):
                    yield page, number, f"a link leads nowhere: {link}"


def check_machine_paths(root):
    folders = ("sim", "protocols", "scenarios", "scripts", "tests", ".ci")
    texts = (".cpp", ".hpp", ".py", ".sh", ".md", ".json", ".txt", ".csv", ".cmake", "")
    files = [p for folder in folders for p in root.glob(f"{folder}/**/*")] + list(root.glob("*"))
    for path in sorted(p for p in files if p.is_file() and p.suffix in texts
                       and "__pycache__" not in p.parts):
        for number, line in enumerate(text_of(path).splitlines(), start=1):
            if MACHINE_PATH.search(line) and path.name != ".git":
                yield path, number, "a path of one particular machine"


def check_format(root):
    files = sorted(str(p) for room in ("sim", "protocols", "tests") for p in root.glob(f"{room}/**/*")
                   if p.suffix in CODE)
    if not files or not shutil.which("clang-format"):
        return
    result = subprocess.run(["clang-format", "--dry-run", "-Werror", *files], cwd=root, text=True,
                            capture_output=True, check=False)
    seen = set()
    for match in re.finditer(r"^(.+?):(\d+):\d+: error:", result.stderr, re.M):
        if match[1] not in seen:
            seen.add(match[1])
            yield pathlib.Path(match[1]), int(match[2]), "not as clang-format would write it (first place)"


CHECKS = (check_code, check_cycles, check_scripts, check_tests, check_folders, check_scenarios,
          check_links, check_machine_paths, check_format)


def breaches(root):
    return [(path, number, rule) for check in CHECKS for path, number, rule in check(root)]


def main(argv):
    if len(argv) > 1 or argv[:1] in (["-h"], ["--help"]):
        print("usage: tidy.py [ROOT]", file=sys.stderr)
        return 2
    root = pathlib.Path(argv[0] if argv else pathlib.Path(__file__).parent.parent).resolve()
    found = breaches(root)
    for path, number, rule in found:
        print(f"{path.relative_to(root)}:{number}: {rule}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
