"""How offers and ask budgets lie in the service's database: each with its versions."""

from __future__ import annotations

from typing import Final

from pydantic import TypeAdapter

from services.employers.model.calendar import SchoolTerm
from services.employers.model.offer import AskBudget, Offering
from services.runtime.mongo import Document, Index
from services.runtime.version_store import Database, Kind, find_all

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


async def documents_of_term(database: Database, term: SchoolTerm) -> list[Document]:
    """Read a term's offers that are not withdrawn, as they are stored, for `OFFERS.read`."""
    where = {
        "content.term.academic_year": term.academic_year,
        "content.term.name": term.name,
        "content.state": "published",
    }
    return await database.collection(OFFERS.name).find(where)


async def ask_budgets(database: Database) -> dict[str, int]:
    """Read every budget that was agreed, by employer."""
    return {kept.id: kept.content.asks for kept in await find_all(database, ASK_BUDGETS)}
