"""Where advisers, their contact details, schools' needs and matches are kept, in the service's own database.

`advisers` and `adviser_needs` hold the present version, `adviser_versions` and `adviser_need_versions` those
before. A match's history is in it, so it has no versions elsewhere. `adviser_contacts` holds name, e-mail and
phone, which nothing else reads; an earlier version of them is not kept. `adviser_accesses` has a row for each
read and change of them: who, when, whose.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from services.employers.advising.adviser import Adviser, AdviserId, Contact, Mark, Profile, Step
from services.employers.advising.match import Match, MatchId
from services.employers.advising.standing import Need
from services.employers.model.directory import Position
from services.runtime.mongo import Document, Index, Insert, Replace, Write
from services.runtime.tenancy import ServiceDatabase
from services.runtime.uow import UnitOfWork

ADVISERS: Final = "advisers"
ADVISER_VERSIONS: Final = "adviser_versions"
CONTACTS: Final = "adviser_contacts"
ACCESSES: Final = "adviser_accesses"
NEEDS: Final = "adviser_needs"
NEED_VERSIONS: Final = "adviser_need_versions"
MATCHES: Final = "adviser_matches"
INDEXES: Final = {
    ACCESSES: (Index((("adviser", 1), ("at", 1))),),
    MATCHES: (Index((("adviser", 1),)), Index((("urn", 1),))),
}

Database = UnitOfWork | ServiceDatabase


async def find_adviser(database: Database, identity: AdviserId) -> Adviser | None:
    """Read an adviser, or None."""
    document = await database.collection(ADVISERS).get(identity)
    return None if document is None else _read_adviser(document)


async def all_advisers(database: Database) -> list[Adviser]:
    """Read every adviser, in order of id."""
    return [_read_adviser(found) for found in await database.collection(ADVISERS).find({}, sort=[("_id", 1)])]


async def count_advisers(database: Database) -> int:
    """Count them."""
    return await database.collection(ADVISERS).count({})


async def adviser_versions(database: Database, identity: AdviserId) -> list[Adviser]:
    """Read the versions before the present one, the oldest first."""
    found = await database.collection(ADVISER_VERSIONS).find({"adviser": identity}, sort=[("version", 1)])
    return [_read_adviser(document | {"_id": identity}) for document in found]


async def keep_adviser(unit: UnitOfWork, after: Adviser, before: Adviser | None) -> None:
    """Write an adviser's version, and keep the one before."""
    if before is None:
        await unit.collection(ADVISERS).insert(_adviser_document(after))
        return
    await unit.collection(ADVISERS).write(Replace({"_id": after.id}, _adviser_document(after)))
    earlier = {**_adviser_document(before), "_id": f"{before.id}:{before.version}", "adviser": before.id}
    # The history grows in the present version; a copy in each would square it.
    await unit.collection(ADVISER_VERSIONS).insert(earlier | {"history": earlier["history"][-1:]})


async def find_contact(database: Database, identity: AdviserId) -> Contact | None:
    """Read contact details, or None; note it with `note_access`."""
    found = await database.collection(CONTACTS).get(identity)
    return None if found is None else Contact(found["name"], found["email"], found["phone"])


async def keep_contact(unit: UnitOfWork, identity: AdviserId, contact: Contact | None) -> None:
    """Write contact details over those before; None erases them."""
    if contact is None:
        await unit.collection(CONTACTS).delete({"_id": identity})
        return
    document = {"_id": identity, "name": contact.name, "email": contact.email, "phone": contact.phone}
    await unit.collection(CONTACTS).write(Replace({"_id": identity}, document, upsert=True))


async def note_access(unit: UnitOfWork, identity: AdviserId, action: str) -> None:
    """Note who read or changed an adviser's contact details."""
    row = {"adviser": identity, "subject": unit.actor.subject, "action": action, "at": unit.now}
    await unit.collection(ACCESSES).insert(row)


async def accesses_of(database: Database, identity: AdviserId, most: int) -> list[Document]:
    """List who read or changed an adviser's contact details, the latest first."""
    return await database.collection(ACCESSES).find(
        {"adviser": identity}, sort=[("at", -1), ("_id", -1)], limit=most
    )


async def all_needs(database: Database) -> list[Need]:
    """Read what every school wants."""
    return [_read_need(document) for document in await database.collection(NEEDS).find({})]


async def keep_need(unit: UnitOfWork, after: Need, before: Need | None) -> None:
    """Write what a school wants, and keep what it wanted before."""
    if before is None:
        await unit.collection(NEEDS).insert(_need_document(after))
        return
    if before.urn == after.urn:
        await unit.collection(NEEDS).write(Replace({"_id": after.urn}, _need_document(after)))
    else:
        # The school goes on under another URN, and its need with it.
        await unit.collection(NEEDS).delete({"_id": before.urn})
        await unit.collection(NEEDS).insert(_need_document(after))
    earlier = {**_need_document(before), "_id": f"{before.urn}:{before.version}", "urn": before.urn}
    await unit.collection(NEED_VERSIONS).insert(earlier)


async def find_match(database: Database, identity: MatchId) -> Match | None:
    """Read a match, or None."""
    document = await database.collection(MATCHES).get(identity)
    return None if document is None else _read_match(document)


async def matches_of(database: Database, adviser: AdviserId) -> list[Match]:
    """Read an adviser's matches, ended ones too."""
    return [_read_match(found) for found in await database.collection(MATCHES).find({"adviser": adviser})]


async def all_matches(database: Database) -> list[Match]:
    """Read every match, in order of id."""
    return [_read_match(found) for found in await database.collection(MATCHES).find({}, sort=[("_id", 1)])]


async def keep_matches(unit: UnitOfWork, *matches: Match, new: bool = False) -> None:
    """Write matches as they are now, in one round trip."""
    writes: list[Write] = [
        Insert(_match_document(match)) if new else Replace({"_id": match.id}, _match_document(match))
        for match in matches
    ]
    await unit.collection(MATCHES).write(*writes)


def _adviser_document(adviser: Adviser) -> Document:
    profile = adviser.profile
    trained = profile.send_trained_until
    place = profile.position
    return {
        "_id": adviser.id,
        "version": adviser.version,
        "seniority": profile.seniority,
        "capacity_schools": profile.capacity_schools,
        "hours_a_month": profile.hours_a_month,
        "position": None if place is None else {"latitude": place.latitude, "longitude": place.longitude},
        "remote": profile.remote,
        "travel_km": profile.travel_km,
        "employer_id": profile.employer_id,
        "sic_section": profile.sic_section,
        "send_trained_until": None if trained is None else trained.isoformat(),
        "conflicts": list(profile.conflicts),
        "preferences": list(profile.preferences),
        "coordinator": profile.coordinator,
        "history": [_step_document(step) for step in adviser.history],
        "changed": _mark_document(adviser.changed),
    }


def _read_adviser(found: Document) -> Adviser:
    trained, place = found["send_trained_until"], found["position"]
    profile = Profile(
        seniority=found["seniority"],
        capacity_schools=found["capacity_schools"],
        hours_a_month=found["hours_a_month"],
        position=None if place is None else Position(place["latitude"], place["longitude"]),
        remote=found["remote"],
        travel_km=found["travel_km"],
        employer_id=found["employer_id"],
        sic_section=found["sic_section"],
        send_trained_until=None if trained is None else dt.date.fromisoformat(trained),
        conflicts=tuple(found["conflicts"]),
        preferences=tuple(found["preferences"]),
        coordinator=found["coordinator"],
    )
    history = tuple(map(_read_step, found["history"]))
    return Adviser(found["_id"], found["version"], profile, history, _read_mark(found["changed"]))


def _need_document(need: Need) -> Document:
    return {
        "_id": need.urn,
        "version": need.version,
        "wants": need.wants,
        "since": need.since.isoformat(),
        "sectors": list(need.sectors),
        "preferences": list(need.preferences),
        "coordinator": need.coordinator,
        "changed": _mark_document(need.changed),
    }


def _read_need(found: Document) -> Need:
    return Need(
        urn=found["_id"],
        version=found["version"],
        wants=found["wants"],
        since=dt.date.fromisoformat(found["since"]),
        sectors=tuple(found["sectors"]),
        preferences=tuple(found["preferences"]),
        coordinator=found["coordinator"],
        changed=_read_mark(found["changed"]),
    )


def _match_document(match: Match) -> Document:
    return {
        "_id": match.id,
        "version": match.version,
        "adviser": match.adviser,
        "urn": match.urn,
        "accepted": {side: _mark_document(mark) for side, mark in sorted(match.accepted.items())},
        "history": [_step_document(step) for step in match.history],
    }


def _read_match(found: Document) -> Match:
    return Match(
        id=found["_id"],
        version=found["version"],
        adviser=found["adviser"],
        urn=found["urn"],
        accepted={side: _read_mark(mark) for side, mark in found["accepted"].items()},
        history=tuple(map(_read_step, found["history"])),
    )


def _step_document(step: Step) -> Document:
    return {
        "state": step.state,
        "since": step.since.isoformat(),
        "reason": step.reason,
        **_mark_document(step.mark),
    }


def _read_step(found: Document) -> Step:
    return Step(found["state"], dt.date.fromisoformat(found["since"]), found["reason"], _read_mark(found))


def _mark_document(mark: Mark) -> Document:
    return {"at": mark.at, "by": mark.by}


def _read_mark(found: Document) -> Mark:
    return Mark(found["at"], found["by"])
