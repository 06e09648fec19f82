"""Sharing a school's scores with named roles of the Hub, and withdrawing them: decided and told at once."""

from __future__ import annotations

from collections.abc import Iterable

from contracts.audit import HubReader
from contracts.vocabulary import academic_year_of
from services.audit.commands.versions import mark_of
from services.audit.model.days import today_in_england
from services.audit.model.sharing import Sharing, decide, resharing
from services.audit.store.evaluations import EVALUATIONS, from_document, to_document
from services.audit.store.sharing import current_sharing, keep_sharing
from services.runtime.mongo import Replace
from services.runtime.uow import UnitOfWork


async def share_scores(unit: UnitOfWork, readers: Iterable[HubReader]) -> Sharing:
    """Share with these roles from now on, or with none; the same decision again changes nothing."""
    current = await current_sharing(unit)
    decision = decide(current, readers, mark_of(unit))
    if decision is None:
        return current
    await keep_sharing(unit, decision)
    evaluations = unit.collection(EVALUATIONS)
    stored = await evaluations.find({}, sort=[("completed_on", 1), ("number", 1)])
    year = academic_year_of(today_in_england(unit.now))
    changed = resharing([from_document(document) for document in stored], decision.shared_with, year)
    await evaluations.write(*(Replace({"_id": found.id}, to_document(found)) for found in changed))
    unit.log_access("sharing.decided", f"sharing/{decision.version}")
    for evaluation in changed:
        unit.tell(evaluation.sharing_told(unit.urn))
    return decision
