"""Employers that are in the directory twice: found, merged, and taken apart again.

Owns `employer_merges`, one document for each employer that was ever merged, with the history. A merge is told
as EmployerListed with `merged_into` (taking it back, without), in the transaction that makes it. The rules
are in `model/duplicates.py` and `model/merging.py`.
"""
