"""What a school puts into careers: time, money and materials of a year, and the training of those who lead.

Money is in pence, time in hours a week. A gap is something to look at, named with the criteria that it bears
on. What was never recorded is a gap of its own and not taken for zero.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Final, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.audit.model.criterion import can_be_criterion
from services.audit.model.stated import Stated, refuse_unsourced
from services.runtime.errors import FieldProblem

StaffRole = Literal[
    "careers_leader", "careers_adviser", "careers_administrator", "senior_leader", "send_coordinator", "other"
]
TrainedRole = Literal["careers_leader", "careers_adviser"]
BudgetSource = Literal["school", "hub", "local_authority", "employer", "grant", "other"]
GapCode = Literal[
    "no_time_recorded",
    "careers_leader_below_one_day",
    "careers_leader_untrained",
    "no_adviser_at_level",
    "training_expired",
    "no_budget_recorded",
]
GAP_CODES: Final[tuple[GapCode, ...]] = get_args(GapCode)


class DayFact(Stated):
    """How many hours are a day."""

    hours: Annotated[float, Field(gt=0, le=24)]
    note: str


class LevelFact(Stated):
    """The level that guidance needs."""

    level: Annotated[int, Field(ge=1, le=8)]
    note: str


class GapFact(BaseModel):
    """What a gap means, and for which criteria."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    criteria: tuple[str, ...]
    text: str


class ResourceFacts(BaseModel):
    """What resources are compared with."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: str
    about: str
    careers_leader_day: DayFact
    adviser_level: LevelFact
    gaps: dict[GapCode, GapFact]
    sources: dict[str, str]

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if missing := [code for code in GAP_CODES if code not in self.gaps]:
            message = f"gaps: {missing[0]} is missing"
            raise ValueError(message)
        named = {criterion for gap in self.gaps.values() for criterion in gap.criteria}
        if unknown := sorted(criterion for criterion in named if not can_be_criterion(criterion)):
            message = f"gaps: '{unknown[0]}' is not a criterion"
            raise ValueError(message)
        refuse_unsourced((self.careers_leader_day, self.adviser_level), self.sources)
        return self


@dataclass(frozen=True, slots=True)
class StaffTime:
    """Hours a week that a role has for careers."""

    role: StaffRole
    hours_a_week: float
    note: str | None


@dataclass(frozen=True, slots=True)
class BudgetLine:
    """Money for careers, by where it comes from."""

    title: str
    pence: int
    source: BudgetSource


@dataclass(frozen=True, slots=True)
class Material:
    """Something that the programme is taught with."""

    title: str
    url: str | None


@dataclass(frozen=True, slots=True)
class Resources:
    """What a school puts into careers in one academic year."""

    staff_time: tuple[StaffTime, ...]
    budget: tuple[BudgetLine, ...]
    materials: tuple[Material, ...]

    @property
    def total_pence(self) -> int:
        """The year's budget."""
        return sum(line.pence for line in self.budget)

    def hours_of(self, role: StaffRole) -> float | None:
        """Sum a role's hours a week; None if none are recorded."""
        hours = [time.hours_a_week for time in self.staff_time if time.role == role]
        return sum(hours) if hours else None


@dataclass(frozen=True, slots=True)
class Course:
    """A qualification, certificate or course that the Careers Leader or adviser has completed."""

    role: TrainedRole
    title: str
    level: int | None
    provider: str
    completed_on: dt.date
    expires_on: dt.date | None
    certificate_url: str | None

    def is_valid(self, today: dt.date) -> bool:
        """Whether it has not expired; it is still valid on its last day."""
        return self.expires_on is None or today <= self.expires_on


@dataclass(frozen=True, slots=True)
class Training:
    """All that the Careers Leader and the advisers have completed."""

    courses: tuple[Course, ...]


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that is missing; `course` is the place of an expired one in the list."""

    code: GapCode
    course: int | None = None


def training_problems(training: Training, today: dt.date) -> tuple[FieldProblem, ...]:
    """List days that make no sense."""
    problems = []
    for place, course in enumerate(training.courses):
        if course.completed_on > today:
            problems.append(
                FieldProblem(f"courses[{place}].completed_on", "is in the future; record it once completed")
            )
        if course.expires_on is not None and course.expires_on <= course.completed_on:
            problems.append(FieldProblem(f"courses[{place}].expires_on", "is not after completed_on"))
    return tuple(problems)


def gaps_of(
    resources: Resources | None, training: Training | None, facts: ResourceFacts, today: dt.date
) -> tuple[Gap, ...]:
    """Name what is missing, of a year's resources and of the training as it is today."""
    courses = () if training is None else training.courses
    return (*_gaps_of_year(resources, facts), *_gaps_of_training(courses, facts, today))


def _gaps_of_year(resources: Resources | None, facts: ResourceFacts) -> Iterator[Gap]:
    hours = None if resources is None else resources.hours_of("careers_leader")
    if hours is None:
        yield Gap("no_time_recorded")
    elif hours < facts.careers_leader_day.hours:
        yield Gap("careers_leader_below_one_day")
    if resources is None or not resources.budget:
        yield Gap("no_budget_recorded")


def _gaps_of_training(courses: Sequence[Course], facts: ResourceFacts, today: dt.date) -> Iterator[Gap]:
    valid = [course for course in courses if course.is_valid(today)]
    if not any(course.role == "careers_leader" for course in valid):
        yield Gap("careers_leader_untrained")
    needed = facts.adviser_level.level
    if not any(course.role == "careers_adviser" and (course.level or 0) >= needed for course in valid):
        yield Gap("no_adviser_at_level")
    for place, course in enumerate(courses):
        if not course.is_valid(today):
            yield Gap("training_expired", place)


def hours_by_role(resources: Resources) -> Mapping[StaffRole, float]:
    """Sum the hours a week by role."""
    return {time.role: resources.hours_of(time.role) or 0.0 for time in resources.staff_time}
