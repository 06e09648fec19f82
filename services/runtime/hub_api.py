"""Routes that every service has (its ledger, its freshness), and the Hub's: memberships, successions."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from fastapi import Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from contracts.vocabulary import URN_PATTERN, Urn, UrnField
from services.runtime.freshness import read_freshness
from services.runtime.memberships import Membership, Memberships
from services.runtime.permissions import Permission, Role
from services.runtime.routing import AdmittedToHub, Gate, SecuredRouter
from services.runtime.service import Service
from services.runtime.successions import Succession

# As identity providers name people: `auth0|5f7c`, an address, a UUID.
SUBJECT_PATTERN = r"^[A-Za-z0-9_.@:|-]{1,128}$"


class MembershipBody(BaseModel):
    """A membership to grant: a role at a school, or in the Hub without `urn`."""

    model_config = ConfigDict(extra="forbid")

    subject: Annotated[str, Field(pattern=SUBJECT_PATTERN)]
    role: Role
    urn: Annotated[str, Field(pattern=URN_PATTERN)] | None = None
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None


class MembershipAnswer(BaseModel):
    """A membership as it is stored."""

    id: str
    subject: str
    role: Role
    urn: str | None
    since: dt.datetime
    until: dt.datetime | None


class EndBody(BaseModel):
    """Which membership ends."""

    model_config = ConfigDict(extra="forbid")

    id: Annotated[str, Field(max_length=200)]


class SuccessionBody(BaseModel):
    """A school that goes on under another URN."""

    model_config = ConfigDict(extra="forbid")

    successor: UrnField
    predecessor: UrnField


class SuccessionAnswer(SuccessionBody):
    """A succession as it is stored."""

    since: dt.datetime
    by: str


class RetractionBody(BaseModel):
    """Which succession was a mistake."""

    model_config = ConfigDict(extra="forbid")

    successor: UrnField


class LedgerAnswer(BaseModel):
    """How far a service's ledger has got: by key, the last durable and the last published sequence."""

    service: str
    heads: dict[str, int]
    published: dict[str, int]


def hub_router(service: str) -> SecuredRouter:
    """Routes for memberships, served by whichever service is asked."""
    secured = SecuredRouter(service, "/hub/v1")

    @secured.get("/memberships", Permission.MANAGE_MEMBERSHIPS)
    async def list_memberships(request: Request) -> list[MembershipAnswer]:
        return [_answer(m) for m in await _memberships(request).all()]

    @secured.put("/memberships", Permission.MANAGE_MEMBERSHIPS)
    async def grant_membership(
        request: Request, caller: AdmittedToHub, body: MembershipBody
    ) -> MembershipAnswer:
        membership = Membership(
            subject=body.subject,
            role=body.role,
            urn=None if body.urn is None else Urn(body.urn),
            since=body.since or caller.context.clock(),
            until=body.until,
        )
        await _memberships(request).grant(membership)
        return _answer(membership)

    @secured.post("/memberships/end", Permission.MANAGE_MEMBERSHIPS)
    async def end_membership(request: Request, caller: AdmittedToHub, body: EndBody) -> dict[str, str]:
        await _memberships(request).end(body.id, caller.context.clock())
        return {"ended": body.id}

    return secured


def succession_router(service: str) -> SecuredRouter:
    """Routes for schools whose URN changes, served by whichever service is asked."""
    secured = SecuredRouter(service, "/hub/v1/successions")

    @secured.get("", Permission.MANAGE_MEMBERSHIPS)
    async def list_successions(caller: AdmittedToHub) -> list[SuccessionAnswer]:
        return [_succession(one) for one in await caller.context.successions.all()]

    @secured.put("", Permission.MANAGE_MEMBERSHIPS)
    async def declare_succession(
        request: Request, caller: AdmittedToHub, body: SuccessionBody
    ) -> SuccessionAnswer:
        asked = Succession(body.successor, body.predecessor, caller.context.clock(), caller.actor.subject)
        stored = await caller.context.successions.declare(asked)
        _forget(request)
        return _succession(stored)

    @secured.post("/retraction", Permission.MANAGE_MEMBERSHIPS)
    async def retract_succession(
        request: Request, caller: AdmittedToHub, body: RetractionBody
    ) -> dict[str, str]:
        by, now = caller.actor.subject, caller.context.clock()
        await caller.context.successions.retract(body.successor, by, now)
        _forget(request)
        return {"retracted": body.successor}

    return secured


def freshness_router(service: Service) -> SecuredRouter:
    """The route that tells how far a service's read models are behind the ledgers that they follow."""
    secured = SecuredRouter(service.name, f"/{service.name}/v1")

    @secured.get("/freshness", Permission.READ_FRESHNESS)
    async def get_freshness(caller: AdmittedToHub) -> dict[str, object]:
        return (await read_freshness(caller.context, service)).to_json()

    return secured


def ledger_router(service: str) -> SecuredRouter:
    """The route that tells a service's ledger heads."""
    secured = SecuredRouter(service, f"/{service}/v1")

    @secured.get("/ledger", Permission.READ_FRESHNESS)
    async def read_ledger(caller: AdmittedToHub) -> LedgerAnswer:
        heads = await caller.context.ledger.heads()
        return LedgerAnswer(
            service=service,
            heads={h.key: h.head for h in heads},
            published={h.key: h.published for h in heads},
        )

    return secured


def _memberships(request: Request) -> Memberships:
    gate: Gate = request.app.state.gate
    return gate.memberships


def _forget(request: Request) -> None:
    """Have a change count at once for all services of this process."""
    gate: Gate = request.app.state.gate
    for context in gate.contexts.values():
        context.successions.forget()


def _succession(one: Succession) -> SuccessionAnswer:
    return SuccessionAnswer(successor=one.successor, predecessor=one.predecessor, since=one.since, by=one.by)


def _answer(membership: Membership) -> MembershipAnswer:
    return MembershipAnswer(
        id=membership.id,
        subject=membership.subject,
        role=membership.role,
        urn=membership.urn,
        since=membership.since,
        until=membership.until,
    )
