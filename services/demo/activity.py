"""An activity as a school posts it: the JSON body of `POST /pupils/v1/schools/{urn}/activities`."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Literal

from contracts.vocabulary import EmployerId

Mode = Literal["in_person", "virtual", "mixed"]
ProviderType = Literal["sixth_form", "fe_college", "university", "itp", "apprenticeship"]
Status = Literal["attended", "absent", "excused"]
MeaningfulTest = Literal[
    "clear_purpose",
    "learning_outcomes",
    "two_way_interaction",
    "range_of_people",
    "task_set",
    "employer_feedback",
    "progression_information",
    "learning_environment",
    "reflection",
]
"""One of the questions that tell a meaningful encounter from mere presence (domain.md §7.2)."""


@dataclass(frozen=True, slots=True)
class NamedPupil:
    """A pupil listed one by one: an exception to the groups of an activity, or an addition to them."""

    upn: str
    status: Status


@dataclass(frozen=True, slots=True)
class Attendance:
    """Who was meant to be there. Members of the groups attended, unless they are listed otherwise."""

    year_groups: tuple[int, ...] = ()
    tutor_groups: tuple[str, ...] = ()
    pupils: tuple[NamedPupil, ...] = ()


@dataclass(frozen=True, slots=True)
class ActivityPost:
    """One activity; `participations` counts the pupils that `attendance` stands for and is not posted."""

    reference: str
    activity_type: str
    title: str
    held_on: dt.date
    mode: Mode
    hours: float
    employer_id: EmployerId | None
    provider_type: ProviderType | None
    tests_met: tuple[MeaningfulTest, ...]
    attendance: Attendance
    participations: int

    def to_json(self) -> dict[str, Any]:
        """Render the body that the API takes."""
        return {
            "reference": self.reference,
            "activity_type": self.activity_type,
            "title": self.title,
            "held_on": self.held_on.isoformat(),
            "mode": self.mode,
            "hours": self.hours,
            "employer_id": self.employer_id,
            "provider_type": self.provider_type,
            "tests_met": list(self.tests_met),
            "attendance": {
                "year_groups": list(self.attendance.year_groups),
                "tutor_groups": list(self.attendance.tutor_groups),
                "pupils": [{"upn": pupil.upn, "status": pupil.status} for pupil in self.attendance.pupils],
            },
        }
