"""How far a sweep is, on stderr."""

import sys
import time


class Progress:
    """On stderr: in place on a terminal, else a line every few seconds."""

    def __init__(self, total_runs, done_runs):
        self.total, self.found, self.done = total_runs, done_runs, done_runs
        self.terminal = sys.stderr.isatty()
        self.begin = self.shown = time.monotonic()
        self.width = 0

    def show(self, text):
        now = time.monotonic()
        if now - self.shown < (0.2 if self.terminal else 5):
            return
        self.shown = now
        left = f", {span((self.total - self.done) / self.rate())} left" if self.rate() else ""
        self.write(f"{self.runs()}, {text}, {self.rate():.0f}/s{left}", end="" if self.terminal else "\n")

    def finish(self):
        self.write(f"{self.runs()}, {self.rate():.0f}/s", end="\n")

    def runs(self):
        return f"{self.done} of {self.total} runs"

    def rate(self):
        return (self.done - self.found) / max(time.monotonic() - self.begin, 1e-9)

    def say(self, text):
        """A line of its own, which stays."""
        self.write(text, end="\n")

    def write(self, line, end):
        start = "\r" if self.terminal else ""
        print(start + line.ljust(self.width if self.terminal else 0), end=end, file=sys.stderr, flush=True)
        self.width = 0 if end else len(line)


def span(seconds):
    whole = int(seconds + 0.999)
    if whole < 120:
        return f"{whole} s"
    return f"{whole // 60} min" if whole < 7200 else f"{whole // 3600} h {whole % 3600 // 60} min"


def count(noun, number):
    return f"{number} {noun}{'' if number == 1 else 's'}"
