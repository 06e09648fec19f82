"""Where self-assessments are kept: `self_assessments`, one document a pupil, set, moment and year."""

from __future__ import annotations

import datetime as dt
from typing import Final

from contracts.vocabulary import AcademicYear
from services.pupils.model.self_assessment import SelfAssessment, SelfAssessmentId
from services.pupils.model.sheets import PupilRef
from services.pupils.store.activity_documents import (
    mark_document,
    read_mark,
)
from services.pupils.store.reads import Database
from services.runtime.mongo import Document, Index, Replace
from services.runtime.uow import UnitOfWork

SELF_ASSESSMENTS: Final = "self_assessments"
SELF_ASSESSMENT_VERSIONS: Final = "self_assessment_versions"
SELF_ASSESSMENT_INDEXES: Final = {
    SELF_ASSESSMENTS: (Index((("academic_year", 1), ("key_stage", 1))), Index((("pupil", 1),))),
}


async def find_self_assessment(database: Database, identity: SelfAssessmentId) -> SelfAssessment | None:
    """Read a pupil's answers to a set, or None."""
    document = await database.collection(SELF_ASSESSMENTS).get(identity)
    return None if document is None else _read(document)


async def self_assessments_of(database: Database, pupil: PupilRef) -> list[SelfAssessment]:
    """Read all that a pupil has answered, the oldest first."""
    found = await database.collection(SELF_ASSESSMENTS).find({"pupil": pupil})
    return sorted(map(_read, found), key=lambda one: (one.taken_on, one.moment == "after"))


async def self_assessments_in(database: Database, year: AcademicYear, key_stage: str) -> list[SelfAssessment]:
    """Read every pupil's answers to a set in an academic year."""
    found = await database.collection(SELF_ASSESSMENTS).find({"academic_year": year, "key_stage": key_stage})
    return [_read(document) for document in found]


async def keep_self_assessment(
    unit: UnitOfWork, assessment: SelfAssessment, before: SelfAssessment | None
) -> None:
    """Write a pupil's answers; those that they replace are kept."""
    await unit.collection(SELF_ASSESSMENTS).write(
        Replace({"_id": assessment.id}, _document(assessment), upsert=True)
    )
    if before is not None:
        earlier = {**_document(before), "_id": f"{before.id}:{before.recorded.at.isoformat()}"}
        await unit.collection(SELF_ASSESSMENT_VERSIONS).insert(earlier)


def _document(assessment: SelfAssessment) -> Document:
    return {
        "_id": assessment.id,
        "pupil": assessment.pupil,
        "academic_year": assessment.academic_year,
        "year_group": assessment.year_group,
        "key_stage": assessment.key_stage,
        "moment": assessment.moment,
        "version": assessment.version,
        "answers": dict(assessment.answers),
        "taken_on": assessment.taken_on.isoformat(),
        "recorded": mark_document(assessment.recorded),
    }


def _read(document: Document) -> SelfAssessment:
    return SelfAssessment(
        pupil=document["pupil"],
        academic_year=document["academic_year"],
        year_group=document["year_group"],
        key_stage=document["key_stage"],
        moment=document["moment"],
        version=document["version"],
        answers=document["answers"],
        taken_on=dt.date.fromisoformat(document["taken_on"]),
        recorded=read_mark(document["recorded"]),
    )
