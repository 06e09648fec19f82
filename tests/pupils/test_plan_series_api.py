"""Series through the routes: a plan for each day, later ones changed alike, many sessions one encounter."""

from __future__ import annotations

from typing import Any, Final

import pytest

from tests.pupils.conftest import School
from tests.pupils.test_plan_recording import recorded
from tests.pupils.test_plans_api import PLAN, by_name
from tests.pupils.values import GB5_TESTS

RULE: Final[dict[str, Any]] = {
    "every": "week",
    "from": "2026-04-20",
    "until": "2026-06-12",
    "weekdays": ["tuesday"],
    "except": ["2026-05-12"],
    "holidays": [{"from": "2026-05-25", "to": "2026-05-29"}],
}
TUESDAYS: Final = ["2026-04-21", "2026-04-28", "2026-05-05", "2026-05-19", "2026-06-02", "2026-06-09"]
SERIES: Final[dict[str, Any]] = {
    "reference": "mentors",
    "activity_type": "mentoring",
    "title": "Mentoring",
    "mode": "in_person",
    "tests_met": list(GB5_TESTS),
    "invited": {"tutor_groups": ["10A"]},
    "rule": RULE,
}


async def make_series(school: School, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of a body
    """Plan a series that must go in; returns the receipt."""
    body = {name: value for name, value in (SERIES | changes).items() if value is not None}
    answer = await school.send("POST", "/plans/series", json=body)
    assert answer.status_code in {200, 201}, answer.text
    receipt: dict[str, Any] = answer.json()
    return receipt


async def occurrences(school: School, series_id: str) -> list[dict[str, Any]]:
    """Read the plans of a series."""
    plans: list[dict[str, Any]] = (await school.get(f"/plans/series/{series_id}"))["plans"]
    return plans


async def test_every_occurrence_is_a_plan_of_its_own(school: School) -> None:
    receipt = await make_series(school)
    again = await make_series(school)

    plans = await occurrences(school, receipt["series_id"])

    assert (receipt["outcome"], receipt["planned"], receipt["unchanged"]) == ("planned", 6, 0)
    assert (again["outcome"], again["planned"], again["unchanged"]) == ("unchanged", 0, 6)
    assert again["plans"] == receipt["plans"]
    assert [plan["planned_on"] for plan in plans] == TUESDAYS
    assert {plan["series_id"] for plan in plans} == {receipt["series_id"]}
    assert plans[0]["reference"] == "mentors:2026-04-21"
    assert len((await school.get("/plans"))["plans"]) == 6


async def test_a_series_with_a_reference_grows_by_the_days_that_are_new(school: School) -> None:
    first = await make_series(school)
    more = await make_series(school, rule=RULE | {"until": "2026-06-16"})

    assert (more["series_id"], more["planned"], more["unchanged"]) == (first["series_id"], 1, 6)
    contradicting = await school.send("POST", "/plans/series", json=SERIES | {"title": "Other"})
    assert contradicting.status_code == 409


async def test_a_series_by_its_days_and_without_a_reference(school: School) -> None:
    days = ["2026-05-04", "2026-04-21", "2026-05-04"]
    receipt = await make_series(school, reference=None, rule=None, days=days)
    again = await make_series(school, reference=None, rule=None, days=sorted(set(days)))

    assert [plan["planned_on"] for plan in receipt["plans"]] == ["2026-04-21", "2026-05-04"]
    assert (again["outcome"], again["series_id"]) == ("unchanged", receipt["series_id"])


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"rule": RULE | {"until": "2026-04-01"}}, "rule.until"),
        ({"rule": RULE | {"until": "2029-04-01"}}, "rule.until"),
        ({"rule": RULE | {"weekdays": ["someday"]}}, "body.rule.weekdays.0"),
        ({"rule": RULE | {"weekdays": []}}, "body.rule.weekdays"),
        ({"rule": RULE | {"every": "month"}}, "body.rule.every"),
        ({"rule": RULE | {"from": "2026-02-30"}}, "body.rule.from"),
        ({"rule": RULE | {"holidays": [{"from": "2026-01-01", "to": "2026-12-31"}]}}, "rule"),
        ({"rule": RULE | {"holidays": [{"from": "2026-05-29", "to": "2026-05-25"}]}}, "rule.holidays[0].to"),
        ({"days": ["2026-05-04"]}, "body"),
        ({"invited": {}}, "invited"),
        ({"capacity": 0}, "body.capacity"),
        ({"reference": "x" * 54}, "body.reference"),
        ({"planned_on": "2026-05-04"}, "body.planned_on"),
    ],
)
async def test_a_series_that_makes_no_sense_plans_nothing(
    school: School, changes: dict[str, Any], where: str
) -> None:
    answer = await school.send("POST", "/plans/series", json=SERIES | changes)

    assert answer.status_code == 422, answer.text
    assert [problem["where"] for problem in answer.json()["problems"]] == [where]
    assert await school.documents("plans") == []


async def test_later_ones_are_changed_and_moved_alike_and_what_was_recorded_stays(school: School) -> None:
    receipt = await make_series(school)
    ids = [plan["plan_id"] for plan in receipt["plans"]]
    await recorded(school, ids[3])
    body = {name: value for name, value in SERIES.items() if name not in {"rule", "reference"}}
    body |= {"planned_on": "2026-04-30", "place": "Library", "version": 1}

    answer = await school.send("PUT", f"/plans/{ids[1]}?scope=later", json=body)
    again = await school.send("PUT", f"/plans/{ids[1]}?scope=later", json=body)
    stale = await school.send("PUT", f"/plans/{ids[1]}?scope=later", json=body | {"place": "Gym"})

    assert [plan["plan_id"] for plan in answer.json()["plans"]] == [ids[1], ids[2], ids[4], ids[5]]
    assert (again.status_code, again.json()["outcome"], again.json()["plans"]) == (200, "unchanged", [])
    assert stale.status_code == 409
    assert [
        (plan["planned_on"], plan["place"], plan["status"])
        for plan in await occurrences(school, receipt["series_id"])
    ] == [
        ("2026-04-21", None, "planned"),
        ("2026-04-30", "Library", "planned"),
        ("2026-05-07", "Library", "planned"),
        ("2026-05-19", None, "recorded"),
        ("2026-06-04", "Library", "planned"),
        ("2026-06-11", "Library", "planned"),
    ]


async def test_this_one_or_later_ones_are_cancelled(school: School) -> None:
    receipt = await make_series(school)
    ids = [plan["plan_id"] for plan in receipt["plans"]]
    await recorded(school, ids[4])

    await school.send("POST", f"/plans/{ids[0]}/cancellation", json={"reason": "school_closed"})
    answer = await school.send("POST", f"/plans/{ids[2]}/cancellation?scope=later", json={"reason": "other"})
    again = await school.send("POST", f"/plans/{ids[2]}/cancellation?scope=later", json={"reason": "other"})

    assert [plan["plan_id"] for plan in answer.json()["plans"]] == [ids[2], ids[3], ids[5]]
    assert again.json()["outcome"] == "unchanged"
    assert [plan["status"] for plan in await occurrences(school, receipt["series_id"])] == [
        *("cancelled", "planned", "cancelled", "cancelled", "recorded", "cancelled"),
    ]


async def test_a_plan_of_no_series_has_no_later_ones(school: School) -> None:
    planned = (await school.send("POST", "/plans", json=PLAN)).json()

    answer = await school.send(
        "PUT", f"/plans/{planned['plan_id']}?scope=later", json=PLAN | {"place": "Gym", "version": 1}
    )

    assert [problem["where"] for problem in answer.json()["problems"]] == ["scope"]


async def test_twelve_mentoring_sessions_make_one_pupil_reached(school: School) -> None:
    rule = {"every": "week", "from": "2026-03-02", "until": "2026-05-22", "weekdays": ["monday"]}
    receipt = await make_series(school, rule=rule, invited=by_name(1))
    assert receipt["planned"] == 12

    for plan in receipt["plans"]:
        await recorded(school, plan["plan_id"])

    assert len(await school.documents("activities")) == 12
    assert await school.reached() == {"10 gb5": 1}
