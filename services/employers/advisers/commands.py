"""What a coordinator does with advisers and with schools' needs: one unit of work each."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass, replace
from typing import Final

from contracts.employers import AdviserRelationshipChanged
from contracts.vocabulary import EmployerId
from services.employers.advisers import store
from services.employers.advisers.world import World, read_world
from services.employers.advising.adviser import (
    Adviser,
    AdviserId,
    Contact,
    Mark,
    Moving,
    Profile,
    describe,
    follow,
    move,
    register,
    today_in_england,
)
from services.employers.advising.match import Match, end_with_adviser, pause_with_adviser
from services.employers.advising.standing import Need, state_need
from services.employers.rules import land
from services.employers.store import EMPLOYER_SHELF
from services.runtime.context import ServiceContext
from services.runtime.errors import ConflictError, FieldProblem, InvalidError, NotFoundError
from services.runtime.mongo import Document
from services.runtime.uow import UnitOfWork

ADVISERS_KEY: Final = "advisers"
"""The key of all that is told of advisers (`contracts/topics.py`)."""
MOST_ADVISERS: Final = 2_000
"""Of one Hub, those who left included. London has up to 40 for each coordinator (domain §4)."""
NO_SUCH_ADVISER: Final = "There is no such adviser."


@dataclass(frozen=True, slots=True)
class Change:
    """What an adviser is to be: of which version."""

    identity: AdviserId
    seen: int
    profile: Profile


async def register_adviser(
    unit: UnitOfWork, context: ServiceContext, profile: Profile, contact: Contact, on: dt.date | None
) -> Document:
    """Begin a relationship with an enquiry; contact details are kept apart."""
    if await store.count_advisers(unit) >= MOST_ADVISERS:
        raise ConflictError(f"A Hub keeps {MOST_ADVISERS} advisers at most, those who left included.")
    today = today_in_england(unit.now)
    day = today if on is None else on
    if day > today:
        raise InvalidError("The adviser cannot be registered.", (FieldProblem("on", "is in the future"),))
    world = await read_world(context, unit, unit.now)
    profile = await _checked(unit, world, profile)
    adviser = register(AdviserId(uuid.uuid4().hex), profile, day, mark_of(unit))
    await store.keep_adviser(unit, adviser, None)
    await store.keep_contact(unit, adviser.id, contact)
    await store.note_access(unit, adviser.id, "contact.recorded")
    return receipt("registered", adviser)


async def describe_adviser(unit: UnitOfWork, context: ServiceContext, change: Change) -> Document:
    """Say anew what an adviser is like; the version before is kept."""
    before = await the_adviser(unit, change.identity)
    world = await read_world(context, unit, unit.now)
    profile = await _checked(unit, world, change.profile)
    after = describe(before, profile, change.seen, mark_of(unit))
    if after is None:
        return receipt("unchanged", before)
    await store.keep_adviser(unit, after, before)
    return receipt("changed", after)


async def move_adviser(unit: UnitOfWork, identity: AdviserId, moving: Moving) -> Document:
    """Enter a state; who pauses or leaves takes their matches along.

    On a pause active matches pause, and those not begun end; at the end all do.
    """
    before = await the_adviser(unit, identity)
    after = move(before, moving, today_in_england(unit.now), mark_of(unit))
    if after is None:
        return receipt("unchanged", before)
    matches = [match for match in await store.matches_of(unit, identity) if match.is_open]
    touched = [changed for match in matches if (changed := _with_adviser(match, after)) is not None]
    if touched:
        await store.keep_matches(unit, *touched)
    for match in touched:
        tell(unit, match)
    await store.keep_adviser(unit, after, before)
    return receipt("moved", after) | {"matches_changed": len(touched)}


async def change_contact(unit: UnitOfWork, identity: AdviserId, contact: Contact) -> Document:
    """Write contact details over those before, which are not kept."""
    adviser = await the_adviser(unit, identity)
    if await store.find_contact(unit, identity) == contact:
        return receipt("unchanged", adviser)
    await store.keep_contact(unit, identity, contact)
    await store.note_access(unit, identity, "contact.changed")
    return receipt("changed", adviser)


async def erase_contact(unit: UnitOfWork, identity: AdviserId) -> Document:
    """Erase the contact details of an adviser who has left; what happened stays, without a name."""
    adviser = await the_adviser(unit, identity)
    if adviser.state != "ended":
        raise ConflictError("Contact details are needed while the relationship lasts. End it first.")
    if await store.find_contact(unit, identity) is None:
        return receipt("unchanged", adviser)
    await store.keep_contact(unit, identity, None)
    await store.note_access(unit, identity, "contact.erased")
    return receipt("erased", adviser)


async def read_contact(unit: UnitOfWork, identity: AdviserId) -> Contact:
    """Read contact details, and note in the same unit who did; raises NotFoundError if there are none."""
    await the_adviser(unit, identity)
    found = await store.find_contact(unit, identity)
    if found is None:
        raise NotFoundError("The contact details of this adviser have been erased.")
    await store.note_access(unit, identity, "contact.read")
    return found


async def state_school_need(unit: UnitOfWork, context: ServiceContext, told: Need, seen: int) -> Document:
    """Say what a school wants; the version before is kept."""
    world = await read_world(context, unit, unit.now)
    urn = world.current(told.urn)
    problems = []
    if urn not in world.schools:
        problems.append(FieldProblem("urn", "is no school of the directory"))
    problems += [
        FieldProblem(f"preferences.{place}", "is no adviser of this Hub")
        for place, one in enumerate(told.preferences)
        if one not in world.advisers
    ]
    if told.since > world.today:
        problems.append(FieldProblem("since", "is in the future"))
    if problems:
        raise InvalidError("The need cannot be kept.", tuple(problems))
    stored = world.stored_needs.get(urn)
    before = None if stored is None else replace(stored, urn=urn)
    told = replace(told, urn=urn, version=1 if stored is None else stored.version + 1, changed=mark_of(unit))
    after = state_need(before, told, seen)
    if after is None:
        return {"outcome": "unchanged", "urn": urn, "version": 0 if stored is None else stored.version}
    await store.keep_need(unit, after, stored)
    return {"outcome": "changed" if stored else "recorded", "urn": urn, "version": after.version}


async def the_adviser(unit: UnitOfWork, identity: AdviserId) -> Adviser:
    """Read an adviser; raises NotFoundError if there is none."""
    found = await store.find_adviser(unit, identity)
    if found is None:
        raise NotFoundError(NO_SUCH_ADVISER)
    return found


async def follow_matches(unit: UnitOfWork, adviser: Adviser, matches: list[Match], on: dt.date) -> Adviser:
    """Bring an adviser to the state that their matches give."""
    after = follow(adviser, [match.state for match in matches], on, mark_of(unit))
    if after is None:
        return adviser
    await store.keep_adviser(unit, after, adviser)
    return after


def tell(unit: UnitOfWork, match: Match) -> None:
    """Tell the state that a match has entered, without the adviser."""
    unit.tell(
        AdviserRelationshipChanged(
            urn=match.urn,
            relationship_id=match.id,
            state=match.state,
            since=match.since,
            ended_because=match.ended_because,
        )
    )


def mark_of(unit: UnitOfWork) -> Mark:
    """Sign with the unit's actor and time."""
    return Mark(unit.now, unit.actor.subject)


def receipt(outcome: str, adviser: Adviser) -> Document:
    """Say what became of an adviser."""
    return {
        "outcome": outcome,
        "adviser_id": adviser.id,
        "version": adviser.version,
        "state": adviser.state,
        "since": adviser.since.isoformat(),
    }


def _with_adviser(match: Match, adviser: Adviser) -> Match | None:
    """What becomes of a match when its adviser entered a state; None if nothing."""
    mark = adviser.changed
    if adviser.state == "ended":
        return end_with_adviser(match, "adviser_left", adviser.since, mark)
    if adviser.state == "paused" and match.state == "active":
        return pause_with_adviser(match, adviser.since, mark)
    if adviser.state == "paused" and match.state != "paused":
        return end_with_adviser(match, "adviser_paused", adviser.since, mark)
    return None


async def _checked(unit: UnitOfWork, world: World, profile: Profile) -> Profile:
    """Return a profile with today's URNs and the employer's sector; raises InvalidError if it cannot be."""
    problems = []
    named = {
        "conflicts": tuple(dict.fromkeys(map(world.current, profile.conflicts))),
        "preferences": tuple(dict.fromkeys(map(world.current, profile.preferences))),
    }
    for where, urns in named.items():
        problems += [
            FieldProblem(f"{where}.{place}", "is no school of the directory")
            for place, urn in enumerate(urns)
            if urn not in world.schools
        ]
    problems += [
        FieldProblem(f"preferences.{place}", "is a school with a conflict of interest; take it out of one")
        for place, urn in enumerate(named["preferences"])
        if urn in named["conflicts"]
    ]
    if (reason := land().problem(profile.position)) is not None:
        problems.append(FieldProblem("position", reason))
    section = profile.sic_section
    if profile.employer_id is not None:
        found = await _section_of(unit, profile.employer_id)
        if isinstance(found, FieldProblem):
            problems.append(found)
        elif section is None:
            section = found
    if problems:
        raise InvalidError("The adviser cannot be kept.", tuple(problems))
    return replace(
        profile, conflicts=named["conflicts"], preferences=named["preferences"], sic_section=section
    )


async def _section_of(unit: UnitOfWork, identity: EmployerId) -> str | FieldProblem | None:
    document = await unit.collection(EMPLOYER_SHELF.collection).get(identity)
    if document is None:
        return FieldProblem("employer_id", "is no employer of the directory")
    return EMPLOYER_SHELF.read(document).sic_section
