"""The routes of an adviser's own, for an account that is bound to the record."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import Path

from services.employers.advisers.bodies import ID_PATTERN
from services.employers.advisers.commands import ADVISERS_KEY
from services.employers.advising.adviser import AdviserId
from services.employers.advising.match import MatchId
from services.employers.api.fields import EmployerPath, SeenBody
from services.employers.fields import PREFIX, SERVICE_NAME
from services.employers.own_adviser import commands, views
from services.employers.own_adviser.bodies import OwnAnswerBody, OwnChangeBody, OwnStateBody
from services.employers.own_adviser.standing import OwnAdviser
from services.employers.recommending.commands import Named
from services.runtime.mongo import Document
from services.runtime.permissions import Permission
from services.runtime.routing import AdmittedToHub, SecuredRouter
from services.runtime.uow import UnitOfWork
from services.runtime.versions import Telling

router = SecuredRouter(SERVICE_NAME, f"{PREFIX}/advising")

AdviserInPath = Annotated[AdviserId, Path(pattern=ID_PATTERN)]
MatchInPath = Annotated[MatchId, Path(pattern=ID_PATTERN)]
Recommending = Callable[[UnitOfWork, OwnAdviser, Named], Awaitable[Document]]


@router.get("", Permission.READ_OWN_ADVISER)
async def get_records(caller: AdmittedToHub) -> dict[str, Any]:
    """Name the advisers that the account acts for: one, unless somebody left and was registered anew."""
    return await views.records_of(caller.context, caller.actor.subject)


@router.get("/{adviser_id}", Permission.READ_OWN_ADVISER)
async def get_record(caller: AdmittedToHub, adviser_id: AdviserInPath) -> dict[str, Any]:
    """Show the adviser's own record and their schools, what waits for an answer first."""
    return await views.own_record(await reading(caller, adviser_id))


@router.put("/{adviser_id}", Permission.MANAGE_OWN_ADVISER)
async def put_record(caller: AdmittedToHub, adviser_id: AdviserInPath, body: OwnChangeBody) -> dict[str, Any]:
    """Say anew how many schools and hours one can give, and where one has a conflict of interest."""
    own = acting(caller, adviser_id)

    async def work(unit: UnitOfWork) -> Document:
        return await commands.change_own(unit, own, body.change())

    return await own.context.in_hub(own.actor, ADVISERS_KEY, work)


@router.post("/{adviser_id}/state", Permission.MANAGE_OWN_ADVISER)
async def post_state(caller: AdmittedToHub, adviser_id: AdviserInPath, body: OwnStateBody) -> dict[str, Any]:
    """Pause, or come back."""
    own = acting(caller, adviser_id)

    async def work(unit: UnitOfWork) -> Document:
        return await commands.move_own(unit, own, body.to, body.version)

    return await own.context.in_hub(own.actor, ADVISERS_KEY, work)


@router.post("/{adviser_id}/matches/{match_id}/answer", Permission.MANAGE_OWN_ADVISER)
async def post_answer(
    caller: AdmittedToHub, adviser_id: AdviserInPath, match_id: MatchInPath, body: OwnAnswerBody
) -> dict[str, Any]:
    """Accept or decline a school that was proposed."""
    own = acting(caller, adviser_id)

    async def work(unit: UnitOfWork) -> Document:
        return await commands.answer_own(unit, own, Telling(match_id, body.version, body.answer))

    return await own.context.in_hub(own.actor, ADVISERS_KEY, work)


@router.get("/{adviser_id}/matches/{match_id}/recommendations", Permission.READ_OWN_ADVISER)
async def get_recommendations(
    caller: AdmittedToHub, adviser_id: AdviserInPath, match_id: MatchInPath
) -> dict[str, Any]:
    """List the employers that one recommends to a school, or did."""
    return await views.own_recommendations(await reading(caller, adviser_id), match_id)


@router.put("/{adviser_id}/matches/{match_id}/recommendations/{employer_id}", Permission.MANAGE_OWN_ADVISER)
async def put_recommendation(
    caller: AdmittedToHub,
    adviser_id: AdviserInPath,
    match_id: MatchInPath,
    employer_id: EmployerPath,
    body: SeenBody,
) -> dict[str, Any]:
    """Recommend an employer to the school from today on; rounds mind it from the next solve on."""
    named = Named(match_id, employer_id, body.version, None)
    return await recommending(acting(caller, adviser_id), commands.recommend_own, named)


@router.post(
    "/{adviser_id}/matches/{match_id}/recommendations/{employer_id}/withdrawal",
    Permission.MANAGE_OWN_ADVISER,
)
async def post_withdrawal(
    caller: AdmittedToHub,
    adviser_id: AdviserInPath,
    match_id: MatchInPath,
    employer_id: EmployerPath,
    body: SeenBody,
) -> dict[str, Any]:
    """Recommend an employer to the school no longer."""
    named = Named(match_id, employer_id, body.version, None)
    return await recommending(acting(caller, adviser_id), commands.withdraw_own, named)


async def recommending(own: OwnAdviser, command: Recommending, named: Named) -> Document:
    """Recommend an employer, or no longer, in one unit of work."""

    async def work(unit: UnitOfWork) -> Document:
        return await command(unit, own, named)

    return await own.context.in_hub(own.actor, ADVISERS_KEY, work)


def acting(caller: AdmittedToHub, adviser_id: AdviserId) -> OwnAdviser:
    """Say as which adviser somebody comes in; whether they still may is not looked at here."""
    return OwnAdviser(caller.actor, caller.context, adviser_id)


async def reading(caller: AdmittedToHub, adviser_id: AdviserId) -> OwnAdviser:
    """Say as which adviser somebody reads; raises NotFoundError unless they act for them now."""
    own = acting(caller, adviser_id)
    await own.require_now()
    return own
