"""Routes of evaluations that are answered here: start, copy, answer part by part, support, complete.

Answers are stored part by part: each names the version of its part that the caller has seen, and a stale one
is answered 409 with what was said meanwhile, by whom.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Body as RequestBody
from fastapi import Path, Response

from contracts.vocabulary import OPAQUE_ID_PATTERN, EvaluationId, academic_year_of
from services.audit.api import PREFIX, SERVICE_NAME
from services.audit.api.evaluation_bodies import AnswersBody, EvidenceBody, NumbersBody, ProfileBody
from services.audit.api.evaluations import EvaluationReceipt, receipt_of
from services.audit.commands import drafts as commands
from services.audit.commands.evaluations import complete_draft
from services.audit.model.days import today_in_england
from services.audit.model.derived import Records
from services.audit.model.evidence import EvidenceId
from services.audit.model.framework import PART_PATTERN
from services.audit.model.sheet import Sheet
from services.audit.store.records import records_of
from services.audit.views import drafts as views
from services.runtime.context import Work
from services.runtime.idempotency import answer_once, fingerprint
from services.runtime.mongo import Document
from services.runtime.permissions import Permission
from services.runtime.routing import AdmittedToSchool, IdempotencyKey, SecuredRouter
from services.runtime.uow import UnitOfWork
from services.runtime.versions import Mark

router = SecuredRouter(SERVICE_NAME, PREFIX)

Id = Annotated[str, Path(pattern=OPAQUE_ID_PATTERN)]
PartInPath = Annotated[str, Path(pattern=PART_PATTERN)]


@router.post("/drafts", Permission.COMPLETE_EVALUATION, status_code=HTTPStatus.CREATED)
async def post_draft(
    caller: AdmittedToSchool, body: ProfileBody, idempotency_key: IdempotencyKey = None
) -> dict[str, Any]:
    """Start an evaluation against the framework in use today."""
    begun = commands.Begun(_new_id(), await _records(caller))
    asked = _Asked(idempotency_key, fingerprint(b"POST draft", body.model_dump_json().encode()))
    return await _begun(caller, asked, lambda unit: commands.start_draft(unit, begun, body.profile()))


@router.post(
    "/evaluations/{evaluation_id}/copies", Permission.COMPLETE_EVALUATION, status_code=HTTPStatus.CREATED
)
async def post_copy(
    caller: AdmittedToSchool,
    evaluation_id: Id,
    body: Annotated[ProfileBody | None, RequestBody()] = None,
    idempotency_key: IdempotencyKey = None,
) -> dict[str, Any]:
    """Start an evaluation with the answers of a completed one; with a body, for another profile."""
    profile = None if body is None else body.profile()
    begun = commands.Begun(_new_id(), await _records(caller), profile)
    source = EvaluationId(evaluation_id)
    of_body = b"" if body is None else body.model_dump_json().encode()
    asked = _Asked(idempotency_key, fingerprint(b"POST copy", source.encode(), of_body))
    return await _begun(caller, asked, lambda unit: commands.copy_evaluation(unit, begun, source))


@router.get("/drafts", Permission.ANSWER_EVALUATION)
async def get_drafts(caller: AdmittedToSchool) -> dict[str, Any]:
    """List the open drafts."""
    await caller.context.read_logged(caller.actor, caller.urn, "evaluation.drafts_listed", "drafts")
    return await views.drafts(caller.context, caller.urn)


@router.get("/evaluations/{evaluation_id}/answers", Permission.ANSWER_EVALUATION)
async def get_answers(caller: AdmittedToSchool, evaluation_id: Id) -> dict[str, Any]:
    """Show an evaluation, part by part."""
    await caller.context.read_logged(
        caller.actor, caller.urn, "evaluation.answers_read", f"evaluations/{evaluation_id}"
    )
    return await views.sheet_page(caller.context, caller.urn, evaluation_id)


@router.get("/evaluations/{evaluation_id}/answers/{part}", Permission.ANSWER_EVALUATION)
async def get_part_history(caller: AdmittedToSchool, evaluation_id: Id, part: PartInPath) -> dict[str, Any]:
    """Show what a part was answered with, by whom and when."""
    await caller.context.read_logged(
        caller.actor, caller.urn, "evaluation.answers_read", f"evaluations/{evaluation_id}"
    )
    return await views.part_history(caller.context, caller.urn, evaluation_id, part)


@router.put("/evaluations/{evaluation_id}/answers", Permission.ANSWER_EVALUATION)
async def put_answers(caller: AdmittedToSchool, evaluation_id: Id, body: AnswersBody) -> dict[str, Any]:
    """Answer parts; 409 if somebody else has answered one of them meanwhile."""
    identity = EvaluationId(evaluation_id)
    return await _changed(caller, lambda unit: commands.give_answers(unit, identity, body.changes()))


@router.post(
    "/evaluations/{evaluation_id}/evidence", Permission.ANSWER_EVALUATION, status_code=HTTPStatus.CREATED
)
async def post_evidence(caller: AdmittedToSchool, evaluation_id: Id, body: EvidenceBody) -> dict[str, Any]:
    """Attach a link or a note to a part."""
    identity = EvaluationId(evaluation_id)
    mark = Mark(caller.context.clock(), caller.actor.subject)
    evidence = body.evidence(EvidenceId(str(uuid.uuid4())), mark)
    return await _changed(caller, lambda unit: commands.attach_evidence(unit, identity, evidence))


@router.post("/evaluations/{evaluation_id}/evidence/{evidence_id}/withdrawal", Permission.ANSWER_EVALUATION)
async def post_withdrawal(caller: AdmittedToSchool, evaluation_id: Id, evidence_id: Id) -> dict[str, Any]:
    """Withdraw evidence; it is kept and no longer counts."""
    identity, evidence = EvaluationId(evaluation_id), EvidenceId(evidence_id)
    return await _changed(caller, lambda unit: commands.withdraw(unit, identity, evidence))


@router.put("/evaluations/{evaluation_id}/learner-numbers", Permission.COMPLETE_EVALUATION)
async def put_learner_numbers(
    caller: AdmittedToSchool, evaluation_id: Id, body: NumbersBody
) -> dict[str, Any]:
    """Put down learner numbers that differ from the roll's."""
    identity = EvaluationId(evaluation_id)
    return await _changed(caller, lambda unit: commands.declare_numbers(unit, identity, body.learners))


@router.post("/evaluations/{evaluation_id}/discarding", Permission.COMPLETE_EVALUATION)
async def post_discarding(caller: AdmittedToSchool, evaluation_id: Id) -> dict[str, Any]:
    """Set a draft aside."""
    identity = EvaluationId(evaluation_id)
    return await _changed(caller, lambda unit: commands.discard_draft(unit, identity))


@router.post(
    "/evaluations/{evaluation_id}/completion",
    Permission.COMPLETE_EVALUATION,
    status_code=HTTPStatus.CREATED,
)
async def post_completion(
    caller: AdmittedToSchool, evaluation_id: Id, response: Response
) -> EvaluationReceipt:
    """Complete an evaluation as of today: 201, or 200 if it was completed before."""
    identity = EvaluationId(evaluation_id)
    receipt = await caller.context.in_school(
        caller.actor, caller.urn, lambda unit: complete_draft(unit, identity)
    )
    if receipt.result != "recorded":
        response.status_code = HTTPStatus.OK
    return receipt_of(caller.asked, receipt)


@dataclass(frozen=True, slots=True)
class _Asked:
    """How the caller names a request that starts something: without a key, each time is another one."""

    key: str | None
    fingerprint: str


async def _begun(caller: AdmittedToSchool, asked: _Asked, begin: Work[Sheet]) -> dict[str, Any]:
    """Begin an evaluation, once a key, and show it as it is now."""

    async def work(unit: UnitOfWork) -> Document:
        async def once() -> Document:
            return {"evaluation_id": (await begin(unit)).id}

        return await answer_once(unit, asked.key, asked.fingerprint, once)

    begun = await caller.context.in_school(caller.actor, caller.urn, work)
    return await views.sheet_page(caller.context, caller.urn, begun["evaluation_id"])


async def _changed(caller: AdmittedToSchool, work: Work[Sheet]) -> dict[str, Any]:
    sheet = await caller.context.in_school(caller.actor, caller.urn, work)
    return await views.sheet_page(caller.context, caller.urn, sheet.id)


async def _records(caller: AdmittedToSchool) -> Records:
    year = academic_year_of(today_in_england(caller.context.clock()))
    return await records_of(caller.context, caller.urn, year)


def _new_id() -> EvaluationId:
    return EvaluationId(str(uuid.uuid4()))
