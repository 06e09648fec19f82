"""An Enterprise Adviser's own, in a browser: their schools, what waits for an answer, what they can give.

A school's own pages are not here: each school is shown with links to those that the adviser may open there,
by the same permissions as everywhere.
"""

from __future__ import annotations

from typing import Any, Final

from fastapi import Request, Response
from pydantic import ValidationError

from services.employers.advisers.commands import ADVISERS_KEY
from services.employers.fields import SERVICE_NAME
from services.employers.own_adviser import commands, views
from services.employers.own_adviser.api import AdviserInPath, MatchInPath, reading
from services.employers.own_adviser.bodies import OwnAnswerBody, OwnChangeBody, OwnStateBody
from services.employers.own_adviser.standing import OwnAdviser
from services.employers.pages.doors import doors_of
from services.employers.pages.fields import filled, number, typed_of
from services.employers.pages.site import HUB, Told, pages, refused, see, show
from services.employers.views import schools
from services.runtime.errors import ConflictError, HubError
from services.runtime.mongo import Document
from services.runtime.permissions import Permission
from services.runtime.uow import UnitOfWork
from services.runtime.versions import Telling
from services.web.forms import Form, form_of
from services.web.routing import HubVisitor, PageRouter

BASE: Final = f"{HUB}/advising"
FIELDS: Final = {
    "capacity_schools": "Schools at most",
    "hours_a_month": "Hours a month",
    "conflicts": "Conflicts of interest",
}
DONE: Final = {
    "changed": "What you told the Hub is changed. Your coordinator sees that it was you.",
    "paused": "You have paused. No school is proposed to you until you come back.",
    "available": "Welcome back. Your coordinator takes up paused schools with you, and can propose others.",
    "accepted": "You accepted. When the school has accepted too, your coordinator introduces you.",
    "declined": "You declined. Your coordinator looks for somebody else.",
}
OPEN_TO_PAUSE: Final = frozenset({"available", "proposed", "introduced", "active"})

router = PageRouter(SERVICE_NAME, BASE, pages)


@router.get("", Permission.READ_OWN_ADVISER)
async def get_records(caller: HubVisitor, request: Request) -> Response:
    """Go on to the account's one record; or name several, or say whom to ask."""
    found = (await views.records_of(caller.context, caller.actor.subject))["advisers"]
    if len(found) == 1:
        return see(f"{BASE}/{found[0]['adviser_id']}")
    doors = await doors_of(request, caller)
    return show(caller, "own_advisers", {"records": found, "base": BASE, "doors": doors})


@router.get("/{adviser_id}", Permission.READ_OWN_ADVISER)
async def get_own(
    caller: HubVisitor, request: Request, adviser_id: AdviserInPath, done: str = ""
) -> Response:
    """Show the adviser's schools, what waits for an answer, and what they told the Hub."""
    return await _own_page(caller, request, await reading(caller, adviser_id), Told(DONE.get(done, "")))


@router.get("/{adviser_id}/about", Permission.MANAGE_OWN_ADVISER)
async def get_about(caller: HubVisitor, adviser_id: AdviserInPath) -> Response:
    """Show what the adviser told the Hub of themselves, to be changed."""
    return await _about_page(caller, await reading(caller, adviser_id), Told())


@router.post("/{adviser_id}/about", Permission.MANAGE_OWN_ADVISER)
async def post_about(caller: HubVisitor, request: Request, adviser_id: AdviserInPath) -> Response:
    """Say anew how much one can give, and where one has a conflict of interest."""
    own = await reading(caller, adviser_id)
    form = await form_of(request)
    try:
        body = OwnChangeBody.model_validate(_change_of(form))

        async def work(unit: UnitOfWork) -> Document:
            return await commands.change_own(unit, own, body.change())

        await own.context.in_hub(own.actor, ADVISERS_KEY, work)
    except (ValidationError, HubError) as error:
        return await _about_page(caller, own, refused(error, FIELDS, "capacity_schools", typed_of(form)))
    return see(f"{BASE}/{adviser_id}", "changed")


@router.get("/{adviser_id}/pause", Permission.MANAGE_OWN_ADVISER)
async def get_pause(caller: HubVisitor, adviser_id: AdviserInPath) -> Response:
    """Say what a pause would do to each school, and ask."""
    return await _pause_page(caller, await reading(caller, adviser_id), Told())


@router.post("/{adviser_id}/state", Permission.MANAGE_OWN_ADVISER)
async def post_state(caller: HubVisitor, request: Request, adviser_id: AdviserInPath) -> Response:
    """Pause, or come back."""
    own = await reading(caller, adviser_id)
    form = await form_of(request)
    try:
        asked = {"to": form.text("to"), "version": number(form.text("version"))}
        body = OwnStateBody.model_validate(asked)

        async def work(unit: UnitOfWork) -> Document:
            return await commands.move_own(unit, own, body.to, body.version)

        await own.context.in_hub(own.actor, ADVISERS_KEY, work)
    except (ValidationError, ConflictError) as error:
        return await _own_page(caller, request, own, refused(error, {}, "state"))
    return see(f"{BASE}/{adviser_id}", body.to)


@router.post("/{adviser_id}/matches/{match_id}/answer", Permission.MANAGE_OWN_ADVISER)
async def post_answer(
    caller: HubVisitor, request: Request, adviser_id: AdviserInPath, match_id: MatchInPath
) -> Response:
    """Accept or decline a school that was proposed."""
    own = await reading(caller, adviser_id)
    form = await form_of(request)
    try:
        asked = {"answer": form.text("answer"), "version": number(form.text("version"))}
        body = OwnAnswerBody.model_validate(asked)

        async def work(unit: UnitOfWork) -> Document:
            return await commands.answer_own(unit, own, Telling(match_id, body.version, body.answer))

        await own.context.in_hub(own.actor, ADVISERS_KEY, work)
    except (ValidationError, ConflictError) as error:
        return await _own_page(caller, request, own, refused(error, {}, f"match-{match_id}"))
    return see(f"{BASE}/{adviser_id}", body.answer)


def _change_of(form: Form) -> dict[str, Any]:
    numbers = ("version", "capacity_schools", "hours_a_month")
    return {
        **filled({name: number(form.text(name)) for name in numbers}),
        "conflicts": form.every("conflicts"),
    }


async def _own_page(caller: HubVisitor, request: Request, own: OwnAdviser, told: Told) -> Response:
    record = await views.own_record(own)
    doors = await doors_of(request, caller)
    waiting = [one for one in record["schools"] if _waits(one)]
    having = [one for one in record["schools"] if one["state"] != "ended" and not _waits(one)]
    urns = {one["urn"] for one in (*waiting, *having)}
    values = {
        "base": f"{BASE}/{own.adviser_id}",
        "me": record,
        "waiting": waiting,
        "having": having,
        "parted": [one for one in record["schools"] if one["state"] == "ended"],
        "doors": {door.urn: door for door in doors},
        "other_doors": [door for door in doors if door.urn not in urns],
        "may_pause": record["state"] in OPEN_TO_PAUSE,
        "names": await _names(caller),
        **told.values,
    }
    return show(caller, "own_adviser", values, told.status)


async def _about_page(caller: HubVisitor, own: OwnAdviser, told: Told) -> Response:
    record = await views.own_record(own)
    stored = {name: record[name] for name in ("version", *FIELDS)}
    values = {
        "base": f"{BASE}/{own.adviser_id}",
        "fields": FIELDS,
        "names": await _names(caller),
        # A box that was unticked is not among what was typed.
        "typed": stored if told.typed is None else {"conflicts": [], **told.typed},
        **told.values,
    }
    return show(caller, "own_about", values, told.status)


async def _pause_page(caller: HubVisitor, own: OwnAdviser, told: Told) -> Response:
    record = await views.own_record(own)
    having = [one for one in record["schools"] if one["state"] != "ended"]
    values = {
        "base": f"{BASE}/{own.adviser_id}",
        "me": record,
        "pausing": [one for one in having if one["state"] in {"active", "paused"}],
        "ending": [one for one in having if one["state"] in {"proposed", "introduced"}],
        "may_pause": record["state"] in OPEN_TO_PAUSE,
        **told.values,
    }
    return show(caller, "own_pause", values, told.status)


async def _names(caller: HubVisitor) -> dict[str, str]:
    return {one.id: one.name for one in await schools(caller.context)}


def _waits(one: dict[str, Any]) -> bool:
    """Whether a school waits for the adviser's answer."""
    return one["state"] == "proposed" and "adviser" not in one["accepted"]
