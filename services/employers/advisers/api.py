"""Routes of advisers themselves: register, describe, move, reach; for coordinators and the Hub Lead.

Contact details have routes of their own, which need the permission to manage and note who asked. No other
answer holds one.
"""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import Path, Query, status

from services.employers.advisers import store
from services.employers.advisers.answers import adviser_answer, history_answer, match_answer
from services.employers.advisers.bodies import (
    ID_PATTERN,
    AdviserBody,
    ContactBody,
    ProfileChangeBody,
    StateBody,
)
from services.employers.advisers.commands import (
    ADVISERS_KEY,
    NO_SUCH_ADVISER,
    Change,
    change_contact,
    describe_adviser,
    erase_contact,
    move_adviser,
    read_contact,
    register_adviser,
)
from services.employers.advisers.world import read_world
from services.employers.advising.adviser import Adviser, AdviserId, AdviserState, Contact, today_in_england
from services.runtime.context import ServiceContext
from services.runtime.errors import NotFoundError
from services.runtime.idempotency import answer_once, fingerprint
from services.runtime.logs import get_logger
from services.runtime.permissions import Permission
from services.runtime.routing import AdmittedToHub, IdempotencyKey, SecuredRouter
from services.runtime.uow import UnitOfWork

router = SecuredRouter("employers", "/employers/v1")
log = get_logger(__name__)

LARGEST_PAGE: Final = 500
MOST_ACCESSES: Final = 500
"""Rows of who read contact details in one answer, the latest; the store keeps all."""

Json = dict[str, Any]
Identity = Annotated[str, Path(pattern=ID_PATTERN)]


@router.post("/advisers", Permission.MANAGE_ADVISERS, status_code=status.HTTP_201_CREATED)
async def post_adviser(
    caller: AdmittedToHub, body: AdviserBody, idempotency_key: IdempotencyKey = None
) -> Json:
    """Register an adviser who has enquired; with an Idempotency-Key, once."""
    asked = fingerprint(b"POST /advisers", body.model_dump_json().encode())

    async def work(unit: UnitOfWork) -> Json:
        async def register() -> Json:
            contact = body.contact.contact()
            return await register_adviser(unit, caller.context, body.profile(), contact, body.on)

        return await answer_once(unit, idempotency_key, asked, register)

    answer = await caller.context.in_hub(caller.actor, ADVISERS_KEY, work)
    _log("contact.recorded", answer["adviser_id"])
    return answer


@router.get("/advisers", Permission.READ_ADVISERS)
async def get_advisers(
    caller: AdmittedToHub,
    state: Annotated[AdviserState | None, Query()] = None,
    offset: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=LARGEST_PAGE)] = 100,
) -> Json:
    """List advisers in order of id, without contact details."""
    found = [
        one
        for one in await store.all_advisers(caller.context.database())
        if state is None or one.state == state
    ]
    return {"total": len(found), "advisers": [adviser_answer(one) for one in found[offset : offset + limit]]}


@router.get("/advisers/{adviser_id}", Permission.READ_ADVISERS)
async def get_adviser(caller: AdmittedToHub, adviser_id: Identity) -> Json:
    """Show an adviser with the history and the matches, without contact details."""
    context = caller.context
    world = await read_world(context, context.database(), context.clock())
    adviser = world.advisers.get(AdviserId(adviser_id))
    if adviser is None:
        raise NotFoundError(NO_SUCH_ADVISER)
    return {
        **adviser_answer(adviser),
        "history": history_answer(adviser.history),
        "matches": [match_answer(match) for match in world.matches if match.adviser == adviser_id],
    }


@router.get("/advisers/{adviser_id}/versions", Permission.READ_ADVISERS)
async def get_adviser_versions(caller: AdmittedToHub, adviser_id: Identity) -> Json:
    """Show what was known of an adviser before, the oldest version first."""
    database = caller.context.database()
    present = await _present(caller.context, adviser_id)
    earlier = await store.adviser_versions(database, AdviserId(adviser_id))
    return {
        "versions": [
            {**adviser_answer(one), "by": one.changed.by, "at": one.changed.at.isoformat()}
            for one in [*earlier, present]
        ]
    }


@router.put("/advisers/{adviser_id}", Permission.MANAGE_ADVISERS)
async def put_adviser(caller: AdmittedToHub, adviser_id: Identity, body: ProfileChangeBody) -> Json:
    """Say anew what an adviser is like; the version before is kept."""

    async def work(unit: UnitOfWork) -> Json:
        change = Change(AdviserId(adviser_id), body.version, body.profile())
        return await describe_adviser(unit, caller.context, change)

    return await caller.context.in_hub(caller.actor, ADVISERS_KEY, work)


@router.post("/advisers/{adviser_id}/state", Permission.MANAGE_ADVISERS)
async def post_adviser_state(caller: AdmittedToHub, adviser_id: Identity, body: StateBody) -> Json:
    """Enter a state: applied, inducted, available, paused or ended."""

    async def work(unit: UnitOfWork) -> Json:
        moving = body.moving(today_in_england(unit.now))
        return await move_adviser(unit, AdviserId(adviser_id), moving)

    return await caller.context.in_hub(caller.actor, ADVISERS_KEY, work)


@router.get("/advisers/{adviser_id}/contact", Permission.MANAGE_ADVISERS)
async def get_contact(caller: AdmittedToHub, adviser_id: Identity) -> Json:
    """Show how to reach an adviser; noted before it is answered."""

    async def work(unit: UnitOfWork) -> Contact:
        return await read_contact(unit, AdviserId(adviser_id))

    found = await caller.context.in_hub(caller.actor, ADVISERS_KEY, work)
    _log("contact.read", adviser_id)
    return {"name": found.name, "email": found.email, "phone": found.phone}


@router.put("/advisers/{adviser_id}/contact", Permission.MANAGE_ADVISERS)
async def put_contact(caller: AdmittedToHub, adviser_id: Identity, body: ContactBody) -> Json:
    """Change how to reach an adviser; what was before is not kept."""

    async def work(unit: UnitOfWork) -> Json:
        return await change_contact(unit, AdviserId(adviser_id), body.contact())

    answer = await caller.context.in_hub(caller.actor, ADVISERS_KEY, work)
    _log("contact.changed", adviser_id)
    return answer


@router.post("/advisers/{adviser_id}/contact/erase", Permission.MANAGE_ADVISERS)
async def post_contact_erasure(caller: AdmittedToHub, adviser_id: Identity) -> Json:
    """Erase the contact details of an adviser who has left."""

    async def work(unit: UnitOfWork) -> Json:
        return await erase_contact(unit, AdviserId(adviser_id))

    answer = await caller.context.in_hub(caller.actor, ADVISERS_KEY, work)
    _log("contact.erased", adviser_id)
    return answer


@router.get("/advisers/{adviser_id}/contact/accesses", Permission.MANAGE_ADVISERS)
async def get_contact_accesses(caller: AdmittedToHub, adviser_id: Identity) -> Json:
    """Show who read or changed an adviser's contact details, the latest first."""
    await _present(caller.context, adviser_id)
    rows = await store.accesses_of(caller.context.database(), AdviserId(adviser_id), MOST_ACCESSES)
    return {
        "accesses": [
            {"subject": row["subject"], "action": row["action"], "at": row["at"].isoformat()} for row in rows
        ]
    }


async def _present(context: ServiceContext, adviser_id: str) -> Adviser:
    found = await store.find_adviser(context.database(), AdviserId(adviser_id))
    if found is None:
        raise NotFoundError(NO_SUCH_ADVISER)
    return found


def _log(action: str, adviser_id: str) -> None:
    """Say that contact details were touched; who did is in the store, with nobody's name in the log."""
    log.info("adviser contact details", action=action, adviser=adviser_id)
