"""What an adviser changes of their own, and how a coordinator lets them: each in one unit of work.

The commands are those of coordinators (`advisers/`, `recommending/`); here is only whose it must be, and what
of it is the adviser's to say.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal

from contracts.vocabulary import Urn
from services.employers.accounts.commands import bind, end
from services.employers.accounts.store import ADVISER_ACCOUNTS
from services.employers.advisers.commands import Change, describe_adviser, move_adviser, the_adviser
from services.employers.advisers.proposals import do_with_match
from services.employers.advisers.store import Database, find_match
from services.employers.advisers.world import read_world
from services.employers.advising.adviser import AT_WORK, Adviser, AdviserId, Moving, today_in_england
from services.employers.advising.match import Action, Doing, MatchId
from services.employers.model.account import Binding
from services.employers.own_adviser.standing import OwnAdviser, subjects_of
from services.employers.recommending.commands import Named, recommend_employer, withdraw_recommendation
from services.runtime.errors import ConflictError, NotFoundError
from services.runtime.mongo import Document
from services.runtime.uow import UnitOfWork
from services.runtime.versions import Telling

OwnState = Literal["paused", "available"]
"""What an adviser says of themselves; the other states are for coordinators, or follow from matches."""
OwnAnswer = Literal["accepted", "declined"]
NO_SUCH_MATCH: Final = "There is no such match."
_ACTIONS: Final[dict[OwnAnswer, Action]] = {"accepted": "accept", "declined": "decline"}


@dataclass(frozen=True, slots=True)
class OwnChange:
    """What an adviser says of themselves anew, and the version that they have seen."""

    seen: int
    capacity_schools: int
    hours_a_month: int
    conflicts: tuple[Urn, ...]


async def change_own(unit: UnitOfWork, own: OwnAdviser, change: OwnChange) -> Document:
    """Say anew what one can give and where one has a conflict; the version before is kept.

    A school that the adviser had named as dear, and has a conflict with now, is named no longer.
    """
    before = await _still_adviser(unit, own)
    world = await read_world(own.context, unit, unit.now)
    conflicts = tuple(dict.fromkeys(map(world.current, change.conflicts)))
    named = tuple(urn for urn in world.advisers[before.id].profile.preferences if urn not in conflicts)
    profile = replace(
        before.profile,
        capacity_schools=change.capacity_schools,
        hours_a_month=change.hours_a_month,
        conflicts=conflicts,
        preferences=named,
    )
    return await describe_adviser(unit, own.context, Change(before.id, change.seen, profile))


async def move_own(unit: UnitOfWork, own: OwnAdviser, to: OwnState, seen: int) -> Document:
    """Pause from today on, or come back; a second time changes nothing.

    Raises ConflictError for who is not at work yet, or was paused by a coordinator.
    """
    before = await _still_adviser(unit, own)
    if to == "available" and before.state not in AT_WORK:
        await _require_own_pause(unit, before)
    moving = Moving(to, today_in_england(unit.now), None, seen)
    return await move_adviser(unit, own.adviser_id, moving)


async def answer_own(unit: UnitOfWork, own: OwnAdviser, asked: Telling[OwnAnswer]) -> Document:
    """Accept or decline a proposal; raises NotFoundError for another adviser's, as for none."""
    await own.require(unit, unit.now)
    await require_own_match(unit, own, MatchId(asked.id))
    doing = Doing(_ACTIONS[asked.content], today_in_england(unit.now), asked.seen, side="adviser")
    return await do_with_match(unit, own.context, MatchId(asked.id), doing)


async def recommend_own(unit: UnitOfWork, own: OwnAdviser, named: Named) -> Document:
    """Recommend an employer to a school that one works with."""
    await own.require(unit, unit.now)
    await require_own_match(unit, own, named.match)
    return await recommend_employer(unit, named)


async def withdraw_own(unit: UnitOfWork, own: OwnAdviser, named: Named) -> Document:
    """Recommend an employer to a school no longer."""
    await own.require(unit, unit.now)
    await require_own_match(unit, own, named.match)
    return await withdraw_recommendation(unit, named)


async def require_own_match(database: Database, own: OwnAdviser, identity: MatchId) -> None:
    """Raise NotFoundError unless a match is the adviser's own."""
    found = await find_match(database, identity)
    if found is None or found.adviser != own.adviser_id:
        raise NotFoundError(NO_SUCH_MATCH)


async def bind_account(unit: UnitOfWork, adviser: AdviserId, asked: Binding) -> Document:
    """Bind an account to an adviser, or renew it; the same again changes nothing.

    Raises NotFoundError for no adviser of ours, ConflictError for one who has left or has an account.
    """
    if (await the_adviser(unit, adviser)).state == "ended":
        raise ConflictError(
            "This adviser has left. Who comes back is registered anew: bind the account to that."
        )
    return await bind(unit, ADVISER_ACCOUNTS, adviser, asked)


async def end_account(unit: UnitOfWork, adviser: AdviserId, subject: str) -> Document:
    """End an account's standing at once; a second time changes nothing."""
    return await end(unit, ADVISER_ACCOUNTS, adviser, subject)


async def _still_adviser(unit: UnitOfWork, own: OwnAdviser) -> Adviser:
    await own.require(unit, unit.now)
    found = await the_adviser(unit, own.adviser_id)
    if found.state == "ended":
        raise ConflictError("You are no longer an adviser of this Hub. To come back, ask a coordinator.")
    return found


async def _require_own_pause(unit: UnitOfWork, adviser: Adviser) -> None:
    """Raise ConflictError unless the adviser's state is a pause that they said themselves."""
    if adviser.state != "paused":
        raise ConflictError(
            f"A coordinator says when you are ready to be matched; so far your state is '{adviser.state}'."
        )
    if adviser.history[-1].mark.by not in await subjects_of(unit, adviser.id):
        raise ConflictError("A coordinator paused you. Ask them to take you up again.")
