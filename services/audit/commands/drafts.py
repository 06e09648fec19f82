"""What a school does with an evaluation that it answers here: start, copy, answer, support, discard.

Each in one unit of work that also enters the school's access log; nothing is told before it is completed
(`evaluations.py`). What the caller sees is the sheet as it is afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from contracts.vocabulary import EvaluationId
from services.audit.commands.versions import mark_of
from services.audit.frameworks import framework_versions, frameworks
from services.audit.model.days import today_in_england
from services.audit.model.derived import Records
from services.audit.model.evidence import Evidence, EvidenceId
from services.audit.model.framework import GatsbyFramework, Profile
from services.audit.model.sheet import (
    Change,
    LearnerNumbers,
    Sheet,
    add_evidence,
    answer,
    copy,
    correct_numbers,
    discard,
    start,
    withdraw_evidence,
)
from services.audit.store.sheets import drafts_of, find_sheet, keep_sheet
from services.runtime.errors import ConflictError, NotFoundError
from services.runtime.uow import UnitOfWork

NO_SUCH_SHEET: Final = "This school has no such evaluation, or it was not answered here."


@dataclass(frozen=True, slots=True)
class Begun:
    """What a new sheet is given from outside; for a copy, the profile may be None: as it was."""

    id: EvaluationId
    records: Records
    profile: Profile | None = None


async def start_draft(unit: UnitOfWork, begun: Begun, profile: Profile) -> Sheet:
    """Begin an evaluation against the framework of the day, with the roll's learner numbers."""
    framework = framework_in_use(unit)
    sheet = start(_new(unit, begun, profile, framework), framework, len(await drafts_of(unit)))
    await keep_sheet(unit, sheet)
    unit.log_access("evaluation.started", f"evaluations/{sheet.id}")
    return sheet


async def copy_evaluation(unit: UnitOfWork, begun: Begun, source: EvaluationId) -> Sheet:
    """Begin an evaluation with the answers of a completed one, and with the roll's numbers of now."""
    copied = await the_sheet(unit, source)
    framework = framework_in_use(unit)
    new = _new(unit, begun, begun.profile or copied.profile, framework)
    sheet = start(copy(copied, new, framework), framework, len(await drafts_of(unit)))
    await keep_sheet(unit, sheet)
    unit.log_access("evaluation.copied", f"evaluations/{sheet.id}")
    return sheet


async def give_answers(unit: UnitOfWork, identity: EvaluationId, changes: Sequence[Change]) -> Sheet:
    """Store answers, all of them or none; the same again changes nothing."""
    before = await the_sheet(unit, identity)
    after, replaced = answer(before, framework_of(before), changes, mark_of(unit))
    if after is not before:
        await keep_sheet(unit, after, before, replaced)
        unit.log_access("evaluation.answered", f"evaluations/{identity}")
    return after


async def attach_evidence(unit: UnitOfWork, identity: EvaluationId, evidence: Evidence) -> Sheet:
    """Attach evidence to a part; the same again changes nothing."""
    before = await the_sheet(unit, identity)
    marked = replace(evidence, mark=mark_of(unit))
    return await _kept(
        unit, before, add_evidence(before, framework_of(before), marked), "evaluation.evidence_attached"
    )


async def withdraw(unit: UnitOfWork, identity: EvaluationId, evidence: EvidenceId) -> Sheet:
    """Withdraw evidence; a second time changes nothing."""
    before = await the_sheet(unit, identity)
    after = withdraw_evidence(before, evidence, mark_of(unit))
    return await _kept(unit, before, after, "evaluation.evidence_withdrawn")


async def declare_numbers(unit: UnitOfWork, identity: EvaluationId, numbers: Mapping[int, int]) -> Sheet:
    """Put down learner numbers that differ from the roll's."""
    before = await the_sheet(unit, identity)
    if before.numbers.source == "declared" and before.numbers.by_year_group == numbers:
        return before
    after = correct_numbers(before, LearnerNumbers(numbers, "declared", mark_of(unit)))
    return await _kept(unit, before, after, "evaluation.numbers_declared")


async def discard_draft(unit: UnitOfWork, identity: EvaluationId) -> Sheet:
    """Set a draft aside; a second time changes nothing."""
    before = await the_sheet(unit, identity)
    if before.state == "discarded":
        return before
    return await _kept(unit, before, discard(before), "evaluation.discarded")


async def the_sheet(unit: UnitOfWork, identity: str) -> Sheet:
    """Read a sheet; raises NotFoundError if there is none."""
    found = await find_sheet(unit, identity)
    if found is None:
        raise NotFoundError(NO_SUCH_SHEET)
    return found


def framework_of(sheet: Sheet) -> GatsbyFramework:
    """Return the version of the framework that a sheet keeps."""
    return framework_versions()[sheet.framework_version]


def framework_in_use(unit: UnitOfWork) -> GatsbyFramework:
    """Return the newest version of the framework of the day; raises ConflictError if there is none."""
    today = today_in_england(unit.now)
    found = next((framework for framework in frameworks().values() if framework.covers(today)), None)
    if found is None:
        raise ConflictError("No framework is in use today, so no evaluation can be started.")
    return found


async def _kept(unit: UnitOfWork, before: Sheet, after: Sheet, action: str) -> Sheet:
    if after is not before:
        await keep_sheet(unit, after, before)
        unit.log_access(action, f"evaluations/{after.id}")
    return after


def _new(unit: UnitOfWork, begun: Begun, profile: Profile, framework: GatsbyFramework) -> Sheet:
    mark = mark_of(unit)
    return Sheet(
        id=begun.id,
        framework=framework.framework,
        framework_version=framework.version,
        profile=profile,
        started=mark,
        numbers=LearnerNumbers(begun.records.on_roll, "roll", mark),
    )
