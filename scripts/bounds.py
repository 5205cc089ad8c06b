#!/usr/bin/env python3
"""Draw the bounds of primary-backup, and what the protocols of optimal_primary_backup reach.

For each failure model a panel: bars are the lower bounds of Budhiraja, Marzullo, Schneider and Toueg for
tau -> 0, dots what a run of the worst case takes. Above, the longest time without a primary; below, the
longest wait for an answer in a run without failures. The adversaries of
tests/fidelity/optimal_primary_backup_test.cpp find nothing worse.
"""

import argparse
import json
import pathlib
import subprocess
import sys

from repsim_plots import interpreter

ROOT = pathlib.Path(__file__).resolve().parent.parent
DELTA = 3.0  # ms
TAUS = (10.0, 1.0, 0.1)
SERVERS = {"C0": lambda f: f + 1, "CL": lambda f: f + 2, "R0": lambda f: 2 * f + 1, "O2": lambda f: 2,
           "G": lambda f: 2 * f + 1, "G1": lambda f: 3}
# Each model with its protocols as (variant, f), the bound on failover and that on blocking, in delta.
MODELS = (
    ("crash", (("C0", 1), ("C0", 2), ("C0", 3)), lambda f: f, lambda f, n: 0),
    ("crash and link", (("CL", 1), ("CL", 2)), lambda f: 2 * f, lambda f, n: 0),
    ("receive omission", (("R0", 1), ("R0", 2), ("O2", 1)), lambda f: 2 * f,
     lambda f, n: 0 if n > 2 * f else min(f, 2)),
    ("send omission", (("O2", 1), ("G", 1), ("G", 2)), lambda f: 2 * f, lambda f, n: min(f, 2)),
    ("general omission", (("G1", 1), ("G", 1), ("G", 2)), lambda f: 2 * f, lambda f, n: min(f, 2)),
)


def crashes(variant, failures, tau):
    """Server 0 crashes just after it has sent something, each of the next just before it would lead."""
    first = DELTA + tau if variant == "C0" else 2 * DELTA + tau
    further = {"C0": first, "CL": first, "R0": max(3 * DELTA, 2 * DELTA + tau)}.get(variant, 3 * DELTA + tau)
    at, faults = 2 * tau + 1e-6, []
    for server in range(failures):
        faults.append({"at": f"{round(at * 1e6)}ns", "crash": server})
        at += first - 2e-6 if server == 0 else further
    return faults


def run(program, variant, failures, tau, faults, rate):
    scenario = {
        "name": "bounds", "duration": "400ms", "settle": "0s", "replicas": SERVERS[variant](failures),
        "protocol": {"name": "optimal_primary_backup", "variant": variant, "tau": f"{round(tau * 1000)}us",
                     "delta": f"{round(DELTA * 1000)}us"},
        "clients": {"count": 1, "rate": rate}, "network": {"delay": f"{round(DELTA * 1000)}us", "fifo": True},
        "faults": faults}
    done = subprocess.run([str(program), "run", "-", "--json"], input=json.dumps(scenario), text=True,
                          capture_output=True, check=False)
    if done.returncode not in (0, 1):
        sys.exit(f"bounds.py: {done.stderr.strip()}")
    return json.loads(done.stdout)["primary"]


def measure(program):
    rows = []
    for model, protocols, failover, blocking in MODELS:
        for variant, f in protocols:
            n = SERVERS[variant](f)
            for tau in TAUS:
                worst = run(program, variant, f, tau, crashes(variant, f, tau), "1/h")
                calm = run(program, variant, f, tau, [], "50/s")
                rows.append({"model": model, "variant": variant, "n": n, "f": f, "tau_ms": tau,
                             "bound_failover_ms": failover(f) * DELTA,
                             "failover_ms": round(worst["longest_vacancy_s"] * 1e3, 6),
                             "bound_blocking_ms": blocking(f, n) * DELTA,
                             "blocking_ms": calm["blocking_ms"]})
    return rows


def panel(ax, rows, bound, reached, style, all_taus):
    labels = []
    for row in rows:
        label = f"{row['variant']}\nn = {row['n']}\nf = {row['f']}"
        if label not in labels:
            labels.append(label)
            ax.bar(len(labels) - 1, row[bound] / DELTA, width=0.62, color="#D9E3EC", edgecolor=style.GREY,
                   linewidth=0.8, zorder=1)
        place = TAUS.index(row["tau_ms"])
        if all_taus or place == 0:
            ax.plot(len(labels) - 1 + (0.17 * (place - 1) if all_taus else 0), row[reached] / DELTA,
                    style.MARKERS[place], color=style.SERIES[place], zorder=3)
    ax.set_xticks(range(len(labels)), labels)
    ax.set_xlim(-0.6, 2.6)


def draw(rows, style):
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch
    figure, axes = style.pyplot.subplots(2, len(MODELS), figsize=(13, 6.6), sharey="row",
                                         gridspec_kw={"height_ratios": [2.2, 1]})
    for column, (model, *_) in enumerate(MODELS):
        mine = [row for row in rows if row["model"] == model]
        panel(axes[0][column], mine, "bound_failover_ms", "failover_ms", style, True)
        panel(axes[1][column], mine, "bound_blocking_ms", "blocking_ms", style, False)
        axes[0][column].set_title(model)
        axes[0][column].tick_params(labelbottom=False)
    axes[0][0].set_ylabel("longest time without a primary, in delta")
    axes[1][0].set_ylabel("wait for an answer,\nin delta")
    marks = [Line2D([], [], linestyle="", marker=style.MARKERS[i], color=style.SERIES[i],
                    label=f"reached, tau = {tau:g} ms") for i, tau in enumerate(TAUS)]
    marks.insert(0, Patch(facecolor="#D9E3EC", edgecolor=style.GREY,
                          label="lower bound, tau -> 0 (recalled)"))
    figure.legend(handles=marks, loc="lower center", ncols=4)
    figure.suptitle("Optimal primary-backup: what each kind of failure costs (delta = 3 ms)",
                    x=0.01, ha="left", fontweight="bold")
    figure.tight_layout(rect=(0, 0.05, 1, 0.98))
    return figure


def main(argv):
    interpreter.use_one_with_matplotlib(__file__)
    parser = argparse.ArgumentParser(prog="bounds.py", description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=pathlib.Path, metavar="DIR", default=ROOT / "out" / "bounds",
                        help="default: out/bounds")
    parser.add_argument("--repsim", type=pathlib.Path, metavar="PATH", default=ROOT / "build" / "repsim",
                        help="default: build/repsim")
    arguments = parser.parse_args(argv)
    from repsim_plots import style
    rows = measure(arguments.repsim.resolve())
    arguments.out.mkdir(parents=True, exist_ok=True)
    table = arguments.out / "bounds.csv"
    lines = [",".join(rows[0])] + [",".join(str(value) for value in row.values()) for row in rows]
    table.write_text("\n".join(lines) + "\n", encoding="utf-8")
    picture = arguments.out / "bounds.png"
    draw(rows, style).savefig(picture)
    print(table, picture, sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
