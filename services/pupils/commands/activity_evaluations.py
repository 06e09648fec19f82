"""Records what was thought of an activity, and corrects it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from contracts.vocabulary import ActivityId
from services.pupils.commands.looking_up import mark_of
from services.pupils.model.activity import Activity
from services.pupils.model.activity_evaluation import (
    FIRST_VERSION,
    ActivityEvaluation,
    ActivityEvaluationId,
    Opinion,
    correct,
    opinion_problems,
    refuse_retracted,
)
from services.pupils.rules import evaluation_questions
from services.pupils.store.activity_evaluations import find_evaluation, keep_evaluation
from services.pupils.store.reads import find_activities
from services.runtime.context import ServiceContext
from services.runtime.errors import InvalidError, NotFoundError
from services.runtime.mongo import Document
from services.runtime.uow import UnitOfWork

EVALUATION_ID_LENGTH: Final = 32
"""Hex digits kept of the keyed digest: 128 bits."""


@dataclass(frozen=True, slots=True)
class CorrectionAsked:
    """Which evaluation of which activity a correction means, and the version that the caller has seen."""

    activity: ActivityId
    identity: ActivityEvaluationId
    version: int


async def evaluate_activity(
    unit: UnitOfWork, context: ServiceContext, identity: ActivityId, opinion: Opinion
) -> Document:
    """Keep what somebody thought of an activity; the same again changes nothing."""
    activity = await _activity(unit, identity)
    _check(opinion, activity)
    digest = context.sealer.digest(unit.urn, f"evaluation:{identity}:{opinion.fingerprint}")
    known = await find_evaluation(unit, ActivityEvaluationId(digest[:EVALUATION_ID_LENGTH]))
    if known is not None:
        return _receipt("unchanged", known)
    evaluation = ActivityEvaluation(
        id=ActivityEvaluationId(digest[:EVALUATION_ID_LENGTH]),
        version=FIRST_VERSION,
        activity=identity,
        academic_year=activity.academic_year,
        opinion=opinion,
        rules_version=evaluation_questions().version,
        recorded=mark_of(unit),
    )
    await keep_evaluation(unit, evaluation)
    unit.log_access("activity.evaluated", f"activities/{identity}/evaluation/{evaluation.id}")
    return _receipt("evaluated", evaluation)


async def correct_evaluation(unit: UnitOfWork, asked: CorrectionAsked, opinion: Opinion) -> Document:
    """Tell an evaluation anew; telling it as it is changes nothing."""
    activity = await _activity(unit, asked.activity)
    before = await find_evaluation(unit, asked.identity)
    if before is None or before.activity != asked.activity:
        raise NotFoundError("There is no such evaluation of this activity.")
    _check(opinion, activity)
    if opinion.fingerprint == before.opinion.fingerprint:
        return _receipt("unchanged", before)
    after = correct(before, asked.version, opinion, (evaluation_questions().version, mark_of(unit)))
    await keep_evaluation(unit, after, before)
    unit.log_access("activity.evaluation_corrected", f"activities/{asked.activity}/evaluation/{after.id}")
    return _receipt("corrected", after)


async def _activity(unit: UnitOfWork, identity: ActivityId) -> Activity:
    found = await find_activities(unit, [identity])
    if identity not in found:
        raise NotFoundError("There is no such activity at this school.")
    refuse_retracted(found[identity])
    return found[identity]


def _check(opinion: Opinion, activity: Activity) -> None:
    attended = sum(figures.attended for figures in activity.figures.year_groups)
    problems = opinion_problems(opinion, evaluation_questions(), attended)
    if problems:
        raise InvalidError("The evaluation does not make sense.", problems)


def _receipt(outcome: str, evaluation: ActivityEvaluation) -> Document:
    return {
        "outcome": outcome,
        "evaluation_id": evaluation.id,
        "version": evaluation.version,
        "activity_id": evaluation.activity,
    }
