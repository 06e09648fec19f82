"""Who meets which criterion, from the credits on the year-group sheets (domain §1b, rules 5 and 9).

A criterion asks for some credits in a part of a pupil's schooling: this academic year, this key stage, up to
Year 11, or from Year 12 on. What a pupil did in an earlier year group counts where the period covers it, and
nowhere else. The criteria are data (`rules/criteria-2025.json`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from contracts.vocabulary import AcademicYear, Framework
from services.pupils.model.rules import Confidence
from services.pupils.model.sheets import PupilRef, Sheet

Period = Literal["year", "key_stage", "by_16", "post_16", "years"]
Condition = Literal["considering_higher_education"]

KEY_STAGES: Final = (range(7, 10), range(10, 12), range(12, 14))
UP_TO_16: Final = range(7, 12)
FROM_16: Final = range(12, 14)


class _Rule(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Need(_Rule):
    """Credits of which a pupil needs so many in all."""

    name: str
    any_of: tuple[str, ...] = Field(min_length=1)
    at_least: int = Field(ge=1)


class Criterion(_Rule):
    """What one criterion asks of one pupil; `only` limits it to some, `next` names what would help."""

    title: str
    period: Period
    needs: tuple[Need, ...] = Field(min_length=1)
    next: tuple[str, ...]
    confidence: Confidence
    note: str
    only: Condition | None = None
    years: tuple[int, ...] = ()
    """The year groups of the period `years`."""

    def year_groups(self, year_group: int) -> Collection[int] | None:
        """Say in which year groups credits count for somebody of a year group; None if it does not apply."""
        match self.period:
            case "year":
                return range(year_group, year_group + 1)
            case "key_stage":
                return next((stage for stage in KEY_STAGES if year_group in stage), None)
            case "by_16":
                return UP_TO_16 if year_group in UP_TO_16 else None
            case "post_16":
                return FROM_16 if year_group in FROM_16 else None
            case "years":
                return self.years if year_group in self.years else None


class Criteria(_Rule):
    """One version of the criteria, with its sources."""

    version: str
    framework: Framework
    about: str
    sources: tuple[str, ...] = Field(min_length=1)
    criteria: dict[str, Criterion]


@dataclass(frozen=True, slots=True)
class Standing:
    """How a year group stands on one criterion; `missing` names for each pupil the needs that are not met."""

    criterion: str
    applies_to: int
    missing: Mapping[PupilRef, tuple[str, ...]]

    @property
    def met(self) -> int:
        """How many pupils it applies to and meet it."""
        return self.applies_to - len(self.missing)


@dataclass(frozen=True, slots=True)
class Limits:
    """Of whom a question is: the pupils of each condition, and of a group (None: everybody)."""

    conditions: Mapping[Condition, Collection[PupilRef]]
    among: Collection[PupilRef] | None = None

    def admit(self, condition: Condition | None, ref: PupilRef) -> bool:
        """Whether a pupil is meant by a criterion with this condition."""
        if self.among is not None and ref not in self.among:
            return False
        return condition is None or ref in self.conditions[condition]


def standing(
    name: str,
    criterion: Criterion,
    sheets: Iterable[Sheet],
    asked: tuple[AcademicYear, int],
    limited_to: Limits,
) -> Standing | None:
    """Judge the pupils on roll of a year group in an academic year; None where the criterion does not apply.

    `sheets` are all of the school's up to that academic year; later ones and those of other year groups are
    passed over.
    """
    year, year_group = asked
    counting = criterion.year_groups(year_group)
    if counting is None:
        return None
    known = [sheet for sheet in sheets if sheet.academic_year <= year]
    on_roll = {
        ref
        for sheet in known
        if (sheet.academic_year, sheet.year_group) == asked
        for ref in sheet.pupils
        if limited_to.admit(criterion.only, ref)
    }
    in_period = [
        sheet
        for sheet in known
        if sheet.year_group in counting and (criterion.period != "year" or sheet.academic_year == year)
    ]
    had = [_credited(need, in_period) for need in criterion.needs]
    missing: dict[PupilRef, tuple[str, ...]] = {}
    for ref in on_roll:
        unmet = tuple(
            need.name
            for need, counts in zip(criterion.needs, had, strict=True)
            if counts[ref] < need.at_least
        )
        if unmet:
            missing[ref] = unmet
    return Standing(name, len(on_roll), missing)


def _credited(need: Need, sheets: Iterable[Sheet]) -> Counter[PupilRef]:
    counts: Counter[PupilRef] = Counter()
    for sheet in sheets:
        for key in need.any_of:
            counts.update(sheet.credits.get(key, {}))
    return counts
