#!/usr/bin/env bash
# Digests are the same under g++ and clang++, optimised or not, and with the address and undefined-behaviour
# sanitizers: of every shipped scenario its golden value, and of scenarios drawn and changed at random (tests/soak)
# the same value or the same refusal. Usage: across_compilers.sh SOURCE_DIR WORK_DIR SOAK DIGESTS
# DIGESTS comes from the build at hand, and WORK_DIR/alone/digests from compile_alone.py (clang++, not optimised).
# Only what plays a part in a run is built anew, sanitized and optimised by clang++.
set -euo pipefail
export LC_ALL=C  # the golden digests are in the order of bytes
source_dir=$1
work=$2
soak=$3
built=$4
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
link() {  # name, compiler, flags...
  local name=$1
  shift
  "$@" "$work"/{engine,protocols,scenario}-"$name".o -lfmt -o "$work/digests-$name"
}
run() {  # name, program
  (cd scenarios && "$2" bugs/*.json incidents/*.json lessons/*/*.json sweeps/*.json) > "$work/$1.txt"
  (cd "$work/drawn" && "$2" *.json) > "$work/drawn-$1.txt"
}
export -f compile link run
export work

# The longest first, so that both cores are busy until the end.
two_at_a_time() { tr '\n' '\0' | xargs -0 -P 2 -n 1 bash -euo pipefail -c; }  # xargs -d is GNU's alone
two_at_a_time <<JOBS
compile protocols sanitized g++ -O1 $sanitizers
compile protocols clang++-O3 clang++ -O3
compile engine sanitized g++ -O1 $sanitizers
compile scenario sanitized g++ $sanitizers
compile engine clang++-O3 clang++ -O3
compile scenario clang++-O3 clang++ -O0
JOBS
two_at_a_time <<JOBS
link sanitized g++ $sanitizers && run sanitized "$work/digests-sanitized"
run clang++-O0 "$work/alone/digests"
link clang++-O3 clang++ && run clang++-O3 "$work/digests-clang++-O3"
run built "$built"
JOBS

differences=0
for name in built sanitized clang++-O0 clang++-O3; do
  diff tests/goldens/digests.txt "$work/$name.txt" || differences=1
  diff "$work/drawn-built.txt" "$work/drawn-$name.txt" || differences=1
done
[ "$differences" = 0 ] || exit 1
drawn=$work/drawn-built.txt
echo "the same digests everywhere: $(wc -l < tests/goldens/digests.txt) of shipped scenarios," \
  "$(wc -l < "$drawn") of drawn ones, $(grep -c refused "$drawn") of them refused"
