"""A survey as the holder of a link answers it: a form for people, the same by JSON for tools.

Nothing here knows who answers, and nothing is written down but the answer (`commands/survey_answers.py`): no
access log, no use, no name. A link that is used, withdrawn, early, late or unknown gets one page.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, StrictInt, StrictStr, ValidationError

from services.audit.api import SERVICE_NAME
from services.audit.commands.survey_answers import HOLDER, answer_by_link
from services.audit.model.question_set import LONGEST_FREE_TEXT, Answers
from services.audit.model.survey_results import FEWEST_ANSWERS, SMALLEST_SHOWN
from services.audit.pages.site import pages
from services.audit.pages.survey_form import Filled, filled_in, form_of, opened
from services.audit.views.surveys import questions_by_link
from services.audit.views.versions import View
from services.runtime.errors import FieldProblem, HubError, InvalidError, NotFoundError, TooLargeError
from services.runtime.linked_routes import JSON, AnonymousCaller, AnonymousRouter, media_type_of
from services.runtime.links import NO_SUCH_LINK
from services.runtime.mongo import Document
from services.runtime.uow import UnitOfWork
from services.web.forms import FORM

MOST_BYTES: Final = 64 * 1024
"""Ten short texts of 500 letters, each letter as the twelve characters that a form makes of a rare one."""
MOST_ANSWERS: Final = 100
HEADERS: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


class AnswersBody(BaseModel):
    """What a tool sends: answers by the question's id."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    answers: Annotated[dict[str, StrictInt | StrictStr], Field(max_length=MOST_ANSWERS)]


def refusal(error: HubError) -> Response:
    """Say in plain words why there is no survey here."""
    retry_after_s = getattr(error, "retry_after_s", None)
    values = {"found": error.status != HTTPStatus.NOT_FOUND, "wait": retry_after_s is not None}
    answer = pages().render("audit/survey_refused.html", values, error.status)
    if retry_after_s is not None:
        answer.headers["Retry-After"] = str(retry_after_s)
    return answer


links = AnonymousRouter(SERVICE_NAME, refusal)


@links.get("")
async def get_survey_form(caller: AnonymousCaller) -> Response:
    """Show the holder of a link what they are asked."""
    return _form(await _the_questions(caller), Filled())


@links.post("")
async def post_survey_form(caller: AnonymousCaller, request: Request) -> Response:
    """Take the holder's answers: a form is answered with a page, JSON with JSON."""
    shown = await _the_questions(caller)
    kind = media_type_of(request)
    if kind == JSON:
        receipt = await _answer(caller, _read_json(await _body(request)))
        return JSONResponse(receipt, headers=HEADERS)
    if kind != FORM:
        problem = FieldProblem("content-type", f"is neither {FORM} nor {JSON}")
        raise InvalidError("The answers cannot be read.", (problem,))
    filled = filled_in(form_of(await _body(request)), shown["questions"])
    if filled.problems:
        return _form(shown, filled)
    try:
        await _answer(caller, filled.answers)
    except InvalidError as error:
        return _form(shown, filled.with_problems(error.problems))
    return pages().render("audit/survey_answered.html", {"title": shown["title"]})


async def _the_questions(caller: AnonymousCaller) -> View:
    shown = await questions_by_link(caller.context, caller.urn, caller.secret)
    if shown is None:
        raise NotFoundError(NO_SUCH_LINK)
    return shown


async def _answer(caller: AnonymousCaller, answers: Answers) -> Document:
    async def work(unit: UnitOfWork) -> Document:
        return await answer_by_link(unit, caller.secret, answers)

    return await caller.context.in_school(HOLDER, caller.urn, work)


def _form(shown: View, filled: Filled) -> Response:
    values: dict[str, Any] = {
        **opened(shown, filled),
        "fewest_answers": FEWEST_ANSWERS,
        "largest_withheld": SMALLEST_SHOWN - 1,
        "longest_text": LONGEST_FREE_TEXT,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if filled.problems else HTTPStatus.OK
    return pages().render("audit/survey.html", values, status)


def _read_json(body: bytes) -> Answers:
    try:
        return AnswersBody.model_validate_json(body).answers
    except ValidationError as error:
        # Not where: the name of a part that is none of ours may be anything, somebody's name even.
        reasons = {found["msg"] for found in error.errors(include_url=False, include_input=False)}
        problems = tuple(FieldProblem("body", reason) for reason in sorted(reasons))
        raise InvalidError('Send {"answers": {"<question>": <number or text>}}.', problems) from None


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MOST_BYTES:
            raise TooLargeError(f"The answers to a survey have {MOST_BYTES // 1024} KiB at most.")
    return bytes(body)
