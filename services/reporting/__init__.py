"""Reporting: what a Hub may know of its schools, from events alone.

Owns: read models only; nothing here is a source, everything can be built anew from the ledgers.
Reads: `pupils.events` (rolls, activities, coverage), `audit.events` (evaluations), `employers.events` (the
directory). Emits: nothing.

Invariants: every figure equals a recount from the ledgers (`careers-hub recount`). What leaves for the Hub is
institution-level or an aggregate with small numbers suppressed, primary and secondary; a school sees its own
figures whole. A score is shown only to those roles of the Hub that the school shares it with. A school whose
URN has changed is one row.

Start at `stream.py` (what is read), then `projections.py`, `model/report.py`, `views.py`.
"""
