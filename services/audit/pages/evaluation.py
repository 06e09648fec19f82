"""The evaluation in a browser: where the school stands, a draft by benchmark, and completing it.

Answers are kept as in the API (`api/drafts.py`): part by part, each with the version that was on the page, so
that two people who answer the same part at once never overwrite each other without seeing it.
"""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any, Final, get_args

from fastapi import Path, Request, Response
from fastapi.responses import RedirectResponse

from contracts.vocabulary import OPAQUE_ID_PATTERN, Benchmark, EvaluationId, Setting, academic_year_of
from services.audit.commands import drafts as commands
from services.audit.commands.evaluations import complete_draft
from services.audit.frameworks import framework_versions
from services.audit.model.days import today_in_england
from services.audit.model.evaluation import Evaluation
from services.audit.model.framework import Profile
from services.audit.model.scores import achieved_count, scores_of
from services.audit.model.sheet import Change
from services.audit.pages.site import PREFIX, pages
from services.audit.store.records import records_of
from services.audit.views import drafts as views
from services.audit.views.evaluations import evaluations_of, standing_of
from services.runtime.errors import ConflictError, FieldProblem, HubError, InvalidError, NotFoundError
from services.runtime.idempotency import answer_once, fingerprint
from services.runtime.mongo import Document
from services.runtime.permissions import Permission
from services.runtime.uow import UnitOfWork
from services.web.charts import bar_chart
from services.web.forms import Form, form_of
from services.web.routing import PageRouter, SchoolVisitor

SERVICE: Final = "audit"
SETTINGS: Final[dict[str, str]] = {
    "school": "A school",
    "special": "A special school or other specialist setting",
    "college": "A college or independent training provider",
}
DONE: Final = {
    "saved": "Your answers are saved.",
    "discarded": "The draft is set aside. What was answered is kept, and no longer open.",
    "completed": "The evaluation is complete. Your scores are counted from the answers.",
}
VERSION: Final = "version."
router = PageRouter(SERVICE, PREFIX, pages)

Id = Annotated[str, Path(pattern=OPAQUE_ID_PATTERN)]


@router.get("/evaluation", Permission.READ_EVALUATIONS)
async def get_evaluation(caller: SchoolVisitor, done: str = "") -> Response:
    """Show where the school stands, and what is being answered."""
    return await _overview(caller, DONE.get(done, ""))


@router.post("/evaluation", Permission.COMPLETE_EVALUATION)
async def post_evaluation(caller: SchoolVisitor, request: Request) -> Response:
    """Start a draft: empty, or with the answers of an evaluation."""
    form = await form_of(request)
    source = form.text("copy_of")
    problems = _start_problems(form)
    if problems and not source:
        return await _overview(caller, "", problems, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    year = academic_year_of(today_in_england(caller.context.clock()))
    records = await records_of(caller.context, caller.urn, year)
    begun = commands.Begun(EvaluationId(str(uuid.uuid4())), records)
    asked = fingerprint(b"page draft", source.encode(), form.text("setting").encode())

    async def work(unit: UnitOfWork) -> Document:
        async def once() -> Document:
            if source:
                sheet = await commands.copy_evaluation(unit, begun, EvaluationId(source))
            else:
                sheet = await commands.start_draft(unit, begun, _profile(form))
            return {"evaluation_id": sheet.id}

        return await answer_once(unit, form.text("once") or None, asked, once)

    started = await caller.context.in_school(caller.actor, caller.urn, work)
    return _to(caller, started["evaluation_id"])


@router.get("/evaluation/{evaluation_id}", Permission.ANSWER_EVALUATION)
async def get_draft(caller: SchoolVisitor, evaluation_id: Id, done: str = "") -> Response:
    """Show a draft: how far each benchmark is."""
    sheet = await _sheet(caller, evaluation_id)
    return pages().page(
        caller.visit,
        "audit/evaluation_draft.html",
        {**_draft_values(caller, sheet), "done": DONE.get(done, "")},
    )


@router.post("/evaluation/{evaluation_id}/completion", Permission.COMPLETE_EVALUATION)
async def post_completion(caller: SchoolVisitor, evaluation_id: Id) -> Response:
    """Complete a draft as of today; with answers missing, say which."""
    identity = EvaluationId(evaluation_id)
    try:
        await caller.context.in_school(caller.actor, caller.urn, lambda unit: complete_draft(unit, identity))
    except (InvalidError, ConflictError) as error:
        sheet = await _sheet(caller, evaluation_id)
        values = {**_draft_values(caller, sheet), "trouble": error.detail}
        return pages().page(caller.visit, "audit/evaluation_draft.html", values, error.status)
    return _see(f"{_base(caller)}?done=completed")


@router.post("/evaluation/{evaluation_id}/discarding", Permission.COMPLETE_EVALUATION)
async def post_discarding(caller: SchoolVisitor, evaluation_id: Id) -> Response:
    """Set a draft aside."""
    identity = EvaluationId(evaluation_id)
    await caller.context.in_school(
        caller.actor, caller.urn, lambda unit: commands.discard_draft(unit, identity)
    )
    return _see(f"{_base(caller)}?done=discarded")


@router.get("/evaluation/{evaluation_id}/{benchmark}", Permission.ANSWER_EVALUATION)
async def get_benchmark(
    caller: SchoolVisitor, evaluation_id: Id, benchmark: Benchmark, done: str = ""
) -> Response:
    """Show the questions of one benchmark."""
    sheet = await _sheet(caller, evaluation_id)
    return _questions(caller, sheet, benchmark, _Told(done=DONE.get(done, "")))


@router.post("/evaluation/{evaluation_id}/{benchmark}", Permission.ANSWER_EVALUATION)
async def post_benchmark(
    caller: SchoolVisitor, request: Request, evaluation_id: Id, benchmark: Benchmark
) -> Response:
    """Keep the answers to one benchmark; what somebody else answered meanwhile is shown instead."""
    form = await form_of(request)
    identity = EvaluationId(evaluation_id)
    try:
        changes = _changes(form, benchmark)
        if changes:
            await caller.context.in_school(
                caller.actor, caller.urn, lambda unit: commands.give_answers(unit, identity, changes)
            )
    except (InvalidError, ConflictError) as error:
        sheet = await _sheet(caller, evaluation_id)
        return _questions(caller, sheet, benchmark, _Told(form, error))
    following = form.text("next")
    if following in get_args(Benchmark):
        return _see(f"{_base(caller)}/{evaluation_id}/{following}?done=saved")
    return _see(f"{_base(caller)}/{evaluation_id}?done=saved")


@dataclass(frozen=True, slots=True)
class _Told:
    """What a page says besides its questions: what was typed and refused, or what was done."""

    typed: Form | None = None
    error: HubError | None = None
    done: str = ""


async def _overview(
    caller: SchoolVisitor,
    done: str,
    problems: tuple[FieldProblem, ...] = (),
    status: int = HTTPStatus.OK,
) -> Response:
    known = await evaluations_of(caller.context, caller.urn, None)
    standing = standing_of(known)
    may_complete = Permission.COMPLETE_EVALUATION in caller.granted
    open_drafts: list[dict[str, Any]] = []
    if Permission.ANSWER_EVALUATION in caller.granted:
        await caller.context.read_logged(caller.actor, caller.urn, "evaluation.drafts_listed", "drafts")
        open_drafts = (await views.drafts(caller.context, caller.urn))["drafts"]
    values = {
        "base": _base(caller),
        "standing": None if standing is None else _evaluation_view(standing),
        "chart": None if standing is None else _chart(standing),
        "names": {} if standing is None else _names(standing),
        "earlier": [_evaluation_view(one) for one in known if one is not standing],
        "drafts": open_drafts,
        "may_start": may_complete,
        "settings": SETTINGS,
        "once": secrets.token_hex(16),
        "done": done,
        "problems": [(problem.where, problem.reason) for problem in problems],
    }
    return pages().page(caller.visit, "audit/evaluation.html", values, status)


def _questions(
    caller: SchoolVisitor,
    sheet: dict[str, Any],
    benchmark: Benchmark,
    told: _Told,
) -> Response:
    typed, error = told.typed, told.error
    parts = [part for part in sheet["parts"] if _benchmark_of(part["part"]) == benchmark and part["shown"]]
    if not parts:
        raise NotFoundError("This evaluation asks nothing of this benchmark.")
    titles = {found["criterion"]: found["title"] for found in sheet["criteria"]}
    names = [(found["benchmark"], found["name"]) for found in sheet["benchmarks"]]
    place = [name for name, _ in names].index(benchmark)
    values = {
        "base": _base(caller),
        "sheet": sheet,
        "benchmark": benchmark,
        "name": dict(names)[benchmark],
        "next": names[place + 1] if place + 1 < len(names) else None,
        "titles": titles,
        "parts": [_question(part, typed) for part in parts],
        "trouble": None if error is None else error.detail,
        "problems": [] if error is None else [(p.where, p.reason) for p in error.problems],
        "done": told.done,
    }
    status = HTTPStatus.OK if error is None else error.status
    return pages().page(caller.visit, "audit/evaluation_benchmark.html", values, status)


def _question(part: dict[str, Any], typed: Form | None) -> dict[str, Any]:
    given = part["given"]["answer"] if part["given"] is not None else None
    chosen = given if typed is None else typed.text(part["part"]) or given
    return {**part, "chosen": chosen, "stored": given}


def _changes(form: Form, benchmark: Benchmark) -> list[Change]:
    """Make changes of what was answered; a part that was not touched is no change."""
    changes = []
    for name, value in form:
        if not name.startswith(VERSION):
            continue
        part = name.removeprefix(VERSION)
        if _benchmark_of(part) != benchmark or not value.isdecimal():
            raise InvalidError("This form is not of this page. Load the page again, and answer there.")
        answer = form.text(part) or None
        if answer != (form.text(f"stored.{part}") or None):
            changes.append(Change(part, answer, int(value)))
    return changes


def _draft_values(caller: SchoolVisitor, sheet: dict[str, Any]) -> dict[str, Any]:
    missing = set(sheet["missing"])
    shown = [part for part in sheet["parts"] if part["shown"]]
    return {
        "sheet": sheet,
        "base": _base(caller),
        "done": "",
        "tasks": [
            {
                **found,
                "questions": sum(_benchmark_of(part["part"]) == found["benchmark"] for part in shown),
                "missing": sum(_benchmark_of(part) == found["benchmark"] for part in missing),
            }
            for found in sheet["benchmarks"]
        ],
        "mismatches": [part for part in shown if part["part"] in set(sheet["mismatches"])],
        "benchmark_of": _benchmark_of,
        "trouble": None,
    }


def _evaluation_view(evaluation: Evaluation) -> dict[str, Any]:
    scores = scores_of(evaluation.submission.points)
    return {
        "evaluation_id": evaluation.id,
        "completed_on": evaluation.submission.completed_on,
        "framework": evaluation.submission.framework,
        "state": evaluation.state,
        "achieved": achieved_count(scores),
        "applicable": len(scores),
        "answered_here": evaluation.submission.sheet is not None,
        "scores": [
            {
                "benchmark": score.benchmark,
                "score_percent": score.score_percent,
                "achieved": score.achieved,
                "points": evaluation.submission.points[score.benchmark].points,
                "applicable_points": evaluation.submission.points[score.benchmark].applicable_points,
            }
            for score in scores
        ],
    }


def _names(evaluation: Evaluation) -> dict[str, str]:
    framework = framework_versions()[evaluation.framework_version]
    return {benchmark: found.name for benchmark, found in framework.benchmarks.items()}


def _chart(evaluation: Evaluation) -> Any:  # noqa: ANN401 - the chart's own type, for a template
    scores = scores_of(evaluation.submission.points)
    rows = [(score.benchmark.upper(), score.score_percent, f"{score.score_percent}%") for score in scores]
    return bar_chart("Score of each benchmark", rows)


async def _sheet(caller: SchoolVisitor, evaluation_id: str) -> dict[str, Any]:
    await caller.context.read_logged(
        caller.actor, caller.urn, "evaluation.answers_read", f"evaluations/{evaluation_id}"
    )
    sheet = await views.sheet_page(caller.context, caller.urn, evaluation_id)
    return {**sheet, "may_complete": Permission.COMPLETE_EVALUATION in caller.granted}


def _start_problems(form: Form) -> tuple[FieldProblem, ...]:
    if form.text("setting") in SETTINGS:
        return ()
    return (FieldProblem("setting", "Select what kind of setting the evaluation is for"),)


def _profile(form: Form) -> Profile:
    setting: Setting = next(known for known in get_args(Setting) if known == form.text("setting"))
    return Profile(setting, form.text("has_post16") == "yes")


def _benchmark_of(part: str) -> str:
    return part.partition(".")[0]


def _base(caller: SchoolVisitor) -> str:
    return f"{PREFIX.format(urn=caller.asked)}/evaluation"


def _to(caller: SchoolVisitor, evaluation_id: str) -> Response:
    return _see(f"{_base(caller)}/{evaluation_id}")


def _see(address: str) -> Response:
    return RedirectResponse(address, HTTPStatus.SEE_OTHER)
