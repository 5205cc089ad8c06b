"""Traces that look like repsim's: a small primary-backup cluster without fencing, made for pictures only."""

import heapq
import json
import pathlib
import random

MS = 10**6


class Cluster:
    """Replica 0 is primary; a backup that hears nothing for `timeout` takes over if its number is lowest."""

    def __init__(self, replicas=3, clients=2, seed=1, loss=0.05, timeout=30 * MS):
        self.rng, self.loss, self.timeout = random.Random(seed), loss, timeout
        self.replicas, self.clients, self.seed = replicas, clients, seed
        self.events, self.queue, self.count, self.sent = [], [], 0, {}
        self.role = ["backup"] * replicas
        self.heard = [[0] * replicas for _ in range(replicas)]
        self.suspected, self.up, self.paused, self.cut = set(), [True] * replicas, [False] * replicas, None
        self.operations, self.waiting = 0, {}

    def at(self, time, action):
        self.count += 1
        heapq.heappush(self.queue, (time, self.count, action))

    def note(self, time, e, **keys):
        self.events.append({"t": time, "e": e, **keys})

    def become(self, time, node, role):
        if self.role[node] != role:
            self.role[node] = role
            self.note(time, "role", node=node, role=role)

    def send(self, time, source, target, kind, arrive, lossy=True):
        n = self.sent[source, target] = self.sent.get((source, target), -1) + 1
        name = {"from": source, "to": target, "n": n, "msg": kind}
        self.note(time, "send", **name)
        severed = self.cut and lossy and (source in self.cut) != (target in self.cut)
        if severed or (lossy and self.rng.random() < self.loss):
            self.note(time, "lose", **name, why="cut" if severed else "loss")
            return
        due = time + (MS + int(self.rng.expovariate(1 / MS)) if lossy else MS // 5)
        self.at(due, lambda: self.land(due, target, name, arrive))

    def land(self, time, target, name, arrive):
        if isinstance(target, int) and not self.up[target]:
            return self.note(time, "lose", **name, why="down")
        if isinstance(target, int) and self.paused[target]:
            return self.at(time + MS, lambda: self.land(time + MS, target, name, arrive))
        self.note(time, "deliver", **name)
        arrive(time)

    def beat(self, time, node):
        self.at(time + 10 * MS, lambda: self.beat(time + 10 * MS, node))
        if not self.up[node] or self.paused[node]:
            return
        for peer in range(self.replicas):
            if peer != node and self.role[node] == "primary":
                self.send(time, node, peer, "heartbeat", lambda t, p=peer: self.hear(t, p, node))

    def hear(self, time, node, peer):
        self.heard[node][peer] = time
        if (node, peer) in self.suspected:
            self.suspected.discard((node, peer))
            self.note(time, "trust", node=node, peer=peer)
        if self.role[node] == "primary" and peer < node:
            self.become(time, node, "backup")
        self.at(time + self.timeout, lambda: self.check(time + self.timeout, node, peer))

    def check(self, time, node, peer):
        silent = time - self.heard[node][peer] >= self.timeout
        if silent and self.up[node] and not self.paused[node] and (node, peer) not in self.suspected:
            self.suspected.add((node, peer))
            self.note(time, "suspect", node=node, peer=peer)
            if all((node, lower) in self.suspected for lower in range(node)):
                self.become(time, node, "primary")

    def request(self, time, client, gap):
        self.at(time + gap, lambda: self.request(time + gap, client, gap))
        op, self.operations = self.operations, self.operations + 1
        f = "write" if self.rng.random() < 0.6 else "read"
        call = {"client": client, "op": op, "f": f, "key": op % 2}
        self.note(time, "call", **call, **({"value": op} if f == "write" else {}))
        primary = max((n for n in range(self.replicas) if self.role[n] == "primary"), default=0)
        if self.rng.random() < 0.5:
            primary = min((n for n in range(self.replicas) if self.role[n] == "primary"), default=0)
        self.send(time, f"c{client}", primary, "request", lambda t: self.execute(t, primary, client, op, f),
                  False)
        self.at(time + 60 * MS, lambda: self.give_up(time + 60 * MS, client, op))
        self.waiting[op] = f

    def execute(self, time, node, client, op, f):
        if f == "read":
            return self.reply(time, node, client, op)
        self.note(time, "apply", node=node, client=client, request=op, state="00")
        for peer in range(self.replicas):
            if peer != node:
                self.send(time, node, peer, "update", lambda t, p=peer: self.stored(t, p, node, client, op))

    def stored(self, time, backup, primary, client, op):
        self.note(time, "apply", node=backup, client=client, request=op, state="00")
        self.send(time, backup, primary, "stored", lambda t: self.reply(t, primary, client, op))

    def reply(self, time, node, client, op):
        self.send(time, node, f"c{client}", "reply", lambda t: self.returned(t, client, op), False)

    def returned(self, time, client, op):
        if self.waiting.pop(op, None):
            self.note(time, "return", client=client, op=op, outcome="ok", output=op - 1)

    def give_up(self, time, client, op):
        if self.waiting.pop(op, None):
            self.note(time, "return", client=client, op=op, outcome="pending")

    def fault(self, time, what, node=None, **keys):
        def strike():
            self.note(time, "fault", what=what, **({} if node is None else {"node": node}), **keys)
            if what in ("crash", "restart"):
                self.up[node] = what == "restart"
                self.become(time, node, "none" if what == "crash" else "backup")
            elif what in ("pause", "resume"):
                self.paused[node] = what == "pause"
            elif what in ("partition", "heal"):
                self.cut = set(keys["groups"][0]) if what == "partition" else None
        self.at(time, strike)

    def write(self, path, duration, gap=23 * MS, name="primary-backup-split-brain"):
        self.become(0, 0, "primary")
        for node in range(self.replicas):
            self.beat(MS * node, node)
        for client in range(self.clients):
            self.request(4 * MS + 9 * MS * client, client, gap + client * 5 * MS)
        while self.queue and self.queue[0][0] <= duration:
            heapq.heappop(self.queue)[2]()
        head = {"repsim": "trace", "version": 1, "scenario": name, "protocol": "primary_backup",
                "seed": self.seed,
                "replicas": self.replicas, "clients": self.clients, "duration": duration, "settle": 0}
        lines = [head, *sorted(self.events, key=lambda e: e["t"])]
        pathlib.Path(path).write_text("".join(json.dumps(line) + "\n" for line in lines))
        return path


def short_trace(path):
    """All faults in 160 ms: a pause long enough for a split brain, a crash, a partition."""
    cluster = Cluster(replicas=3, clients=1, seed=3, loss=0.08)
    cluster.fault(35 * MS, "pause", 0, until=80 * MS)
    cluster.fault(80 * MS, "resume", 0)
    cluster.fault(110 * MS, "crash", 2)
    cluster.fault(140 * MS, "restart", 2)
    cluster.fault(120 * MS, "partition", groups=[[0], [1, 2]], until=150 * MS)
    cluster.fault(150 * MS, "heal")
    return cluster.write(path, 160 * MS, gap=40 * MS)


def long_trace(path):
    """Ten seconds, the primary paused at 5 s."""
    cluster = Cluster(replicas=2, clients=3, seed=5, loss=0.02, timeout=40 * MS)
    cluster.fault(5000 * MS, "pause", 0, until=5120 * MS)
    cluster.fault(5120 * MS, "resume", 0)
    cluster.fault(7000 * MS, "crash", 1)
    return cluster.write(path, 10_000 * MS)


def history(path):
    """A history with every outcome."""
    rng, lines = random.Random(9), []
    for client in range(3):
        time = rng.randrange(3 * MS)
        for i in range(12):
            f = rng.choice(["write", "read", "cas"])
            line = {"client": client, "f": f, "key": rng.randrange(2), "call": time}
            outcome = rng.choice(["ok"] * 8 + ["pending", "failed"])
            line |= {} if f == "read" else {"value": 10 * client + i}
            line |= {"expected": i} if f == "cas" else {}
            took = rng.randrange(2 * MS, 9 * MS)
            if outcome == "ok" and f != "write":
                line["output"] = rng.choice([None, 3]) if f == "read" else True
            line |= {"outcome": outcome} | ({"return": time + took} if outcome != "pending" else {})
            lines.append(line)
            time += took + rng.randrange(4 * MS)
    head = {"repsim": "history", "version": 1, "scenario": "abd", "protocol": "abd", "seed": 9, "model": "kv",
            "clients": 3}
    lines.sort(key=lambda line: line["call"])
    pathlib.Path(path).write_text("".join(json.dumps(line) + "\n" for line in [head, *lines]))
    return path
