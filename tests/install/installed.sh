#!/usr/bin/env bash
# An installed repsim, as a user meets it: in a folder of its own, by somebody who is not root, from an empty
# folder; completions and manual page; the packages. Usage: installed.sh BUILD_FOLDER
set -euo pipefail

build=$(cd "$1" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"

fail() { echo "installed.sh: $*" >&2; exit 1; }
expect() { case "$2" in *"$1"*) ;; *) fail "expected \"$1\" in: $2" ;; esac; }

cmake --install "$build" --prefix "$work/usr" >/dev/null

as_user() {  # as_user FOLDER COMMAND...: by nobody, if we are root
  local folder=$1
  shift
  mkdir -p "$folder"
  if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
    chown 65534:65534 "$folder"
    (cd "$folder" && setpriv --reuid=65534 --regid=65534 --clear-groups "$@")
  else
    (cd "$folder" && "$@")
  fi
}

try_program() {  # try_program PREFIX: a lesson and a sweep, named as the README names them and by name alone
  local repsim=$1/bin/repsim empty
  empty=$work/empty-$(basename "$(dirname "$1")")
  expect "repsim " "$("$repsim" --version)"
  expect "split brain" "$(as_user "$empty" "$repsim" run scenarios/lessons/primary_backup/primary_backup_split_brain.json)"
  expect "linearizable" "$(as_user "$empty" "$repsim" run lessons/naive_loss)"
  expect "split brain" "$(as_user "$empty" "$repsim" run naive_order)"
  expect "several scenarios" "$(as_user "$empty" "$repsim" run naive_loss 2>&1 || true)"
  expect "lessons/" "$(as_user "$empty" "$repsim" list scenarios)"
  expect "[" "$(as_user "$empty" "$repsim" sweep sweeps/naive_loss --seeds 2 --jobs 1 --out out 2>/dev/null)"
  [ -s "$empty/out/summary.csv" ] || fail "the sweep left no summary.csv"
}
try_program "$work/usr"

for file in share/man/man1/repsim.1 share/bash-completion/completions/repsim \
            share/zsh/site-functions/_repsim share/fish/vendor_completions.d/repsim.fish \
            share/repsim/scenario.schema.json; do
  [ -s "$work/usr/$file" ] || fail "$file is missing"
done

completed=$(bash -c '
  source "$1"
  COMP_WORDS=(repsim sw) COMP_CWORD=1; _repsim; echo "${COMPREPLY[*]}"
  COMP_WORDS=(repsim run --se) COMP_CWORD=2; _repsim; echo "${COMPREPLY[*]}"
  COMP_WORDS=(repsim list ra) COMP_CWORD=2; _repsim; echo "${COMPREPLY[*]}"
' bash "$work/usr/share/bash-completion/completions/repsim")
[ "$completed" = $'sweep\n--seed --set\nraft' ] || fail "bash completes: $completed"
if command -v zsh >/dev/null; then zsh -n "$work/usr/share/zsh/site-functions/_repsim"; fi
if command -v fish >/dev/null; then fish -n "$work/usr/share/fish/vendor_completions.d/repsim.fish"; fi
if command -v man >/dev/null; then
  page=$(MANWIDTH=80 man -l "$work/usr/share/man/man1/repsim.1" 2>"$work/warnings")
  expect "EXIT STATUS" "$page"
  [ ! -s "$work/warnings" ] || fail "the manual page warns: $(cat "$work/warnings")"
fi

(cd "$work" && cpack --config "$build/CPackConfig.cmake" -G TGZ -B "$work/packages" >/dev/null)
mkdir "$work/tar"
tar -xzf "$work"/packages/*.tar.gz -C "$work/tar"
try_program "$(dirname "$(dirname "$(find "$work/tar" -path '*/bin/repsim')")")"
if command -v dpkg-deb >/dev/null; then
  (cd "$work" && cpack --config "$build/CPackConfig.cmake" -G DEB -B "$work/packages" >/dev/null)
  dpkg-deb -x "$work"/packages/*.deb "$work/deb"
  try_program "$work/deb/usr"
  expect "libfmt" "$(dpkg-deb -f "$work"/packages/*.deb Depends)"
fi
echo "installed.sh: all as it should be"
