"""Attainment: where the Hub's schools stand on the benchmarks, on any day, as far as they share it.

Owns: the read model `attainment` (`projections.py`), the frozen term snapshots (`store.py`, `freezing.py`).
Reads: `audit.events`; the directory, which `reporting` keeps. Emits: nothing.

Invariants:
- every figure equals a recount from the ledger (`services/recount/attainment.py`);
- frameworks are never put together, and nothing is subtracted across a change of framework;
- whoever may not see a school's scores sees the same page whatever those scores are;
- a frozen snapshot is never changed; what is told later stands beside it;
- before a school's first evaluation there is no data, which is not zero.

Start at `model/position.py`, then `model/aggregate.py`; `model/selection.py` and `model/disclosure.py` say
what is withheld and why; `views.py` puts it together, `api.py` asks. ADR 15.
"""
