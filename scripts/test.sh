#!/usr/bin/env bash
# Sets up, builds with the tests, and runs every test through ctest.
# Usage: scripts/test.sh [CTEST ARGUMENT]...    such as: scripts/test.sh -R fidelity
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
arguments=("$@")

# shellcheck source=scripts/setup.sh
source scripts/setup.sh --tests
echo "== Building repsim and its tests (Release) into build/" >&2
repsim_configure ON
cmake --build build -j "$(repsim_cores)" >&2
echo "== Testing" >&2
ctest --test-dir build --output-on-failure -j2 --no-tests=error ${arguments[@]+"${arguments[@]}"}
