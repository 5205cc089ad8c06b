"""Colours, lanes and window of a space-time diagram, for any part of a run."""

import pathlib
import sys
import unittest

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent.parent.parent / "scripts")]

from repsim_plots import spacetime, trace  # noqa: E402


class SpaceTime(unittest.TestCase):
    def test_a_colour_means_the_same_type_of_message_in_every_window(self):
        run = trace.Run("s", "p", 1, 2, 0, end=10_000)
        for number in range(9):  # the rarest types come last
            for _ in range(20 - number):
                at = 1000 * number
                run.messages.append(trace.Message(0, 1, f"kind {number}", at, arrived=at + 500))
        colours = spacetime.colours_of(run)
        own = [colours[f"kind {n}"] for n in range(5)]
        self.assertEqual(len({*own, spacetime.OTHERS}), 6)
        self.assertEqual({colours[f"kind {n}"] for n in range(5, 9)}, {spacetime.OTHERS})
        diagram = spacetime.Diagram(run, spacetime.Window(5000, 7000))
        diagram.draw()
        said = [text.get_text() for text in diagram.figure.legends[0].get_texts()]
        self.assertEqual(said[0], "other: kind 5, kind 6, kind 7")
        self.assertEqual(diagram.colours, colours)

    def test_operations_of_one_client_that_overlap_are_drawn_apart(self):
        placed = spacetime.lanes_of([trace.Operation(0, "w", n, 100 + n) for n in range(9)])
        self.assertEqual([lane for _, lane in placed], list(range(9)))

    def test_a_window_is_as_wide_as_messages_need_to_arrive(self):
        run = trace.Run("s", "p", 1, 2, 0, end=10**10)
        run.messages = [trace.Message(0, 1, "m", 10**6 * n, arrived=10**6 * n + 10**9) for n in range(9000)]
        self.assertGreaterEqual(spacetime.choose_window(run, None, None).width(), 2 * 10**9)


if __name__ == "__main__":
    unittest.main()
