"""Links that open one thing to whoever holds them, without an account; staff make them, and a day ends them.

A link is 256 random bits in an address. The address is told once, when the link is made; kept is the SHA-256
of the bits alone, in the school's own database, so that neither the store nor a backup opens anything. A link
has a purpose, and opens the routes of that purpose only (`linked_routes.py`). What it opens is named by a
kind and an id, such as `pupil` and the pupil's; the document has a field of the kind's name, so that whatever
deletes all that is about a pupil finds the links too.

A link of the Hub's, such as an employer's, lies in the service's own database and opens nothing of a pupil.
There is no access log there: each use is counted, and what is changed says by which link.

Invariants: the secret is in no document, log, span, label or error text; each use is counted and, at a
school, in its access log, by `link:<id>`, in one transaction; what does not open answers alike, whatever the
reason.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, replace
from typing import Final, NewType

from services.runtime.context import ServiceContext
from services.runtime.errors import ConflictError, NotFoundError
from services.runtime.mongo import Document
from services.runtime.tenancy import SchoolDatabase, ServiceDatabase
from services.runtime.uow import Actor, UnitOfWork

LinkId = NewType("LinkId", str)
"""The first 32 hex digits of the secret's SHA-256: tells nothing of it, and needs no index of its own."""
Purpose = NewType("Purpose", str)
"""What a link may be used for, such as `pupil.record`."""

Database = UnitOfWork | SchoolDatabase | ServiceDatabase

LINKS: Final = "links"
SECRET_BYTES: Final = 32
ID_LENGTH: Final = 32
MOST_OPEN_LINKS: Final = 10
"""That open one thing for one purpose: for a pupil and two parents, and again because they were lost."""
KEPT_AFTER_END: Final = dt.timedelta(days=90)
"""How long a link that has ended is listed; the access log keeps its uses."""
NO_SUCH_LINK: Final = "This link does not open anything: it has ended, or a part of it is missing."
_OWN_FIELDS: Final = frozenset(
    {"purpose", "kind", "resource", "digest", "made", "ends_at", "uses", "last_used_at", "revoked"}
)
_KIND: Final = re.compile(r"^[a-z][a-z_]{2,30}$")


@dataclass(frozen=True, slots=True)
class Opens:
    """What a link opens: a kind, its id, and the opaque path that the access log calls it by."""

    kind: str
    identity: str
    resource: str

    def __post_init__(self) -> None:
        """Raise ValueError for a kind that cannot be the name of a field."""
        if not _KIND.fullmatch(self.kind) or self.kind in _OWN_FIELDS:
            message = f"{self.kind!r} cannot be the kind of what a link opens"
            raise ValueError(message)


@dataclass(frozen=True, slots=True)
class Link:
    """A link as it is kept."""

    id: LinkId
    purpose: Purpose
    opens: Opens
    digest: str
    made_at: dt.datetime
    made_by: str
    ends_at: dt.datetime
    uses: int = 0
    last_used_at: dt.datetime | None = None
    revoked_at: dt.datetime | None = None

    def is_open(self, now: dt.datetime) -> bool:
        """Whether it opens anything."""
        return self.revoked_at is None and now < self.ends_at


async def make_link(
    unit: UnitOfWork, purpose: Purpose, opens: Opens, lasts: dt.timedelta
) -> tuple[Link, str]:
    """Make a link, and return it with its secret, which nobody can tell afterwards.

    Raises ConflictError if `MOST_OPEN_LINKS` are open already.
    """
    links = unit.collection(LINKS)
    await links.delete({opens.kind: opens.identity, "ends_at": {"$lt": unit.now - KEPT_AFTER_END}})
    open_now = [link for link in await links_to(unit, purpose, opens) if link.is_open(unit.now)]
    if len(open_now) >= MOST_OPEN_LINKS:
        raise ConflictError(
            f"There are {len(open_now)} open links to this. End one that is not needed first."
        )
    secret = secrets.token_urlsafe(SECRET_BYTES)
    digest = _digest(secret)
    link = Link(
        id=LinkId(digest[:ID_LENGTH]),
        purpose=purpose,
        opens=opens,
        digest=digest,
        made_at=unit.now,
        made_by=unit.actor.subject,
        ends_at=unit.now + lasts,
    )
    await links.insert(_document(link))
    if unit.access_log is not None:
        unit.log_access("link.made", opens.resource)
    return link, secret


async def links_to(database: Database, purpose: Purpose, opens: Opens) -> list[Link]:
    """Read the links to something, open or not, the newest first."""
    found = await database.collection(LINKS).find({opens.kind: opens.identity}, sort=[("made.at", -1)])
    return [link for link in map(_read, found) if link.purpose == purpose]


async def revoke_link(unit: UnitOfWork, purpose: Purpose, opens: Opens, identity: LinkId) -> Link:
    """End a link; a second time changes nothing. Raises NotFoundError for a link to something else."""
    found = next((link for link in await links_to(unit, purpose, opens) if link.id == identity), None)
    if found is None:
        raise NotFoundError("There is no such link.")
    if found.revoked_at is not None:
        return found
    ended = {"at": unit.now, "by": unit.actor.subject}
    await unit.collection(LINKS).update({"_id": identity}, {"$set": {"revoked": ended}})
    if unit.access_log is not None:
        unit.log_access("link.revoked", opens.resource)
    return replace(found, revoked_at=unit.now)


async def open_link(context: ServiceContext, urn: str, secret: str, purpose: Purpose) -> tuple[Link, Actor]:
    """Find what a link opens, note the use, and say as whom its holder acts.

    Raises NotFoundError, always with the same words. Looked at before anything is written: whoever guesses
    causes no transaction, and no database of a school that does not exist.
    """
    digest = _digest(secret)
    actor = Actor(f"link:{digest[:ID_LENGTH]}")
    try:
        database = context.school(urn)
    except NotFoundError:
        raise NotFoundError(NO_SUCH_LINK) from None
    await _opened(database, digest, purpose, context.clock())

    async def work(unit: UnitOfWork) -> Link:
        return await _use(unit, digest, purpose)

    return await context.in_school(actor, urn, work), actor


async def open_hub_link(context: ServiceContext, secret: str, purpose: Purpose) -> tuple[Link, Actor]:
    """Find what a link of the Hub's opens, count the use, and say as whom its holder acts.

    Raises NotFoundError as `open_link` does. The actor's name has spaces, which no account's has.
    """
    digest = _digest(secret)
    found = await _opened(context.database(), digest, purpose, context.clock())
    actor = Actor(f"link of {found.opens.kind} {found.opens.identity}: {found.id}")

    async def work(unit: UnitOfWork) -> Link:
        return await _use(unit, digest, purpose)

    return await context.in_hub(actor, f"{LINKS}/{found.id}", work), actor


async def require_open(database: Database, link: Link, now: dt.datetime) -> None:
    """Look at a link again in the unit that changes something; raises NotFoundError if it has ended since."""
    await _opened(database, link.digest, link.purpose, now)


async def _use(unit: UnitOfWork, digest: str, purpose: Purpose) -> Link:
    link = await _opened(unit, digest, purpose, unit.now)
    used = {"$inc": {"uses": 1}, "$set": {"last_used_at": unit.now}}
    await unit.collection(LINKS).update({"_id": link.id}, used)
    if unit.access_log is not None:
        unit.log_access("link.opened", link.opens.resource)
    return link


async def _opened(database: Database, digest: str, purpose: Purpose, now: dt.datetime) -> Link:
    document = await database.collection(LINKS).get(digest[:ID_LENGTH])
    link = None if document is None else _read(document)
    # The comparison takes the same time wherever two digests differ.
    same = link is not None and hmac.compare_digest(digest, link.digest)
    if link is None or not same or link.purpose != purpose or not link.is_open(now):
        raise NotFoundError(NO_SUCH_LINK)
    return link


def _digest(secret: str) -> str:
    """Hash the secret: SHA-256 does, because nobody can try 2^256 secrets as one tries passwords."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _document(link: Link) -> Document:
    return {
        "_id": link.id,
        "purpose": link.purpose,
        "kind": link.opens.kind,
        link.opens.kind: link.opens.identity,
        "resource": link.opens.resource,
        "digest": link.digest,
        "made": {"at": link.made_at, "by": link.made_by},
        "ends_at": link.ends_at,
        "uses": link.uses,
        "last_used_at": None,
        "revoked": None,
    }


def _read(document: Document) -> Link:
    revoked = document["revoked"]
    return Link(
        id=document["_id"],
        purpose=document["purpose"],
        opens=Opens(document["kind"], document[document["kind"]], document["resource"]),
        digest=document["digest"],
        made_at=document["made"]["at"],
        made_by=document["made"]["by"],
        ends_at=document["ends_at"],
        uses=document["uses"],
        last_used_at=document["last_used_at"],
        revoked_at=None if revoked is None else revoked["at"],
    )
