"""A school leaves the Hub and takes its data: one archive that it can read, and then nothing of it is kept.

`export.py` writes the archive: every kind of record as JSON lines, the rolls and activities as tables, and a
manifest with the digest of each file. `leaving.py` ends what lets people in, notes the day, and deletes in
time.

Invariants: nothing is deleted before its export was read back whole; what was told stays, because it names no
pupil; the access log and the erasures stay, because they say who saw what, and whom no backup may bring back.
How to: docs/operations/schools.md.
"""
