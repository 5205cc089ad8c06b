"""Pictures of sweeps, traces and histories; scripts/plot.py is the way in."""
