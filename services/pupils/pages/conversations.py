"""A conversation with a pupil: what was said, what was agreed until when, and that it was done."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import Path, Request, Response

from services.pupils.api import SERVICE_NAME
from services.pupils.api.conversations import MOST_ACTIONS, ConversationBody, DoneBody, Id
from services.pupils.api.pupils import Ref, reader_of
from services.pupils.commands.conversations import finish_action, record_conversation
from services.pupils.model.conversation import PUPIL, ConversationId, Report
from services.pupils.model.facts import today_in_england
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
)
from services.pupils.store.conversations import find_conversation
from services.pupils.store.reads import the_pupil
from services.runtime.errors import InvalidError, NotFoundError
from services.runtime.mongo import Document
from services.runtime.permissions import Permission
from services.runtime.uow import UnitOfWork
from services.web.forms import Form, form_of
from services.web.routing import PageRouter, SchoolVisitor

router = PageRouter(SERVICE_NAME, PREFIX, pages)

ACTIONS: Final = 3
"""Things agreed that the form has room for; who agrees more agrees to little."""
LABELS: Final[Labels] = {
    "held_on": ("held_on-day", "The date"),
    "said": ("said", "What was said"),
    "interests": ("interests", "The interests"),
    "visibility": ("visibility", "Who may read it"),
    "safeguarding_referral": ("safeguarding_referral", "The case number"),
}
MINE: Final = "me"


@router.get("/pupils/{ref}/conversations/new", Permission.RECORD_CONVERSATION)
async def get_new_conversation(caller: SchoolVisitor, ref: Ref) -> Response:
    """Show the form."""
    return await _show(caller, PupilRef(ref), Filled())


@router.post("/pupils/{ref}/conversations/new", Permission.RECORD_CONVERSATION)
async def post_new_conversation(request: Request, caller: SchoolVisitor, ref: Ref) -> Response:
    """Record a conversation that the caller has had."""
    form = await form_of(request)
    places = _places(form)
    try:
        talk = _body(caller, ref, form, places).talk(caller.actor.subject)

        async def work(unit: UnitOfWork) -> Document:
            return await record_conversation(unit, caller.context, PupilRef(ref), talk)

        receipt = await once(caller, form, f"page: conversation {ref}".encode(), work)
    except InvalidError as error:
        labels = {**LABELS, **_action_labels(places)}
        filled = refused(form, error, labels)
        return await _show(caller, PupilRef(ref), filled, HTTPStatus.UNPROCESSABLE_ENTITY)
    done = "known" if receipt["outcome"] == "unchanged" else "conversation"
    return go_to(caller, f"/pupils/{ref}", done=done)


@router.post("/conversations/{identity}/actions/{number}/done", Permission.RECORD_CONVERSATION)
async def post_done(
    request: Request, caller: SchoolVisitor, identity: Id, number: Annotated[int, Path(ge=1, le=MOST_ACTIONS)]
) -> Response:
    """Note that something agreed is done, and go back to the pupil."""
    form = await form_of(request)
    outcome = read_body(DoneBody, {"outcome": form.text("outcome") or "Done"}).outcome
    found = await find_conversation(caller.context.school(caller.urn), ConversationId(identity))
    if found is None or not found.may_be_read_by(reader_of(caller)):
        raise NotFoundError("There is no such conversation at this school.")

    async def work(unit: UnitOfWork) -> Document:
        report = Report(number, None, outcome)
        return await finish_action(unit, reader_of(caller), ConversationId(identity), report)

    await once(caller, form, f"page: done {identity} {number}".encode(), work)
    return go_to(caller, f"/pupils/{found.pupil}", done="done")


def _places(form: Form) -> list[int]:
    """Say which of the form's lines of what was agreed are filled in, counted from 1."""
    return [
        place
        for place in range(1, ACTIONS + 1)
        if form.text(f"action-{place}") or day_typed(form, f"due-{place}") is not None
    ]


def _body(caller: SchoolVisitor, ref: str, form: Form, places: list[int]) -> ConversationBody:
    today = today_in_england(caller.context.clock())
    owners = {MINE: caller.actor.subject, PUPIL: PUPIL}
    return read_body(
        ConversationBody,
        {
            "pupil": ref,
            "held_on": day_typed(form, "held_on") or today.isoformat(),
            "said": form.text("said"),
            "interests": [line.strip() for line in form.text("interests").splitlines() if line.strip()],
            "actions": [
                {
                    "text": form.text(f"action-{place}"),
                    "owner": owners.get(form.text(f"owner-{place}"), PUPIL),
                    "due_on": day_typed(form, f"due-{place}") or "",
                }
                for place in places
            ],
            "visibility": form.text("visibility") or "staff",
            "safeguarding_referral": form.text("safeguarding_referral") or None,
        },
    )


def _action_labels(places: list[int]) -> Labels:
    """Name the fields of what was agreed as problems do, who do not count those that were left empty."""
    found: dict[str, tuple[str, str]] = {}
    for index, place in enumerate(places):
        for where in (f"actions.{index}", f"actions[{index}]"):
            found[f"{where}.text"] = (f"action-{place}", f"What was agreed ({place})")
            found[f"{where}.due_on"] = (f"due-{place}-day", f"The day of what was agreed ({place})")
    return found


async def _show(caller: SchoolVisitor, ref: PupilRef, form: Filled, status: int = HTTPStatus.OK) -> Response:
    pupil = await the_pupil(caller.context.school(caller.urn), ref, Use.RECORDED)
    await caller.context.read_logged(caller.actor, caller.urn, "pupil.read", f"pupils/{ref}")
    values: dict[str, Any] = {
        "pupil": pupil,
        "form": form,
        "today": today_in_england(caller.context.clock()),
        "places": range(1, ACTIONS + 1),
        "pupil_owner": PUPIL,
        "mine": MINE,
    }
    return pages().page(caller.visit, "pupils/conversation.html", values, status)
