"""The action plan through the routes: planned, followed, reviewed, superseded, and nothing lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import pytest

from services.audit.commands import plan as commands
from services.runtime.mongo import Store
from services.runtime.settings import Settings
from tests.audit.schools import Hub, School, school_at

ACTION: Final[dict[str, Any]] = {
    "specific": "Name a Careers Champion in every department.",
    "measure": "Departments with a Careers Champion",
    "unit": "departments",
    "baseline_value": 2,
    "target_value": 9,
    "owner": "head-of-science",
    "resource": "An hour of each head of department",
    "cost_pence": 12_000,
    "starts_on": "2025-09-01",
    "due_on": "2026-06-30",
    "criteria": ["gb4.1"],
    "groups": ["send", "in_care"],
    "whole_school_priority": True,
    "suggestion": "gb4.1-champions",
}
DONE: Final[dict[str, Any]] = {
    "version": 1,
    "status": "done",
    "effect": {"text": "All nine have one.", "value_reached": 9, "links": ["https://school.test/c"]},
}


@pytest.fixture
async def school(settings: Settings, store: Store, keys: Path) -> AsyncIterator[School]:
    """A school without a plan."""
    async with school_at(Hub(settings, store, keys)) as school:
        yield school


async def planned(school: School, **changes: Any) -> str:  # noqa: ANN401 - fields of a body
    """Put an action into the plan; returns its id."""
    return str((await school.told("POST", "/plan/actions", ACTION | changes))["id"])


async def test_an_action_is_shown_as_it_was_planned(school: School) -> None:
    shown = await school.get(f"/plan/actions/{await planned(school)}")

    assert {name: shown[name] for name in ACTION} == ACTION | {"groups": ["in_care", "send"]}
    assert (shown["status"], shown["effect"], shown["superseded_by"], shown["version"]) == (
        "not_started",
        None,
        None,
        1,
    )


async def test_the_same_action_again_changes_nothing_however_far_it_has_come(school: School) -> None:
    action = await planned(school)
    await school.told("POST", f"/plan/actions/{action}/progress", DONE)

    again = await school.send("POST", "/plan/actions", ACTION)

    assert (again.status_code, again.json()) == (200, {"outcome": "unchanged", "id": action, "version": 2})
    dearer = await school.send("POST", "/plan/actions", ACTION | {"cost_pence": 1})
    assert dearer.status_code == 409


@pytest.mark.parametrize(
    "field", sorted(ACTION.keys() - {"baseline_value", "groups", "whole_school_priority", "suggestion"})
)
async def test_an_action_without_one_of_the_smart_fields_is_refused(school: School, field: str) -> None:
    body = {name: value for name, value in ACTION.items() if name != field}
    assert list(await school.refused("POST", "/plan/actions", body)) == [f"body.{field}"]


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"due_on": "2025-08-31"}, "due_on"),
        ({"due_on": "30/06/2026"}, "body.due_on"),
        ({"target_value": 2}, "target_value"),
        ({"target_value": "many"}, "body.target_value"),
        ({"target_value": -1}, "body.target_value"),
        ({"cost_pence": -1}, "body.cost_pence"),
        ({"cost_pence": 120.5}, "body.cost_pence"),
        ({"criteria": []}, "body.criteria"),
        ({"criteria": ["gb9.1"]}, "body.criteria.0"),
        ({"criteria": ["gb4.1", "gb4.1"]}, "criteria"),
        ({"groups": ["giants"]}, "body.groups.0"),
        ({"suggestion": "gb4.1-magic"}, "suggestion"),
        ({"specific": "x" * 301}, "body.specific"),
        ({"unit": "x" * 41}, "body.unit"),
        ({"owner": ""}, "body.owner"),
        ({"whole_school_priority": "yes"}, "body.whole_school_priority"),
        ({"status": "done"}, "body.status"),
    ],
)
async def test_an_action_that_is_not_smart_is_refused_and_not_stored(
    school: School, changes: dict[str, Any], where: str
) -> None:
    assert list(await school.refused("POST", "/plan/actions", ACTION | changes)) == [where]
    assert await school.documents("plan_actions") == []


async def test_two_editors_of_one_action_do_not_overwrite_each_other(school: School) -> None:
    action = await planned(school)
    path = f"/plan/actions/{action}"
    cheaper, later = ({"version": 1, "cost_pence": 0}, {"version": 1, "due_on": "2026-08-31"})

    answers = await asyncio.gather(
        school.send("PUT", path, ACTION | cheaper), school.send("PUT", path, ACTION | later)
    )

    assert sorted(answer.status_code for answer in answers) == [200, 409]
    versions = (await school.get(f"{path}/versions"))["versions"]
    assert [version["version"] for version in versions] == [2, 1]
    assert versions[1]["goal"]["cost_pence"] == 12_000


async def test_an_owner_reports_and_evidence_of_effect_is_kept(school: School) -> None:
    action = await planned(school)
    owner = await school.as_("head-of-science", "teacher")
    stranger = await school.as_("head-of-art", "teacher")
    path = f"/plan/actions/{action}/progress"

    refused = await stranger.send("POST", path, DONE)
    await owner.told("POST", path, DONE)
    again = await owner.told("POST", path, DONE)
    stale = await school.send("POST", path, {"version": 1, "status": "in_progress"})
    superseding = await owner.send("POST", path, {"version": 2, "status": "superseded", "reason": "x"})

    assert (refused.status_code, again["outcome"], stale.status_code) == (403, "unchanged", 409)
    assert superseding.status_code == 403
    shown = await school.get(f"/plan/actions/{action}")
    assert (shown["status"], shown["effect"], shown["changed_by"]) == (
        "done",
        DONE["effect"],
        "head-of-science",
    )


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"effect": None}, "effect"),
        ({"status": "superseded", "effect": None}, "reason"),
        ({"status": "paused"}, "body.status"),
        ({"effect": DONE["effect"] | {"links": ["mailto:me@school.test"]}}, "body.effect.links.0"),
        ({"effect": {"text": ""}}, "body.effect.text"),
    ],
)
async def test_a_report_that_makes_no_sense_changes_nothing(
    school: School, changes: dict[str, Any], where: str
) -> None:
    action = await planned(school)
    refused = await school.refused("POST", f"/plan/actions/{action}/progress", DONE | changes)
    assert list(refused) == [where]
    assert (await school.get(f"/plan/actions/{action}"))["version"] == 1


async def test_an_action_takes_the_place_of_another_and_nothing_is_deleted(school: School) -> None:
    old = await planned(school)
    new = await planned(school, due_on="2027-06-30", supersedes={"action_id": old, "version": 1})

    shown = await school.get(f"/plan/actions/{old}")
    assert (shown["status"], shown["superseded_by"], shown["reason"]) == ("superseded", new, "replaced")
    change = await school.send("PUT", f"/plan/actions/{old}", ACTION | {"version": 2, "cost_pence": 1})
    report = await school.send("POST", f"/plan/actions/{old}/progress", DONE | {"version": 2})
    assert [answer.status_code for answer in (change, report)] == [409, 409]
    assert len((await school.get("/plan/actions"))["actions"]) == 2


async def test_a_replacement_that_fails_leaves_no_half(school: School) -> None:
    old = await planned(school)
    await school.told("PUT", f"/plan/actions/{old}", ACTION | {"version": 1, "cost_pence": 0})
    body = ACTION | {"due_on": "2027-06-30"}

    stale = await school.send(
        "POST", "/plan/actions", body | {"supersedes": {"action_id": old, "version": 1}}
    )
    nowhere = await school.send(
        "POST", "/plan/actions", body | {"supersedes": {"action_id": "f" * 32, "version": 1}}
    )

    assert (stale.status_code, nowhere.status_code) == (409, 404)
    assert [one["_id"] for one in await school.documents("plan_actions")] == [old]


async def test_a_plan_has_room_for_so_many_actions(school: School, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "MOST_ACTIONS", 1)
    await planned(school)
    assert (await school.send("POST", "/plan/actions", ACTION | {"owner": "leader"})).status_code == 409


async def test_actions_are_found_by_status_owner_criterion_and_group(school: School) -> None:
    champions = await planned(school)
    visits = await planned(
        school, owner="leader", criteria=["gb6.1", "gb5.1"], groups=["eal"], suggestion=None
    )
    await school.told("POST", f"/plan/actions/{visits}/progress", DONE)

    async def found(query: str) -> list[str]:
        return [one["action_id"] for one in (await school.get(f"/plan/actions?{query}"))["actions"]]

    assert await found("status=not_started") == [champions]
    assert await found("owner=leader") == [visits]
    assert await found("criterion=gb5.1") == [visits]
    assert await found("group=in_care") == [champions]
    assert await found("group=eal&status=not_started") == []
    assert (await school.send("GET", "/plan/actions?criterion=gb9.9")).status_code == 422


async def test_suggestions_for_weak_criteria_stand_beside_what_is_planned(school: School) -> None:
    await planned(school)

    offered = await school.get("/plan/suggestions?criterion=gb4.1&criterion=gb8.3&criterion=gb4.1")

    assert [(one["criterion"], one["actions_in_plan"]) for one in offered["criteria"]] == [
        ("gb4.1", 1),
        ("gb8.3", 0),
    ]
    assert all(2 <= len(one["suggestions"]) <= 3 for one in offered["criteria"])
    assert offered["framework"] == "gatsby-2025"
    assert (await school.send("GET", "/plan/suggestions?criterion=gb1.9")).status_code == 422


async def test_three_years_show_what_runs_is_due_and_costs(school: School) -> None:
    action = await planned(school, starts_on="2026-03-01", due_on="2026-10-01")

    years = (await school.get("/plan/years"))["years"]

    assert [year["academic_year"] for year in years] == ["2025/26", "2026/27", "2027/28"]
    assert [year["cost_pence"] for year in years] == [0, 12_000, 0]
    running = {
        (year["academic_year"], term["term"])
        for year in years
        for term in year["terms"]
        if action in term["running"]
    }
    assert running == {("2025/26", "spring"), ("2025/26", "summer"), ("2026/27", "autumn")}
    assert years[1]["terms"][0]["due"] == [action]
    assert (await school.get("/plan/years?academic_year=2099/00"))["years"][2]["academic_year"] == "2101/02"


async def test_reminders_name_what_is_overdue_and_due_in_28_days(school: School) -> None:
    late = await planned(school, due_on="2026-06-14", owner="leader")
    soon = await planned(school, due_on="2026-07-13")
    await planned(school, due_on="2026-07-14")

    found = await school.get("/plan/reminders")
    mine = await school.get("/plan/reminders?owner=head-of-science")

    # Today is 15 June.
    assert [(one["action_id"], one["days_overdue"]) for one in found["overdue"]] == [(late, 1)]
    assert [one["action_id"] for one in found["due_soon"]] == [soon]
    assert (mine["overdue"], len(mine["due_soon"])) == ([], 1)


async def test_a_review_keeps_the_status_of_its_day(school: School) -> None:
    action = await planned(school)
    body = {"held_on": "2026-06-10", "note": "On the way.", "actions": {action: "Two are missing."}}
    first = await school.told("POST", "/plan/reviews", body)
    await school.told("POST", f"/plan/actions/{action}/progress", DONE)
    again = await school.send("POST", "/plan/reviews", body)
    await school.told("POST", "/plan/reviews", body | {"held_on": "2026-06-15", "note": "Done."})

    reviews = (await school.get("/plan/reviews"))["reviews"]

    assert (again.status_code, again.json()["id"]) == (200, first["id"])
    assert [(one["held_on"], one["term"], one["academic_year"]) for one in reviews] == [
        ("2026-06-15", "summer", "2025/26"),
        ("2026-06-10", "summer", "2025/26"),
    ]
    assert [one["actions"][0]["status"] for one in reviews] == ["done", "not_started"]
    assert reviews[1]["actions"][0] == {
        "action": action,
        "version": 1,
        "status": "not_started",
        "note": "Two are missing.",
    }


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"held_on": "2026-06-16"}, "held_on"),
        ({"held_on": "2026-05-17"}, "held_on"),
        ({"actions": {"f" * 32: "Nothing."}}, "actions"),
        ({"note": ""}, "body.note"),
    ],
)
async def test_a_review_that_makes_no_sense_is_refused(
    school: School, changes: dict[str, Any], where: str
) -> None:
    body = {"held_on": "2026-05-18", "note": "On the way."} | changes
    assert list(await school.refused("POST", "/plan/reviews", body)) == [where]
    assert await school.documents("plan_reviews") == []


async def test_progress_counts_the_actions_of_a_year_without_text(school: School) -> None:
    action = await planned(school)
    await planned(school, due_on="2026-10-01", criteria=["gb1.2"], suggestion=None)
    await school.told("POST", f"/plan/actions/{action}/progress", DONE)

    assert await school.get("/plan/progress") == {
        "academic_year": "2025/26",
        "actions": {"not_started": 0, "in_progress": 0, "done": 1, "superseded": 0},
        "criteria": ["gb4.1"],
    }


async def test_changes_are_in_the_access_log_without_what_was_said(school: School) -> None:
    action = await planned(school)
    await school.told("POST", f"/plan/actions/{action}/progress", DONE)

    log = await school.accesses()

    assert log == [
        ("leader", "plan_actions.recorded", f"plan-actions/{action}"),
        ("leader", "plan_actions.changed", f"plan-actions/{action}"),
    ]
