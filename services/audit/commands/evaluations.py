"""Completing an evaluation: one that was answered here, or one that comes whole from another tool.

One unit of work stores it, supersedes the one that stood, and tells. Both ways lead through the same decision
(`model/evaluation.py`), so a school may change its tool in the middle of a year.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from typing import Final, Literal

from contracts.vocabulary import EvaluationId, Urn
from services.audit.commands.drafts import framework_of, the_sheet
from services.audit.frameworks import frameworks
from services.audit.model.days import today_in_england
from services.audit.model.evaluation import (
    Evaluation,
    Outcome,
    Recorded,
    SharingChanged,
    Stamp,
    Submission,
    Unchanged,
    check,
    complete,
)
from services.audit.model.sheet import submission_of
from services.audit.store.evaluations import EVALUATIONS, from_document, to_document
from services.audit.store.sharing import current_sharing
from services.audit.store.sheets import keep_sheet
from services.runtime.context import ServiceContext
from services.runtime.idempotency import answer_once
from services.runtime.mongo import Document, Insert, Replace, Write
from services.runtime.uow import Actor, UnitOfWork

Result = Literal["recorded", "sharing_changed", "unchanged"]
_RESULTS: Final[dict[type[Outcome], Result]] = {
    Recorded: "recorded",
    SharingChanged: "sharing_changed",
    Unchanged: "unchanged",
}


@dataclass(frozen=True, slots=True)
class Request:
    """How the caller names the request: the Idempotency-Key if there is one, and what is asked for."""

    key: str | None
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a submission, and the evaluation as it is stored now."""

    result: Result
    evaluation: Evaluation


async def complete_evaluation(
    context: ServiceContext, actor: Actor, urn: Urn, submission: Submission, request: Request
) -> Receipt:
    """Store a completed evaluation and tell of it; the same content again changes nothing.

    Raises InvalidError for one that does not make sense, and ConflictError (see `model/evaluation.py`).
    """
    framework = check(submission, frameworks(), context.clock())
    identity = EvaluationId(str(uuid.uuid4()))

    async def work(unit: UnitOfWork) -> Document:
        stamp = Stamp(identity, framework.version, unit.now)
        return await answer_once(
            unit, request.key, request.fingerprint, lambda: _complete(unit, submission, stamp)
        )

    answer = await context.in_school(actor, urn, work)
    return Receipt(answer["result"], from_document(answer["evaluation"]))


async def complete_draft(unit: UnitOfWork, identity: EvaluationId) -> Receipt:
    """Complete what was answered here, as of today; a second time changes nothing.

    Raises InvalidError that lists the required parts without an answer, or says that the framework which the
    evaluation was begun with is closed; NotFoundError, and ConflictError for a draft that was discarded.
    """
    sheet = await the_sheet(unit, identity)
    if sheet.state == "completed":
        stored = await unit.collection(EVALUATIONS).get(identity)
        if stored is not None:
            return Receipt("unchanged", from_document(stored))
    framework = framework_of(sheet)
    sharing = await current_sharing(unit)
    submission = submission_of(sheet, framework, today_in_england(unit.now), sharing.shared_with)
    check(submission, {**frameworks(), framework.framework: framework}, unit.now)
    await keep_sheet(unit, replace(sheet, state="completed", version=sheet.version + 1), sheet)
    answer = await _complete(unit, submission, Stamp(identity, framework.version, unit.now))
    return Receipt(answer["result"], from_document(answer["evaluation"]))


async def _complete(unit: UnitOfWork, submission: Submission, stamp: Stamp) -> Document:
    if submission.shared_with and submission.sheet is None:
        # Where the school has named its readers, what it sends with `share_with_hub` is for them alone.
        named = (await current_sharing(unit)).shared_with
        submission = replace(submission, shared_with=named or submission.shared_with)
    evaluations = unit.collection(EVALUATIONS)
    stored = await evaluations.find({"academic_year": submission.academic_year})
    outcome = complete(submission, [from_document(document) for document in stored], stamp)
    document = to_document(outcome.evaluation)
    match outcome:
        case Recorded(_, superseded):
            changes: list[Write] = [Insert(document)]
            if superseded is not None:
                changes.append(Replace({"_id": superseded.id}, to_document(superseded)))
            await evaluations.write(*changes)
        case SharingChanged():
            await evaluations.write(Replace({"_id": document["_id"]}, document))
        case Unchanged():
            pass
    result = _RESULTS[type(outcome)]
    if result != "unchanged":
        unit.log_access(f"evaluation.{result}", f"evaluations/{outcome.evaluation.id}")
    _tell(unit, outcome)
    return {"result": result, "evaluation": document}


def _tell(unit: UnitOfWork, outcome: Outcome) -> None:
    match outcome:
        case Recorded(evaluation, superseded):
            unit.tell(evaluation.told(unit.urn))
            gone = evaluation if evaluation.state == "superseded" else superseded
            if gone is not None:
                unit.tell(gone.superseding_told(unit.urn))
        case SharingChanged(evaluation):
            unit.tell(evaluation.sharing_told(unit.urn))
        case Unchanged():
            pass
