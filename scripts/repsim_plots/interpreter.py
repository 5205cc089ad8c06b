"""Finding a Python that can draw."""

import importlib.util
import os
import sys

DISTRIBUTION_PYTHON = "/usr/bin/python3"


def have_matplotlib():
    return all(importlib.util.find_spec(name) for name in ("matplotlib", "numpy"))


def use_one_with_matplotlib(script):
    """Start `script` again under another interpreter when this one can't draw: the first `python3` on the
    PATH is often a private build, while the distribution's own has matplotlib."""
    if have_matplotlib():
        return
    tried = os.environ.get("REPSIM_PLOT_TRIED", "")
    for other in (os.environ.get("REPSIM_PYTHON"), DISTRIBUTION_PYTHON):
        if other and other not in tried.split(":") and os.access(other, os.X_OK):
            os.environ["REPSIM_PLOT_TRIED"] = f"{tried}:{other}"
            os.execv(other, [other, os.path.abspath(script), *sys.argv[1:]])
    name = os.path.basename(script)
    print(f"{name}: needs matplotlib and numpy (Debian: apt-get install python3-matplotlib)", file=sys.stderr)
    sys.exit(2)
