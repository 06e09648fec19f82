"""What an employer does with its own, and how a coordinator lets it: each in one unit of work.

Offers and answers are the commands that coordinators and schools use (`commands/`); here is only whose they
must be.
"""

from __future__ import annotations

import datetime as dt

from contracts.vocabulary import EmployerId
from services.employers.accounts.commands import bind, end
from services.employers.accounts.store import EMPLOYER_ACCOUNTS
from services.employers.commands.matches import answer_as_employer, require_ask
from services.employers.commands.offers import NO_SUCH_OFFER, change_offer, publish_offer, withdraw_offer
from services.employers.listed import require_listed
from services.employers.merging.store import read_merges
from services.employers.model.account import Binding
from services.employers.model.match import Answer
from services.employers.model.offer import Offering, told_by_employer
from services.employers.own.standing import Own
from services.employers.own.store import OWN_LINK, OWN_PAGE, own_of
from services.employers.own.views import usability
from services.employers.store.offers import OFFERS
from services.employers.store.rounds import MATCHES
from services.runtime.errors import ConflictError, NotFoundError
from services.runtime.linked_routes import HUB_LINK_PATH
from services.runtime.links import LinkId, make_link, revoke_link
from services.runtime.mongo import Document
from services.runtime.uow import UnitOfWork
from services.runtime.version_store import find_kept
from services.runtime.versions import Kept, Telling


async def publish_own_offer(unit: UnitOfWork, own: Own, offer_id: str, offering: Offering) -> Document:
    """Publish an offer of the employer; before it is vetted too, and the answer says what is in the way."""
    await own.require(unit, unit.now)
    told = told_by_employer(offering, None)
    done = await publish_offer(unit, offer_id, told)
    return {**done, **await usability(unit, told, unit.now)}


async def change_own_offer(unit: UnitOfWork, own: Own, telling: Telling[Offering]) -> Document:
    """Tell one of the employer's offers anew; raises NotFoundError for another employer's, as for none."""
    before = await _own_offer(unit, own, telling.id)
    told = told_by_employer(telling.content, before.content)
    done = await change_offer(unit, telling.id, telling.seen, told)
    return {**done, **await usability(unit, told, unit.now)}


async def withdraw_own_offer(unit: UnitOfWork, own: Own, offer_id: str, seen: int) -> Document:
    """Withdraw one of the employer's offers; raises NotFoundError for another employer's, as for none."""
    await _own_offer(unit, own, offer_id)
    return await withdraw_offer(unit, offer_id, seen)


async def answer_own_ask(own: Own, asked: Telling[Answer]) -> Document:
    """Accept or decline what a school asks; it is told in that school's stream."""
    found = require_ask(await find_kept(own.context.database(), MATCHES, asked.id), own.employer_id)

    async def work(unit: UnitOfWork) -> Document:
        await own.require(unit, unit.now)
        return await answer_as_employer(unit, own.employer_id, asked)

    return await own.context.in_hub(own.actor, found.content.urn, work)


async def bind_account(unit: UnitOfWork, employer_id: EmployerId, asked: Binding) -> Document:
    """Bind an account to an employer, or renew it; the same again changes nothing.

    Raises NotFoundError for no employer of ours, ConflictError for a merged one or one with too many.
    """
    await _require_usable(unit, employer_id)
    return await bind(unit, EMPLOYER_ACCOUNTS, employer_id, asked)


async def end_account(unit: UnitOfWork, employer_id: EmployerId, subject: str) -> Document:
    """End an account's standing at once; a second time changes nothing."""
    return await end(unit, EMPLOYER_ACCOUNTS, employer_id, subject)


async def make_own_link(unit: UnitOfWork, service: str, employer_id: EmployerId, days: int) -> Document:
    """Make a link that an employer comes in by; only this answer has its paths, of the API and of pages."""
    await _require_usable(unit, employer_id)
    link, secret = await make_link(unit, OWN_LINK, own_of(employer_id), dt.timedelta(days=days))
    path = f"/{service}{HUB_LINK_PATH.format(secret=secret)}"
    page = f"{path}{OWN_PAGE}"
    return {"link_id": link.id, "path": path, "page": page, "ends_at": link.ends_at.isoformat()}


async def revoke_own_link(unit: UnitOfWork, employer_id: EmployerId, identity: LinkId) -> Document:
    """End a link at once; a second time changes nothing."""
    link = await revoke_link(unit, OWN_LINK, own_of(employer_id), identity)
    revoked = None if link.revoked_at is None else link.revoked_at.isoformat()
    return {"link_id": link.id, "revoked_at": revoked}


async def _own_offer(unit: UnitOfWork, own: Own, offer_id: str) -> Kept[Offering]:
    await own.require(unit, unit.now)
    found = await find_kept(unit, OFFERS, offer_id)
    if found is None or found.content.employer_id != own.employer_id:
        raise NotFoundError(NO_SUCH_OFFER)
    return found


async def _require_usable(unit: UnitOfWork, employer_id: EmployerId) -> None:
    await require_listed(unit, employer_id)
    if employer_id in await read_merges(unit):
        raise ConflictError("This employer is merged into another one. Let people in to that one.")
