"""Sweeps on many machines: what scripts/sweep_cluster.py is made of."""
