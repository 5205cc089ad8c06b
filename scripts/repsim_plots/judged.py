"""What `repsim check` says of a history, and any history it reads as JSON lines."""

import json
import pathlib
import re
import subprocess
import sys
import tempfile

from .output import BadInput, read_json_lines, read_text

NEMESIS = re.compile(r":process\s+:nemesis\b")
DOES = re.compile(r":f\s+:([\w-]+)")
SAYS = re.compile(r':value\s+"((?:[^"\\]|\\.)*)"')


def is_json_lines(path):
    return read_text(path).lstrip().startswith('{"')


def judge(repsim, path):
    """The line of `check --json --order` on it, if there is one, and its own lines as JSON."""
    with tempfile.TemporaryDirectory() as folder:
        copy = pathlib.Path(folder) / "history.jsonl"
        try:
            done = subprocess.run([str(repsim), "check", "--json", "--order", "--save", str(copy), str(path)],
                                  capture_output=True, text=True, check=False)
        except OSError as problem:
            return without_verdict(path, f"{repsim}: {problem.strerror} (scripts/run.sh builds it)")
        if done.returncode not in (0, 1, 3) or not copy.exists():
            return without_verdict(path, (done.stderr.strip() or str(repsim)).removeprefix("repsim: "))
        return json.loads(done.stdout), read_json_lines(copy)


def without_verdict(path, why):
    """Our own format can be drawn without a verdict."""
    if not is_json_lines(path):
        raise BadInput(why)
    print(f"plot.py: drawn without a verdict: {why}", file=sys.stderr)
    return None, read_json_lines(path)


def add_nemesis(path, head):
    """Puts what Jepsen's nemesis did into a header: faults from each :start to the next :stop, by line."""
    text, faults = read_text(path), []
    for found in NEMESIS.finditer(text):
        begin = text.rfind("{", 0, found.start())
        end = next((m.start() for m in re.finditer(r"\{[^{}]*:process", text[found.end():])), 400)
        event = text[begin:found.end() + end]
        does, line = DOES.search(event), text.count("\n", 0, begin) + 1
        name = does.group(1) if does else ""
        is_open = bool(faults) and "until" not in faults[-1]
        if name.startswith("start") and not is_open:
            faults.append({"what": name, "from": line, "text": "nemesis"})
        if name.startswith("start") and SAYS.search(event):
            text_of = SAYS.search(event).group(1)
            faults[-1]["text"] = f"nemesis: {text_of[:50]}{'…' if len(text_of) > 50 else ''}"
        if name.startswith("stop") and is_open:
            faults[-1]["until"] = line
    if faults:
        head["faults"] = faults
