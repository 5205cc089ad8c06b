#!/usr/bin/env python3
"""Asks bash, zsh and fish to complete command lines of repsim, and compares their offers with ours.

A shell that is not installed is skipped, and the last lines say so; with none of the three the exit code is
77, which ctest reports as skipped.
Usage: completion_try.py BINARY
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# A command line; words that must be offered for its last word; words that must not.
CASES = (
    ("repsim ", ["run", "check", "completion"], ["README.md"]),
    ("repsim --v", ["--version"], ["run"]),
    ("repsim run --se", ["--seed", "--set"], ["--json"]),
    ("repsim sweep --b", ["--baseline"], ["--bound"]),
    ("repsim run --seed ", [], ["README.md", "scenarios/", "--json"]),
    ("repsim run --trace READ", ["README.md"], []),
    ("repsim check READ", ["README.md"], []),
    ("repsim check --model ", ["cas-register", "queue"], ["README.md"]),
    ("repsim check --model qu", ["queue"], ["set"]),
    ("repsim completion ", ["bash", "zsh", "fish", "man"], ["README.md"]),
    ("repsim list ", ["protocols", "raft", "viewstamped_replication"], ["README.md"]),
    ("repsim list ra", ["raft"], ["abd"]),
    ("repsim run scen", ["scenarios/"], []),
    ("repsim run scenarios/sweeps/so", ["scenarios/sweeps/soak.json"], []),
    ("repsim run lessons/primary_backup/primary_backup_split_b",
     ["lessons/primary_backup/primary_backup_split_brain"], ["sweeps/soak"]),
    ("repsim sweep sweeps/so", ["sweeps/soak"], ["lessons/"]),
    ("repsim schema ", [], ["README.md"]),
)

BASH = r"""
source "$1"
IFS=' ' read -r -a COMP_WORDS <<<"$2"
[[ "$2" != *' ' ]] || COMP_WORDS+=("")
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
files=yes
compopt() { [ "$*" != "+o filenames" ] || files=no; }
_repsim
for word in "${COMPREPLY[@]}"; do
  if [ $files = yes ] && [ -d "$word" ]; then word=${word%/}/; fi
  echo "$word"
done
"""

FISH = 'source $argv[1]; complete -C $argv[2] | string replace -r "\t.*" ""'

# zsh completes only at a prompt: a second zsh, in a terminal, gets the line and the tabulator key.
ZSH = r"""
zmodload zsh/zpty
zpty inner zsh -f -i
zpty -w inner "fpath=(${(q)1:h} \$fpath); PS1=; autoload -U compinit; compinit -u -D
  LISTMAX=10000; COLUMNS=200; bindkey '^I' complete-word; setopt no_beep
  zstyle ':completion:*' list-prompt ''; unset zle_bracketed_paste
  echo rea''dy"
while zpty -r inner line; do [[ $line != *ready* ]] || break; done
zpty -n -w inner "$2"$'\t'
sleep $3
zpty -n -w inner $'\x15'"echo en''d"$'\n'
while zpty -r inner line; do
  [[ $line != *end* ]] || break
  print -r -- "$line"
done
zpty -d inner
"""


def offered(shell, script, line, patience):
    """What the shell prints for a tabulator; zsh never says when it is done, and gets `patience` s."""
    command = {"bash": ["bash", "--norc", "-c", BASH, "bash", script, line],
               "zsh": ["zsh", "-f", "-c", ZSH, "zsh", script, line, str(patience)],
               "fish": ["fish", "--no-config", "-c", FISH, script, line]}[shell]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False).stdout


def words_in(printed):
    """Its words, without the colours and cursor movements of a terminal."""
    return set(re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]|\r", " ", printed).split())


def differences(shell, script):
    for line, wanted, unwanted in CASES:
        for patience in (0.3, 3, 30):  # a slow machine needs more
            words = words_in(offered(shell, script, line, patience))
            wrong = [f"{shell}: {line!r} does not offer {word}" for word in wanted if word not in words]
            wrong += [f"{shell}: {line!r} offers {word}" for word in unwanted if word in words]
            if not wrong:
                break
        yield from wrong


def main():
    binary = Path(sys.argv[1]).resolve()
    wrong, tried = [], 0
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(PATH=f"{binary.parent}{os.pathsep}{os.environ['PATH']}", TERM="dumb", HOME=folder)
        for shell in ("bash", "zsh", "fish"):
            if not shutil.which(shell):
                print(f"skipped {shell}: it is not installed")
                continue
            script = Path(folder) / ("_repsim" if shell == "zsh" else shell)
            script.write_text(subprocess.run([binary, "completion", shell], capture_output=True, text=True,
                                             check=True).stdout, encoding="utf-8")
            wrong += differences(shell, str(script))
            tried += 1
    print("\n".join([*wrong, f"{tried * len(CASES)} lines completed, {len(wrong)} differences"]))
    sys.exit(77 if not tried else bool(wrong))


if __name__ == "__main__":
    main()
