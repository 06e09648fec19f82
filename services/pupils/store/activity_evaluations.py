"""Where evaluations of activities are kept: in `activity_evaluations` as they are, earlier ones beside."""

from __future__ import annotations

from typing import Final

from contracts.vocabulary import AcademicYear, ActivityId
from services.pupils.model.activity_evaluation import ActivityEvaluation, ActivityEvaluationId, Opinion
from services.pupils.store.activity_documents import (
    mark_document,
    read_mark,
)
from services.pupils.store.reads import Database
from services.runtime.mongo import Document, Index, Replace
from services.runtime.uow import UnitOfWork

ACTIVITY_EVALUATIONS: Final = "activity_evaluations"
ACTIVITY_EVALUATION_VERSIONS: Final = "activity_evaluation_versions"
ACTIVITY_EVALUATION_INDEXES: Final = {
    ACTIVITY_EVALUATIONS: (Index((("activity", 1),)), Index((("academic_year", 1),))),
}


async def find_evaluation(database: Database, identity: ActivityEvaluationId) -> ActivityEvaluation | None:
    """Read the current version of an evaluation, or None."""
    document = await database.collection(ACTIVITY_EVALUATIONS).get(identity)
    return None if document is None else _read(document)


async def evaluations_of(database: Database, activity: ActivityId) -> list[ActivityEvaluation]:
    """Read all evaluations of an activity, the oldest first."""
    found = await database.collection(ACTIVITY_EVALUATIONS).find({"activity": activity})
    return sorted(map(_read, found), key=lambda one: (one.recorded.at, one.id))


async def evaluations_in(database: Database, year: AcademicYear) -> list[ActivityEvaluation]:
    """Read all evaluations of an academic year's activities."""
    found = await database.collection(ACTIVITY_EVALUATIONS).find({"academic_year": year})
    return [_read(document) for document in found]


async def evaluated_in(database: Database, year: AcademicYear) -> set[ActivityId]:
    """Name the activities of an academic year that somebody has evaluated."""
    found = await database.collection(ACTIVITY_EVALUATIONS).find({"academic_year": year}, fields=["activity"])
    return {ActivityId(document["activity"]) for document in found}


async def keep_evaluation(
    unit: UnitOfWork, after: ActivityEvaluation, before: ActivityEvaluation | None = None
) -> None:
    """Write an evaluation's version, and keep the one before."""
    evaluations = unit.collection(ACTIVITY_EVALUATIONS)
    if before is None:
        await evaluations.insert(_document(after))
        return
    await evaluations.write(Replace({"_id": after.id}, _document(after)))
    earlier = {**_document(before), "_id": f"{before.id}:{before.version}", "evaluation": before.id}
    await unit.collection(ACTIVITY_EVALUATION_VERSIONS).insert(earlier)


def _document(evaluation: ActivityEvaluation) -> Document:
    opinion, changed = evaluation.opinion, evaluation.changed
    return {
        "_id": evaluation.id,
        "version": evaluation.version,
        "activity": evaluation.activity,
        "academic_year": evaluation.academic_year,
        "who": opinion.who,
        "answers": {
            name: {str(rating): number for rating, number in counts.items()}
            for name, counts in opinion.answers.items()
        },
        "went_well": opinion.went_well,
        "to_change": opinion.to_change,
        "rules_version": evaluation.rules_version,
        "recorded": mark_document(evaluation.recorded),
        "changed": None if changed is None else mark_document(changed),
    }


def _read(document: Document) -> ActivityEvaluation:
    changed = document["changed"]
    return ActivityEvaluation(
        id=document["_id"],
        version=document["version"],
        activity=document["activity"],
        academic_year=document["academic_year"],
        opinion=Opinion(
            who=document["who"],
            answers={
                name: {int(rating): number for rating, number in counts.items()}
                for name, counts in document["answers"].items()
            },
            went_well=document["went_well"],
            to_change=document["to_change"],
        ),
        rules_version=document["rules_version"],
        recorded=read_mark(document["recorded"]),
        changed=None if changed is None else read_mark(changed),
    )
