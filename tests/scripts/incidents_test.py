"""The museum: each incident is a pair that differs in its cure, with a picture and a place in the tour."""

import json
import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
INCIDENTS = ROOT / "scenarios" / "incidents"
PICTURES = ROOT / "scripts" / "pictures" / "incidents"
WORDS = {"name", "about", "expect"}  # what a mended file may say differently without changing the run


def names():
    return sorted(f.name[:-len("_broken.json")] for f in INCIDENTS.glob("*_broken.json"))


def scenario(name, kind):
    return json.loads((INCIDENTS / f"{name}_{kind}.json").read_text())


def differences(a, b, path=""):
    """The pointers of the smallest parts in which two scenarios differ."""
    if isinstance(a, dict) and isinstance(b, dict):
        keys = sorted(a.keys() | b.keys())
        return [p for key in keys for p in differences(a.get(key), b.get(key), f"{path}/{key}")]
    if isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        if "faults" in path:  # one fault is one thing, however many keys it has
            return [f"{path}/{i}" for i, (x, y) in enumerate(zip(a, b)) if x != y]
        return [p for i, (x, y) in enumerate(zip(a, b)) for p in differences(x, y, f"{path}/{i}")]
    return [] if a == b else [path]


class Museum(unittest.TestCase):
    def test_there_are_at_least_twelve_incidents(self):
        self.assertGreaterEqual(len(names()), 12)

    def test_each_is_mended_by_one_change(self):
        for name in names():
            with self.subTest(name):
                broken, mended = scenario(name, "broken"), scenario(name, "mended")
                runs = ({k: v for k, v in s.items() if k not in WORDS} for s in (broken, mended))
                changed = differences(*runs)
                self.assertEqual(len(changed), 1, changed)
                self.assertNotEqual(broken["expect"], mended["expect"])

    def test_each_names_its_public_source(self):
        for name in names():
            with self.subTest(name):
                about = scenario(name, "broken")["about"]
                self.assertRegex(about, r"https://\S+")
                self.assertIn("The likeness ends", about)

    def test_the_tour_shows_each_with_its_picture_and_leaves_none_over(self):
        tour = (INCIDENTS / "README.md").read_text()
        shown = re.findall(r"pictures/incidents/(\w+)\.png", tour)
        self.assertEqual(sorted(shown), sorted(f.stem for f in PICTURES.glob("*.png")))
        self.assertLessEqual(set(names()), set(shown))
        self.assertLess(max(f.stat().st_size for f in PICTURES.glob("*.png")), 120_000)
        for name in names():
            for kind in ("broken", "mended"):
                self.assertIn(f"run scenarios/incidents/{name}_{kind}.json", tour)


if __name__ == "__main__":
    unittest.main()
