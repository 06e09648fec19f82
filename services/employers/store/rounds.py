"""How rounds lie in the service's database: rounds and their matches with versions, solutions as bytes."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Final

from pydantic import TypeAdapter

from contracts.vocabulary import AcademicYear, EmployerId, Urn
from services.employers.model.match import FIXED, Match
from services.employers.model.match_round import Round
from services.runtime.errors import TooLargeError
from services.runtime.mongo import Document, Index, Replace
from services.runtime.uow import UnitOfWork
from services.runtime.version_store import Database, Kind, find_all
from services.runtime.versions import Kept

ROUNDS: Final = Kind("rounds", TypeAdapter(Round))
MATCHES: Final = Kind("matches", TypeAdapter(Match))
SOLUTIONS: Final = "round_solutions"
ASKS: Final = "asks"
ROUND_INDEXES: Final = {
    MATCHES.name: (
        Index((("content.round_id", 1),)),
        Index((("content.urn", 1),)),
        Index((("content.employer_id", 1),)),
        Index((("content.offer_id", 1),)),
        Index((("content.need_id", 1),)),
        Index((("content.term.academic_year", 1), ("content.state", 1))),
    ),
    **ROUNDS.indexes,
    **MATCHES.indexes,
}
LARGEST_SOLUTION_BYTES: Final = 12 * 1024 * 1024
"""A document of the store can have 16 MiB. A round at all limits packs into about a tenth of it."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A solution as it is stored: packed inputs and plan, and what is shown of the plan without its lines."""

    inputs: bytes
    plan: bytes
    shown: dict[str, Any]
    parts: dict[str, Any]
    price: dict[str, Any]


async def store_solution(unit: UnitOfWork, identity: str, stored: Stored) -> None:
    """Write a solution under its digest; the same one again is the same document."""
    if len(stored.inputs) + len(stored.plan) > LARGEST_SOLUTION_BYTES:
        raise TooLargeError("The round is too large to be kept. Split it, say by district.")
    document: Document = {
        "_id": identity,
        "inputs": stored.inputs,
        "plan": stored.plan,
        "shown": stored.shown,
        "parts": stored.parts,
        "price": stored.price,
    }
    await unit.collection(SOLUTIONS).write(Replace({"_id": identity}, document, upsert=True))


async def solution(database: Database, identity: str) -> Stored:
    """Read a round's solution; raises RuntimeError if it is gone, which nothing here can make happen."""
    found = await database.collection(SOLUTIONS).get(identity)
    if found is None:
        message = "a round names a solution that is not stored"
        raise RuntimeError(message)
    return Stored(
        bytes(found["inputs"]), bytes(found["plan"]), found["shown"], found["parts"], found["price"]
    )


async def matches_of_round(database: Database, round_id: str) -> list[Kept[Match]]:
    """Read a round's matches, replaced ones too, in order of their ids."""
    return await find_all(database, MATCHES, {"content.round_id": round_id})


async def versions_of_round(database: Database, round_id: str) -> dict[str, int]:
    """Read at which versions a round's matches are, by id."""
    found = await database.collection(MATCHES.name).find({"content.round_id": round_id}, fields=["version"])
    return {str(document["_id"]): int(document["version"]) for document in found}


async def matches_of_school(database: Database, urn: Urn) -> list[Kept[Match]]:
    """Read a school's matches of all rounds, in order of their ids. For a school there is no other way."""
    return await find_all(database, MATCHES, {"content.urn": urn, "content.state": {"$ne": "replaced"}})


async def asks_of_employer(database: Database, employer_id: EmployerId, today: dt.date) -> list[Kept[Match]]:
    """Read an employer's matches of rounds that are not over, in order of their ids."""
    where = {
        "content.employer_id": employer_id,
        "content.state": {"$ne": "replaced"},
        "content.ends_on": {"$gte": today.isoformat()},
    }
    return await find_all(database, MATCHES, where)


async def count_confirmed(
    database: Database, *, offer_id: str | None = None, need_id: str | None = None
) -> int:
    """Count the confirmed matches of an offer or of a need: those that hold on to it.

    Completed ones are over and hold nothing, or a school could never close a need that was met.
    """
    named = {"content.offer_id": offer_id} if need_id is None else {"content.need_id": need_id}
    return await database.collection(MATCHES.name).count({**named, "content.state": "confirmed"})


async def taking_in(database: Database, year: AcademicYear) -> list[Match]:
    """Read the matches that take of capacity and ask budget in an academic year."""
    where = {
        "content.term.academic_year": year,
        "content.state": {"$in": sorted({*FIXED, "cancelled"})},
    }
    return [kept.content for kept in await find_all(database, MATCHES, where) if kept.content.takes]
