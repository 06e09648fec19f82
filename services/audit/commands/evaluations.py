"""What a school can do here: complete an evaluation. One unit of work stores it, supersedes, and tells."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Final, Literal

from contracts.vocabulary import EvaluationId, Urn
from services.audit.frameworks import frameworks
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
from services.audit.store.evaluations import EVALUATIONS, from_document, to_document
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


async def _complete(unit: UnitOfWork, submission: Submission, stamp: Stamp) -> Document:
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
        unit.tell(outcome.evaluation.told(unit.urn))
    return {"result": result, "evaluation": document}
