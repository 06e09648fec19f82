"""How offers and ask budgets lie in the service's database: each with its versions."""

from __future__ import annotations

from typing import Final

from pydantic import TypeAdapter

from services.employers.model.calendar import SchoolTerm
from services.employers.model.offer import AskBudget, Offering
from services.runtime.mongo import Index
from services.runtime.version_store import Database, Kind, find_all
from services.runtime.versions import Kept

OFFERS: Final = Kind("offers", TypeAdapter(Offering))
ASK_BUDGETS: Final = Kind("ask_budgets", TypeAdapter(AskBudget))
OFFER_INDEXES: Final = {
    OFFERS.name: (
        Index((("content.employer_id", 1),)),
        Index((("content.term.academic_year", 1), ("content.term.name", 1))),
    ),
    **OFFERS.indexes,
    **ASK_BUDGETS.indexes,
}


async def offers_of_term(database: Database, term: SchoolTerm) -> list[Kept[Offering]]:
    """Read a term's offers that are not withdrawn, in order of their ids."""
    where = {
        "content.term.academic_year": term.academic_year,
        "content.term.name": term.name,
        "content.state": "published",
    }
    return await find_all(database, OFFERS, where)


async def ask_budgets(database: Database) -> dict[str, int]:
    """Read every budget that was agreed, by employer."""
    return {kept.id: kept.content.asks for kept in await find_all(database, ASK_BUDGETS)}
