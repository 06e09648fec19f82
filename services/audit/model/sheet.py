"""The answers of one evaluation from its start on: given part by part, by several people, with evidence.

A sheet is begun against the newest version of the framework of the day and keeps it (domain rule 4). Each
part has a version of its own, so two people who answer different parts never meet, and of two who answer the
same part the second is told what the first has said. Whatever an answer was before is kept. A copy takes over
the answers and evidence of a completed sheet, marked as copied until somebody gives them again; never its
learner numbers, which go stale (domain rule 13). Once completed, a sheet no longer changes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from contracts.audit import HubReader
from contracts.vocabulary import EvaluationId, Framework
from services.audit.model.answers import problems_of, score
from services.audit.model.evaluation import Submission
from services.audit.model.evidence import Evidence, EvidenceId, evidence_problems
from services.audit.model.framework import GatsbyFramework, Profile
from services.runtime.errors import ConflictError, FieldProblem, InvalidError, NotFoundError
from services.runtime.versions import Mark

SheetState = Literal["draft", "completed", "discarded"]

NEVER_ANSWERED: Final = 0
"""The version of a part that nobody has answered."""
OPEN_SHEETS: Final = 10
"""Drafts that a school can have at once: a department or site each; more are forgotten ones."""
EVIDENCE_A_PART: Final = 20


@dataclass(frozen=True, slots=True)
class Given:
    """What a part is answered with now; `copied` until somebody gives it again. None was taken back."""

    answer: str | None
    version: int
    mark: Mark
    copied: bool = False


@dataclass(frozen=True, slots=True)
class LearnerNumbers:
    """Learners by year group: as the roll has them, or as somebody at the school corrected them."""

    by_year_group: Mapping[int, int]
    source: Literal["roll", "declared"]
    mark: Mark


@dataclass(frozen=True, slots=True)
class Sheet:
    """One evaluation's answers; `version` counts every change."""

    id: EvaluationId
    framework: Framework
    framework_version: str
    profile: Profile
    started: Mark
    numbers: LearnerNumbers
    state: SheetState = "draft"
    copied_from: EvaluationId | None = None
    given: Mapping[str, Given] = field(default_factory=dict)
    evidence: tuple[Evidence, ...] = ()
    version: int = 1

    @property
    def answers(self) -> dict[str, str]:
        """What is answered now, by part."""
        return {part: given.answer for part, given in self.given.items() if given.answer is not None}


@dataclass(frozen=True, slots=True)
class Change:
    """An answer to one part; `version` is the one of the part that its author has seen."""

    part: str
    answer: str | None
    version: int


def start(new: Sheet, framework: GatsbyFramework, open_sheets: int) -> Sheet:
    """Begin an evaluation; raises ConflictError if too many are open, InvalidError for a wrong setting."""
    if new.profile.setting not in framework.settings:
        problem = FieldProblem("setting", f"{framework.version} has only {', '.join(framework.settings)}")
        raise InvalidError("The evaluation cannot be started.", (problem,))
    if open_sheets >= OPEN_SHEETS:
        raise ConflictError(
            f"{OPEN_SHEETS} drafts are open. Complete or discard one before you start another."
        )
    return new


def copy(source: Sheet, new: Sheet, framework: GatsbyFramework) -> Sheet:
    """Take over what still fits of a completed sheet, marked as copied.

    Raises ConflictError for a sheet that is not completed, or of another framework: between frameworks the
    questions mean other things, and an answer to one is none to the other (domain rule 4).
    """
    if source.state != "completed":
        raise ConflictError("Only a completed evaluation can be copied.")
    if source.framework != framework.framework:
        raise ConflictError(
            f"That evaluation is of {source.framework}, and {framework.framework} is in use now, with other "
            "questions. Start a new evaluation."
        )
    wrong = {problem.where for problem in problems_of(framework, new.profile, source.answers)}
    given = {
        part: Given(found.answer, NEVER_ANSWERED + 1, found.mark, copied=True)
        for part, found in source.given.items()
        if found.answer is not None and f"answers.{part}" not in wrong
    }
    evidence = tuple(
        found for found in source.evidence if found.withdrawn is None and found.part in framework.by_part
    )
    return replace(new, copied_from=source.id, given=given, evidence=evidence)


def answer(
    sheet: Sheet, framework: GatsbyFramework, changes: Sequence[Change], mark: Mark
) -> tuple[Sheet, tuple[tuple[str, Given], ...]]:
    """Give answers, all of them or none; returns the sheet and what was there before, for the history.

    Giving the answer that a part has changes nothing, but confirms one that was copied. Raises InvalidError
    for answers that cannot be, ConflictError if somebody else has answered a part meanwhile.
    """
    refuse_closed(sheet)
    repeated = {c.part for c in changes if sum(other.part == c.part for other in changes) > 1}
    problems = [FieldProblem(f"answers.{part}", "is answered twice") for part in sorted(repeated)]
    asked = {change.part: change.answer for change in changes if change.answer is not None}
    taken_back = [change.part for change in changes if change.answer is None]
    problems += problems_of(framework, sheet.profile, asked)
    problems += [
        FieldProblem(f"answers.{part}", "has no answer to take back")
        for part in taken_back
        if part not in sheet.given
    ]
    if problems:
        raise InvalidError("Some answers cannot be; none was stored.", tuple(problems))
    if stale := [problem for change in changes if (problem := _stale(sheet, change)) is not None]:
        raise ConflictError(
            "Somebody has answered meanwhile; none of yours was stored. Look, and answer again.", tuple(stale)
        )
    given, before = dict(sheet.given), []
    for change in changes:
        known = given.get(change.part)
        if known is not None and known.answer == change.answer and not known.copied:
            continue
        given[change.part] = Given(change.answer, (known.version if known else NEVER_ANSWERED) + 1, mark)
        if known is not None:
            before.append((change.part, known))
    if given == sheet.given:
        return sheet, ()
    return replace(sheet, given=given, version=sheet.version + 1), tuple(before)


def _stale(sheet: Sheet, change: Change) -> FieldProblem | None:
    known = sheet.given.get(change.part)
    if (known.version if known else NEVER_ANSWERED) == change.version:
        return None
    if known is None:
        return FieldProblem(f"answers.{change.part}", "has not been answered yet; send version 0")
    if known.answer == change.answer and not known.copied:
        return None
    said = "taken back" if known.answer is None else f"answered '{known.answer}'"
    when = known.mark.at.isoformat(timespec="seconds")
    return FieldProblem(
        f"answers.{change.part}", f"was {said} by {known.mark.by} at {when} (version {known.version})"
    )


def add_evidence(sheet: Sheet, framework: GatsbyFramework, evidence: Evidence) -> Sheet:
    """Attach evidence to a part that applies; the same link or note again changes nothing."""
    refuse_closed(sheet)
    if problems := evidence_problems(framework, sheet.profile, evidence):
        raise InvalidError("The evidence cannot be attached.", tuple(problems))
    of_part = [found for found in sheet.evidence if found.part == evidence.part and found.withdrawn is None]
    what = (evidence.link, evidence.note, evidence.review_on)
    if any((found.link, found.note, found.review_on) == what for found in of_part):
        return sheet
    if len(of_part) >= EVIDENCE_A_PART:
        raise ConflictError(f"A part can have {EVIDENCE_A_PART} pieces of evidence; withdraw one first.")
    return replace(sheet, evidence=(*sheet.evidence, evidence), version=sheet.version + 1)


def withdraw_evidence(sheet: Sheet, identity: EvidenceId, mark: Mark) -> Sheet:
    """Withdraw evidence; it is kept and no longer counts. Raises NotFoundError if there is none."""
    refuse_closed(sheet)
    if all(found.id != identity for found in sheet.evidence):
        raise NotFoundError("There is no such evidence in this evaluation.")
    after = tuple(
        replace(found, withdrawn=mark) if found.id == identity and found.withdrawn is None else found
        for found in sheet.evidence
    )
    return sheet if after == sheet.evidence else replace(sheet, evidence=after, version=sheet.version + 1)


def correct_numbers(sheet: Sheet, numbers: LearnerNumbers) -> Sheet:
    """Put other learner numbers down."""
    refuse_closed(sheet)
    return replace(sheet, numbers=numbers, version=sheet.version + 1)


def discard(sheet: Sheet) -> Sheet:
    """Set a draft aside; it is kept."""
    refuse_closed(sheet)
    return replace(sheet, state="discarded", version=sheet.version + 1)


def submission_of(
    sheet: Sheet, framework: GatsbyFramework, completed_on: dt.date, readers: tuple[HubReader, ...]
) -> Submission:
    """Score a sheet for its completion; raises InvalidError that lists the required parts not answered."""
    refuse_closed(sheet)
    scored = score(framework, sheet.profile, sheet.answers)
    if scored.missing:
        missing = tuple(
            FieldProblem(f"answers.{part}", "is required and not answered") for part in scored.missing
        )
        raise InvalidError(f"{len(missing)} required parts are not answered.", missing)
    return Submission(
        framework=sheet.framework,
        setting=sheet.profile.setting,
        completed_on=completed_on,
        shared_with=readers,
        points=scored.points,
        criteria=scored.criteria,
        sheet=sheet.id,
    )


def refuse_closed(sheet: Sheet) -> None:
    """Raise ConflictError for a sheet that no longer changes."""
    if sheet.state != "draft":
        raise ConflictError(f"This evaluation is {sheet.state} and no longer changes. Copy it to go on.")
