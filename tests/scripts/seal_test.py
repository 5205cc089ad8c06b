"""The checksums of rows, on a sweep that the program wrote."""

import pathlib
import shutil
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent.parent / "scripts")]

from repsim_plots import seal  # noqa: E402
from repsim_plots.output import BadInput  # noqa: E402

WRITTEN = HERE.parent / "data" / "sealed_sweep"


class SealTest(unittest.TestCase):
    def setUp(self):
        keep = tempfile.TemporaryDirectory()
        self.addCleanup(keep.cleanup)
        self.dir = pathlib.Path(keep.name) / "sweep"
        shutil.copytree(WRITTEN, self.dir)
        self.rows = (WRITTEN / "runs.jsonl").read_text().splitlines(keepends=True)

    def write(self, rows):
        (self.dir / "runs.jsonl").write_text("".join(rows))
        seal.check_once.cache_clear()

    def test_rows_as_they_were_written_are_taken(self):
        seal.check(self.dir)
        self.write(self.rows[:2])
        seal.check(self.dir)

    def test_a_row_in_which_anything_changed_is_refused_with_its_line(self):
        for line, row in enumerate(self.rows, start=1):
            for place in range(5, len(row) - 30, 97):
                other = "8" if row[place] != "8" else "3"
                changed = row[:place] + other + row[place + 1:]
                self.write([*self.rows[:line - 1], changed, *self.rows[line:]])
                with self.assertRaisesRegex(BadInput, f"runs.jsonl:{line}: has a wrong checksum"):
                    seal.check(self.dir)

    def test_a_row_that_was_made_longer_or_shorter_is_refused(self):
        for old, new in (('"seed":', '"seed":  '), ('"ok":', '"ok":1'), ('"scenario":"sealed",', "")):
            changed = self.rows[1].replace(old, new, 1)
            self.write([self.rows[0], changed, *self.rows[2:]])
            with self.assertRaisesRegex(BadInput, "runs.jsonl:2: "):
                seal.check(self.dir)

    def test_rows_of_another_sweep_are_refused(self):
        about = (self.dir / "sweep.json").read_text()
        (self.dir / "sweep.json").write_text(about.replace('"200ms"', '"201ms"'))
        with self.assertRaisesRegex(BadInput, "runs.jsonl:1: "):
            seal.check(self.dir)

    def test_more_seeds_make_no_other_sweep(self):
        about = (self.dir / "sweep.json").read_text()
        (self.dir / "sweep.json").write_text(about.replace('"seeds": 3', '"seeds": 30'))
        seal.check(self.dir)

    def test_rows_without_a_checksum_are_taken_as_they_are(self):
        self.write([row[:row.rindex(',"sum"')] + "}\n" for row in self.rows])
        seal.check(self.dir)


if __name__ == "__main__":
    unittest.main()
