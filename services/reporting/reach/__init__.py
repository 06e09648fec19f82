"""Whom programmes reach, with which employers and advisers: tables for the Hub and for each school.

Owns: the read models `school_reach` (one document a school, from `pupils.events`) and `partners` (the
directory, the advisers, each school's needs and matches, from `employers.events`). Emits: nothing.

Invariants: a school's own tables are whole; what anybody else sees is withheld and rounded
(`../model/suppression.py`, `group_suppression.py`, `category_suppression.py`), and is the same in every table
that shows it. Every figure equals a recount by other code (`services/recount/reach.py`).

Start at `model/tables.py` (which tables there are), then `projections.py`, `views.py`, `api.py`.
"""
