"""Records what pupils say of their own career learning."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace

from contracts.vocabulary import academic_year_of
from services.pupils.commands.looking_up import LookingUp, mark_of
from services.pupils.model.pupil import absence_reason
from services.pupils.model.restriction import Use
from services.pupils.model.self_assessment import Moment, SelfAssessment, answer_problems
from services.pupils.model.sheets import PupilRef
from services.pupils.rules import question_sets
from services.pupils.store.reads import the_pupil
from services.pupils.store.self_assessments import find_self_assessment, keep_self_assessment
from services.runtime.context import ServiceContext
from services.runtime.errors import FieldProblem, InvalidError
from services.runtime.mongo import Document
from services.runtime.uow import UnitOfWork


@dataclass(frozen=True, slots=True)
class Answered:
    """What a pupil answered, on which day, before or after the stage."""

    moment: Moment
    taken_on: dt.date
    answers: Mapping[str, int]


async def record_self_assessment(
    unit: UnitOfWork, context: ServiceContext, ref: PupilRef, answered: Answered
) -> Document:
    """Record a pupil's answers; the same again changes nothing, others replace those of the same moment."""
    looking_up = LookingUp(unit, context)
    pupil = await the_pupil(unit, ref, Use.RECORDED)
    if answered.taken_on > looking_up.today:
        _refuse(FieldProblem("taken_on", "is in the future"))
    reason = absence_reason(pupil, answered.taken_on)
    if reason is not None:
        _refuse(FieldProblem("taken_on", reason))
    year = academic_year_of(answered.taken_on)
    sets, year_group = question_sets(), pupil.years[year].year_group
    key_stage = sets.key_stage_of(year_group)
    if key_stage is None:
        raise InvalidError(f"There are no statements for Year {year_group}.")
    _refuse(*answer_problems(answered.answers, sets.sets[key_stage], (sets.lowest, sets.highest)))
    assessment = SelfAssessment(
        pupil=ref,
        academic_year=year,
        year_group=year_group,
        key_stage=key_stage,
        moment=answered.moment,
        version=sets.version,
        answers=dict(answered.answers),
        taken_on=answered.taken_on,
        recorded=mark_of(unit),
    )
    before = await find_self_assessment(unit, assessment.id)
    if before is not None and replace(before, recorded=assessment.recorded) == assessment:
        return _receipt("unchanged", assessment)
    await keep_self_assessment(unit, assessment, before)
    unit.log_access("self_assessment.recorded", f"pupils/{ref}/self-assessments")
    return _receipt("recorded" if before is None else "replaced", assessment)


def _refuse(*problems: FieldProblem) -> None:
    if problems:
        raise InvalidError("The answers cannot be recorded.", problems)


def _receipt(outcome: str, assessment: SelfAssessment) -> Document:
    return {
        "outcome": outcome,
        "academic_year": assessment.academic_year,
        "key_stage": assessment.key_stage,
        "moment": assessment.moment,
    }
