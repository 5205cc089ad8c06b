"""The closed forms that the plots draw: against the published check values, and against a simulation."""

import pathlib
import random
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent.parent / "scripts")]

import synthetic  # noqa: E402
from repsim_plots import laws, theory, units  # noqa: E402


def detector(timeout, delay, loss=0.05):
    return theory.Heartbeats(0.010, timeout, loss, delay)


class CheckValues(unittest.TestCase):
    def test_constant_delay(self):
        self.assertAlmostEqual(detector(0.020, laws.constant(0.002)).suspicions_per_second(), 0.2375)
        self.assertAlmostEqual(detector(0.030, laws.constant(0.002)).suspicions_per_second(), 0.011875)

    def test_exponential_delay(self):
        self.assertAlmostEqual(detector(0.020, laws.exponential(0.002)).suspicions_per_second(), 2.695,
                               delta=0.003)
        self.assertAlmostEqual(detector(0.030, laws.exponential(0.002)).suspicions_per_second(), 0.1348,
                               delta=2e-4)

    def test_general_integral_agrees_with_the_constant_law_as_its_spread_vanishes(self):
        exact = detector(0.025, laws.constant(0.002))
        narrow = detector(0.025, laws.uniform(0.002 - 1e-7, 0.002 + 1e-7))
        self.assertAlmostEqual(narrow.suspicions_per_second(), exact.suspicions_per_second(), delta=1e-3)
        self.assertAlmostEqual(narrow.mistake_fraction(), exact.mistake_fraction(), delta=1e-4)

    def test_detection_without_loss_takes_delay_plus_timeout_minus_half_an_interval(self):
        self.assertAlmostEqual(detector(0.030, laws.constant(0.002), 0.0).mean_detection(), 0.027, delta=2e-4)

    def test_divergence_of_naive_broadcast(self):
        self.assertAlmostEqual(theory.diverged_log(3, [(10, 1)], 0.01), 0.26029, places=5)
        self.assertAlmostEqual(theory.diverged_register(3, [(10, 1)], 0.01), 0.02970, places=5)


    def test_split_votes(self):
        self.assertAlmostEqual(theory.split_vote(5, 4, 0.1), 0.0523, places=10)
        raft = {"name": "raft", "election_timeout_min": "100ms", "election_timeout_max": "200ms"}
        base = {"replicas": 5, "protocol": raft, "network": {"delay": "10ms"},
                "faults": [{"at": "1s", "crash": 0}]}
        self.assertAlmostEqual(theory.predict(base, "vain_election"), 0.0523, places=10)
        lossy = {"delay": "10ms", "loss": 0.1}
        self.assertIsNone(theory.predict({**base, "network": lossy}, "vain_election"))
        late = [{"at": "1s", "crash": 0}, {"at": "2s", "crash": 1}]
        self.assertIsNone(theory.predict({**base, "faults": late}, "vain_election"))


class Simulation(unittest.TestCase):
    def test_rate_and_mistake_fraction_agree_with_a_simulated_detector(self):
        seed, seconds = 11, 4000.0
        count, wrong = synthetic.count_false_suspicions(random.Random(seed), 0.010, 0.020, 0.05, 0.002,
                                                        seconds)
        expected = detector(0.020, laws.exponential(0.002))
        self.assertLessEqual(abs(count / seconds / expected.suspicions_per_second() - 1), 4 / count**0.5,
                             f"seed {seed}")
        self.assertLessEqual(abs(wrong / seconds / expected.mistake_fraction() - 1), 8 / count**0.5,
                             f"seed {seed}")


class Exposure(unittest.TestCase):
    def share(self, *faults):
        return theory.watched_share({"duration": "30s", "settle": "10s", "faults": list(faults)})

    def test_only_time_with_all_replicas_up_counts(self):
        self.assertEqual(self.share(), 1.0)
        self.assertEqual(self.share({"at": "20s", "crash": "primary"}), 0.5)
        self.assertEqual(self.share({"at": "10s", "crash": 0}, {"at": "20s", "restart": 0}), 0.75)

    def test_other_faults_leave_no_closed_form(self):
        self.assertIsNone(self.share({"from": "1s", "to": "2s", "pause": 0}))
        self.assertIsNone(self.share({"from": "1s", "to": "2s", "partition": [[0], [1]]}))


class Laws(unittest.TestCase):
    def test_distribution_function_and_its_inverse_agree(self):
        for spec in ({"exponential": "2ms"}, {"exponential": "2ms", "min": "1ms"},
                     {"uniform": ["1ms", "3ms"]},
                     {"normal": {"mean": "5ms", "sd": "1ms"}}, {"lognormal": {"median": "2ms", "sigma": 0.5}},
                     {"pareto": {"min": "1ms", "shape": 2.5}}):
            law = laws.read(spec)
            for u in (0.1, 0.5, 0.9, 0.99):
                self.assertAlmostEqual(float(law.cdf(law.inverse(u))), u, places=5, msg=str(spec))

    def test_units(self):
        self.assertEqual(units.duration_ns("15ms"), 15_000_000)
        self.assertEqual(units.duration_ns("2 parsecs"), None)
        self.assertEqual(units.per_second("60/min"), 1.0)


if __name__ == "__main__":
    unittest.main()
