#!/usr/bin/env bash
# The digest of every shipped scenario equals its golden value under g++ and clang++, -O0 and -O3, and with the address
# and undefined-behaviour sanitizers. Usage: across_compilers.sh SOURCE_DIR WORK_DIR
# Only what plays a part in a run is built again for each; scenarios are read by one object file per compiler.
set -euo pipefail
export LC_ALL=C  # the golden digests are in the order of bytes
source_dir=$1
work=$2
mkdir -p "$work"
cd "$source_dir"

all_of() { for f in "$@"; do printf '#include "%s"\n' "$f"; done; }
all_of sim/kernel/*.cpp sim/files/*.cpp sim/history/decisions.cpp sim/history/value.cpp sim/network/*.cpp sim/fault/*.cpp sim/world/*.cpp sim/workload/*.cpp sim/protocol/*.cpp \
  protocols/*.cpp protocols/*/*.cpp protocols/*/*.cpp > "$work/engine.cpp"
all_of sim/scenario/*.cpp tests/digests/main.cpp > "$work/scenario.cpp"
flags=(-std=c++20 -ffp-contract=off -I.)

reader() {  # compiler
  "$1" "${flags[@]}" -O0 -c "$work/scenario.cpp" -o "$work/scenario-$1.o"
}
variant() {  # name, compiler, flags...
  local name=$1 compiler=$2
  shift 2
  "$compiler" "${flags[@]}" "$@" -c "$work/engine.cpp" -o "$work/engine-$name.o"
  "$compiler" "$@" "$work/engine-$name.o" "$work/scenario-$compiler.o" -lfmt -o "$work/digests-$name"
  (cd scenarios && "$work/digests-$name" bugs/*.json incidents/*.json lessons/*/*.json sweeps/*.json) > "$work/$name.txt"
  if diff "tests/goldens/digests.txt" "$work/$name.txt"; then
    echo "same digests: $name"
  else
    echo "other digests: $name"
    return 1
  fi
}

reader g++ & one=$!
reader clang++ & two=$!
wait "$one"
wait "$two"
# The sanitized build takes as long as all others together: one core for it, one for them.
variant g++-sanitized g++ -O1 -fsanitize=address,undefined -fno-sanitize-recover=all & sanitized=$!
variant g++-O0 g++ -O0
variant clang++-O0 clang++ -O0
variant g++-O3 g++ -O3
variant clang++-O3 clang++ -O3
wait "$sanitized"
