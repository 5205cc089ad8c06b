#!/usr/bin/env bash
# A program that another compiler built says the same of every shipped scenario, to the byte: the run, what the judges
# make of it, and the report. Usage: same_results.sh SOURCE_DIR PROGRAM OTHER WORK_DIR
set -euo pipefail
scenarios=$1/scenarios
work=$4
rm -rf "$work"
mkdir -p "$work"
cd "$scenarios"

say_all() {  # program, file: its results as text and as JSON, with what it says of errors and its exit codes
  for f in bugs/*.json incidents/*.json lessons/*/*.json; do
    for form in "" --json; do
      echo "== $f $form"
      code=0
      "$1" run "$f" $form 2>&1 || code=$?
      echo "exit $code"
    done
  done > "$2"
}
say_all "$2" "$work/one.txt" &
say_all "$3" "$work/other.txt"
wait $!
cmp "$work/one.txt" "$work/other.txt"
echo "the same results of $(grep -c -- '--json$' "$work/one.txt") scenarios"
