"""scripts/sweep_cluster.py on a real cluster: a scheduler and workers as processes of their own, one of which
is killed while it works, and so is the client. In the end there must be the bytes of one machine.
Usage: cluster_sweep.py REPSIM"""

import contextlib
import json
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

SCRIPTS = pathlib.Path(__file__).resolve().parent.parent.parent / "scripts"
sys.path[:0] = [str(SCRIPTS)]

from repsim_plots import interpreter  # noqa: E402

WORKERS, SHARDS, SEEDS = 3, 18, 180
PATIENCE = 60  # seconds for anything that must happen soon


def scenario(folder):
    """One that needs two more files: a list of points, one of which names measured delays, in a folder
    above. Returns its path."""
    (folder / "data").mkdir(parents=True)
    (folder / "sweeps").mkdir()
    (folder / "data" / "delays.txt").write_text("0.5\n0.8\n1.5\n6\n")
    measured = {"label": "measured", "/network/delay": {"empirical": "../data/delays.txt"}}
    points = [{"label": "as it is"}, measured]
    (folder / "data" / "points.json").write_text(json.dumps({"about": "For a test.", "points": points}))
    (folder / "sweeps" / "small.json").write_text(json.dumps({
        "name": "small", "about": "For a test.", "duration": "40s", "settle": "1s", "replicas": 2,
        "protocol": {"name": "primary_backup", "acknowledge": "after_backups", "fencing": False,
                     "detector": {"kind": "timeout", "heartbeat": "10ms", "timeout": "20ms"}},
        "service": {"name": "kv", "keys": 2}, "clients": {"count": 2, "rate": "20/s", "timeout": "1s"},
        "network": {"delay": {"exponential": "1ms"}, "loss": 0.05},
        "sweep": {"points": "../data/points.json", "vary": {"/network/loss": [0.01, 0.1]}, "seeds": SEEDS}}))
    return folder / "sweeps" / "small.json"


def until(what, condition):
    end = time.monotonic() + PATIENCE
    while not (found := condition()):
        if time.monotonic() > end:
            raise AssertionError(f"waited {PATIENCE} s in vain: {what}")
        time.sleep(0.02)
    return found


class Cluster:
    """A scheduler and workers, as administrators start them; nobody restarts a worker that dies."""

    def __init__(self, folder, stack):
        self.file = folder / "scheduler.json"
        self.start(stack, "dask_scheduler", "--port", "0", "--no-dashboard", "--host", "127.0.0.1",
                   "--scheduler-file", self.file)
        self.workers = [self.start(stack, "dask_worker", "--scheduler-file", self.file, "--no-nanny",
                                   "--no-dashboard", "--nthreads", "1", "--local-directory",
                                   folder / "workers", "--name", str(number)) for number in range(WORKERS)]
        until("the scheduler writes its file", self.file.exists)
        from distributed import Client
        self.client = stack.enter_context(Client(scheduler_file=str(self.file)))
        self.client.wait_for_workers(WORKERS, timeout=PATIENCE)

    @staticmethod
    def start(stack, module, *words):
        process = subprocess.Popen([sys.executable, "-m", f"distributed.cli.{module}", *map(str, words)],
                                   cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        stack.callback(end, process)
        return process

    def kill_one_at_work(self):
        """Stops a worker first, so that it can't finish what it is seen to do. Returns its address."""
        def busy():
            known = self.client.scheduler_info()["workers"]
            addresses = {str(info["name"]): address for address, info in known.items()}
            for number, process in enumerate(self.workers):
                address = addresses[str(number)]
                if not children(process.pid):
                    continue
                process.send_signal(signal.SIGSTOP)
                if children(process.pid) and any("-shard-" in k for k in self.client.processing()[address]):
                    return process, address
                process.send_signal(signal.SIGCONT)
            return None
        process, address = until("a worker runs a shard", busy)
        process.kill()
        assert process.wait(PATIENCE) == -signal.SIGKILL
        return address


def children(pid):
    """Processes that `pid` started and that have not ended: on a worker, the simulator."""
    def lives(child):
        state = pathlib.Path(f"/proc/{child}/stat").read_text().rsplit(")", 1)[1].split()[0]
        return state != "Z"
    tasks = pathlib.Path(f"/proc/{pid}/task").glob("*/children")
    return [child for task in tasks for child in task.read_text().split() if lives(child)]


def end(process):
    process.kill()
    process.wait()


def client(repsim, scheduler, path, out, *options):
    words = ["--scheduler", scheduler, "--out", out, "--repsim", repsim, *map(str, options)]
    return subprocess.Popen([sys.executable, SCRIPTS / "sweep_cluster.py", path, *words], text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def finished(process, code):
    out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == code, f"ended with {process.returncode}:\n{out}{err}"
    return out, err


def parts(out):
    """The shards that are done, and the inodes of their rows."""
    return {p.parent.name: p.stat().st_ino for p in (out / "parts").glob("[0-9]????/runs.jsonl")}


def same_bytes(one, other):
    names = sorted(p.name for p in one.iterdir())
    assert {"runs.jsonl", "summary.csv", "sweep.json"} <= set(names), names
    assert names == sorted(p.name for p in other.iterdir())
    for name in names:
        assert (one / name).read_bytes() == (other / name).read_bytes(), f"{name} differs"


def killed_client_and_killed_worker(repsim, cluster, folder, path, whole):
    """The client is killed first, and takes up its work again; then a worker is."""
    out = folder / "out"
    first = client(repsim, cluster.file, path, out, "--shards", SHARDS)
    until("the first shards are done", lambda: len(parts(out)) >= 2)
    first.kill()
    first.communicate()
    kept = parts(out)
    assert 2 <= len(kept) < SHARDS, f"killed too late: {len(kept)} of {SHARDS} shards were done"

    second = client(repsim, cluster.file, path, out)
    until("more shards are done", lambda: len(parts(out)) > len(kept))
    path.parent.parent.rename(folder / "moved")  # whoever looks for the scenario there now looks in vain
    address = cluster.kill_one_at_work()
    seen = parts(out)
    printed, told = finished(second, 0)
    assert kept.items() <= seen.items(), "a shard that was done was run again"
    assert len(seen) < SHARDS, "the worker was killed too late"
    assert f"lost worker {address}" in told, told
    assert f"{SHARDS - len(kept)} shards of {SHARDS} to run" in told, told
    same_bytes(whole, out)
    (folder / "moved").rename(path.parent.parent)
    return printed


def finished_sweeps_need_nobody(repsim, path, out, printed):
    again = client(repsim, "tcp://127.0.0.1:1", path, out)
    assert finished(again, 0)[0] == printed


def refusals(repsim, cluster, folder, path):
    """Each in its own words: of the program, of a worker's program, of the folder."""
    def refused(because, *options, out="refused"):
        _, told = finished(client(repsim, cluster.file, path, folder / out, *options), 2)
        assert because in told and "Traceback" not in told, told
    refused("/network/los: no such path", "--set", "/network/los=1")
    refused("no/repsim: No such file or directory (--binary says", "--binary", "no/repsim")
    liar = folder / "liar"
    liar.write_text(f"#!/bin/sh\nexec {repsim} \"$@\" --set /clients/count=1\n")
    fails = folder / "fails"
    fails.write_text(f"#!/bin/sh\n[ $1 = run ] && exec {repsim} \"$@\"\necho no room >&2; exit 2\n")
    for program in (liar, fails):
        program.chmod(0o755)
    refused("simulates differently", "--binary", liar)
    refused("no room", "--binary", fails)
    refused("contains another sweep", "--seeds", 9, out="out")


def main(repsim):
    interpreter.use_one_with_dask(__file__)
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        folder = pathlib.Path(name)
        path = scenario(folder / "given")
        whole = folder / "whole"
        subprocess.run([repsim, "sweep", path, "--out", whole], stdout=subprocess.DEVNULL, check=True)
        cluster = Cluster(folder, stack)
        printed = killed_client_and_killed_worker(repsim, cluster, folder, path, whole)
        finished_sweeps_need_nobody(repsim, path, folder / "out", printed)
        refusals(repsim, cluster, folder, path)
    return 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]).resolve()))
