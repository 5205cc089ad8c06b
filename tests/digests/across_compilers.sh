#!/usr/bin/env bash
# Digests are the same under g++ and clang++, optimised or not, and with the address and undefined-behaviour
# sanitizers: of every shipped scenario its golden value, and of scenarios drawn and changed at random (tests/soak)
# the same value or the same refusal. Usage: across_compilers.sh SOURCE_DIR WORK_DIR SOAK
# Only what plays a part in a run is built anew for each; scenarios are read by one object file per compiler, and by
# one with sanitizers.
set -euo pipefail
export LC_ALL=C  # the golden digests are in the order of bytes
source_dir=$1
work=$2
soak=$3
rm -rf "$work/drawn"
mkdir -p "$work/drawn"
cd "$source_dir"
"$soak" protocols/assumptions.json --seeds 10 --only-write --save "$work/drawn"
"$soak" --mutate scenarios --seeds 300 --only-write --save "$work/drawn"

all_of() { for f in "$@"; do printf '#include "%s"\n' "$f"; done; }
all_of sim/{kernel,files,network,fault,world,workload,protocol}/*.cpp sim/history/{decisions,value}.cpp > "$work/engine.cpp"
all_of protocols/*.cpp protocols/*/*.cpp > "$work/protocols.cpp"
all_of sim/scenario/*.cpp sim/history/{vocabulary,names}.cpp sim/history/objects/*.cpp tests/digests/main.cpp > "$work/scenario.cpp"
sanitizers="-fsanitize=address,undefined -fno-sanitize-recover=all"

compile() {  # unit, name, compiler, flags...
  local unit=$1 name=$2
  shift 2
  "$@" -std=c++20 -ffp-contract=off '-DREPSIM_VERSION=""' '-DREPSIM_BUILD=""' -I. -c "$work/$unit.cpp" -o "$work/$unit-$name.o"
}
run() {  # name, reader, compiler, flags...
  local name=$1 reader=$2
  shift 2
  "$@" "$work/engine-$name.o" "$work/protocols-$name.o" "$work/scenario-$reader.o" -lfmt -o "$work/digests-$name"
  (cd scenarios && "$work/digests-$name" bugs/*.json incidents/*.json lessons/*/*.json sweeps/*.json) > "$work/$name.txt"
  (cd "$work/drawn" && "../digests-$name" *.json) > "$work/drawn-$name.txt"
}
export -f compile run
export work

# The longest first, so that both cores are busy until the end.
two_at_a_time() { xargs -P 2 -d '\n' -n 1 bash -euo pipefail -c; }
two_at_a_time <<JOBS
compile protocols sanitized g++ -O1 $sanitizers
compile engine sanitized g++ -O1 $sanitizers
compile scenario sanitized g++ $sanitizers
compile protocols g++-O3 g++ -O3
compile protocols clang++-O3 clang++ -O3
compile engine g++-O3 g++ -O3
compile engine clang++-O3 clang++ -O3
compile protocols clang++-O0 clang++ -O0
compile scenario g++ g++ -O0
compile scenario clang++ clang++ -O0
compile engine clang++-O0 clang++ -O0
JOBS
two_at_a_time <<JOBS
run sanitized sanitized g++ $sanitizers
run clang++-O0 clang++ clang++
run g++-O3 g++ g++
run clang++-O3 clang++ clang++
JOBS

differences=0
for name in sanitized clang++-O0 g++-O3 clang++-O3; do
  diff tests/goldens/digests.txt "$work/$name.txt" || differences=1
  diff "$work/drawn-g++-O3.txt" "$work/drawn-$name.txt" || differences=1
done
[ "$differences" = 0 ] || exit 1
drawn=$work/drawn-g++-O3.txt
echo "the same digests everywhere: $(wc -l < tests/goldens/digests.txt) of shipped scenarios," \
  "$(wc -l < "$drawn") of drawn ones, $(grep -c refused "$drawn") of them refused"
