"""A scenario with the files that it names, as bytes, so that workers need no shared file system."""

import json
import os
import pathlib


def strings_in(value):
    """All strings of a JSON document, keys left out."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, dict)):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from strings_in(inner)


def as_json(text):
    try:
        return json.loads(text)
    except ValueError:
        return None


def setting_value(setting):
    """What `--set /pointer=VALUE` sets: JSON, or else a string."""
    _, _, text = setting.partition("=")
    value = as_json(text)
    return text if value is None else value


class Parcel:
    """`files` by their paths below a common root, and which of them is the `scenario`. A file named in a
    scenario, or in a list of points that it names, lies beside the scenario. Any string that is the relative
    path of a file there counts as such a name: better one file too many than one that is missing."""

    def __init__(self, scenario, settings=()):
        home = pathlib.Path(os.path.abspath(scenario))
        found = {home: home.read_bytes()}
        to_read = [as_json(found[home]), *map(setting_value, settings)]
        while to_read:
            for name in strings_in(to_read.pop()):
                path = file_beside(home, name)
                if path is not None and path not in found:
                    found[path] = path.read_bytes()
                    to_read.append(as_json(found[path]))
        root = os.path.commonpath([path.parent for path in found])
        self.files = {os.path.relpath(path, root): content for path, content in found.items()}
        self.scenario = os.path.relpath(home, root)


def file_beside(home, name):
    """The file of that name beside `home`; None when there is none, or when the name is an absolute path,
    which means the same place on every machine."""
    if not name or os.path.isabs(name) or "\0" in name or len(name) > 4096:
        return None
    path = pathlib.Path(os.path.normpath(home.parent / name))
    try:
        return path if path.is_file() else None
    except OSError:  # a text too long for a name
        return None
