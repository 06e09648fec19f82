"""A school's needs and matches in a browser: what it looks for, what is proposed to it, and its answer."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import Query, Request, Response
from pydantic import Field, ValidationError

from services.employers.api.fields import (
    Id,
    SeenBody,
    asked_of,
    new_id,
)
from services.employers.api.needs import NeedBody
from services.employers.api.round_bodies import AnswerBody
from services.employers.commands import needs as commands
from services.employers.commands.matches import answer_for_school
from services.employers.fields import SERVICE_NAME
from services.employers.pages.fields import days, filled, number, numbers, typed_of
from services.employers.pages.site import SCHOOL, Told, fresh_key, pages, refused, see, show
from services.employers.views import needs as views
from services.employers.views.members import require_member
from services.employers.views.rounds import school_matches
from services.runtime.bodies import (
    Body,
)
from services.runtime.errors import ConflictError, HubError
from services.runtime.idempotency import answer_once
from services.runtime.mongo import Document
from services.runtime.permissions import Permission
from services.runtime.uow import UnitOfWork
from services.runtime.versions import Telling
from services.web.forms import Form, form_of
from services.web.routing import PageRouter, SchoolVisitor

FIELDS: Final = {
    "type": "What you need",
    "benchmark": "Benchmark",
    "year_groups": "Year groups",
    "pupils": "Pupils at once",
    "slots": "How many times",
    "mode": "In person or virtual",
    "send": "Pupils with SEND",
    "sectors": "Sectors",
    "days": "Days",
}
DONE: Final = {
    "raised": "The need is raised. The coordinator's next round looks for an employer.",
    "withdrawn": "The need is withdrawn. No later plan looks for it.",
    "accepted": "You accepted the match. The coordinator confirms it when the employer accepts too.",
    "declined": "You declined the match. It is not proposed to you again in this round.",
}
FIRST: Final = {"mode": "in_person", "slots": "1"}


class Suggested(Body):
    """What a suggestion fills in, in the address of the form."""

    type: Annotated[str, Field(max_length=40)] = ""
    benchmark: Annotated[str, Field(max_length=3)] = ""
    pupils: Annotated[str, Field(max_length=5)] = ""
    year_groups: Annotated[list[str], Field(max_length=8)] = Field(default_factory=list)
    sectors: Annotated[list[str], Field(max_length=21)] = Field(default_factory=list)


router = PageRouter(SERVICE_NAME, SCHOOL, pages)


@router.get("/needs", Permission.READ_NEEDS)
async def get_needs(caller: SchoolVisitor, done: str = "") -> Response:
    """Show the school's needs, what is matched for it, and what is suggested."""
    return await _needs_page(caller, Told(DONE.get(done, "")))


@router.get("/needs/new", Permission.MANAGE_NEEDS)
async def get_new_need(caller: SchoolVisitor, asked: Annotated[Suggested, Query()]) -> Response:
    """Show an empty need, or one as it was suggested."""
    return _need_page(caller, Told(typed={**FIRST, **asked.model_dump(), "once": fresh_key()}))


@router.post("/needs/new", Permission.MANAGE_NEEDS)
async def post_need(caller: SchoolVisitor, request: Request) -> Response:
    """Raise a need; sent twice it is raised once."""
    form = await form_of(request)
    need_id = new_id()
    try:
        body = NeedBody.model_validate(_need_of(form))
        wanted = body.wanted()
        await require_member(caller.context, caller.urn)

        async def work(unit: UnitOfWork) -> Document:
            async def raise_it() -> Document:
                return await commands.raise_need(unit, need_id, wanted)

            return await answer_once(unit, form.text("once") or None, asked_of(body, "need"), raise_it)

        await caller.context.in_school(caller.actor, caller.urn, work)
    except (ValidationError, HubError) as error:
        return _need_page(caller, refused(error, FIELDS, "type", typed_of(form)))
    return see(f"{_base(caller)}/needs", "raised")


@router.post("/needs/{need_id}/withdrawal", Permission.MANAGE_NEEDS)
async def post_withdrawal(caller: SchoolVisitor, request: Request, need_id: Id) -> Response:
    """Withdraw a need."""
    form = await form_of(request)
    try:
        seen = SeenBody.model_validate({"version": number(form.text("version"))}).version

        async def work(unit: UnitOfWork) -> Document:
            return await commands.withdraw_need(unit, caller.context, need_id, seen)

        await caller.context.in_school(caller.actor, caller.urn, work)
    except (ValidationError, ConflictError) as error:
        return await _needs_page(caller, refused(error, {}, f"need-{need_id}"))
    return see(f"{_base(caller)}/needs", "withdrawn")


@router.post("/matches/{line_id}/answer", Permission.ANSWER_MATCHES)
async def post_answer(caller: SchoolVisitor, request: Request, line_id: Id) -> Response:
    """Accept or decline a match."""
    form = await form_of(request)
    try:
        body = AnswerBody.model_validate(
            {"version": number(form.text("version")), "answer": form.text("answer")}
        )

        async def work(unit: UnitOfWork) -> Document:
            return await answer_for_school(unit, caller.urn, Telling(line_id, body.version, body.answer))

        await caller.context.in_hub(caller.actor, caller.urn, work)
    except (ValidationError, ConflictError) as error:
        return await _needs_page(caller, refused(error, {}, f"match-{line_id}"))
    return see(f"{_base(caller)}/needs", body.answer)


def _need_of(form: Form) -> dict[str, Any]:
    """Make the API's body of what was typed."""
    typed: dict[str, Any] = {name: form.text(name) for name in ("type", "benchmark", "mode")}
    typed |= {name: number(form.text(name)) for name in ("pupils", "slots")}
    typed["days"] = days(form.text("days"))
    return filled(typed) | {
        "year_groups": numbers(form, "year_groups"),
        "sectors": form.every("sectors"),
        "send": "send" in form,
    }


def _need_page(caller: SchoolVisitor, told: Told) -> Response:
    values = {
        "base": f"{_base(caller)}/needs",
        "fields": FIELDS,
        "typed": told.typed,
        **told.values,
    }
    return show(caller, "need_new", values, told.status)


async def _needs_page(caller: SchoolVisitor, told: Told) -> Response:
    matched = (await school_matches(caller.context, caller.urn))["matches"]
    values = {
        "base": _base(caller),
        "urn": caller.asked,
        "needs": (await views.needs(caller.context, caller.urn, withdrawn=False))["needs"],
        "matches": [one for one in matched if one["state"] != "replaced"],
        "suggestions": (await views.suggestions(caller.context, caller.urn))["suggestions"],
        "may_raise": Permission.MANAGE_NEEDS in caller.granted,
        "may_answer": Permission.ANSWER_MATCHES in caller.granted,
        "may_record": Permission.RECORD_ACTIVITY in caller.granted,
        **told.values,
    }
    return show(caller, "needs", values, told.status)


def _base(caller: SchoolVisitor) -> str:
    return SCHOOL.format(urn=caller.asked)
