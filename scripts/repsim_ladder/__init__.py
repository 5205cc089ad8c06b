"""Which protocol breaks under which fault, held against the literature; scripts/ladder.py is the way in."""
