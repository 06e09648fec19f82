"""As which adviser somebody acts, and whether they still may."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from services.employers.accounts.store import ADVISER_ACCOUNTS, accounts_of, acts_for
from services.employers.advising.adviser import AdviserId
from services.runtime.context import ServiceContext
from services.runtime.errors import NotFoundError
from services.runtime.uow import Actor
from services.runtime.version_store import Database

NO_SUCH_RECORD: Final = (
    "There is no such adviser, or your account does not act for them. Ask a coordinator of the Hub."
)


@dataclass(frozen=True, slots=True)
class OwnAdviser:
    """Somebody whose account is bound to an adviser's record, or says so."""

    actor: Actor
    context: ServiceContext
    adviser_id: AdviserId

    async def require(self, database: Database, now: dt.datetime) -> None:
        """Raise NotFoundError, as for what does not exist, unless they act for the adviser now."""
        if not await acts_for(database, ADVISER_ACCOUNTS, self.adviser_id, self.actor.subject, now):
            raise NotFoundError(NO_SUCH_RECORD)

    async def require_now(self) -> None:
        """Look before something is read."""
        await self.require(self.context.database(), self.context.clock())


async def subjects_of(database: Database, adviser: AdviserId) -> frozenset[str]:
    """Name the accounts that act for an adviser or did: what these said, the adviser said."""
    return frozenset(kept.content.subject for kept in await accounts_of(database, ADVISER_ACCOUNTS, adviser))
