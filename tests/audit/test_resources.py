"""Resources through the routes: time, money, materials, training, and what is missing."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.audit.facts import resource_facts
from services.audit.model.resources import (
    Course,
    ResourceFacts,
    Resources,
    StaffTime,
    TrainedRole,
    Training,
    gaps_of,
)
from services.runtime.mongo import Store
from services.runtime.settings import Settings
from tests.audit.schools import Hub, School, school_at

FACTS: Final = resource_facts()
TODAY: Final = dt.date(2026, 6, 15)
RESOURCES: Final[dict[str, Any]] = {
    "version": 0,
    "staff_time": [
        {"role": "careers_leader", "hours_a_week": 4.5, "note": "Thursdays"},
        {"role": "careers_leader", "hours_a_week": 2, "note": None},
        {"role": "careers_adviser", "hours_a_week": 7.25, "note": None},
    ],
    "budget": [
        {"title": "Programme", "pence": 250_000, "source": "school"},
        {"title": "Visits", "pence": 40_050, "source": "hub"},
    ],
    "materials": [{"title": "Labour market tool", "url": "https://lmi.test/tool"}],
}
COURSE: Final[dict[str, Any]] = {
    "role": "careers_adviser",
    "title": "Diploma in career guidance",
    "level": 6,
    "provider": "A college",
    "completed_on": "2023-07-01",
    "expires_on": None,
    "certificate_url": "https://school.test/certificate",
}


@pytest.fixture
async def school(settings: Settings, store: Store, keys: Path) -> AsyncIterator[School]:
    """A school that has recorded nothing yet."""
    async with school_at(Hub(settings, store, keys)) as school:
        yield school


async def gaps(school: School) -> list[str]:
    """The codes of what is missing."""
    return [gap["gap"] for gap in (await school.get("/resources/gaps"))["gaps"]]


async def test_resources_are_shown_as_they_were_told_with_their_sums(school: School) -> None:
    assert await school.get("/resources") == {"academic_year": "2025/26", "version": 0}
    await school.told("PUT", "/resources", RESOURCES)

    shown = await school.get("/resources")

    assert {part: shown[part] for part in ("staff_time", "budget", "materials")} == {
        part: RESOURCES[part] for part in ("staff_time", "budget", "materials")
    }
    assert shown["total_pence"] == 290_050
    assert shown["hours_by_role"] == {"careers_leader": 6.5, "careers_adviser": 7.25}
    # Another academic year has its own.
    assert (await school.get("/resources?academic_year=2024/25"))["version"] == 0


async def test_every_version_is_kept_and_two_editors_do_not_overwrite_each_other(school: School) -> None:
    await school.told("PUT", "/resources", RESOURCES)
    await school.told("PUT", "/resources", RESOURCES | {"version": 1, "budget": []})
    stale = await school.send("PUT", "/resources", RESOURCES | {"version": 1, "materials": []})

    versions = (await school.get("/resources/versions"))["versions"]

    assert stale.status_code == 409
    assert [(v["version"], len(v["budget"]), len(v["materials"])) for v in versions] == [(2, 0, 1), (1, 2, 1)]


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"staff_time": [{"role": "careers_leader", "hours_a_week": -1}]}, "body.staff_time.0.hours_a_week"),
        ({"staff_time": [{"role": "careers_leader", "hours_a_week": 61}]}, "body.staff_time.0.hours_a_week"),
        ({"staff_time": [{"role": "careers_leader", "hours_a_week": 1.1}]}, "body.staff_time.0.hours_a_week"),
        ({"staff_time": [{"role": "wizard", "hours_a_week": 1}]}, "body.staff_time.0.role"),
        ({"budget": [{"title": "x", "pence": -1, "source": "school"}]}, "body.budget.0.pence"),
        ({"budget": [{"title": "x", "pence": 10.5, "source": "school"}]}, "body.budget.0.pence"),
        ({"budget": [{"title": "x", "pence": 100_000_001, "source": "school"}]}, "body.budget.0.pence"),
        ({"budget": [{"title": "x", "pence": 1, "source": "luck"}]}, "body.budget.0.source"),
        ({"budget": [RESOURCES["budget"][0]] * 101}, "body.budget"),
        ({"materials": [{"title": "x", "url": "file:///etc/passwd"}]}, "body.materials.0.url"),
        ({"materials": [{"title": "x", "url": "lmi.test/tool"}]}, "body.materials.0.url"),
        ({"materials": [{"title": "hidden \u202e"}]}, "body.materials.0.title"),
    ],
)
async def test_resources_that_make_no_sense_are_refused_whole(
    school: School, changes: dict[str, Any], where: str
) -> None:
    assert list(await school.refused("PUT", "/resources", RESOURCES | changes)) == [where]
    assert await school.documents("resources") == []


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"completed_on": "2026-06-16"}, "courses[0].completed_on"),
        ({"expires_on": "2023-07-01"}, "courses[0].expires_on"),
        ({"level": 9}, "body.courses.0.level"),
        ({"role": "teacher"}, "body.courses.0.role"),
        ({"certificate_url": "http://"}, "body.courses.0.certificate_url"),
    ],
)
async def test_training_that_makes_no_sense_is_refused(
    school: School, changes: dict[str, Any], where: str
) -> None:
    body = {"version": 0, "courses": [COURSE | changes]}
    assert list(await school.refused("PUT", "/training", body)) == [where]
    assert await school.get("/training") == {"version": 0}


async def test_training_is_shown_with_what_has_expired_and_reading_it_is_logged(school: School) -> None:
    expired = COURSE | {"title": "Safeguarding", "level": None, "expires_on": "2026-06-14"}
    lasts = COURSE | {"title": "First aid", "level": None, "expires_on": "2026-06-15"}
    await school.told("PUT", "/training", {"version": 0, "courses": [COURSE]})
    await school.told("PUT", "/training", {"version": 1, "courses": [COURSE, expired, lasts]})

    shown = await school.get("/training")
    versions = (await school.get("/training/versions"))["versions"]

    assert [course["valid"] for course in shown["courses"]] == [True, False, True]
    assert [len(version["courses"]) for version in versions] == [3, 1]
    log = await school.accesses()
    assert ("leader", "training.read", "training") in log
    assert ("leader", "training.changed", "training") in log


async def test_what_was_never_recorded_is_a_gap_and_not_zero(school: School) -> None:
    assert await gaps(school) == [
        "no_time_recorded",
        "no_budget_recorded",
        "careers_leader_untrained",
        "no_adviser_at_level",
    ]


async def test_gaps_close_when_they_are_filled_and_name_their_criteria(school: School) -> None:
    leader = COURSE | {"role": "careers_leader", "level": 7}
    await school.told("PUT", "/resources", RESOURCES)
    await school.told("PUT", "/training", {"version": 0, "courses": [COURSE, leader]})
    assert await gaps(school) == []

    less = [RESOURCES["staff_time"][0]]
    await school.told("PUT", "/resources", RESOURCES | {"version": 1, "staff_time": less})
    expired = COURSE | {"expires_on": "2026-01-31"}
    await school.told("PUT", "/training", {"version": 1, "courses": [leader, expired]})
    found = await school.get("/resources/gaps")

    assert [(gap["gap"], gap["criteria"], gap["course"]) for gap in found["gaps"]] == [
        ("careers_leader_below_one_day", ["gb1.1"], None),
        ("no_adviser_at_level", ["gb8.1", "gb8.2"], None),
        ("training_expired", [], 1),
    ]
    assert found["compared_with"]["careers_leader_hours_a_week"]["hours"] == 6.5


async def test_teachers_see_no_budget_and_governors_change_none(school: School) -> None:
    teacher = await school.as_("teacher", "teacher")
    governor = await school.as_("governor", "link_governor")
    assert (await teacher.send("GET", "/resources")).status_code == 403
    assert (await governor.send("GET", "/resources")).status_code == 200
    assert (await governor.send("PUT", "/resources", RESOURCES)).status_code == 403


roles: st.SearchStrategy[TrainedRole] = st.sampled_from(["careers_leader", "careers_adviser"])
courses = st.lists(
    st.builds(
        Course,
        role=roles,
        title=st.just("A course"),
        level=st.one_of(st.none(), st.integers(1, 8)),
        provider=st.just("A college"),
        completed_on=st.just(dt.date(2020, 1, 1)),
        expires_on=st.one_of(st.none(), st.dates(dt.date(2026, 1, 1), dt.date(2026, 12, 31))),
        certificate_url=st.none(),
    ),
    max_size=6,
)


@given(courses, st.lists(st.integers(0, 20), max_size=4))
def test_gaps_equal_a_naive_recount(known: list[Course], quarters: list[int]) -> None:
    time = tuple(StaffTime("careers_leader", quarter / 2, None) for quarter in quarters)
    found = gaps_of(Resources(time, (), ()), Training(tuple(known)), FACTS, TODAY)

    expired = [c for c in known if c.expires_on is not None and c.expires_on < TODAY]
    valid = [c for c in known if c not in expired]
    expected = ["no_budget_recorded", *["training_expired"] * len(expired)]
    if not quarters:
        expected.append("no_time_recorded")
    elif sum(quarters) < 13:
        expected.append("careers_leader_below_one_day")
    if "careers_leader" not in {c.role for c in valid}:
        expected.append("careers_leader_untrained")
    if not [c for c in valid if c.role == "careers_adviser" and c.level in {6, 7, 8}]:
        expected.append("no_adviser_at_level")
    assert sorted(gap.code for gap in found) == sorted(expected)


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ({"gaps": {}}, "is missing"),
        (
            {"gaps": FACTS.model_dump()["gaps"] | {"training_expired": {"criteria": ["gb99"], "text": "x"}}},
            "is not a criterion",
        ),
        ({"sources": {}}, "not one of the file's sources"),
    ],
)
def test_a_file_that_contradicts_itself_is_refused(parts: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        ResourceFacts.model_validate(FACTS.model_dump() | parts)
