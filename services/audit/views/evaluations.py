"""What a school can see of its evaluations."""

from __future__ import annotations

from collections.abc import Sequence

from contracts.vocabulary import AcademicYear, Urn
from services.audit.model.evaluation import Evaluation
from services.audit.store.evaluations import EVALUATIONS, NEWEST_FIRST, from_document
from services.runtime.context import ServiceContext
from services.runtime.errors import NotFoundError


async def evaluations_of(
    context: ServiceContext, urn: Urn, academic_year: AcademicYear | None
) -> list[Evaluation]:
    """List a school's evaluations, of one academic year or of all, the latest first; history included."""
    where = {} if academic_year is None else {"academic_year": academic_year}
    found = await context.school(urn).collection(EVALUATIONS).find(where, sort=NEWEST_FIRST)
    return [from_document(document) for document in found]


def standing_of(newest_first: Sequence[Evaluation]) -> Evaluation | None:
    """Pick the evaluation that was completed last and has not been superseded."""
    return next((one for one in newest_first if one.state == "completed"), None)


async def evaluation_of(context: ServiceContext, urn: Urn, identity: str) -> Evaluation:
    """Read one evaluation; raises NotFoundError if this school has none of this id."""
    document = await context.school(urn).collection(EVALUATIONS).get(identity)
    if document is None:
        raise NotFoundError("This school has no such evaluation.")
    return from_document(document)
