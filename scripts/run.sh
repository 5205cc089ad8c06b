#!/usr/bin/env bash
# From a fresh clone to pictures: sets up, builds, runs a lesson, sweeps the detector's timeout, draws both.
# Usage: scripts/run.sh [SCENARIO]    With a SCENARIO: runs it, sweeps it if it has a "sweep", draws both.
set -euo pipefail

case "${1:-}" in
  -h|--help) sed -n '2,3s/^# //p' "$0"; exit 0 ;;
esac
if [ $# -gt 1 ]; then echo "run.sh: expected at most one scenario, found $#" >&2; exit 2; fi
scenario=${1:-}
if [ -n "$scenario" ]; then
  if [ ! -f "$scenario" ]; then echo "run.sh: $scenario: no such file" >&2; exit 2; fi
  scenario=$(cd "$(dirname "$scenario")" && pwd)/$(basename "$scenario")
fi
caller=$PWD
cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD

step() { printf '\n== %s  [%d s]\n' "$1" "$SECONDS" >&2; }
shown() { printf '%s' "${1#"$caller"/}"; }  # a path as the caller would type it

step "Setting up"
# shellcheck source=scripts/setup.sh
source scripts/setup.sh

step "Building repsim (Release) into build/"
repsim_configure OFF
cmake --build build --target repsim -j "$(repsim_cores)" >&2

pictures=()
draw() {
  local drawn line
  drawn=$("$REPSIM_PYTHON" scripts/plot.py "$@")
  while IFS= read -r line; do pictures+=("$line"); done <<<"$drawn"
}

run_one() {  # run_one SCENARIO: its summary on the terminal, its trace as a space-time diagram
  local name code=0
  name=$(basename "$1" .json)
  mkdir -p "out/$name"
  build/repsim run "$1" --trace "out/$name/trace.jsonl" --history "out/$name/history.jsonl" || code=$?
  # 1: what the scenario expects didn't hold, or a check failed; that is a result, and worth a picture.
  [ "$code" -le 1 ] || exit "$code"
  draw "out/$name/trace.jsonl"
}

sweep_one() {
  local name
  name=$(basename "$1" .json)
  build/repsim sweep "$1" --out "out/$name" || [ $? -eq 1 ]
  draw "out/$name"
}

has_sweep() {
  "$REPSIM_PYTHON" -c 'import json, sys; sys.exit("sweep" not in json.load(open(sys.argv[1])))' "$1"
}

if [ -n "$scenario" ]; then
  step "Running $(shown "$scenario")"
  run_one "$scenario"
  if has_sweep "$scenario"; then
    step "Sweeping $(shown "$scenario")"
    sweep_one "$scenario"
  fi
else
  step "A lesson: scenarios/lessons/primary_backup/primary_backup_split_brain.json"
  run_one scenarios/lessons/primary_backup/primary_backup_split_brain.json
  step "The headline sweep: scenarios/sweeps/primary_backup_timeout.json"
  sweep_one scenarios/sweeps/primary_backup_timeout.json
fi

step "Done. Pictures (PNG; SVG and the numbers as CSV are beside them):"
for picture in "${pictures[@]}"; do shown "$root/$picture"; echo; done
