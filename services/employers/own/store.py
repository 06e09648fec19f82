"""Where it is kept which accounts act for an employer, and what a link to one is called."""

from __future__ import annotations

from typing import Final

from pydantic import TypeAdapter

from contracts.vocabulary import EmployerId
from services.employers.model.account import Account
from services.runtime.links import LINKS, Opens, Purpose
from services.runtime.mongo import Index
from services.runtime.version_store import Database, Kind, find_all
from services.runtime.versions import Kept

ACCOUNTS: Final = Kind("employer_accounts", TypeAdapter(Account))
OWN_LINK: Final = Purpose("employer.own")
OWN_PAGE: Final = "/page"
"""Below a link: the same for people in a browser (`pages/own.py`)."""
OWN_INDEXES: Final = {
    ACCOUNTS.name: (Index((("content.employer_id", 1),)), Index((("content.subject", 1),))),
    LINKS: (Index((("employer", 1),)),),
    **ACCOUNTS.indexes,
}


def own_of(employer_id: EmployerId) -> Opens:
    """Name what a link to an employer's own opens; its document has the employer's id in `employer`."""
    return Opens("employer", employer_id, f"employers/{employer_id}/own")


async def accounts_of(database: Database, employer_id: EmployerId) -> list[Kept[Account]]:
    """Read the accounts that act for an employer or did, in order of their subjects."""
    return await find_all(database, ACCOUNTS, {"content.employer_id": employer_id})


async def bound_to(database: Database, subject: str) -> list[Kept[Account]]:
    """Read which employers an account acts for or did, in order of their ids."""
    return await find_all(database, ACCOUNTS, {"content.subject": subject})
