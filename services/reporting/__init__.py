"""Reporting: what a Hub may know of its schools, from events alone.

Owns: read models, which can be built anew from the ledgers; frozen term snapshots, which cannot and are
proved by their hash.
Reads: `pupils.events` (rolls, activities, coverage), `audit.events` (evaluations, plans), `employers.events`
(the directory, advisers, needs, matches). Emits: nothing.

Invariants: every figure equals a recount from the ledgers (`careers-hub recount`). What leaves for the Hub is
institution-level or an aggregate with small numbers suppressed, primary and secondary, and others rounded; a
school sees its own figures whole. A score is shown only to those roles of the Hub that the school shares it
with. A school whose URN has changed is one row.

Start at `stream.py` (what is read), then `projections.py`, `model/report.py`, `views.py`; `attainment/` has
where schools stand on any day and the frozen snapshots, `reach/` the tables of activities, employers and
advisers, `recounts.py` what the nightly recount found and `proof/` each cell of a table beside it, `pages/`
all of it for people.
"""
