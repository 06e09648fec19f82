"""Small values that the tests of this folder speak of: a school's year with a few pupils."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from contracts.vocabulary import AcademicYear, ActivityId, CreditedBenchmark, EmployerId, Urn
from services.pupils.model.activity import Mark, Post
from services.pupils.model.attendance import Given, Groups, Status
from services.pupils.model.facts import Facts
from services.pupils.model.recording import Desk
from services.pupils.model.sheets import PupilRef, Register, Sheet
from services.pupils.model.upn import Upn, check_letter
from services.pupils.rules import credit_rules

URN: Final = Urn("136500")
YEAR: Final = AcademicYear("2025/26")
NOW: Final = dt.datetime(2026, 6, 15, 10, 0, tzinfo=dt.UTC)
TODAY: Final = NOW.date()
LEADER: Final = Mark(NOW, "leader")
ID: Final = ActivityId("a" * 32)

GB5_TESTS: Final = ("clear_purpose", "learning_outcomes", "reflection", "two_way_interaction")
GB6_TESTS: Final = tuple(sorted((*GB5_TESTS, "range_of_people", "task_set", "employer_feedback")))
GB7_TESTS: Final = tuple(sorted((*GB5_TESTS, "progression_information", "learning_environment")))

TALK: Final = Facts(
    reference="talk-1",
    activity_type="employer_talk",
    title="Meet the engineers",
    held_on=dt.date(2026, 3, 2),
    mode="in_person",
    hours=1.0,
    employer_id=EmployerId("gpg-961"),
    provider_type=None,
    tests_met=GB5_TESTS,
)
VISIT: Final = replace(
    TALK, reference="visit-1", activity_type="workplace_visit", title="At the harbour", tests_met=GB6_TESTS
)
LMI_LESSON: Final = replace(
    TALK,
    reference="lmi-1",
    activity_type="lmi_lesson",
    title="Wages and jobs",
    tests_met=(),
    employer_id=None,
)


def ref(number: int) -> PupilRef:
    """Name a pupil's id; the number's hundreds are the year group."""
    return PupilRef(f"{number:016x}")


def upn(serial: int) -> Upn:
    """Make a valid UPN that belongs to nobody."""
    digits = f"839400048{serial:03d}"
    return Upn(check_letter(digits) + digits)


def register(*numbers: int) -> Register:
    """Put pupils on the roll: 1001 is in Year 10, tutor group 10A if odd, else 10B."""
    sheets: dict[int, Sheet] = {}
    for number in numbers:
        year_group = number // 100
        sheet = sheets.setdefault(year_group, Sheet(YEAR, year_group))
        sheet.pupils[ref(number)] = f"{year_group}{'A' if number % 2 else 'B'}"
    return Register(sheets.values())


def desk(of: Register) -> Desk:
    """Set up what decisions share."""
    return Desk(URN, of, credit_rules(), LEADER)


def given(
    *year_groups: int,
    tutor_groups: Iterable[str] = (),
    listed: Mapping[int, Status] | None = None,
) -> Given:
    """Say who was there, pupils by number."""
    statuses = {ref(number): status for number, status in (listed or {}).items()}
    return Given(Groups(year_groups, tuple(tutor_groups)), statuses)


def post(facts: Facts = TALK, attendance: Given | None = None) -> Post:
    """Post an activity, by default for Year 10."""
    return Post(facts, given(10) if attendance is None else attendance)


def reached(of: Register) -> dict[tuple[int, CreditedBenchmark], int]:
    """Read the coverage of every sheet."""
    return {
        (sheet.year_group, benchmark): count for sheet in of for benchmark, count in sheet.reached().items()
    }
