"""Looks up the employers of a what-if, as the engine has them."""

from __future__ import annotations

from collections.abc import Sequence

from contracts.vocabulary import EmployerId
from services.employers.matching.round import Employer, Position
from services.employers.rules import default_offers
from services.employers.store import EMPLOYER_SHELF
from services.employers.store.offers import ask_budgets
from services.runtime.context import ServiceContext
from services.runtime.errors import FieldProblem, InvalidError


async def more_employers(context: ServiceContext, wanted: Sequence[EmployerId]) -> tuple[Employer, ...]:
    """Read employers of the directory; raises InvalidError for one that is not in it.

    An employer that is in the round already stays as it is there, whatever this says of its asks.
    """
    database = context.database()
    documents = await database.collection(EMPLOYER_SHELF.collection).find(
        {"_id": {"$in": sorted(set(wanted))}}
    )
    found = {document["_id"]: EMPLOYER_SHELF.read(document) for document in documents}
    problems = [
        FieldProblem(f"more_offers.{place}.employer_id", "is not in the directory")
        for place, identity in enumerate(wanted)
        if identity not in found
    ]
    if problems:
        raise InvalidError("An offer that might be is of an unknown employer.", tuple(problems))
    agreed, assumed = await ask_budgets(database), default_offers().ask_budget
    return tuple(
        Employer(
            id=one.id,
            name=one.name,
            sic_section=one.sic_section,
            size_band=one.size_band,
            position=None
            if one.position is None
            else Position(one.position.latitude, one.position.longitude),
            ask_budget=agreed.get(one.id, assumed[one.size_band]),
        )
        for one in found.values()
    )
