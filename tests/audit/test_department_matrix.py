"""The matrix of the department audit, and who is chased: recounted, and through the routes."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from contracts.vocabulary import AcademicYear
from services.audit.facts import department_facts
from services.audit.model.department import NOT_TAUGHT, DepartmentFacts, Return, YearGroupAnswer
from services.audit.model.department_matrix import cells_of, columns_of, days_overdue, weakest_band
from services.runtime.mongo import Store
from services.runtime.settings import Settings
from tests.audit.departments import RETURN, ROUND, SCIENCE, listed
from tests.audit.schools import YEAR, Hub, School, school_at

FACTS: Final = department_facts()


@pytest.fixture
async def school(settings: Settings, store: Store, keys: Path) -> AsyncIterator[School]:
    """A school that has listed nothing yet."""
    async with school_at(Hub(settings, store, keys)) as school:
        yield school


async def test_the_matrix_shows_what_is_covered_and_where_the_gaps_are(school: School) -> None:
    science, art = await listed(school), await listed(school, title="Art", head="head-of-art")
    await school.told("PUT", "/department-audit", ROUND)
    await school.told("PUT", f"/departments/{science}/return", RETURN)

    matrix = await school.get("/department-audit/matrix")

    rows = {row["department_id"]: [cell["state"] for cell in row["cells"]] for row in matrix["departments"]}
    assert rows == {science: ["covered", "gap", "not_taught"], art: ["missing"] * 3}
    seven = matrix["year_groups"][0]
    assert seven["states"] == {"covered": 1, "gap": 0, "not_taught": 0, "missing": 1}
    assert seven["areas_missing"] == ["cdi.manage", "cdi.create", "cdi.balance", "cdi.bigpicture"]
    # Art is missing, so nothing can be said of every subject.
    assert matrix["gb4.1"] == {"weakest_band": None, "cells": 6}
    assert matrix["gb4.2"] == {"departments_with_development": 1, "staff": 6}

    everything: list[dict[str, Any]] = [
        {"year_group": group, "band": "most", "areas": []} for group in (7, 8, 9)
    ]
    await school.told("PUT", f"/departments/{art}/return", {"version": 0, "year_groups": everything})
    assert (await school.get("/department-audit/matrix"))["gb4.1"]["weakest_band"] == "some"


async def test_who_has_not_returned_is_chased_with_the_days_since_it_was_due(school: School) -> None:
    science, art = await listed(school), await listed(school, title="Art", head="head-of-art")
    closed = await listed(school, title="Latin", head="nobody")
    await school.told(
        "PUT", f"/departments/{closed}", SCIENCE | {"title": "Latin", "active": False, "version": 1}
    )
    before = await school.get("/department-audit/missing")
    assert (before["due_on"], before["days_overdue"], len(before["missing"])) == (None, None, 2)

    await school.told("PUT", "/department-audit", ROUND)
    half = RETURN | {"year_groups": RETURN["year_groups"][:1]}
    await school.told("PUT", f"/departments/{science}/return", half)
    chased = await school.get("/department-audit/missing")

    # Due on 29 May; today is 15 June.
    assert (chased["due_on"], chased["days_overdue"]) == ("2026-05-29", 17)
    assert (chased["departments"], chased["complete"]) == (2, 0)
    assert {
        one["department_id"]: (one["head"], one["returned"], one["year_groups_missing"])
        for one in chased["missing"]
    } == {
        art: ("head-of-art", False, [7, 8, 9]),
        science: ("head-of-science", True, [8, 9]),
    }
    await school.told("PUT", f"/departments/{science}/return", RETURN | {"version": 1})
    assert [one["department_id"] for one in (await school.get("/department-audit/missing"))["missing"]] == [
        art
    ]


bands = st.sampled_from([*FACTS.band_ids, NOT_TAUGHT])
tables = st.lists(st.dictionaries(st.integers(7, 9), bands), max_size=6)


@given(tables)
def test_the_matrix_equals_a_naive_recount(table: list[dict[int, str]]) -> None:
    groups = (7, 8, 9)
    returns = [
        Return(
            str(number),
            AcademicYear(YEAR),
            tuple(YearGroupAnswer(group, band, ()) for group, band in answers.items()),
            (),
            (),
        )
        for number, answers in enumerate(table)
    ]
    rows = [cells_of(returned, groups, FACTS) for returned in returns]

    covered = {"almost_all", "all"}
    for column in columns_of(rows, groups, FACTS):
        found = Counter(answers.get(column.year_group, "missing") for answers in table)
        assert column.states == {
            "covered": sum(found[band] for band in covered),
            "gap": sum(found[band] for band in FACTS.band_ids if band not in covered),
            "not_taught": found[NOT_TAUGHT],
            "missing": found["missing"],
        }
    taught = [answers.get(group) for answers in table for group in groups if answers.get(group) != NOT_TAUGHT]
    expected = min((FACTS.band_ids.index(b) for b in taught if b is not None), default=None)
    if None in taught or expected is None:
        assert weakest_band(rows, FACTS) is None
    else:
        assert weakest_band(rows, FACTS) == FACTS.band_ids[expected]


def test_nothing_is_overdue_on_its_day() -> None:
    due = dt.date(2026, 5, 29)
    assert [days_overdue(due, due + dt.timedelta(days=days)) for days in (-1, 0, 1)] == [0, 0, 1]


@pytest.mark.parametrize(
    ("part", "value", "reason"),
    [
        ("bands", FACTS.model_dump()["bands"][1:], "begins at 0"),
        ("bands", FACTS.model_dump()["bands"][:-1], "ends below 100"),
        ("covered_from", FACTS.covered_from.model_dump() | {"band": "plenty"}, "no such band"),
        ("areas", FACTS.model_dump()["areas"] * 2, "twice"),
        ("sources", {"cdi-2021": "x"}, "not one of the file's sources"),
    ],
)
def test_a_file_that_contradicts_itself_is_refused(part: str, value: object, reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        DepartmentFacts.model_validate(FACTS.model_dump() | {part: value})
