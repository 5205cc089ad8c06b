"""Closed forms that are drawn as thin lines through the measured points.

Each applies only where the scenario meets its assumptions; elsewhere there is no line. Heartbeat detectors:
heartbeats every eta, each lost with probability p, i.i.d. delays, a timer restarted by every arrival.
Naive broadcast: each write goes once to each replica and is never sent again. Raft: the leader crashes at a
fixed time, all messages take equally long, and disks take none.
"""

import dataclasses
import math

import numpy as np

from . import laws, units

STEPS = 400  # of each numerical integral: about four digits


@dataclasses.dataclass(frozen=True)
class Heartbeats:
    """What a timeout detector faces; all times in seconds."""
    interval: float
    timeout: float
    loss: float
    delay: laws.Law

    def _send_times(self, latest):
        """Sending times of all heartbeats that can arrive in (0, latest], as multiples of the interval."""
        first = -math.ceil(min(self.delay.longest() / self.interval, 2000)) - 1
        return np.arange(first, math.ceil(latest / self.interval) + 1) * self.interval

    def suspicions_per_second(self):
        """Rate of false suspicions: an arrival that nothing follows within the timeout."""
        p, eta = self.loss, self.interval
        if self.delay.constant is not None:
            return (1 - p) * p ** self._whole_intervals() / eta
        s = self.delay.quantiles(STEPS)[:, None]
        sent = self._send_times(float(s.max()) + self.timeout)[None, :]
        arrives = self.delay.cdf(s + self.timeout - sent) - self.delay.cdf(s - sent)
        silent = np.where(sent == 0, 1.0, 1 - (1 - p) * arrives)
        return float((1 - p) / eta * np.mean(np.prod(silent, axis=1)))

    def mistake_fraction(self):
        """Share of time in which a live peer is suspected."""
        p, eta = self.loss, self.interval
        if self.delay.constant is not None:
            mean_mistake = (self._whole_intervals() + 1 / (1 - p)) * eta - self.timeout
            return self.suspicions_per_second() * mean_mistake
        t = ((np.arange(STEPS) + 0.5) * eta / STEPS)[:, None]
        lag = self.timeout + self.delay.longest()
        sent = -np.arange(-1, math.ceil(min(lag / eta, 2000)) + 2)[None, :] * eta
        arrives = self.delay.cdf(t - sent) - self.delay.cdf(t - self.timeout - sent)
        return float(np.mean(np.prod(1 - (1 - p) * arrives, axis=1)))

    def mean_detection(self):
        """From a crash to its suspicion, 0 when already suspected; without loss: d + TO - eta/2."""
        p, eta = self.loss, self.interval
        lag = self.timeout + min(self.delay.longest(), 100 * eta)
        phase = ((np.arange(40) + 0.5) * eta / 40)[:, None, None]
        ages = np.arange(math.ceil(lag / eta) + 1)[None, None, :] * eta
        x = ((np.arange(400) + 0.5) * lag / 400)[None, :, None]
        still_to_come = 1 - self.delay.cdf(x - self.timeout + phase + ages)
        later = 1 - np.prod(1 - (1 - p) * still_to_come, axis=2)
        return float(np.mean(later) * lag)

    def _whole_intervals(self):
        return round(self.timeout * 1e9) // round(self.interval * 1e9)


def diverged_log(replicas, writes, p):
    """Append log: the share of runs whose replicas differ; `writes` lists (how many, its probability)."""
    same = (1 - p) ** replicas + p ** replicas
    return 1 - sum(share * same ** k for k, share in writes)


def diverged_register(replicas, writes, p):
    """Last-writer-wins register over FIFO channels."""
    n = replicas
    total = 0.0
    for k, share in writes:
        ratio = k if p == 1 else (1 - p ** (k * n)) / (1 - p ** n)
        total += share * ((1 - p) ** n * ratio + p ** (k * n))
    return 1 - total


def split_vote(servers, alive, latency):
    """Ongaro's thesis, chapter 9: so many time out within one latency, a share of the timeouts' spread, that
    no majority is left. The k-th to follow the first of uniform times does so with the law of the k-th."""
    needed = alive - servers // 2
    return sum(math.comb(alive, k) * latency**k * (1 - latency) ** (alive - k)
               for k in range(max(needed, 0), alive + 1))


def predict(scenario, measure):
    """The closed form of a measure under a scenario (with the point already put in), or None."""
    try:
        name = scenario["protocol"]["name"]
        if name == "primary_backup":
            return _predict_detector(scenario, measure)
        if name == "raft" and measure == "vain_election":
            return _predict_split_vote(scenario)
        if name == "naive_broadcast" and measure == "diverged":
            return _predict_broadcast(scenario)
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
    return None


def _heartbeats(scenario):
    """The detector's situation when the scenario meets the closed forms' assumptions, else None."""
    protocol, network = scenario["protocol"], scenario.get("network", {})
    detector = protocol["detector"]
    plain = (scenario["replicas"] == 2 and detector["kind"] == "timeout" and not network.get("links")
             and not network.get("duplicate") and not network.get("reorder", {}).get("probability"))
    delay = laws.read(network.get("delay"))
    loss = units.probability(network.get("loss"))
    if not plain or delay is None or loss is None or loss >= 1:
        return None
    if network.get("fifo") and delay.constant is None:
        return None
    return Heartbeats(units.seconds(detector["heartbeat"]), units.seconds(detector["timeout"]), loss, delay)


def watched_share(scenario):
    """Share of a run's time in which every replica is up, so that a suspicion is false; None where a fault
    other than a crash or a restart at a fixed time makes suspicions of its own."""
    total = units.seconds(scenario["duration"]) + units.seconds(scenario.get("settle", "0s"))
    lost, steps = 0.0, []
    if not isinstance(scenario.get("faults", []), list):
        return None
    for fault in scenario.get("faults", []):
        what = {"crash", "restart", "fail_stop"} & fault.keys()
        if not what or units.seconds(fault.get("at")) is None:
            return None
        steps.append((units.seconds(fault["at"]), what.pop()))
    crashed_at = None
    for at, what in sorted(steps):
        if what == "restart" and crashed_at is not None:
            lost, crashed_at = lost + at - crashed_at, None
        elif what != "restart" and crashed_at is None:
            crashed_at = at
    lost += total - crashed_at if crashed_at is not None else 0.0
    return 1 - lost / total


def _predict_detector(scenario, measure):
    situation = _heartbeats(scenario)
    if situation is None:
        return None
    if measure == "detection_mean_s":
        return situation.mean_detection()
    share = watched_share(scenario)
    if share is None:
        return None
    protocol = scenario["protocol"]
    splits = protocol.get("fencing") is False and protocol.get("succession", "fixed_order") == "fixed_order"
    # Two replicas watch each other; only the backup's mistake about the primary splits the brain.
    if measure == "false_suspicions_per_s":
        return 2 * share * situation.suspicions_per_second()
    if measure == "mistake_fraction":
        return 2 * share * situation.mistake_fraction()
    if measure == "split_brain_per_s" and splits:
        return share * situation.suspicions_per_second()
    if measure == "dual_primary_fraction" and splits:
        return share * situation.mistake_fraction()
    return None


def _predict_split_vote(scenario):
    protocol, network, servers = scenario["protocol"], scenario["network"], scenario["replicas"]
    delay = laws.read(network.get("delay"))
    plain = not any(network.get(key) for key in ("loss", "duplicate", "links")) and not any(
        protocol.get(key) for key in ("pre_vote", "members"))
    crashes = scenario["faults"]
    together = all("crash" in f and not f.get("spread") and f["at"] == crashes[0]["at"] for f in crashes)
    if not plain or not crashes or not together or delay is None or delay.constant is None:
        return None
    spread = units.seconds(protocol["election_timeout_max"]) - units.seconds(protocol["election_timeout_min"])
    if not 0 < delay.constant <= spread:
        return None
    return split_vote(servers, servers - len(crashes), delay.constant / spread)


def _predict_broadcast(scenario):
    """Holds for single sends without retries, in channels that can't invert two writes."""
    protocol, network, clients = scenario["protocol"], scenario.get("network", {}), scenario["clients"]
    client = network.get("client", "none")
    if client == "none" or clients.get("retry") or protocol.get("retransmit") or network.get("links"):
        return None
    channel = network if client == "same" else client
    delay = laws.read(channel.get("delay"))
    if delay is None or delay.constant is None or channel.get("duplicate") or scenario.get("faults"):
        return None
    if protocol.get("catch_up", "none") != "none":
        return None
    p = units.probability(channel.get("loss"))
    writes = _write_counts(clients)
    kind = scenario["service"]["name"]
    if p is None or writes is None:
        return None
    if kind == "log":
        return diverged_log(scenario["replicas"], writes, p)
    if kind == "register" or (kind == "kv" and scenario["service"].get("keys") == 1):
        return diverged_register(scenario["replicas"], writes, p)
    return None


def _write_counts(clients):
    """[(number of writes, its probability)] of clients that stop after a fixed number of operations."""
    if "operations" not in clients:
        return None
    total = clients["operations"] * clients.get("count", 1)
    q = 1 - float(clients.get("reads", 0.5))
    return [(k, math.comb(total, k) * q**k * (1 - q) ** (total - k)) for k in range(total + 1)]
