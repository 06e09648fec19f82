"""One match of a round in a browser: why it is in the plan, who would come instead, and what can be done.

Lock, unlock, exclude and allow again change what is settled, and count from the next solving on. An answer
for the employer, a confirmation and a cancellation count at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fastapi import Request, Response
from pydantic import ValidationError

from services.employers.api.fields import Id, SeenBody
from services.employers.api.round_bodies import AnswerBody, CancellationBody
from services.employers.commands import matches, rounds
from services.employers.fields import SERVICE_NAME
from services.employers.matching.round import NeedId, OfferId, Pair
from services.employers.model.assembly import Settled
from services.employers.model.match import ACTIVE
from services.employers.model.match_round import Settling, with_exclusions, with_locks
from services.employers.pages.fields import number
from services.employers.pages.site import HUB, Refused, Told, pages, refused, see, show
from services.employers.views import rounds as views
from services.runtime.errors import ConflictError, InvalidError, NotFoundError, UnavailableError
from services.runtime.mongo import Document
from services.runtime.permissions import Permission
from services.runtime.uow import UnitOfWork
from services.runtime.versions import Telling
from services.web.forms import Form, form_of
from services.web.routing import HubVisitor, PageRouter

STAND_INS: Final = 5
SETTLINGS: Final = ("lock", "unlock", "exclude", "allow")
DONE: Final = {
    "lock": "The match is locked. It stays when the round is solved again.",
    "unlock": "The match is not locked any more. Solve the round again to see whether it stays.",
    "exclude": "The match is excluded. Solve the round again: it will not be proposed.",
    "allow": "The match is allowed again. Solve the round again to see whether it is proposed.",
    "accepted": "The employer's answer is noted: accepted.",
    "declined": "The employer's answer is noted: declined. It is not asked the same again in this round.",
    "confirmed": "The match is confirmed. Nothing that is solved later moves it.",
    "cancelled": "The match is cancelled. See below who could stand in.",
}

router = PageRouter(SERVICE_NAME, f"{HUB}/rounds/{{round_id}}/lines/{{line_id}}", pages)


@router.get("", Permission.READ_ROUNDS)
async def get_line(caller: HubVisitor, round_id: Id, line_id: Id, done: str = "") -> Response:
    """Show a match of a round, with its explanation or its stand-ins."""
    return await _line_page(caller, round_id, line_id, Told(DONE.get(done, "")))


@router.post("/settling", Permission.MANAGE_ROUNDS)
async def post_settling(caller: HubVisitor, request: Request, round_id: Id, line_id: Id) -> Response:
    """Lock or exclude a match, or take that back."""
    form = await form_of(request)
    asked = form.text("settle")
    try:
        seen = _seen(form)
        found = (await views.line(caller.context, round_id, line_id))["line"]
        pair = Pair(NeedId(found["need_id"]), OfferId(found["offer_id"]))

        async def work(unit: UnitOfWork) -> Document:
            return await rounds.settle(unit, round_id, seen, lambda settled: _settled(settled, asked, pair))

        await caller.context.in_hub(caller.actor, rounds.ROUNDS_KEY, work)
    except (ValidationError, InvalidError, ConflictError) as error:
        return await _refused(caller, round_id, line_id, error)
    return _back(round_id, line_id, asked)


@router.post("/employer-answer", Permission.MANAGE_ROUNDS)
async def post_employer_answer(caller: HubVisitor, request: Request, round_id: Id, line_id: Id) -> Response:
    """Note what an employer answered."""
    form = await form_of(request)
    try:
        body = AnswerBody.model_validate(
            {"version": number(form.text("version")), "answer": form.text("answer")}
        )

        async def work(unit: UnitOfWork) -> Document:
            return await matches.answer_for_employer(unit, Telling(line_id, body.version, body.answer))

        urn = await matches.school_of_match(caller.context, round_id, line_id)
        await caller.context.in_hub(caller.actor, urn, work)
    except (ValidationError, InvalidError, ConflictError) as error:
        return await _refused(caller, round_id, line_id, error)
    return _back(round_id, line_id, body.answer)


@router.post("/confirmation", Permission.MANAGE_ROUNDS)
async def post_confirmation(caller: HubVisitor, request: Request, round_id: Id, line_id: Id) -> Response:
    """Fix a match that both sides accepted."""
    form = await form_of(request)
    try:
        seen = _seen(form)

        async def work(unit: UnitOfWork) -> Document:
            return await matches.confirm_match(unit, line_id, seen)

        urn = await matches.school_of_match(caller.context, round_id, line_id)
        await caller.context.in_hub(caller.actor, urn, work)
    except (ValidationError, InvalidError, ConflictError) as error:
        return await _refused(caller, round_id, line_id, error)
    return _back(round_id, line_id, "confirmed")


@router.post("/cancellation", Permission.MANAGE_ROUNDS)
async def post_cancellation(caller: HubVisitor, request: Request, round_id: Id, line_id: Id) -> Response:
    """Cancel a confirmed match."""
    form = await form_of(request)
    try:
        body = CancellationBody.model_validate(
            {"version": number(form.text("version")), "by": form.text("by")}
        )

        async def work(unit: UnitOfWork) -> Document:
            return await matches.cancel_match(unit, line_id, body.version, body.by)

        urn = await matches.school_of_match(caller.context, round_id, line_id)
        await caller.context.in_hub(caller.actor, urn, work)
    except (ValidationError, InvalidError, ConflictError) as error:
        return await _refused(caller, round_id, line_id, error)
    return _back(round_id, line_id, "cancelled")


def _seen(form: Form) -> int:
    return SeenBody.model_validate({"version": number(form.text("version"))}).version


def _settled(settled: Settled, asked: str, pair: Pair) -> Settled:
    if asked not in SETTLINGS:
        raise InvalidError("This form is not of this page. Load the page again.")
    adding = asked in {"lock", "exclude"}
    change = Settling(add=(pair,) if adding else (), remove=() if adding else (pair,))
    return with_locks(settled, change) if asked in {"lock", "unlock"} else with_exclusions(settled, change)


def _back(round_id: str, line_id: str, done: str) -> Response:
    return see(f"{HUB}/rounds/{round_id}/lines/{line_id}", done)


async def _refused(caller: HubVisitor, round_id: str, line_id: str, error: Refused) -> Response:
    told = refused(error, {"by": "Who cancels"}, "do")
    return await _line_page(caller, round_id, line_id, told)


async def _line_page(caller: HubVisitor, round_id: str, line_id: str, told: Told) -> Response:
    shown = await views.line(caller.context, round_id, line_id)
    line = shown["line"]
    values = {
        **shown,
        **told.values,
        "base": f"{HUB}/rounds/{round_id}",
        "here": f"{HUB}/rounds/{round_id}/lines/{line_id}",
        "active": line["state"] in ACTIVE,
        "may_manage": Permission.MANAGE_ROUNDS in caller.granted,
        "explained": await _explained(caller, shown) if shown["in_plan"] else {"found": None},
        "stand_ins": await _stand_ins(caller, line) if line["state"] in {"declined", "cancelled"} else None,
    }
    return show(caller, "line", values, told.status)


async def _explained(caller: HubVisitor, shown: Mapping[str, Any]) -> dict[str, Any]:
    """Ask why a line is in the plan; a solver without time leaves the page without that part."""
    line = shown["line"]
    asked = views.LinesAsked(line["need_id"], 0, 1, line["offer_id"])
    try:
        found = (await views.explanations(caller.context, line["round_id"], asked))["explanations"][0]
    except UnavailableError as error:
        return {"found": None, "trouble": error.detail}
    ids = {one["employer"] for one in found["runner_up"]}
    return {"found": found, "names": await views.employer_names(caller.context, ids)}


async def _stand_ins(caller: HubVisitor, line: Mapping[str, Any]) -> dict[str, Any]:
    try:
        found = await views.stand_ins(caller.context, line["round_id"], line["id"], STAND_INS)
    except (NotFoundError, UnavailableError, InvalidError) as error:
        # The need may be withdrawn by now: then there is nobody to look for, and the error says so.
        return {"found": [], "trouble": error.detail}
    return {"found": found["stand_ins"], "trouble": ""}
