"""One pupil's rights: the whole record, links to it, a request, a restriction, and erasure with a receipt."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import Query, Request, Response

from services.pupils.api import SERVICE_NAME
from services.pupils.api.pupils import Ref, reader_of
from services.pupils.api.requests import LiftingBody, RectificationBody, RestrictionBody
from services.pupils.api.rights import ErasureBody, Id, LinkBody
from services.pupils.commands.erasure import erase
from services.pupils.commands.record_links import make_record_link, revoke_record_link
from services.pupils.commands.rectifications import ask_for_rectification
from services.pupils.commands.restrictions import lift_restriction, restrict
from services.pupils.model.facts import today_in_england
from services.pupils.model.pupil import Pupil
from services.pupils.model.rectification import KINDS_WITH_ID
from services.pupils.model.restriction import Use
from services.pupils.model.sheets import PupilRef
from services.pupils.pages import pages
from services.pupils.pages.forms import (
    PREFIX,
    Filled,
    Labels,
    day_typed,
    go_to,
    once,
    read_body,
    refused,
    request_of,
)
from services.pupils.pages.record import show_record
from services.pupils.pages.words import ABOUT, ASKERS, ERASURE_REASONS, RESTRICTION_REASONS
from services.pupils.store.conversations import conversations_with
from services.pupils.store.erasures import ErasureJournal
from services.pupils.store.reads import the_pupil
from services.pupils.views.pupils import pupil as pupil_view
from services.pupils.views.record import whole_record
from services.pupils.views.record_page import record_page
from services.pupils.views.rights import record_links, rectifications_of
from services.runtime.errors import HubError, InvalidError
from services.runtime.links import LinkId
from services.runtime.mongo import Document
from services.runtime.permissions import Permission
from services.runtime.uow import UnitOfWork
from services.web.forms import Form, form_of
from services.web.routing import PageRouter, SchoolVisitor
from services.web.words import day

router = PageRouter(SERVICE_NAME, PREFIX, pages)

HERE: Final = "/data-protection/pupils/{ref}"
DONE: Final = {
    "revoked": "The link opens nothing any more",
    "asked": "The request is recorded, with the day by which it must be answered",
    "restricted": "The record is restricted: it is kept, and not used",
    "lifted": "The record is used again",
}
LABELS: Final[Labels] = {
    "about": ("about", "What is wrong"),
    "about.id": ("about", "What is wrong"),
    "asked_by": ("asked_by", "Who asks"),
    "text": ("text", "What they ask for"),
    "received_on": ("received_on-day", "The date"),
    "reason": ("reason", "Why"),
    "review_on": ("review_on-day", "The date to look at it again"),
    "pupil_told_on": ("pupil_told_on-day", "The date"),
    "days": ("days", "How many days"),
}


@router.get(HERE, Permission.EXPORT_RECORD)
async def get_rights(
    caller: SchoolVisitor, ref: Ref, done: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    """Show what can be done for a pupil, and what was done."""
    return await _show(caller, ref, Filled(), {"done": DONE.get(done)})


@router.get(f"{HERE}/record", Permission.EXPORT_RECORD)
async def get_record(caller: SchoolVisitor, ref: Ref) -> Response:
    """Show the whole record as the pupil sees it, to read or to print."""
    await caller.context.read_logged(caller.actor, caller.urn, "pupil.exported", f"pupils/{ref}/record")
    return show_record(await record_page(caller.context, caller.urn, PupilRef(ref), reader_of(caller)))


@router.get(f"{HERE}/record.json", Permission.EXPORT_RECORD)
async def get_record_file(caller: SchoolVisitor, ref: Ref) -> Response:
    """Give the whole record as a file, for the pupil or the next school."""
    await caller.context.read_logged(caller.actor, caller.urn, "pupil.exported", f"pupils/{ref}/record")
    record = await whole_record(caller.context, caller.urn, PupilRef(ref), reader_of(caller))
    text = json.dumps(record | {"school": caller.asked}, ensure_ascii=False, indent=1)
    headers = {
        "Content-Disposition": f'attachment; filename="pupil-{ref}.json"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(text, media_type="application/json", headers=headers)


@router.post(f"{HERE}/links", Permission.EXPORT_RECORD)
async def post_link(request: Request, caller: SchoolVisitor, ref: Ref) -> Response:
    """Make a link, and show it this once: its address is kept nowhere, so a page cannot show it again."""
    form = await form_of(request)
    request_of(form, b"page: link")
    days = form.text("days")
    try:
        body = read_body(LinkBody, {"days": int(days) if days.isascii() and days.isdecimal() else days})
    except InvalidError as error:
        return await _again(caller, ref, form, error)

    async def work(unit: UnitOfWork) -> Document:
        return await make_record_link(unit, SERVICE_NAME, PupilRef(ref), body.days)

    made = await caller.context.in_school(caller.actor, caller.urn, work)
    origin = caller.context.settings.public_url or str(request.base_url)
    link = origin.rstrip("/") + made["path"]
    return await _show(caller, ref, Filled(), {"link": link, "link_ends_at": made["ends_at"]})


@router.post(f"{HERE}/links/{{identity}}/end", Permission.EXPORT_RECORD)
async def post_end_of_link(request: Request, caller: SchoolVisitor, ref: Ref, identity: Id) -> Response:
    """End a link at once."""
    form = await form_of(request)

    async def work(unit: UnitOfWork) -> Document:
        return await revoke_record_link(unit, PupilRef(ref), LinkId(identity))

    await once(caller, form, f"page: end link {identity}".encode(), work)
    return go_to(caller, HERE.format(ref=ref), done="revoked")


@router.post(f"{HERE}/requests", Permission.EXPORT_RECORD)
async def post_request(request: Request, caller: SchoolVisitor, ref: Ref) -> Response:
    """Take a request that something be put right."""
    form = await form_of(request)
    kind, _, identity = form.text("about").partition(":")
    values = {
        "about": {"kind": kind, "id": identity or None},
        "asked_by": form.text("asked_by"),
        "text": form.text("text"),
        "received_on": day_typed(form, "received_on"),
    }
    try:
        asked = read_body(RectificationBody, values).asked(today_in_england(caller.context.clock()))

        async def work(unit: UnitOfWork) -> Document:
            return await ask_for_rectification(unit, caller.context, reader_of(caller), PupilRef(ref), asked)

        await once(caller, form, f"page: request {ref}".encode(), work)
    except InvalidError as error:
        return await _again(caller, ref, form, error)
    return go_to(caller, HERE.format(ref=ref), done="asked")


@router.post(f"{HERE}/restriction", Permission.EXPORT_RECORD)
async def post_restriction(request: Request, caller: SchoolVisitor, ref: Ref) -> Response:
    """Keep a record and use it no more."""
    form = await form_of(request)
    values = {"reason": form.text("reason"), "review_on": day_typed(form, "review_on")}
    try:
        body = read_body(RestrictionBody, values)

        async def work(unit: UnitOfWork) -> Document:
            return await restrict(unit, caller.context, PupilRef(ref), body.reason, body.review_on)

        await once(caller, form, f"page: restrict {ref}".encode(), work)
    except InvalidError as error:
        return await _again(caller, ref, form, error)
    return go_to(caller, HERE.format(ref=ref), done="restricted")


@router.post(f"{HERE}/restriction/end", Permission.EXPORT_RECORD)
async def post_end_of_restriction(request: Request, caller: SchoolVisitor, ref: Ref) -> Response:
    """Use a record again, once the pupil was told."""
    form = await form_of(request)
    try:
        body = read_body(LiftingBody, {"pupil_told_on": day_typed(form, "pupil_told_on") or ""})

        async def work(unit: UnitOfWork) -> Document:
            return await lift_restriction(unit, caller.context, PupilRef(ref), body.pupil_told_on)

        await once(caller, form, f"page: lift {ref}".encode(), work)
    except InvalidError as error:
        return await _again(caller, ref, form, error)
    return go_to(caller, HERE.format(ref=ref), done="lifted")


@router.get(f"{HERE}/erase", Permission.ERASE_PUPIL)
async def get_erasure(caller: SchoolVisitor, ref: Ref) -> Response:
    """Ask whether somebody is certain, and say what goes and what stays."""
    return await _confirm(caller, ref, Filled())


@router.post(f"{HERE}/erase", Permission.ERASE_PUPIL)
async def post_erasure(request: Request, caller: SchoolVisitor, ref: Ref) -> Response:
    """Erase a pupil for good, and go to the receipt."""
    form = await form_of(request)
    request_of(form, b"page: erase")
    try:
        reason = read_body(ErasureBody, {"reason": form.text("reason")}).reason
    except InvalidError as error:
        again = refused(form, error, {"reason": ("reason", "Why the record is erased")})
        return await _confirm(caller, ref, again, HTTPStatus.UNPROCESSABLE_ENTITY)
    if form.text("certain") != "yes":
        again = Filled(form, [("certain", "Tick that you are certain: nobody can bring the record back")])
        return await _confirm(caller, ref, again, HTTPStatus.UNPROCESSABLE_ENTITY)
    journal = ErasureJournal(caller.context.settings.erasure_journal)
    receipt = await erase(caller.context, journal, caller.actor, (caller.urn, PupilRef(ref)), reason)
    return go_to(caller, "/data-protection/erasures", done=receipt["erasure_id"])


async def _pupil(caller: SchoolVisitor, ref: str) -> Pupil:
    found = await the_pupil(caller.context.school(caller.urn), ref, Use.RIGHTS)
    await caller.context.read_logged(caller.actor, caller.urn, "pupil.read", f"pupils/{ref}")
    return found


async def _parts(caller: SchoolVisitor, ref: PupilRef) -> list[tuple[str, str]]:
    """List what can be wrong: parts that there are one of, and each activity and conversation by its day."""
    shown = await pupil_view(caller.context, caller.urn, ref, reader_of(caller))
    talks = await conversations_with(caller.context.school(caller.urn), ref)
    return [
        *((kind, words) for kind, words in ABOUT.items() if kind not in KINDS_WITH_ID),
        *(
            (f"activity:{one['activity_id']}", f"Activity: {one['title']}, {day(one['held_on'])}")
            for one in shown["activities"]
        ),
        *((f"conversation:{one.id}", f"Conversation of {day(one.talk.held_on)}") for one in talks),
    ]


async def _confirm(caller: SchoolVisitor, ref: str, form: Filled, status: int = HTTPStatus.OK) -> Response:
    values = {"pupil": await _pupil(caller, ref), "form": form, "reasons": ERASURE_REASONS}
    return pages().page(caller.visit, "pupils/erase.html", values, status)


async def _again(caller: SchoolVisitor, ref: str, form: Form, error: HubError) -> Response:
    return await _show(caller, ref, refused(form, error, LABELS), {}, HTTPStatus.UNPROCESSABLE_ENTITY)


async def _show(
    caller: SchoolVisitor, ref: str, form: Filled, told: dict[str, Any], status: int = HTTPStatus.OK
) -> Response:
    pupil = await _pupil(caller, ref)
    resource = f"pupils/{ref}/record/links"
    await caller.context.read_logged(caller.actor, caller.urn, "links.listed", resource)
    resource = f"pupils/{ref}/rectifications"
    await caller.context.read_logged(caller.actor, caller.urn, "rectifications.listed", resource)
    requests = await rectifications_of(caller.context, caller.urn, PupilRef(ref))
    values: dict[str, Any] = {
        "pupil": pupil,
        "form": form,
        "links": (await record_links(caller.context, caller.urn, PupilRef(ref)))["links"],
        "requests": requests["rectifications"],
        "about": await _parts(caller, PupilRef(ref)),
        "kinds": ABOUT,
        "askers": ASKERS,
        "restriction_reasons": RESTRICTION_REASONS,
        "today": today_in_england(caller.context.clock()),
        "link": None,
        "link_ends_at": None,
        "done": None,
        "may_erase": Permission.ERASE_PUPIL in caller.granted,
        **told,
    }
    return pages().page(caller.visit, "pupils/rights.html", values, status)
