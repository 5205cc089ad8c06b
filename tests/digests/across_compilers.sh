#!/usr/bin/env bash
# The digest of every shipped scenario equals its golden value under g++ and clang++, -O0 and -O3, and with the address
# and undefined-behaviour sanitizers; and so do those of scenarios drawn and changed at random (tests/soak), or
# all refuse them alike. Usage: across_compilers.sh SOURCE_DIR WORK_DIR SOAK
# Only what plays a part in a run is built again for each; scenarios are read by one object file per compiler, and
# by one with sanitizers.
set -euo pipefail
source_dir=$1
work=$2
soak=$3
mkdir -p "$work"
rm -rf "$work/drawn"
mkdir "$work/drawn"
"$soak" "$source_dir/protocols/assumptions.json" --seeds 25 --only-write --save "$work/drawn"
"$soak" --mutate "$source_dir/scenarios" --seeds 400 --only-write --save "$work/drawn"
cd "$source_dir"

all_of() { for f in "$@"; do printf '#include "%s"\n' "$f"; done; }
all_of sim/kernel/*.cpp sim/history/decisions.cpp sim/history/value.cpp sim/network/*.cpp sim/fault/*.cpp sim/world/*.cpp sim/workload/*.cpp sim/protocol/*.cpp \
  protocols/*.cpp > "$work/engine.cpp"
all_of sim/scenario/*.cpp tests/digests/main.cpp > "$work/scenario.cpp"
flags=(-std=c++20 -ffp-contract=off -I.)

reader() {  # name, compiler, flags...
  local name=$1 compiler=$2
  shift 2
  "$compiler" "${flags[@]}" "$@" -c "$work/scenario.cpp" -o "$work/scenario-$name.o"
}
variant() {  # name, reader, compiler, flags...
  local name=$1 reader=$2 compiler=$3
  shift 3
  "$compiler" "${flags[@]}" "$@" -c "$work/engine.cpp" -o "$work/engine-$name.o"
  "$compiler" "$@" "$work/engine-$name.o" "$work/scenario-$reader.o" -lfmt -o "$work/digests-$name"
  (cd "$work/drawn" && "../digests-$name" *.json) > "$work/drawn-$name.txt"
  (cd scenarios && "$work/digests-$name" bugs/*.json incidents/*.json lessons/*.json sweeps/*.json) > "$work/$name.txt"
  if diff "tests/goldens/digests.txt" "$work/$name.txt"; then
    echo "same digests: $name"
  else
    echo "other digests: $name"
    return 1
  fi
}

reader g++ g++ -O0 & one=$!
reader clang++ clang++ -O0 & two=$!
wait "$one"
wait "$two"
# The sanitized build takes as long as all others together: one core for it, one for them.
sanitizers=(-O1 -fsanitize=address,undefined -fno-sanitize-recover=all)
{ reader sanitized g++ "${sanitizers[@]}" && variant g++-sanitized sanitized g++ "${sanitizers[@]}"; } & sanitized=$!
variant g++-O0 g++ g++ -O0
variant clang++-O0 clang++ clang++ -O0
variant g++-O3 g++ g++ -O3
variant clang++-O3 clang++ clang++ -O3
wait "$sanitized"
for drawn in "$work"/drawn-*.txt; do
  diff "$work/drawn-g++-O0.txt" "$drawn"
done
echo "same digests of drawn scenarios: $(wc -l < "$work/drawn-g++-O0.txt"), $(grep -c refused "$work/drawn-g++-O0.txt") of them refused"
