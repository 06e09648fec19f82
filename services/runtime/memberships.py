"""Memberships: who is what, where, from when until when. Read with every request, whatever the token says.

Coordinators and advisers change often. Ending a membership takes effect within `CACHE_S` in every process,
because that is how long one is remembered; the promise is a minute.
"""

from __future__ import annotations

import datetime as dt
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from contracts.vocabulary import Urn
from services.runtime.context import Clock
from services.runtime.errors import InvalidError, NotFoundError
from services.runtime.mongo import Document, Index, Replace
from services.runtime.permissions import GRANTS, GRANTS_IN_HUB, HUB_ROLES, Permission, Role, fits_place
from services.runtime.tenancy import Tenancy

MEMBERSHIPS: Final = "memberships"
MEMBERSHIP_INDEX: Final = Index((("subject", 1),))
# A revoked membership must lose access within 60 s; a quarter of that leaves room for slow clocks.
CACHE_S: Final = 15.0
CACHED_SUBJECTS: Final = 10_000


@dataclass(frozen=True, slots=True)
class Membership:
    """One role of one person, at one school or (urn None) in the Hub."""

    subject: str
    role: Role
    urn: Urn | None
    since: dt.datetime
    until: dt.datetime | None = None

    @property
    def id(self) -> str:
        """Names the membership: a person has a role at a place once, however often it is renewed."""
        return f"{self.subject}/{self.role}/{self.urn or 'hub'}"

    def is_current(self, now: dt.datetime) -> bool:
        """Whether it has begun and not ended."""
        return self.since <= now and (self.until is None or now < self.until)


class Memberships:
    """Reads and writes the memberships of one Hub."""

    def __init__(self, tenancy: Tenancy, clock: Clock) -> None:
        self._collection = tenancy.memberships().collection(MEMBERSHIPS)
        self._clock = clock
        self._cache: OrderedDict[str, tuple[float, tuple[Membership, ...]]] = OrderedDict()

    async def prepare(self) -> None:
        """Create the index by subject."""
        await self._collection.ensure(MEMBERSHIP_INDEX)

    async def of(self, subject: str) -> tuple[Membership, ...]:
        """Read a person's current memberships, at most `CACHE_S` old."""
        now_s = time.monotonic()
        remembered = self._cache.get(subject)
        if remembered is None or now_s - remembered[0] >= CACHE_S:
            found = await self._collection.find({"subject": subject})
            remembered = (now_s, tuple(_read(document) for document in found))
            self._cache[subject] = remembered
            self._cache.move_to_end(subject)
            if len(self._cache) > CACHED_SUBJECTS:
                self._cache.popitem(last=False)
        now = self._clock()
        return tuple(m for m in remembered[1] if m.is_current(now))

    async def granted(self, subject: str, urn: str | None) -> frozenset[Permission]:
        """Read what a person may do now: at this school, and of the Hub's in any current role."""
        granted: set[Permission] = set()
        for membership in await self.of(subject):
            here = urn is not None and membership.urn == urn
            granted |= (GRANTS if here else GRANTS_IN_HUB)[membership.role]
        return frozenset(granted)

    async def belongs_to(self, subject: str, urn: str) -> bool:
        """Whether a person has any current role at this school."""
        return any(m.urn == urn for m in await self.of(subject))

    async def roles_at(self, urn: Urn) -> dict[str, Role]:
        """Name what each person is or was at a school; of several roles, the one given last."""
        found = await self._collection.find({"urn": urn}, sort=[("since", 1)])
        return {document["subject"]: Role(document["role"]) for document in found}

    async def grant(self, membership: Membership) -> None:
        """Store a membership, or renew it; raises InvalidError if role and place do not fit."""
        if not fits_place(membership.role, membership.urn):
            needs = "no school" if membership.role in HUB_ROLES else "a school"
            message = f"the role {membership.role} needs {needs}"
            raise InvalidError(message)
        document = {
            "_id": membership.id,
            "subject": membership.subject,
            "role": str(membership.role),
            "urn": membership.urn,
            "since": membership.since,
            "until": membership.until,
        }
        await self._collection.write(Replace({"_id": membership.id}, document, upsert=True))
        self._cache.pop(membership.subject, None)

    async def end(self, identity: str, until: dt.datetime) -> None:
        """End a membership; raises NotFoundError if there is none of this id."""
        if not await self._collection.update({"_id": identity}, {"$set": {"until": until}}):
            message = "There is no such membership."
            raise NotFoundError(message)
        self._cache.pop(identity.partition("/")[0], None)

    async def all(self) -> list[Membership]:
        """List every membership, ended ones too."""
        return [_read(d) for d in await self._collection.find({}, sort=[("subject", 1)])]


def _read(document: Document) -> Membership:
    return Membership(
        subject=document["subject"],
        role=Role(document["role"]),
        urn=document["urn"],
        since=document["since"],
        until=document["until"],
    )
