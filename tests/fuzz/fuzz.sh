#!/usr/bin/env bash
# Fuzzes the readers of histories and the judge for SECONDS (default 600), starting from the kept corpus and the
# recorded histories: tests/fuzz/fuzz.sh [SECONDS]. New inputs that reach new code go to out/fuzz; with --keep, the
# smallest set of inputs that reaches all of it replaces tests/data/fuzz.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

seconds=${1:-600}
mkdir -p out/fuzz/corpus
clang++ -std=c++20 -g -O1 -I. -DREPSIM_LIBFUZZER -DFMT_HEADER_ONLY -fsanitize=fuzzer,address,undefined \
  -fno-sanitize-recover=all tests/fuzz/history_fuzz.cpp sim/history/*.cpp sim/check/*.cpp sim/kernel/*.cpp \
  -o out/fuzz/history_fuzz
out/fuzz/history_fuzz -max_total_time="$seconds" -max_len=4096 -timeout=10 -rss_limit_mb=2048 \
  -artifact_prefix=out/fuzz/ out/fuzz/corpus tests/data/fuzz tests/data/histories/knossos tests/data/histories/etcd
if [ "${2:-}" = --keep ]; then
  rm -rf tests/data/fuzz && mkdir tests/data/fuzz
  out/fuzz/history_fuzz -merge=1 -max_len=1024 tests/data/fuzz out/fuzz/corpus
fi
