#!/usr/bin/env bash
# clang-tidy on the sources that differ from the branch main, or with --all on every one of sim/ and
# protocols/ (some fifteen minutes of one core). Usage: scripts/lint.sh [--all]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if ! command -v clang-tidy >/dev/null; then
  echo "lint.sh: clang-tidy is missing (Debian: apt-get install clang-tidy)" >&2
  exit 2
fi
[ $# -eq 0 ] || [ "$*" = --all ] || { echo "lint.sh: expected nothing or --all, found $*" >&2; exit 2; }

sources() {
  if [ "${1:-}" = --all ]; then git ls-files 'sim/*.cpp' 'protocols/*.cpp'; return; fi
  { git diff --name-only --diff-filter=d "$(git merge-base HEAD main)" -- 'sim/*.cpp' 'protocols/*.cpp'
    git ls-files --others --exclude-standard 'sim/*.cpp' 'protocols/*.cpp'; } | sort -u
}

files=$(sources "$@")
[ -n "$files" ] || { echo "lint.sh: no source differs from main" >&2; exit 0; }
cmake -S . -B build/lint -DCMAKE_BUILD_TYPE=Debug -DREPSIM_TESTS=OFF >/dev/null
count=$(wc -l <<<"$files")
echo "lint.sh: $((count)) sources" >&2
xargs -n 1 -P "$(getconf _NPROCESSORS_ONLN)" clang-tidy --quiet -p build/lint <<<"$files" 2>/dev/null
