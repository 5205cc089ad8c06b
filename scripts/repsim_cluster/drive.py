"""From the shards that are missing to their files: tasks on a Dask cluster, a window of them at a time."""

import contextlib
import logging
import os
import pathlib
import queue
import tempfile
import uuid
import zlib

import cloudpickle
from distributed import Client, LocalCluster

from repsim_plots.output import BadInput

from . import worker
from .progress import count

TRIES = 3            # of a shard, beyond what Dask itself does about lost workers
AHEAD = 3            # tasks given out for each thread of the cluster: none idles, and few results wait
PATIENCE = 20        # seconds to find the scheduler
LOST = "lost the scheduler; the shards that are done are kept, and the same command goes on from there"
cloudpickle.register_pickle_by_value(worker)


@contextlib.contextmanager
def cluster(scheduler, workers):
    """A client of the cluster at an address, in a scheduler file, or of one made here for the time being."""
    logging.disable()  # Dask's own log: what matters is told here
    if scheduler == "local":
        with tempfile.TemporaryDirectory(prefix="repsim-dask-") as folder, \
             LocalCluster(n_workers=workers or os.cpu_count(), threads_per_worker=1, dashboard_address=None,
                          local_directory=folder) as here, \
             Client(here) as client:
            yield client
        return
    where = {"scheduler_file": scheduler} if pathlib.Path(scheduler).is_file() else {"address": scheduler}
    try:
        client = Client(**where, timeout=PATIENCE)
    except (OSError, ValueError, TimeoutError) as problem:
        raise BadInput(f"--scheduler {scheduler}: no scheduler answers there ({one_line(problem)})") from None
    with client:
        yield client


def threads_by_worker(client):
    try:
        return client.nthreads()
    except OSError:
        raise BadInput(LOST) from None


def one_line(problem):
    return " ".join(str(problem).split()) or type(problem).__name__


class Drive:
    """Runs `shards` (index -> runs) and hands each one's files to `keep` as they come."""

    def __init__(self, client, order, shards, keep, progress):
        self.client, self.keep, self.progress, self.shards = client, keep, progress, shards
        self.waiting = sorted(shards, reverse=True)   # the next one last
        self.running = {}                             # future -> (index, which try)
        self.ended = queue.SimpleQueue()
        self.name = f"repsim-{uuid.uuid4().hex[:8]}"
        self.order = order
        client.subscribe_topic("all", self.on_event)

    def run(self):
        try:
            while self.waiting or self.running:
                workers = threads_by_worker(self.client)
                self.fill(max(4, AHEAD * sum(workers.values())))
                with contextlib.suppress(queue.Empty):
                    self.take(self.ended.get(timeout=0.5))
                self.progress.show(count("worker", len(workers)))
            self.progress.finish()
        finally:
            with contextlib.suppress(OSError):  # the scheduler may be what was lost
                self.client.unsubscribe_topic("all")
                self.client.cancel(list(self.running))

    def fill(self, window):
        while self.waiting and len(self.running) < window:
            self.submit(self.waiting.pop(), 1)

    def submit(self, index, attempt):
        future = self.client.submit(worker.run_shard, self.order, index, priority=-index,
                                    key=f"{self.name}-shard-{index}-{attempt}")
        self.running[future] = (index, attempt)
        future.add_done_callback(self.ended.put)

    def take(self, future):
        index, attempt = self.running.pop(future)
        if future.status == "cancelled":
            raise BadInput(LOST)
        try:
            result = future.result()
        except Exception as problem:  # whatever befell the task: of the worker, of Dask, of the network
            result = {"complaint": f"{type(problem).__name__}: {one_line(problem)}", "hopeless": False}
        future.release()
        if "files" in result:
            self.keep(index, {name: zlib.decompress(content) for name, content in result["files"].items()})
            self.progress.done += self.shards[index]
            return
        where = f" on {result['worker']}" if "worker" in result else ""
        text = f"shard {index}{where}: {result['complaint']}"
        if result["hopeless"] or attempt == TRIES:
            raise BadInput(text)
        self.progress.say(f"{text} (tried again)")
        self.submit(index, attempt + 1)

    def on_event(self, event):
        """The scheduler tells what becomes of the workers; called by a thread of Dask's."""
        _, what = event
        if what.get("action") != "remove-worker":
            return
        mine = sorted(int(key.split("-")[3]) for key in what.get("processing-tasks", ())
                      if key.startswith(f"{self.name}-shard-"))
        if mine:
            self.progress.say(f"lost worker {what.get('worker')}, which had {count('shard', len(mine))} "
                              f"({', '.join(map(str, mine))}): others take over")
