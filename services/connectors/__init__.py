"""Connectors: clients that read a school's own systems, for the public API to take what they find.

A connector runs in the process of whoever calls it, never in a service: it holds the school's key to the
other system for as long as it reads, and hands over rows. `wonde/` reads rolls, which `careers-hub wonde`
sends.

Invariants: a connector imports contracts and no service, so whatever it brings passes the same checks as a
file that a school sends; it asks the other system only for what the school chose to have held.
"""
