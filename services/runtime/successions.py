"""Which school goes on under which number: a school whose URN changes on academisation stays one school.

A school's *tenant* is the first URN of its chain. Databases, seals, digests, ledger keys and locks go by the
tenant, so a succession moves nothing and copies nothing: it is one document, and from then on a path with
the new URN reaches what the old one has reached (domain §8.2, rule 13; ADR 0012).

One collection beside the memberships, a document a URN. `predecessor` is the URN that it follows, or None
where a school of its own was opened by storing something under it (`open`). A URN is therefore either a
successor or a tenant with data, whichever came first: both write the same document, each in its own
transaction. Paths are resolved from a memory that is at most `CACHE_S` old. A process that has not heard of
a succession yet can read an empty school under the new URN for that long, but store nothing there.

Invariants: a URN follows one other at most and is followed by one at most; nothing is its own forebear.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

from contracts.vocabulary import Urn
from services.runtime.access_log import ACCESS_LOG, Access, AccessLog
from services.runtime.errors import (
    ConflictError,
    DuplicateKeyError,
    FieldProblem,
    InvalidError,
    NotFoundError,
    UnavailableError,
)
from services.runtime.ledger import SEQUENCES
from services.runtime.mongo import Collection, Document, Index, Session, WriteConflictError
from services.runtime.sealing import Sealer
from services.runtime.tenancy import Tenancy

T = TypeVar("T")

SUCCESSIONS: Final = "successions"
SUCCESSION_INDEX: Final = Index((("predecessor", 1),))
# As long as a membership is remembered: who is granted the new URN finds both in force together.
CACHE_S: Final = 15.0
# Every change of the chains writes this document too, so two at once cannot both be checked and then stored.
_TURN: Final = "turn"


@dataclass(frozen=True, slots=True)
class Succession:
    """A school goes on under another URN: from when, and on whose word."""

    successor: Urn
    predecessor: Urn
    since: dt.datetime
    by: str


@dataclass(frozen=True, slots=True)
class Lineage:
    """All chains of URNs, by successor."""

    predecessors: Mapping[str, Urn] = field(default_factory=dict)

    def forebears(self, urn: str) -> tuple[Urn, ...]:
        """The URNs that the school had before this one, the latest first."""
        found: list[Urn] = []
        while (before := self.predecessors.get(found[-1] if found else urn)) is not None:
            found.append(before)
        return tuple(found)

    def tenant_of(self, urn: str) -> Urn:
        """The first URN of the chain, under which the school's data lies; a URN that follows none is it."""
        return (Urn(urn), *self.forebears(urn))[-1]


class Successions:
    """Reads and changes the chains of one Hub."""

    def __init__(self, tenancy: Tenancy, sealer: Sealer) -> None:
        self._tenancy = tenancy
        self._sealer = sealer
        self._remembered: tuple[float, Lineage] | None = None

    async def prepare(self) -> None:
        """Create the collection: a transaction that had to would keep other schools waiting."""
        await self._collection().ensure(SUCCESSION_INDEX)

    async def tenant_of(self, urn: str) -> Urn:
        """Resolve a URN of a path to the school's tenant, from a memory at most `CACHE_S` old.

        For after the check that the caller may use this URN: a membership is of the URN that it names.
        """
        now_s = time.monotonic()
        if self._remembered is None or now_s - self._remembered[0] >= CACHE_S:
            self._remembered = (now_s, await self.lineage())
        return self._remembered[1].tenant_of(urn)

    async def lineage(self) -> Lineage:
        """Read all chains as they are now."""
        return _lineage(await self.all())

    async def all(self) -> list[Succession]:
        """List every succession, in order of the new URN."""
        return _successions(await self._collection().find({}, sort=[("_id", 1)]))

    def forget(self) -> None:
        """Read the chains anew at the next request."""
        self._remembered = None

    async def declare(self, succession: Succession) -> Succession:
        """Store a succession, and note it in the school's access logs; said again, it changes nothing.

        Returns it as it is stored. Raises InvalidError or ConflictError for one that cannot be.
        """
        if succession.successor == succession.predecessor:
            problem = FieldProblem("successor", "is the predecessor's own URN; name the new one")
            raise InvalidError("A school cannot follow itself.", (problem,))

        async def work(session: Session) -> Succession:
            found = await self._collection(session).find({})
            known = _successions(found)
            for one in known:
                if (one.successor, one.predecessor) == (succession.successor, succession.predecessor):
                    return one
            lineage = _lineage(known)
            _require_possible(succession, lineage)
            if any(row["_id"] == succession.successor for row in found):
                raise _has_data()
            await self._require_nothing_stored(succession.successor)
            await self._insert(session, _document(succession))
            named = f"successions/{succession.successor}"
            access = Access(succession.by, "school.succeeded", named, succession.since)
            await self._log(session, lineage.tenant_of(succession.predecessor), access)
            return succession

        return await self._in_turn(work)

    async def retract(self, successor: Urn, by: str, now: dt.datetime) -> None:
        """Take back a succession that was a mistake: the URN leads nowhere again, and all data stays.

        Raises NotFoundError if there is none, ConflictError if the chain goes on after it.
        """

        async def work(session: Session) -> None:
            known = _successions(await self._collection(session).find({}))
            lineage = _lineage(known)
            if successor not in lineage.predecessors:
                raise NotFoundError("There is no such succession.")
            if any(one.predecessor == successor for one in known):
                raise ConflictError("This school goes on under a later URN; take that succession back first.")
            await self._collection(session).delete({"_id": successor})
            access = Access(by, "school.succession_retracted", f"successions/{successor}", now)
            await self._log(session, lineage.tenant_of(successor), access)

        await self._in_turn(work)

    async def open(self, session: Session, urn: Urn) -> None:
        """Have a school of its own under this URN, in the transaction that stores something there.

        Raises UnavailableError if it has become another school's successor meanwhile: asked again, the
        request reaches that school.
        """
        known = await self._collection(session).get(urn)
        if known is None:
            await self._insert(session, {"_id": urn, "predecessor": None})
        elif known["predecessor"] is not None:
            self.forget()
            message = "This school has just been joined to its history; nothing was stored. Send it again."
            raise UnavailableError(message)

    async def _insert(self, session: Session, document: Document) -> None:
        """Write a URN's document; raises WriteConflictError if another process was first: run it again."""
        try:
            await self._collection(session).insert(document)
        except DuplicateKeyError:
            message = "this URN was taken elsewhere at the same time"
            raise WriteConflictError(message) from None

    async def _in_turn(self, work: Callable[[Session], Awaitable[T]]) -> T:
        """Run one change of the chains at a time, whichever process asks."""

        async def attempt(session: Session) -> T:
            await self._collection(session).update({"_id": _TURN}, {"$inc": {"taken": 1}}, upsert=True)
            return await work(session)

        return await self._tenancy.store.transact(attempt)

    async def _require_nothing_stored(self, urn: Urn) -> None:
        """Raise ConflictError if any service holds something of a school of this URN.

        Not its access log: somebody who looked at the empty school must not keep it from its history.
        """
        for database in await self._tenancy.everywhere(urn):
            for name in await database.collection_names():
                if name != ACCESS_LOG and await database.collection(name).find({}, limit=1, fields=["_id"]):
                    raise _has_data()
        for own in await self._tenancy.services():
            if await own.collection(SEQUENCES).get(urn) is not None:
                raise _has_data()

    async def _log(self, session: Session, tenant: Urn, access: Access) -> None:
        """Note it in the access log of each service that holds something of the school."""
        for database in await self._tenancy.everywhere(tenant):
            await AccessLog(database, self._sealer).append(session, [access])

    def _collection(self, session: Session | None = None) -> Collection:
        return self._tenancy.memberships().collection(SUCCESSIONS, session)


def _lineage(known: Sequence[Succession]) -> Lineage:
    return Lineage({one.successor: one.predecessor for one in known})


def _require_possible(asked: Succession, lineage: Lineage) -> None:
    """Raise ConflictError if the chains would branch, meet or close."""
    if asked.successor in lineage.predecessors:
        raise ConflictError("The new URN follows another school already.")
    if asked.predecessor in lineage.predecessors.values():
        raise ConflictError("The old URN is followed by another one already; name the latest of its URNs.")
    if asked.successor in lineage.forebears(asked.predecessor):
        raise ConflictError("The new URN is an earlier one of the same school.")


def _has_data() -> ConflictError:
    return ConflictError(
        "Something is stored under the new URN already, and two schools' data is never merged. Declare a "
        "succession before the first import under the new URN."
    )


def _document(succession: Succession) -> Document:
    return {
        "_id": succession.successor,
        "predecessor": succession.predecessor,
        "since": succession.since,
        "by": succession.by,
    }


def _successions(found: Sequence[Document]) -> list[Succession]:
    return [
        Succession(Urn(row["_id"]), Urn(row["predecessor"]), row["since"], row["by"])
        for row in found
        if row.get("predecessor") is not None
    ]
