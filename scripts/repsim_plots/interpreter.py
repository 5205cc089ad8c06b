"""Finding a Python that has what a script needs."""

import importlib.util
import os
import sys

DISTRIBUTION_PYTHON = "/usr/bin/python3"


def use_one_with(script, modules, package):
    """Start `script` again under another interpreter when this one lacks `modules`: the first `python3` on
    the PATH is often a private build, while the distribution's own has what `package` of Debian installs."""
    if all(importlib.util.find_spec(name) for name in modules):
        return
    tried = os.environ.get("REPSIM_TRIED", "")
    for other in (os.environ.get("REPSIM_PYTHON"), DISTRIBUTION_PYTHON):
        if other and other not in tried.split(":") and os.access(other, os.X_OK):
            os.environ["REPSIM_TRIED"] = f"{tried}:{other}"
            os.execv(other, [other, os.path.abspath(script), *sys.argv[1:]])
    print(f"{os.path.basename(script)}: needs {' and '.join(modules)} (Debian: apt-get install {package})",
          file=sys.stderr)
    sys.exit(2)


def use_one_with_matplotlib(script):
    use_one_with(script, ("matplotlib", "numpy"), "python3-matplotlib")


def use_one_with_dask(script):
    use_one_with(script, ("distributed",), "python3-distributed")
