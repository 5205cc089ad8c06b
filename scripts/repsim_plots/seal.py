"""The checksum at the end of each row of a sweep, as the program writes it: a row that was changed by hand,
or belongs to another sweep, is not drawn. Rows that have none (of another program, or an old version) are
taken as they are."""

import functools
import json

import numpy as np

from .output import BadInput, read_text

WORD = np.uint64(0x9fb21c651e98df25)
BEGIN = np.uint64(0xcbf29ce484222325)
HALF = np.uint64(32)
KEY = b',"sum":"'
DIGITS = 16
LENGTH = len(KEY) + DIGITS + 2   # the closing quote and bracket
AT_ONCE = 4096                   # rows


class Number(float):
    """Remembers how it was written, as another way of writing it has another checksum."""

    def __new__(cls, text):
        number = super().__new__(cls, text)
        number.text = text
        return number


def dumped(value):
    """JSON without blanks, keys and numbers as they were read."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{dumped(key)}:{dumped(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(dumped, value)) + "]"
    return value.text if isinstance(value, Number) else json.dumps(value, ensure_ascii=False)


def step(state, words):
    state = (state ^ words) * WORD
    return state ^ (state >> HALF)


def sums(begin, texts):
    """The checksums of many texts at once: of eight characters at a time, and in the end how many there
    were."""
    sizes = np.array([len(text) for text in texts])
    counts = sizes // 8 + 1
    words = np.zeros((len(texts), int(counts.max())), dtype="<u8")
    for row, text in zip(words, texts):
        row.view(np.uint8)[:len(text)] = np.frombuffer(text, dtype=np.uint8)
    state = np.full(len(texts), begin, dtype=np.uint64)
    for place in range(words.shape[1]):
        state = np.where(counts > place, step(state, words[:, place]), state)
    return step(state, sizes.astype(np.uint64))


def salt_of(about):
    """What all rows of a sweep have in common, by its sweep.json."""
    kept = {key: value for key, value in about.items()
            if key not in ("seeds", "first_seed", "shard", "repsim")}
    sweep = kept.get("scenario", {}).get("sweep")
    if isinstance(sweep, dict) and "seeds" in sweep:
        kept["scenario"] = {**kept["scenario"], "sweep": {**sweep, "seeds": None}}
    salt = sums(sums(BEGIN, [b"row 1"])[0], [dumped(kept).encode()])
    return step(np.array([BEGIN]), salt)[0]


def check(folder):
    """Raises BadInput for the first row of a sweep that isn't as it was written. Looks once at a file,
    however many pictures are drawn from it."""
    path = folder / "runs.jsonl"
    try:
        now = path.stat()
    except OSError as problem:
        raise BadInput(f"{path}: {problem.strerror}") from None
    check_once(path, now.st_mtime_ns, now.st_size)


@functools.cache
def check_once(path, _written_at, _size):
    about = json.loads(read_text(path.parent / "sweep.json"), parse_float=Number)
    salt = salt_of(about)
    with open(path, "rb") as rows:
        numbers, texts, written = [], [], []
        for number, line in enumerate(rows, start=1):
            row = line.rstrip(b"\n")
            if line.endswith(b'"}\n') and row[-LENGTH:-LENGTH + len(KEY)] == KEY:
                numbers.append(number)
                texts.append(row[:-LENGTH])
                written.append(row[-DIGITS - 2:-2])
            if len(texts) == AT_ONCE:
                compare(path, salt, numbers, texts, written)
                numbers, texts, written = [], [], []
        if texts:
            compare(path, salt, numbers, texts, written)


def compare(path, salt, numbers, texts, written):
    for number, found, right in zip(numbers, written, sums(salt, texts)):
        if found != b"%016x" % int(right):
            raise BadInput(f"{path}:{number}: has a wrong checksum: it was changed or belongs to another "
                           "sweep")
