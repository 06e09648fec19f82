"""The books of bindings, and who is in them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pydantic import TypeAdapter

from services.employers.model.account import (
    MOST_ACCOUNTS_OF_AN_ADVISER,
    MOST_ACCOUNTS_OF_AN_EMPLOYER,
    Account,
    account_id,
)
from services.runtime.mongo import Index
from services.runtime.version_store import Database, Kind, find_all, find_kept
from services.runtime.versions import Kept


@dataclass(frozen=True, slots=True)
class AccountBook:
    """The bindings of one kind of owner: how they are called, and how many one may have at once."""

    kind: Kind[Account]
    noun: str
    most: int

    @property
    def indexes(self) -> Mapping[str, tuple[Index, ...]]:
        """What finds the accounts of an owner and the owners of an account."""
        return {
            self.kind.name: (Index((("content.owner", 1),)), Index((("content.subject", 1),))),
            **self.kind.indexes,
        }


EMPLOYER_ACCOUNTS: Final = AccountBook(
    Kind("employer_accounts", TypeAdapter(Account)), "employer", MOST_ACCOUNTS_OF_AN_EMPLOYER
)
ADVISER_ACCOUNTS: Final = AccountBook(
    Kind("adviser_accounts", TypeAdapter(Account)), "adviser", MOST_ACCOUNTS_OF_AN_ADVISER
)
ACCOUNT_INDEXES: Final = {**EMPLOYER_ACCOUNTS.indexes, **ADVISER_ACCOUNTS.indexes}


async def accounts_of(database: Database, book: AccountBook, owner: str) -> list[Kept[Account]]:
    """Read the accounts that act for an owner or did, in order of their subjects."""
    return await find_all(database, book.kind, {"content.owner": owner})


async def owners_of(database: Database, book: AccountBook, subject: str, now: dt.datetime) -> list[str]:
    """List for whom an account acts now, in order of their ids."""
    found = await find_all(database, book.kind, {"content.subject": subject})
    return sorted(kept.content.owner for kept in found if kept.content.is_current(now))


async def acts_for(database: Database, book: AccountBook, owner: str, subject: str, now: dt.datetime) -> bool:
    """Whether an account acts for an owner now."""
    bound = await find_kept(database, book.kind, account_id(owner, subject))
    return bound is not None and bound.content.is_current(now)
