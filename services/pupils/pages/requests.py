"""What waits for an answer, how long records are kept, and the receipts of what was erased."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import Query, Request, Response

from services.pupils.api import SERVICE_NAME
from services.pupils.api.requests import AnswerBody
from services.pupils.api.rights import ERASED_AT_ONCE, Id, RetentionBody
from services.pupils.commands.erasure import lift_erasure, receipt_of
from services.pupils.commands.rectifications import answer_rectification
from services.pupils.commands.retention import change_retention, erase_due, pseudonymise_leavers
from services.pupils.model.erasure import ErasureId
from services.pupils.model.rectification import RectificationId
from services.pupils.model.retention import RetentionSettings
from services.pupils.pages import pages
from services.pupils.pages.forms import PREFIX, Filled, Labels, go_to, once, read_body, refused, request_of
from services.pupils.pages.words import ABOUT, ASKERS, ERASURE_REASONS
from services.pupils.store.erasures import all_erased
from services.pupils.store.reads import find_named
from services.pupils.views.retention import retention, retention_settings
from services.pupils.views.rights import waiting_rectifications
from services.runtime.errors import InvalidError
from services.runtime.mongo import Document
from services.runtime.permissions import Permission
from services.runtime.uow import UnitOfWork
from services.web.forms import form_of
from services.web.routing import PageRouter, SchoolVisitor

router = PageRouter(SERVICE_NAME, PREFIX, pages)

REQUESTS: Final = "/data-protection/requests"
RETENTION: Final = "/data-protection/retention"
ERASURES: Final = "/data-protection/erasures"
DONE: Final = {
    "answered": "The answer is recorded",
    "changed": "The choice is kept",
    "names": "Names and free texts of leavers were taken away",
    "erased": "The records that were due were erased",
    "lifted": "A later roll may bring this pupil back as somebody new; what was erased stays erased",
}
DoneQuery = Annotated[str, Query(max_length=32)]


@router.get(REQUESTS, Permission.EXPORT_RECORD)
async def get_requests(caller: SchoolVisitor, done: DoneQuery = "") -> Response:
    """List what waits for an answer, by the day on which it is due."""
    return await _requests(caller, Filled(), "", done)


@router.post(f"{REQUESTS}/{{identity}}/answer", Permission.EXPORT_RECORD)
async def post_answer(request: Request, caller: SchoolVisitor, identity: Id) -> Response:
    """Say that it was put right, or why not."""
    form = await form_of(request)
    try:
        body = read_body(AnswerBody, {"outcome": form.text("outcome"), "text": form.text("text")})
    except InvalidError as error:
        labels: Labels = {
            "outcome": (f"outcome-{identity}", "Whether it was put right"),
            "text": (f"text-{identity}", "The answer"),
            "form": (f"text-{identity}", "The answer"),
        }
        again = refused(form, error, labels)
        return await _requests(caller, again, identity, "", HTTPStatus.UNPROCESSABLE_ENTITY)

    async def work(unit: UnitOfWork) -> Document:
        return await answer_rectification(unit, RectificationId(identity), body.outcome, body.text)

    await once(caller, form, f"page: answer {identity}".encode(), work)
    return go_to(caller, REQUESTS, done="answered")


@router.get(RETENTION, Permission.ERASE_PUPIL)
async def get_retention(caller: SchoolVisitor, done: DoneQuery = "") -> Response:
    """Show whose record must go, and what the school has chosen."""
    return await _retention(caller, Filled(), done)


@router.post(RETENTION, Permission.ERASE_PUPIL)
async def post_retention(request: Request, caller: SchoolVisitor) -> Response:
    """Choose when names go, and what the Hub does by itself."""
    form = await form_of(request)
    days = form.text("pseudonymise_after_days")
    values = {
        "pseudonymise_after_days": int(days) if days.isascii() and days.isdecimal() else days,
        "pseudonymise": form.text("pseudonymise"),
        "erase": form.text("erase"),
    }
    try:
        body = read_body(RetentionBody, values)
        wanted = RetentionSettings(body.pseudonymise_after_days, body.pseudonymise, body.erase)

        async def work(unit: UnitOfWork) -> Document:
            return await change_retention(unit, wanted)

        await once(caller, form, b"page: retention", work)
    except InvalidError as error:
        labels: Labels = {
            "pseudonymise_after_days": ("pseudonymise_after_days", "The number of days"),
            "pseudonymise": ("pseudonymise", "When names go"),
            "erase": ("erase", "When records go"),
        }
        again = refused(form, error, labels)
        return await _retention(caller, again, "", HTTPStatus.UNPROCESSABLE_ENTITY)
    return go_to(caller, RETENTION, done="changed")


@router.post(f"{RETENTION}/names", Permission.ERASE_PUPIL)
async def post_names(request: Request, caller: SchoolVisitor) -> Response:
    """Take names and free texts away from leavers who are due, some at a time."""
    form = await form_of(request)

    async def work(unit: UnitOfWork) -> Document:
        return await pseudonymise_leavers(unit, confirmed=form.text("confirmed") == "yes")

    await once(caller, form, b"page: names", work)
    return go_to(caller, RETENTION, done="names")


@router.post(f"{RETENTION}/erasures", Permission.ERASE_PUPIL)
async def post_due_erasures(request: Request, caller: SchoolVisitor) -> Response:
    """Erase the records that must go, some at a time; who is erased is due no more, so twice is as once."""
    form = await form_of(request)
    request_of(form, b"page: erase due")
    await erase_due(caller.context, caller.actor, caller.urn, ERASED_AT_ONCE)
    return go_to(caller, RETENTION, done="erased")


@router.get(ERASURES, Permission.ERASE_PUPIL)
async def get_erasures(caller: SchoolVisitor, done: DoneQuery = "") -> Response:
    """Show the receipts of all erasures, the newest first."""
    found = await all_erased(caller.context.school(caller.urn))
    values: dict[str, Any] = {
        "receipts": [receipt_of(caller.context, erased) for erased in reversed(found)],
        "just_erased": done,
        "done": DONE.get(done),
        "reasons": ERASURE_REASONS,
        "form": Filled(),
    }
    return pages().page(caller.visit, "pupils/erasures.html", values)


@router.post(f"{ERASURES}/{{identity}}/lift", Permission.ERASE_PUPIL)
async def post_lifting(request: Request, caller: SchoolVisitor, identity: Id) -> Response:
    """Let later rolls bring the pupil back as somebody new."""
    form = await form_of(request)

    async def work(unit: UnitOfWork) -> Document:
        return await lift_erasure(unit, caller.context, ErasureId(identity))

    await once(caller, form, f"page: lift erasure {identity}".encode(), work)
    return go_to(caller, ERASURES, done="lifted")


async def _requests(
    caller: SchoolVisitor, form: Filled, answering: str, done: str, status: int = HTTPStatus.OK
) -> Response:
    await caller.context.read_logged(caller.actor, caller.urn, "rectifications.listed", "rectifications")
    waiting = (await waiting_rectifications(caller.context, caller.urn))["rectifications"]
    names = await find_named(caller.context.school(caller.urn), {one["pupil"] for one in waiting})
    values: dict[str, Any] = {
        "waiting": waiting,
        "names": names,
        "form": form,
        "answering": answering,
        "done": DONE.get(done),
        "about": ABOUT,
        "askers": ASKERS,
    }
    return pages().page(caller.visit, "pupils/requests.html", values, status)


async def _retention(caller: SchoolVisitor, form: Filled, done: str, status: int = HTTPStatus.OK) -> Response:
    await caller.context.read_logged(caller.actor, caller.urn, "pupils.listed", "retention")
    values: dict[str, Any] = {
        "found": await retention(caller.context, caller.urn),
        "chosen": await retention_settings(caller.context, caller.urn),
        "form": form,
        "done": DONE.get(done),
    }
    return pages().page(caller.visit, "pupils/retention.html", values, status)
