"""Employers that are in the directory twice: found, merged, and taken apart again; or told apart for good.

Owns `employer_merges`, one document for each employer that was ever merged, with the history. A merge is told
as EmployerListed with `merged_into` (taking it back, without), in the transaction that makes it. Beside it
`employer_distinctions`, one document for each pair that a coordinator said is not the same: listings, imports
and the list of duplicates leave it out until something new speaks for it (`distinguishing.py`). The rules are
in `model/duplicates.py` and `model/merging.py`.
"""
