"""A whole area's demonstration, ready to be sent: who posts what. Pure: the same arguments, the same plan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from contracts.vocabulary import AcademicYear
from services.areas import Area, School
from services.demo.activity import ActivityPost
from services.demo.evaluation import plan_evaluation
from services.demo.roll import PupilRow, synthesise_roll
from services.demo.year_plan import plan_year


@dataclass(frozen=True, slots=True)
class SchoolPlan:
    """What one school sends."""

    school: School
    roll: tuple[PupilRow, ...]
    activities: tuple[ActivityPost, ...]
    evaluation: dict[str, Any]

    @property
    def attendances(self) -> int:
        """Count the pupils' participations that the activities stand for, the absent ones too."""
        return sum(activity.participations for activity in self.activities)


@dataclass(frozen=True, slots=True)
class DemoPlan:
    """What an area sends. `without_roll` are listed in the directory and post nothing."""

    area: Area
    academic_year: AcademicYear
    schools: tuple[SchoolPlan, ...]
    without_roll: tuple[School, ...]

    @property
    def attendances(self) -> int:
        """Count the participations of all schools."""
        return sum(plan.attendances for plan in self.schools)


def plan_demo(
    area: Area, academic_year: AcademicYear, seed: int, most_schools: int | None = None
) -> DemoPlan:
    """Plan for the area's schools with a known roll, or the first `most_schools` of them by URN."""
    posting = [school for school in area.schools if _posts(school)][:most_schools]
    plans = []
    for school in posting:
        roll = synthesise_roll(school, academic_year, seed)
        activities = plan_year(school, roll, area.employers, academic_year, seed)
        plans.append(SchoolPlan(school, roll, activities, plan_evaluation(school, academic_year, seed)))
    return DemoPlan(
        area=area,
        academic_year=academic_year,
        schools=tuple(plans),
        without_roll=tuple(school for school in area.schools if not _posts(school)),
    )


def _posts(school: School) -> bool:
    return school.pupils_on_roll is not None


def directory_body(area: Area) -> dict[str, Any]:
    """Render the JSON body of `PUT /employers/v1/directory`: every school and employer of the area."""
    return {
        "schools": [
            {
                "urn": school.urn,
                "name": school.name,
                "phase": school.phase,
                "setting": school.setting,
                "lowest_year": school.lowest_year,
                "highest_year": school.highest_year,
                "has_post16": school.has_post16,
                "district": school.district,
                "latitude": school.latitude,
                "longitude": school.longitude,
            }
            for school in area.schools
        ],
        "employers": [
            {
                "employer_id": employer.employer_id,
                "name": employer.name,
                "sic_section": employer.sic_section,
                "size_band": employer.size_band,
                "town": employer.town or None,
                "latitude": employer.latitude,
                "longitude": employer.longitude,
            }
            for employer in area.employers
        ],
    }
