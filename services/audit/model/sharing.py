"""With whom of the Hub a school shares its scores: an explicit act, to named roles, that can be revoked.

Sharing covers the evaluation that stands in the current academic year, and each that is completed from then
on; earlier years stay as they were. Withdrawing covers everything that was ever shared. A change of readers
holds for all that is shared.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from contracts.audit import HUB_READERS, HubReader
from contracts.vocabulary import AcademicYear
from services.audit.model.evaluation import Evaluation
from services.runtime.versions import Mark


@dataclass(frozen=True, slots=True)
class Sharing:
    """What a school has decided; version 0 is a school that never has, and shares nothing."""

    version: int = 0
    shared_with: tuple[HubReader, ...] = ()
    mark: Mark | None = None


def decide(current: Sharing, readers: Iterable[HubReader], mark: Mark) -> Sharing | None:
    """Return the next decision, or None if it is the current one."""
    wanted = ordered(readers)
    if current.version and wanted == current.shared_with:
        return None
    return Sharing(current.version + 1, wanted, mark)


def ordered(readers: Iterable[HubReader]) -> tuple[HubReader, ...]:
    """Name each reader once, in the order of the contract."""
    wanted = set(readers)
    return tuple(reader for reader in HUB_READERS if reader in wanted)


def resharing(
    evaluations: Sequence[Evaluation], readers: tuple[HubReader, ...], year: AcademicYear
) -> list[Evaluation]:
    """Return the evaluations whose sharing a decision changes, as they are after it."""
    return [
        evaluation.shared(readers)
        for evaluation in evaluations
        if evaluation.submission.shared_with != readers
        and (evaluation.submission.shared_with or _is_covered(evaluation, year))
    ]


def _is_covered(evaluation: Evaluation, year: AcademicYear) -> bool:
    return evaluation.state == "completed" and evaluation.submission.academic_year == year
