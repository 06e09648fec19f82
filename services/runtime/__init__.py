"""The machinery that every service stands on. Not a service; imports none.

How a fact travels, and where each step is:
1. `routing.py` admits a caller (`tokens.py`, `memberships.py`, `permissions.py`), a route calls a command.
2. `uow.py` writes state, access rows and events in one transaction (`context.py`, `mongo/`, `tenancy.py`).
3. `ledger.py` keeps the events for ever; `relay.py` sends them (`lease.py`, `broker.py`).
4. `delivery.py` hands batches to a `reader.py`, which sorts (`arrivals.py`), applies (`projection.py`,
   `reaction.py`), and parks what it cannot apply (`parking.py`, `held.py`, `breaker.py`, `redrive.py`).
5. `progress.py` compares ledgers and readers (`lateness.py`), and has published again what is missing.
6. `generations.py` builds a projection anew beside the one that is read; `feeding.py` follows it.
7. `timeline.py` keeps what was told before a restore from what is told after it, and shuts the Hub meanwhile.

`api.py` and `worker.py` (`subscriptions.py`, `janitor.py`) assemble the two roles; `api_process.py` and
`worker_process.py` run them over `process.py`. Around them: `settings.py`, `errors.py` and `problems.py`,
`telemetry.py`, `gauges.py` and `logs.py`, `access_log.py`, `sealing.py`, `issuer.py`, `idempotency.py`,
`rates.py`, `failpoints.py`, `tables.py` (uploaded tables),
`departures.py` (schools that have left). Without an account: `links.py` and
`linked_routes.py`, for whoever holds a link; `static_files.py`. By itself: `daily.py`, what a service does
once a day.

Invariants: what was acknowledged is committed by a majority; a key's events have no gap; a reader applies an
event once, in order, or parks it; nothing reaches stored data but through a handle of `tenancy.py`.
"""
