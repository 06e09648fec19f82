"""Attainment's rules: positions, aggregates, movement, suppression, frozen snapshots. Pure."""
