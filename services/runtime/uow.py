"""The unit of work: one transaction that writes the state and the events that tell of it, or neither.

A command gets a `UnitOfWork`, reads and writes through `collection`, says what happened with `tell` and whose
data it touched with `log_access`. It never commits: when it returns, a row of the access log and a batch of
the ledger are written and everything commits together, with a majority. When it raises, nothing has happened.
The command may be run twice (a write conflict), so it has no effects outside the unit.
"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass, field

from contracts.catalogue import event_of
from contracts.vocabulary import Payload, Urn
from services.runtime.access_log import Access, AccessLog, ChainHead
from services.runtime.ledger import Ledger, NewEvent
from services.runtime.mongo import Collection, Session
from services.runtime.telemetry import current_traceparent
from services.runtime.tenancy import SchoolDatabase, ServiceDatabase


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: the token's subject, or a reaction of ours."""

    subject: str


@dataclass(slots=True)
class UnitOfWork:
    """One transaction of one actor, on one school's database or on the service's own."""

    actor: Actor
    now: dt.datetime
    database: SchoolDatabase | ServiceDatabase
    key: str
    session: Session
    ledger: Ledger
    access_log: AccessLog | None = None
    _events: list[NewEvent] = field(default_factory=list)
    _keys: list[str] = field(default_factory=list)
    _accesses: list[Access] = field(default_factory=list)

    @property
    def urn(self) -> Urn:
        """The school whose unit this is; raises TypeError in a unit of the service's own."""
        if not isinstance(self.database, SchoolDatabase):
            message = "this unit of work belongs to no school"
            raise TypeError(message)
        return self.database.urn

    def collection(self, name: str) -> Collection:
        """Name a collection of the tenant, inside the transaction."""
        return self.database.collection(name, self.session)

    def tell(self, payload: Payload, key: str | None = None) -> None:
        """Say what happened; it gets the next sequence of its key when the unit commits.

        The key is the unit's unless another is named: one decision of the Hub's can be news of many schools,
        and each school's news stay one ordered story.
        """
        event = NewEvent(
            id=str(uuid.uuid4()),
            type=event_of(payload).name,
            time=self.now,
            value=payload.model_dump_json(),
            traceparent=current_traceparent(),
        )
        self._events.append(event)
        self._keys.append(key or self.key)

    def log_access(self, action: str, resource: str) -> None:
        """Note that the actor reads or changes something of the school's pupils."""
        if self.access_log is None:
            message = "only a school's unit of work has an access log"
            raise TypeError(message)
        self._accesses.append(Access(self.actor.subject, action, resource, self.now))

    async def finish(self) -> ChainHead | None:
        """Write what was touched and what was told, a document each; for the runner alone.

        Returns the access log's new head, or None if nothing was touched.
        """
        head = None
        if self._accesses and self.access_log is not None:
            head = await self.access_log.append(self.session, self._accesses)
        # In one order, so that two units that tell of the same keys do not wait for each other crosswise.
        for key in sorted(set(self._keys)):
            told = [event for event, of in zip(self._events, self._keys, strict=True) if of == key]
            await self.ledger.append(self.session, key, told)
        return head

    @property
    def told(self) -> int:
        """How many events this unit tells."""
        return len(self._events)

    @property
    def touched(self) -> bool:
        """Whether this unit tells of something or notes an access, as every change at a school does."""
        return bool(self._events or self._accesses)
