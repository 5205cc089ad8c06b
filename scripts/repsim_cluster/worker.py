"""Runs on a worker: one shard of the sweep, in a folder of its own; its files are returned as bytes.

This module travels to the workers by value, so it may use nothing but the standard library, and what it
returns are plain values.
"""

import json
import os
import pathlib
import subprocess
import tempfile
import zlib


def run_shard(order, index):
    """Runs shard `index` of order["shards"]. Returns {"files": {name: compressed bytes}}, or what went
    wrong: {"complaint": text, "hopeless": whether another try must end alike}; and the worker's address."""
    worker = this_worker()
    result = shard_in_a_folder(order, index, worker)
    return {**result, "worker": worker.address} if worker else result


def shard_in_a_folder(order, index, worker):
    # The folder lies in the one that Dask gave the worker, and tidies up after one that was killed.
    home = worker.local_directory if worker else None
    with tempfile.TemporaryDirectory(prefix="repsim-", dir=home) as folder:
        for name, content in order["files"].items():
            path = pathlib.Path(folder, "input", name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        wrong = complaint_about_program(order, folder, worker)
        if wrong:
            return {"complaint": wrong, "hopeless": True}
        done = repsim(order, folder, ["sweep", order["scenario"], *order["options"], "--jobs", "1",
                                      "--shard", f"{index}/{order['shards']}", "--out", "../shard"])
        if done.returncode not in (0, 1):  # 1: an expectation didn't hold, which is a result
            return {"complaint": last_words(done), "hopeless": False}
        return {"files": {path.name: zlib.compress(path.read_bytes(), 1)
                          for path in pathlib.Path(folder, "shard").iterdir()}}


def this_worker():
    try:
        from distributed import get_worker
        return get_worker()
    except (ImportError, ValueError):
        return None


def repsim(order, folder, words):
    return subprocess.run([os.path.expanduser(order["binary"]), *words], cwd=pathlib.Path(folder, "input"),
                          capture_output=True, text=True, check=False)


def last_words(done):
    text = done.stderr.strip() or "said nothing"
    return text if done.returncode == 2 else f"ended with code {done.returncode}: {text}"


def complaint_about_program(order, folder, worker):
    """The program here must simulate as the one that asks: the digest of one run tells. Asked of each worker
    once; empty when all is well."""
    key = (order["binary"], order["digest"])
    if worker and key in getattr(worker, "repsim_agreed", ()):
        return ""
    try:
        done = repsim(order, folder, order["probe"])
    except OSError as problem:
        return f"{order['binary']}: {problem.strerror} (--binary says where workers find the program)"
    if done.returncode not in (0, 1, 3):
        return f"{order['binary']}: {last_words(done)}"
    try:
        digest = json.loads(done.stdout)["digest"]
    except (ValueError, KeyError, TypeError):
        return f"{order['binary']} is no repsim"
    if digest != order["digest"]:
        return f"{order['binary']} simulates differently (digest {digest} of a run that has " \
               f"{order['digest']} here): another version?"
    if worker:
        worker.repsim_agreed = {*getattr(worker, "repsim_agreed", ()), key}
    return ""
