"""Recount: every published figure counted again from the ledgers, by code that shares nothing with reports.

The report is folded event by event. Here all rows of the ledgers are read as plain JSON and counted the
naive way: take the last word on each activity, add up. If a fold, a correction, a duplicate, a gap or a rule
of what is withheld went wrong, the two differ and the command fails. It is an operator's tool and reads every
service's database, which no service does.

Start at `compare.py`. `ledger.py` reads the rows; `hub_report.py`, `attainment.py` (with `days.py` and
`movement.py`) and `reach.py` (with `partners.py`) count; `withheld.py` and `shown.py` say what the Hub may
see of it; `tables.py` sets the tables' cells beside what is published; `process.py` is the nightly job.
"""
