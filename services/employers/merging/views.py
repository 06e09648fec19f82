"""Which employers may be one, and which were merged."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final

from contracts.vocabulary import EmployerId
from services.employers.details.store import EMPLOYER_DETAILS
from services.employers.merging.store import read_distinctions
from services.employers.model.duplicates import Known, Likeness, Likenesses, known_of
from services.employers.terms import name_terms
from services.employers.views import all_employers
from services.runtime.context import ServiceContext

MOST_SHOWN: Final = 200
"""Pairs; more than anybody looks through before the first ones are merged."""


async def likenesses(context: ServiceContext, planned: Iterable[Known] = ()) -> Likenesses:
    """Compare all employers that are not merged, as they are or as `planned` would have them.

    Pairs that a coordinator said are not the same are left out, as long as nothing new speaks for them.
    """
    listed = await all_employers(context)
    found = (
        await context.database().collection(EMPLOYER_DETAILS).find({}, fields=["company_number", "postcode"])
    )
    details = {document["_id"]: document for document in found}
    known = {one.id: known_of(one, details.get(one.id, {})) for one in listed}
    for one in planned:
        stored = details.get(one.id, {})
        known[one.id] = replace(
            one,
            postcode=one.postcode or stored.get("postcode"),
            company_number=one.company_number or stored.get("company_number"),
        )
    distinctions = await read_distinctions(context.database())
    # 12,000 names take a tenth of a second, and other requests should not wait for it.
    return await asyncio.to_thread(Likenesses, known.values(), name_terms(), distinctions)


async def possible_duplicates(context: ServiceContext, of: Iterable[EmployerId]) -> tuple[Likeness, ...]:
    """Find what some entries, just listed, may be already."""
    asked = list(of)
    return (await likenesses(context)).of(asked)[:MOST_SHOWN] if asked else ()


def shown(likeness: Likeness) -> dict[str, Any]:
    """Render a pair."""
    return {"employers": [likeness.one, likeness.other], "reasons": list(likeness.reasons)}
