#!/usr/bin/env bash
# Makes sure that everything the build, the plots and (with --tests) the tests need is there, and picks a
# Python that has matplotlib. run.sh and test.sh source it; run by itself it only checks and installs. Says
# nothing when nothing is missing. Dask is for the tests alone: sweep_cluster.py says what to type.
# After it: REPSIM_PYTHON is the interpreter to use, REPSIM_GENERATOR the generator for a fresh build folder.

repsim_cores() { getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1; }

repsim_headers() {  # which of the libraries' headers the compiler can't find, as Debian packages
  command -v g++ >/dev/null || return 0
  g++ -E -P -x c++ - 2>/dev/null <<'PROBE'
#if !__has_include(<fmt/core.h>)
libfmt-dev
#endif
#if !__has_include(<nlohmann/json.hpp>)
nlohmann-json3-dev
#endif
#if !__has_include(<CLI/CLI.hpp>)
libcli11-dev
#endif
#if !__has_include(<catch2/catch.hpp>) && !__has_include(<catch2/catch_all.hpp>)
catch2
#endif
PROBE
}

repsim_python() {  # the first interpreter that can draw
  local candidate
  for candidate in "${REPSIM_PYTHON:-}" python3 /usr/bin/python3; do
    if [ -n "$candidate" ] && command -v "$candidate" >/dev/null &&
       "$candidate" -c 'import matplotlib, numpy' >/dev/null 2>&1; then
      command -v "$candidate"
      return 0
    fi
  done
  return 1
}

repsim_dask() {  # whether an interpreter that sweep_cluster.py would find can reach a cluster
  local candidate
  for candidate in "${REPSIM_PYTHON:-}" python3 /usr/bin/python3; do
    [ -z "$candidate" ] || ! "$candidate" -c 'import distributed' >/dev/null 2>&1 || return 0
  done
  return 1
}

repsim_missing() {  # Debian packages that are still to be installed
  command -v g++ >/dev/null || echo g++ libfmt-dev nlohmann-json3-dev libcli11-dev catch2
  command -v cmake >/dev/null || echo cmake
  command -v ninja >/dev/null || command -v make >/dev/null || echo ninja-build
  repsim_headers
  repsim_python >/dev/null || echo python3-matplotlib
  if [ "$1" = tests ]; then
    command -v clang++ >/dev/null || echo clang
    command -v clang-format >/dev/null || echo clang-format
    repsim_dask || echo python3-distributed
  fi
}

repsim_shells() {  # shells whose completion is tested where they are installed; none is required
  command -v zsh >/dev/null || echo zsh
  command -v fish >/dev/null || echo fish
}

repsim_install() {  # as root, or as someone who may become root without a password
  local as_root=()
  command -v apt-get >/dev/null || return 1
  if [ "$(id -u)" -ne 0 ]; then
    sudo -n true >/dev/null 2>&1 || return 1
    as_root=(sudo -n)
  fi
  echo "setup: installing $* (needed to build, draw and test: CONTRIBUTING.md says what for)" >&2
  "${as_root[@]}" apt-get update -qq >&2 || true
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >&2
}

repsim_setup() {
  local what=build missing
  [ "${1:-}" = --tests ] && what=tests
  missing=$(repsim_missing $what | tr '\n' ' ')
  if [ -n "${missing// /}" ]; then
    # Word splitting is meant: a list of package names.
    # shellcheck disable=SC2086
    if ! repsim_install $missing || [ -n "$(repsim_missing $what)" ]; then
      echo "setup: still missing; type this and start again:" >&2
      echo "  sudo apt-get update && sudo apt-get install -y $(repsim_missing $what | tr '\n' ' ')" >&2
      exit 2
    fi
  fi
  if [ "$what" = tests ] && [ -n "$(repsim_shells)" ]; then
    # shellcheck disable=SC2046
    repsim_install $(repsim_shells) || echo "setup: $(repsim_shells | tr '\n' ' ')not tested" >&2
  fi
  REPSIM_PYTHON=$(repsim_python)
  REPSIM_GENERATOR="Unix Makefiles"
  ! command -v ninja >/dev/null || REPSIM_GENERATOR=Ninja
  export REPSIM_PYTHON REPSIM_GENERATOR
}

repsim_configure() {  # repsim_configure on|off: a Release build in build/, with or without the tests
  local generator=(-G "$REPSIM_GENERATOR")
  mkdir -p build
  [ ! -f build/CMakeCache.txt ] || generator=()
  if ! cmake -S . -B build ${generator[@]+"${generator[@]}"} -DCMAKE_BUILD_TYPE=Release \
       -DREPSIM_UNITY=ON -DREPSIM_WERROR=ON -DREPSIM_TESTS="$1" \
       -DREPSIM_PYTHON="$REPSIM_PYTHON" >build/configure.log 2>&1; then
    cat build/configure.log >&2
    return 1
  fi
}

repsim_setup "$@"
