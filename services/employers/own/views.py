"""What an employer sees of itself, and a coordinator of who acts for it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any, Final

from contracts.vocabulary import EmployerId, Urn
from services.employers.accounts.store import EMPLOYER_ACCOUNTS, owners_of
from services.employers.accounts.views import accounts as bound_accounts
from services.employers.commands.offers import NO_SUCH_OFFER
from services.employers.details.store import Database
from services.employers.listed import require_listed
from services.employers.merging.store import read_merges
from services.employers.model.calendar import days_of_both, today_in_england
from services.employers.model.match import ACTIVE, Match
from services.employers.model.need import Wanted
from services.employers.model.offer import Offering, hindrances
from services.employers.own.standing import Own
from services.employers.own.store import OWN_LINK, own_of
from services.employers.store import EMPLOYER_SHELF
from services.employers.store.needs import NEEDS
from services.employers.store.offers import OFFERS
from services.employers.store.rounds import asks_of_employer
from services.employers.vetting.store import read_vetting
from services.employers.views.members import members
from services.employers.views.offers import OffersAsked, View, ask_budget, kept_view, page_of_offers
from services.runtime.context import ServiceContext
from services.runtime.errors import NotFoundError
from services.runtime.links import links_to
from services.runtime.version_store import find_all, find_kept, versions_of
from services.runtime.versions import Kept

IDS_A_READ: Final = 100
"""The embedded store answers so many ids in 10 ms, but 500 in as many as 500 ms."""
_SEEN_BY_THE_TEAM: Final = ("recorded_by", "changed_by")
"""Who in the Hub's team changed an offer is the team's to know."""


async def usability(database: Database, offering: Offering, now: dt.datetime) -> View:
    """Say whether a round may propose an offer, and if not, what is in the way."""
    return _usable(offering, await _standing(database, offering.employer_id), now)


async def employers_of(context: ServiceContext, subject: str) -> View:
    """Name the employers that an account acts for now, in order of their ids."""
    database, now = context.database(), context.clock()
    ids = await owners_of(database, EMPLOYER_ACCOUNTS, subject, now)
    entries = [await require_listed(database, EmployerId(identity)) for identity in ids]
    return {"employers": [{"employer_id": entry.id, "name": entry.name} for entry in entries]}


async def own_entry(own: Own) -> View:
    """Show an employer its entry: nothing of who vetted it, or whom the Hub writes to."""
    database = own.context.database()
    entry = await require_listed(database, own.employer_id)
    vetted, merged = await _standing(database, own.employer_id)
    budget = await ask_budget(own.context, own.employer_id)
    shown = EMPLOYER_SHELF.write(entry)
    shown.pop("_id")
    return {
        "employer_id": entry.id,
        **shown,
        "ask_budget": {"asks": budget["asks"], "assumed": budget["assumed"]},
        "vetted": vetted,
        "merged": merged,
    }


async def own_offers(own: Own, asked: OffersAsked) -> View:
    """List the employer's offers, a page at a time, each with whether a round may propose it."""
    page, following = await page_of_offers(own.context, asked)
    return {"offers": await _shown(own, page), "next": following}


async def own_offer(own: Own, offer_id: str) -> View:
    """Show one of the employer's offers; raises NotFoundError for another employer's, as for none."""
    (shown,) = await _shown(own, [await _the_offer(own, offer_id)])
    return shown


async def own_offer_versions(own: Own, offer_id: str) -> View:
    """Show every version of one of the employer's offers, the current one first."""
    await _the_offer(own, offer_id)
    found = await versions_of(own.context.database(), OFFERS, offer_id)
    return {"versions": [_offer_view(kept) for kept in found]}


async def asks(own: Own) -> View:
    """List what schools ask of the employer in rounds that are not over.

    Of a school there is its name, and of its need what the ask is about, while the ask stands and the need is
    open; what was declined or cancelled says no more than that.
    """
    context, today = own.context, today_in_england(own.context.clock())
    found = await asks_of_employer(context.database(), own.employer_id, today)
    standing = [kept.content for kept in found if kept.content.state in ACTIVE]
    wanted = await _wanted(context, standing)
    offered = await _offered(context, {match.offer_id for match in standing})
    names = {member.tenant: member.school.name for member in await members(context)} if found else {}

    def about(match: Match) -> View | None:
        need, offer = wanted.get(match.need_id), offered.get(match.offer_id)
        if match.state not in ACTIVE or need is None or offer is None:
            return None
        days = days_of_both(need.days, offer.days, today, match.ends_on)
        return {
            "year_groups": list(need.year_groups),
            "pupils": need.pupils,
            "days": None if days is None else [day.isoformat() for day in days],
        }

    return {"asks": [_ask_view(kept, names) | {"about": about(kept.content)} for kept in found]}


async def accounts(context: ServiceContext, employer_id: EmployerId) -> View:
    """List the accounts that act for an employer or did, with who bound or ended them."""
    await require_listed(context.database(), employer_id)
    return await bound_accounts(context, EMPLOYER_ACCOUNTS, employer_id)


async def links(context: ServiceContext, employer_id: EmployerId) -> View:
    """List the links that an employer comes in by or came, the newest first; never what is in them."""
    await require_listed(context.database(), employer_id)
    now = context.clock()
    return {
        "links": [
            {
                "link_id": link.id,
                "made_at": link.made_at.isoformat(),
                "made_by": link.made_by,
                "ends_at": link.ends_at.isoformat(),
                "uses": link.uses,
                "last_used_at": None if link.last_used_at is None else link.last_used_at.isoformat(),
                "revoked_at": None if link.revoked_at is None else link.revoked_at.isoformat(),
                "open": link.is_open(now),
            }
            for link in await links_to(context.database(), OWN_LINK, own_of(employer_id))
        ]
    }


async def _standing(database: Database, employer_id: EmployerId) -> tuple[bool, bool]:
    """Say whether an employer is vetted, and whether it was merged into another one."""
    vetting = await read_vetting(database, employer_id)
    return vetting.state == "vetted", employer_id in await read_merges(database)


def _usable(offering: Offering, standing: tuple[bool, bool], now: dt.datetime) -> View:
    found = hindrances(offering, *standing, today_in_england(now))
    return {"may_be_proposed": not found, "not_proposed_because": list(found)}


async def _the_offer(own: Own, offer_id: str) -> Kept[Offering]:
    found = await find_kept(own.context.database(), OFFERS, offer_id)
    if found is None or found.content.employer_id != own.employer_id:
        raise NotFoundError(NO_SUCH_OFFER)
    return found


async def _shown(own: Own, page: Sequence[Kept[Offering]]) -> list[View]:
    standing, now = await _standing(own.context.database(), own.employer_id), own.context.clock()
    return [_offer_view(kept) | _usable(kept.content, standing, now) for kept in page]


def _offer_view(kept: Kept[Offering]) -> View:
    shown = kept_view(OFFERS, kept) | {"virtual": kept.content.virtual}
    return {name: value for name, value in shown.items() if name not in _SEEN_BY_THE_TEAM}


async def _wanted(context: ServiceContext, matches: Iterable[Match]) -> dict[str, Wanted]:
    """Read the open needs that some matches are of, from each school's own database."""
    ids: dict[Urn, set[str]] = {}
    for match in matches:
        ids.setdefault(match.urn, set()).add(match.need_id)
    return {
        kept.id: kept.content
        for urn, wanted in sorted(ids.items())
        for kept in await find_all(context.school(urn), NEEDS, {"_id": {"$in": sorted(wanted)}})
        if kept.content.state == "open"
    }


async def _offered(context: ServiceContext, wanted: set[Any]) -> dict[str, Offering]:
    ids = sorted(wanted)
    return {
        kept.id: kept.content
        for first in range(0, len(ids), IDS_A_READ)
        for kept in await find_all(
            context.database(), OFFERS, {"_id": {"$in": ids[first : first + IDS_A_READ]}}
        )
    }


def _ask_view(kept: Kept[Match], names: dict[Urn, str]) -> View:
    match = kept.content
    return {
        "id": kept.id,
        "version": kept.version,
        "school": names.get(match.urn),
        "offer_id": match.offer_id,
        "type": match.type,
        "ends_on": match.ends_on.isoformat(),
        "state": match.state,
        "answers": {"school": match.school, "employer": match.employer},
        "employer_answer_by": match.employer_by,
        "cancelled_by": match.cancelled_by,
    }
