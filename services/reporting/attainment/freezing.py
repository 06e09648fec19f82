"""Freezing the term snapshots: each once, on the first daily run after its day, by the worker.

A run that was missed is made up for: the snapshot then says when it was taken. Nothing is frozen before the
academic year of the Hub's first evaluation, because there is no data yet.
"""

from __future__ import annotations

import secrets

from services.reporting.attainment.model.frozen import entries_wanted, freeze
from services.reporting.attainment.model.terms import due_snapshots, today_in_england
from services.reporting.attainment.store import frozen_identities, keep_frozen
from services.reporting.attainment.views import schools_now
from services.runtime.context import ServiceContext
from services.runtime.logs import get_logger

log = get_logger(__name__)

_NONCE_BYTES = 16
"""128 bits: no guess at an entry can be tried against its hash."""


async def freeze_due(context: ServiceContext) -> bool:
    """Freeze the oldest snapshot that is due and not frozen; returns whether more are left."""
    schools = await schools_now(context)
    days = [school.evaluations[0].completed_on for school in schools if school.evaluations]
    if not days:
        return False
    now = context.clock()
    known = await frozen_identities(context.database())
    due = [found for found in due_snapshots(min(days), today_in_england(now)) if found.identity not in known]
    if not due:
        return False
    nonces = [secrets.token_hex(_NONCE_BYTES) for _ in range(entries_wanted(schools))]
    frozen = freeze(due[0], schools, now, nonces)
    if await keep_frozen(context.database(), frozen):
        log.info("snapshot frozen", snapshot=due[0].identity, schools=len(schools), digest=frozen.digest)
    return len(due) > 1
