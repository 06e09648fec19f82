"""A made-up year of activities: believable, unique, inside the year, and the same every time."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings

from contracts.vocabulary import AcademicYear, academic_year_days
from services.areas import Employer, load_area
from services.areas.area import School
from services.demo.activity import ActivityPost
from services.demo.partners import Partners, distance_km
from services.demo.plan import DemoPlan, directory_body, plan_demo
from services.demo.roll import PupilRow, synthesise_roll
from services.demo.term_dates import school_days
from services.demo.year_plan import plan_year
from services.pupils.model.rules import CreditRules
from tests.demo.invented_schools import EMPLOYERS, SCHOOLS, SEEDS, YEAR, YEARS, school_of

PROJECT = Path(__file__).resolve().parents[2]


def planned(
    school: School, year: AcademicYear = YEAR, seed: int = 1
) -> tuple[tuple[PupilRow, ...], tuple[ActivityPost, ...]]:
    roll = synthesise_roll(school, year, seed)
    return roll, plan_year(school, roll, EMPLOYERS, year, seed)


def meant(roll: tuple[PupilRow, ...], activity: ActivityPost) -> set[str]:
    """Count naively whom an activity's attendance stands for."""
    attendance = activity.attendance
    return {
        pupil.upn
        for pupil in roll
        if pupil.year_group in attendance.year_groups or pupil.tutor_group in attendance.tutor_groups
    } | {named.upn for named in attendance.pupils}


@pytest.fixture(scope="module")
def dorset() -> DemoPlan:
    return plan_demo(load_area("dorset"), YEAR, seed=1)


@settings(max_examples=25, deadline=None)
@given(SCHOOLS, SEEDS, YEARS)
def test_every_date_is_a_school_day_of_the_year(school: School, seed: int, year: AcademicYear) -> None:
    _, activities = planned(school, year, seed)
    first, last = academic_year_days(year)
    days = set(school_days(year))

    for activity in activities:
        assert first <= activity.held_on <= last
        assert activity.held_on.weekday() < 5
        assert activity.held_on in days


@settings(max_examples=25, deadline=None)
@given(SCHOOLS, SEEDS)
def test_references_are_unique_in_a_school_and_short(school: School, seed: int) -> None:
    references = [activity.reference for activity in planned(school, YEAR, seed)[1]]

    assert len(set(references)) == len(references)
    assert all(0 < len(reference) <= 64 for reference in references)


@settings(max_examples=25, deadline=None)
@given(SCHOOLS, SEEDS)
def test_attendance_names_only_pupils_on_roll_and_each_once(school: School, seed: int) -> None:
    roll, activities = planned(school, YEAR, seed)
    on_roll = {pupil.upn for pupil in roll}
    year_groups = {pupil.year_group for pupil in roll}
    tutor_groups = {pupil.tutor_group for pupil in roll}

    for activity in activities:
        named = [pupil.upn for pupil in activity.attendance.pupils]
        assert len(set(named)) == len(named)
        assert set(named) <= on_roll
        assert set(activity.attendance.year_groups) <= year_groups
        assert set(activity.attendance.tutor_groups) <= tutor_groups
        assert len(meant(roll, activity)) == activity.participations > 0


@settings(max_examples=25, deadline=None)
@given(SCHOOLS, SEEDS)
def test_groups_list_their_exceptions_only(school: School, seed: int) -> None:
    for activity in planned(school, YEAR, seed)[1]:
        statuses = {pupil.status for pupil in activity.attendance.pupils}
        if activity.attendance.year_groups or activity.attendance.tutor_groups:
            assert statuses <= {"absent", "excused"}
        else:
            assert statuses


@settings(max_examples=15, deadline=None)
@given(SCHOOLS, SEEDS)
def test_the_same_seed_gives_the_same_bytes(school: School, seed: int) -> None:
    def as_bytes() -> bytes:
        return json.dumps([activity.to_json() for activity in planned(school, YEAR, seed)[1]]).encode()

    assert as_bytes() == as_bytes()


def test_the_order_of_hashes_in_a_process_changes_nothing() -> None:
    script = (
        "import hashlib, json\n"
        "from services.areas import load_area\n"
        "from services.demo.plan import plan_demo\n"
        "plan = plan_demo(load_area('dorset'), '2025/26', 7, 3)\n"
        "text = json.dumps([[a.to_json() for a in s.activities] + [s.evaluation] for s in plan.schools])\n"
        "print(hashlib.sha256(text.encode()).hexdigest())\n"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={"PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(PROJECT)},
            cwd=PROJECT,
            capture_output=True,
            check=True,
            text=True,
            timeout=60,
        ).stdout
        for hash_seed in ("0", "1")
    }

    assert len(digests) == 1


def test_a_body_has_the_fields_of_the_api() -> None:
    body = planned(school_of())[1][0].to_json()

    assert set(body) == {
        *("reference", "activity_type", "title", "held_on", "mode", "hours", "employer_id", "provider_type"),
        *("tests_met", "attendance"),
    }
    assert set(body["attendance"]) == {"year_groups", "tutor_groups", "pupils"}
    assert dt.date.fromisoformat(body["held_on"])


def test_every_code_is_one_that_the_credit_rules_know(dorset: DemoPlan) -> None:
    rules = CreditRules.model_validate_json(
        (PROJECT / "services/pupils/rules/gatsby-2025.json").read_text(encoding="utf-8")
    )

    for school in dorset.schools:
        for activity in school.activities:
            kind = rules.types[activity.activity_type]
            assert activity.mode in rules.modes
            assert set(activity.tests_met) <= set(rules.tests)
            assert activity.provider_type is None or activity.provider_type in kind.provider_types
            assert len(activity.title) <= 200


def test_named_employers_are_in_the_directory(dorset: DemoPlan) -> None:
    listed = {employer["employer_id"] for employer in directory_body(dorset.area)["employers"]}
    asked = Counter(a.employer_id for s in dorset.schools for a in s.activities if a.employer_id)

    assert set(asked) <= listed
    assert len(asked) > 80


def test_dorset_posts_a_year_of_believable_size(dorset: DemoPlan) -> None:
    assert len(dorset.schools) == 52
    assert len(dorset.without_roll) == 27
    assert 150_000 <= dorset.attendances <= 250_000


def test_about_6_percent_are_away(dorset: DemoPlan) -> None:
    away = sum(
        pupil.status != "attended"
        for school in dorset.schools
        for activity in school.activities
        for pupil in activity.attendance.pupils
    )

    assert 0.055 <= away / dorset.attendances <= 0.065


def test_every_year_group_has_its_activities_and_schools_differ(dorset: DemoPlan) -> None:
    for school in dorset.schools:
        kinds = Counter(
            (activity.reference.split("-")[1], activity.activity_type) for activity in school.activities
        )
        year_groups = {pupil.year_group for pupil in school.roll}
        assert {year for year, _ in kinds} == {f"y{year_group}" for year_group in year_groups}
    per_pupil = [school.attendances / len(school.roll) for school in dorset.schools]
    assert max(per_pupil) > 1.5 * min(per_pupil)


def test_providers_come_to_years_9_11_and_13_before_march(dorset: DemoPlan) -> None:
    for school in dorset.schools:
        for activity in school.activities:
            if activity.activity_type.startswith("provider_talk"):
                assert activity.held_on.month in {9, 10, 11, 12, 1, 2}


def test_a_school_without_sixth_form_has_no_sixth_form_event(dorset: DemoPlan) -> None:
    with_event = {
        school.school.has_post16
        for school in dorset.schools
        if any(activity.activity_type == "sixth_form_own" for activity in school.activities)
    }

    assert with_event == {True}


def test_a_special_school_is_not_sent_to_universities() -> None:
    special = school_of(roll=90, setting="special")
    kinds = {activity.activity_type for seed in range(10) for activity in planned(special, YEAR, seed)[1]}

    assert kinds
    assert not any(kind.startswith("university") for kind in kinds)


def test_single_guidance_meetings_name_one_pupil() -> None:
    singles = [a for a in planned(school_of(), YEAR, seed=3)[1] if "guidance-again" in a.reference]

    assert singles
    assert all(activity.participations == 1 for activity in singles)


def test_a_limit_takes_the_first_schools_and_changes_none_of_them(dorset: DemoPlan) -> None:
    limited = plan_demo(load_area("dorset"), YEAR, seed=1, most_schools=2)

    assert limited.schools == dorset.schools[:2]


def test_a_school_works_with_near_employers_of_many_sectors() -> None:
    school = school_of()
    in_reach = Partners(school, EMPLOYERS).in_reach
    asked = {a.employer_id for seed in range(5) for a in planned(school, YEAR, seed)[1] if a.employer_id}
    employers = [employer for employer in EMPLOYERS if employer.employer_id in asked]

    assert max(distance_km(school, employer) for employer in in_reach) <= 30
    assert asked <= {employer.employer_id for employer in in_reach}
    assert len({employer.sic_section for employer in employers}) >= 8


def test_a_school_without_position_or_employers_still_has_a_year() -> None:
    school = school_of()
    roll = synthesise_roll(school, YEAR, seed=1)
    nobody: tuple[Employer, ...] = ()

    activities = plan_year(school, roll, nobody, YEAR, 1)

    assert activities
    assert {activity.employer_id for activity in activities} == {None}
