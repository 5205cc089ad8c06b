"""Titles and axes of the columns of summary.csv, and the figures that show them.

The simulator declares the measures (sim/experiment/sweep/measures.cpp) with headings for tables; a picture
needs longer titles, and is drawn without the program. tests/scripts/measures_test.py holds both lists equal.
"""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Measure:
    title: str
    axis: str          # what the axis says, with the unit
    kind: str          # rate, share (of runs), time (share of), percent, value


MEASURES = {
    "split_brain_per_s": Measure("Split brain", "episodes per second", "rate"),
    "false_suspicions_per_s": Measure("False suspicions", "suspicions per second", "rate"),
    "lost_writes_per_s": Measure("Lost acknowledged writes", "writes per second", "rate"),
    "needless_changes_per_s": Measure("Needless leader changes", "changes per second", "rate"),
    "outages_per_s": Measure("Outages", "outages per second", "rate"),
    "dual_primary_fraction": Measure("Time with two primaries", "share of time", "time"),
    "mistake_fraction": Measure("Time in false suspicion", "share of time", "time"),
    "without_primary_fraction": Measure("Time without a primary", "share of time", "time"),
    "divergence_fraction": Measure("Time in divergence", "share of time", "time"),
    "split_brain": Measure("Runs with split brain", "share of runs", "share"),
    "harmful": Measure("Runs with harmful split brain", "share of runs", "share"),
    "diverged": Measure("Runs whose replicas diverged", "share of runs", "share"),
    "lost_write": Measure("Runs that lost a write", "share of runs", "share"),
    "consensus_broken": Measure("Runs that broke consensus", "share of runs", "share"),
    "undecided_replicas": Measure("Runs with undecided replicas", "share of runs", "share"),
    "deceived": Measure("Runs with a deceived client", "share of runs", "share"),
    "no_progress": Measure("Runs whose service stopped for good", "share of judged runs", "share"),
    "vain_election": Measure("Elections without a winner", "share of runs with a failover", "share"),
    "unfinished_failover": Measure("Failovers without end", "share of runs with a failover", "share"),
    "violation": Measure("Runs not linearizable", "share of runs", "share"),
    "undecided": Measure("Runs undecided", "share of runs", "share"),
    "longest_outage_s": Measure("Longest outage", "s", "value"),
    "answered": Measure("Operations answered", "share of operations", "percent"),
    "availability": Measure("Availability", "share of time without outage", "percent"),
    "failover_mean_s": Measure("Failover", "s", "value"),
    "stable_failover_mean_s": Measure("Failover to a primary that lasts", "s", "value"),
    "detection_mean_s": Measure("Detection of a crash", "s", "value"),
    "latency_p50_ms": Measure("Median latency", "ms", "value"),
    "latency_p99_ms": Measure("99th percentile of latency", "ms", "value"),
    "messages_per_operation": Measure("Messages", "messages per operation", "value"),
    "delays_per_operation": Measure("Message delays", "one-way delays per operation", "value"),
}
RATES = ("split_brain_per_s", "false_suspicions_per_s", "lost_writes_per_s", "dual_primary_fraction",
         "mistake_fraction", "divergence_fraction")
SHARES = ("violation", "diverged", "lost_write", "split_brain", "harmful", "undecided")
ELECTIONS = ("vain_election",)
OUTAGE = ("longest_outage_s", "detection_mean_s", "failover_mean_s", "availability", "outages_per_s")
COST = ("latency_p50_ms", "latency_p99_ms", "messages_per_operation", "delays_per_operation")
WHAT_IT_COSTS = ("longest_outage_s", "detection_mean_s", "failover_mean_s", "latency_p50_ms",
                 "messages_per_operation")
WHAT_IT_BUYS = ("split_brain_per_s", "false_suspicions_per_s", "lost_writes_per_s", "diverged", "violation",
                "lost_write")


def of(name):
    return MEASURES.get(name) or Measure(name.replace("_", " "), name.replace("_", " "), "value")


def move(estimates):
    """Whether they differ and are not all zero within their intervals, so that a picture is worth drawing."""
    return len({e.value for e in estimates}) > 1 and not all(
        e.low is not None and e.low <= 0 for e in estimates)
