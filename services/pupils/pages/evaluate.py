"""Evaluating an activity: a few ratings, what went well, what to change."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

from fastapi import Request, Response

from contracts.vocabulary import ActivityId
from services.pupils.api import SERVICE_NAME
from services.pupils.api.activities import Id
from services.pupils.api.activity_evaluations import EvaluationBody
from services.pupils.commands.activity_evaluations import evaluate_activity
from services.pupils.pages import pages
from services.pupils.pages.activities import activity_of
from services.pupils.pages.forms import PREFIX, Filled, Labels, go_to, once, read_body, refused
from services.pupils.rules import evaluation_questions
from services.pupils.views.activity_evaluations import evaluations_of_activity
from services.runtime.errors import FieldProblem, InvalidError
from services.runtime.mongo import Document
from services.runtime.permissions import Permission
from services.runtime.uow import UnitOfWork
from services.web.forms import Form, form_of
from services.web.routing import PageRouter, SchoolVisitor

router = PageRouter(SERVICE_NAME, PREFIX, pages)

WHO: Final = {"teacher": "A member of staff", "employer": "The employer or provider"}
"""Pupils' answers are counted by a survey or a file, and not typed one by one."""
LABELS: Final[Labels] = {
    "who": ("who", "Whose opinion this is"),
    "went_well": ("went_well", "What went well"),
    "to_change": ("to_change", "What to change"),
    "ratings": ("who", "The ratings"),
}


@router.get("/activities/{identity}/evaluate", Permission.RECORD_ACTIVITY)
async def get_evaluation(caller: SchoolVisitor, identity: Id) -> Response:
    """Show what is asked, and what others thought."""
    return await _show(caller, identity, Filled())


@router.post("/activities/{identity}/evaluate", Permission.RECORD_ACTIVITY)
async def post_evaluation(request: Request, caller: SchoolVisitor, identity: Id) -> Response:
    """Keep what somebody thought of an activity."""
    form = await form_of(request)
    try:
        opinion = _body(form).opinion()

        async def work(unit: UnitOfWork) -> Document:
            return await evaluate_activity(unit, caller.context, ActivityId(identity), opinion)

        await once(caller, form, f"page: evaluate {identity}".encode(), work)
    except InvalidError as error:
        return await _show(caller, identity, refused(form, error, LABELS), HTTPStatus.UNPROCESSABLE_ENTITY)
    return go_to(caller, f"/activities/{identity}", done="evaluated")


def _body(form: Form) -> EvaluationBody:
    ratings = {
        question.id: int(text) if text.isascii() and text.isdecimal() and len(text) == 1 else text
        for question in evaluation_questions().questions
        if (text := form.text(f"rating-{question.id}"))
    }
    words = {name: form.text(name) for name in ("went_well", "to_change") if form.text(name)}
    if not ratings and not words:
        problem = FieldProblem("ratings", "rate one thing at least, or say what went well")
        raise InvalidError("Nothing is filled in.", (problem,))
    return read_body(EvaluationBody, {"who": form.text("who"), "ratings": ratings, **words})


async def _show(caller: SchoolVisitor, identity: str, form: Filled, status: int = HTTPStatus.OK) -> Response:
    resource = f"activities/{identity}/evaluation"
    await caller.context.read_logged(caller.actor, caller.urn, "evaluation.read", resource)
    known = await activity_of(caller, identity)
    questions = evaluation_questions()
    values: dict[str, Any] = {
        "activity": known,
        "form": form,
        "who": WHO,
        "questions": [
            question for question in questions.questions if {"teacher", "employer"} & set(question.asked_of)
        ],
        "scale": range(questions.lowest, questions.highest + 1),
        "highest": questions.highest,
        "known": (await evaluations_of_activity(caller.context, caller.urn, ActivityId(identity)))[
            "evaluations"
        ],
    }
    return pages().page(caller.visit, "pupils/evaluate.html", values, status)
