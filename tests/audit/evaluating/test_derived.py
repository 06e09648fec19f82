"""What records answer beside the school: from the events to the prompt."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.pupils import (
    ActivityFigures,
    ActivityRecorded,
    ActivityRetracted,
    CoverageCell,
    DestinationsCounted,
    RollChanged,
    YearGroupRoll,
)
from contracts.vocabulary import AcademicYear, ActivityId, CreditedBenchmark, Urn
from services.audit.frameworks import frameworks
from services.audit.model.derived import Derived, Records, derive
from services.audit.model.framework import Profile
from tests.audit.evaluating.conftest import URN, School

FRAMEWORK = frameworks()["gatsby-2025"]
SCHOOL = Profile("school", has_post16=True)
YEAR = AcademicYear("2025/26")
COVERED: tuple[CreditedBenchmark, ...] = ("gb2", "gb4", "gb5", "gb6", "gb7", "gb8")


def derived(records: Records, **answers: str) -> dict[str, Derived]:
    given_answers = {name.replace("__", ".").replace("_", ".", 1): answer for name, answer in answers.items()}
    return {found.part: found for found in derive(FRAMEWORK, SCHOOL, given_answers, records)}


def test_encounters_of_the_year_are_the_share_of_all_pupils_with_each_year_group_beside() -> None:
    records = Records(on_roll={7: 100, 8: 100}, reached={"gb5": {7: 100, 8: 60}})

    found = derived(records)["gb5.1.every_year"]

    assert (found.count, found.total, found.band, found.certainty) == (160, 200, "most", "exact")
    assert [(cell.year_group, cell.count, cell.total, cell.band) for cell in found.year_groups] == [
        (7, 100, 100, "all"),
        (8, 60, 100, "most"),
    ]


@pytest.mark.parametrize(
    ("declared", "differs"), [("most", False), ("some", True), ("almost_all", True), ("all", True)]
)
def test_an_exact_answer_that_differs_is_a_prompt(declared: str, differs: bool) -> None:  # noqa: FBT001 - a column of the table
    records = Records(on_roll={7: 100}, reached={"gb5": {7: 80}})

    assert derived(records, gb5_1__every_year=declared)["gb5.1.every_year"].differs is differs


@pytest.mark.parametrize(("declared", "differs"), [("some", True), ("most", False), ("all", False)])
def test_an_answer_by_sixteen_differs_only_if_it_is_less_than_this_years_records_prove(
    declared: str,
    differs: bool,  # noqa: FBT001 - a column of the table
) -> None:
    records = Records(on_roll={10: 50, 11: 100}, reached={"gb8": {11: 80}})

    found = derived(records, gb8_1__by_16=declared)["gb8.1.by_16"]

    assert (found.total, found.certainty, found.differs) == (100, "at_least", differs)


def test_what_the_events_do_not_carry_is_not_derived() -> None:
    records = Records(
        on_roll=dict.fromkeys(range(7, 14), 100),
        reached={benchmark: dict.fromkeys(range(7, 14), 50) for benchmark in COVERED},
        intended={11: (100, 90)},
    )

    parts = set(derived(records))

    assert parts == {
        "gb2.1.key_stage_3", "gb2.1.key_stage_4", "gb2.1.key_stage_5", "gb3.4.intended", "gb5.1.every_year",
        "gb6.2.by_18", "gb8.1.by_16", "gb8.2.by_18",
    }  # fmt: skip


def test_without_a_roll_nothing_is_derived_and_nothing_differs() -> None:
    assert derived(Records(), gb5_1__every_year="all") == {}
    assert derived(Records(on_roll={11: 0}), gb8_1__by_16="all") == {}


def test_what_the_school_says_does_not_apply_is_no_mismatch() -> None:
    records = Records(on_roll={7: 10}, reached={"gb2": {7: 10}})

    assert not derived(records, gb2_1__key_stage_3="not_applicable")["gb2.1.key_stage_3"].differs


@given(st.dictionaries(st.integers(7, 14), st.tuples(st.integers(0, 300), st.integers(0, 300))))
def test_a_derived_share_equals_a_naive_count(cells: dict[int, tuple[int, int]]) -> None:
    records = Records(
        on_roll={group: max(cell) for group, cell in cells.items()},
        reached={"gb5": {group: min(cell) for group, cell in cells.items()}},
    )

    found = derived(records).get("gb5.1.every_year")

    of_school = [cell for group, cell in cells.items() if group <= 13]
    total = sum(max(cell) for cell in of_school)
    assert (found is None) == (total == 0)
    if found is not None:
        assert (found.count, found.total) == (sum(min(cell) for cell in of_school), total)
        assert (found.band == "all") == (found.count == total)
        assert (found.band == "none") == (found.count == 0)


def coverage(year_group: int, benchmark: CreditedBenchmark, reached: int) -> tuple[CoverageCell, ...]:
    return (CoverageCell(year_group=year_group, benchmark=benchmark, reached=reached),)


async def test_what_pupils_tell_stands_beside_the_declared_answer_and_never_replaces_it(
    school: School,
) -> None:
    urn, talk = Urn(URN), ActivityId("activity-1")
    figures = ActivityFigures.model_validate(
        {"activity_type": "employer_talk", "held_on": "2026-01-15", "year_groups": []}
    )
    await school.hear(
        RollChanged(
            urn=urn,
            academic_year=YEAR,
            year_groups=(YearGroupRoll(year_group=7, on_roll=100), YearGroupRoll(year_group=11, on_roll=60)),
        ),
        ActivityRecorded(
            urn=urn, academic_year=YEAR, activity_id=talk, activity=figures, coverage=coverage(7, "gb5", 100)
        ),
        DestinationsCounted(
            urn=urn,
            academic_year=YEAR,
            year_group=11,
            on_roll=60,
            intended={"education": 50, "not_known": 10},
        ),
    )
    page = await school.start()

    page = (await school.answer(page, {"gb5.1.every_year": "all"})).json()

    by_part = {part["part"]: part for part in page["parts"]}
    every_year = by_part["gb5.1.every_year"]
    assert every_year["given"]["answer"] == "all"
    assert every_year["state"] == "achieved"
    assert (every_year["derived"]["band"], every_year["derived"]["count"]) == ("most", 100)
    assert page["mismatches"] == ["gb5.1.every_year"]
    assert (by_part["gb3.4.intended"]["derived"]["count"], by_part["gb3.4.intended"]["derived"]["total"]) == (
        50,
        60,
    )
    assert by_part["gb7.1.colleges"]["derived"] is None

    await school.hear(
        ActivityRetracted(
            urn=urn, academic_year=YEAR, activity_id=talk, before=figures, coverage=coverage(7, "gb5", 0)
        )
    )
    after = await school.do("GET", f"/evaluations/{page['evaluation_id']}/answers")
    assert {part["part"]: part for part in after["parts"]}["gb5.1.every_year"]["derived"]["band"] == "none"
