"""As which employer somebody acts, and whether they still may.

A token or a link is looked at when a request comes in. What is changed looks again, in its own transaction:
an account that was ended, or a link that was revoked, in between changes nothing any more.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from contracts.vocabulary import EmployerId
from services.employers.accounts.store import EMPLOYER_ACCOUNTS, acts_for
from services.runtime.context import ServiceContext
from services.runtime.errors import NotFoundError
from services.runtime.links import Link, require_open
from services.runtime.uow import Actor
from services.runtime.version_store import Database

NO_SUCH_EMPLOYER: Final = "There is no such employer, or your account does not act for it. Ask a coordinator."


@dataclass(frozen=True, slots=True)
class Own:
    """Somebody who acts for one employer: by a link, or by an account if `link` is None."""

    actor: Actor
    context: ServiceContext
    employer_id: EmployerId
    link: Link | None = None

    async def require(self, database: Database, now: dt.datetime) -> None:
        """Raise NotFoundError, as for what does not exist, unless they act for the employer now."""
        if self.link is not None:
            await require_open(database, self.link, now)
            return
        if not await acts_for(database, EMPLOYER_ACCOUNTS, self.employer_id, self.actor.subject, now):
            raise NotFoundError(NO_SUCH_EMPLOYER)

    async def require_now(self) -> None:
        """Look before something is read."""
        # The link was opened for this very request.
        if self.link is None:
            await self.require(self.context.database(), self.context.clock())
