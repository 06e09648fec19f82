"""A plan becomes an activity: once, through the same command as any other, with those who were there."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from tests.pupils.conftest import School, roll_csv, talk
from tests.pupils.test_plans_api import by_name, make
from tests.pupils.values import upn

PAST = "2026-06-10"


async def report(school: School, plan_id: str, **body: Any) -> httpx.Response:  # noqa: ANN401 - fields of a body
    """Say what took place of a plan."""
    return await school.send("POST", f"/plans/{plan_id}/recording", json=body)


async def recorded(school: School, plan_id: str, **body: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of a body
    """Record a plan that must go in; returns the receipt."""
    answer = await report(school, plan_id, **body)
    assert answer.status_code in {200, 201}, answer.text
    receipt: dict[str, Any] = answer.json()
    return receipt


async def statuses(school: School, activity_id: str) -> dict[str, str]:
    """Read who was there, by surname."""
    shown = await school.get(f"/activities/{activity_id}")
    page = await school.get("/pupils?academic_year=2025/26&limit=500")
    names = {pupil["pupil"]: pupil["surname"].removeprefix("Surname") for pupil in page["pupils"]}
    return {names[one["pupil"]]: one["status"] for one in shown["attendance"]["pupils"]}


async def test_everybody_invited_attended_unless_listed(school: School) -> None:
    plan_id = (await make(school, planned_on=PAST, invited={"tutor_groups": ["10A"], **by_name(101)}))[
        "plan_id"
    ]
    exceptions = [{"upn": upn(1), "status": "absent"}, {"upn": upn(2), "status": "attended"}]

    receipt = await recorded(school, plan_id, exceptions=exceptions, hours=1.5, reflection="A page")
    plan = await school.get(f"/plans/{plan_id}")
    activity = await school.get(f"/activities/{receipt['activity_id']}")

    assert (receipt["outcome"], receipt["status"], receipt["left_out"]) == ("recorded", "recorded", 0)
    assert receipt["activity"]["outcome"] == "recorded"
    assert (plan["status"], plan["version"], plan["activity_id"]) == ("recorded", 2, receipt["activity_id"])
    assert (activity["title"], activity["hours"], activity["held_on"]) == ("Meet the shipwrights", 1.5, PAST)
    assert (activity["reference"], activity["reflection"]) == ("visit-day", "A page")
    assert await statuses(school, receipt["activity_id"]) == {
        "1": "absent",
        "2": "attended",
        "3": "attended",
        "5": "attended",
        "101": "attended",
    }
    assert await school.reached() == {"10 gb5": 3, "11 gb5": 1}
    assert (await school.get("/plans/due"))["plans"] == []


async def test_the_same_report_again_changes_nothing_and_another_is_sent_to_the_correction(
    school: School,
) -> None:
    plan_id = (await make(school, planned_on=PAST, reference=None))["plan_id"]
    first = await recorded(school, plan_id, hours=1.0)
    events = len(await school.rows())

    again = await report(school, plan_id, hours=1.0)
    other = await report(school, plan_id, hours=2.0)

    assert (again.status_code, again.json()["outcome"]) == (200, "unchanged")
    assert again.json()["activity_id"] == first["activity_id"]
    assert other.status_code == 409
    assert f"PUT .../activities/{first['activity_id']}" in other.json()["detail"]
    assert len(await school.rows()) == events
    (activity,) = await school.documents("activities")
    assert activity["reference"] == f"plan:{plan_id}"


async def test_reports_at_once_make_one_activity(school: School) -> None:
    plan_id = (await make(school, planned_on=PAST))["plan_id"]

    receipts = await asyncio.gather(*(recorded(school, plan_id) for _ in range(4)))

    assert sorted(receipt["outcome"] for receipt in receipts) == ["recorded", *["unchanged"] * 3]
    assert len(await school.documents("activities")) == 1
    assert await school.reached() == {"10 gb5": 6}


async def test_an_activity_that_was_posted_with_the_plans_reference_is_not_counted_twice(
    school: School,
) -> None:
    plan_id = (await make(school, planned_on=PAST))["plan_id"]
    await school.post(talk("visit-day", held_on=PAST))

    answer = await report(school, plan_id)

    assert answer.status_code == 409
    assert (await school.get(f"/plans/{plan_id}"))["status"] == "planned"
    assert len(await school.documents("activities")) == 1


async def test_what_was_declined_is_excused_and_who_waits_for_a_place_was_not_there(school: School) -> None:
    places = (await make(school, planned_on=PAST, capacity=2))["plan_id"]
    free = (await make(school, planned_on=PAST, reference="free", title="Another talk"))["plan_id"]
    told = [(1, "accepted"), (2, "declined"), (3, "accepted"), (4, "accepted")]
    body = [{"upn": upn(serial), "response": response} for serial, response in told]
    for plan_id in (places, free):
        await school.send("PUT", f"/plans/{plan_id}/responses", json=body)

    limited = await recorded(
        school, places, exceptions=[{"upn": upn(6)}, {"upn": upn(3), "status": "absent"}]
    )
    everybody = await recorded(school, free)

    assert await statuses(school, limited["activity_id"]) == {
        "1": "attended",
        "2": "excused",
        "3": "absent",
        "6": "attended",
    }
    assert await statuses(school, everybody["activity_id"]) == {
        **dict.fromkeys("13456", "attended"),
        "2": "excused",
    }


async def test_with_too_few_places_and_no_answer_somebody_has_to_say_who_was_there(school: School) -> None:
    plan_id = (await make(school, planned_on=PAST, capacity=2))["plan_id"]

    answer = await report(school, plan_id)

    assert answer.status_code == 422
    assert [problem["where"] for problem in answer.json()["problems"]] == ["exceptions"]
    assert (await recorded(school, plan_id, exceptions=[{"upn": upn(1)}]))["outcome"] == "recorded"


async def test_a_plan_cannot_be_recorded_before_its_day_but_on_an_earlier_one_that_it_was_held(
    school: School,
) -> None:
    plan_id = (await make(school))["plan_id"]

    early = await report(school, plan_id)
    moved = await recorded(school, plan_id, held_on="2026-06-12", title="Met the shipwrights")

    assert early.status_code == 422
    assert [problem["where"] for problem in early.json()["problems"]] == ["held_on"]
    activity = await school.get(f"/activities/{moved['activity_id']}")
    assert (activity["held_on"], activity["title"]) == ("2026-06-12", "Met the shipwrights")


async def test_a_cancelled_plan_is_not_recorded(school: School) -> None:
    plan_id = (await make(school, planned_on=PAST))["plan_id"]
    await school.send("POST", f"/plans/{plan_id}/cancellation", json={"reason": "other"})

    answer = await report(school, plan_id)
    answered = await school.send(
        "PUT", f"/plans/{plan_id}/responses", json=[{"upn": upn(1), "response": "accepted"}]
    )

    assert (answer.status_code, answered.status_code) == (409, 409)
    assert "plan it anew" in answer.json()["detail"]
    assert await school.documents("activities") == []


async def test_a_recorded_plan_is_neither_changed_nor_cancelled(school: School) -> None:
    plan_id = (await make(school, planned_on=PAST))["plan_id"]
    await recorded(school, plan_id)

    cancelled = await school.send("POST", f"/plans/{plan_id}/cancellation", json={"reason": "other"})

    assert cancelled.status_code == 409
    assert "retract it" in cancelled.json()["detail"]


async def test_who_left_the_roll_before_the_day_is_left_out_and_told_of(school: School) -> None:
    planned = await make(school, planned_on="2026-06-15", invited=by_name(1, 2))
    await school.put_roll(roll_csv([2, 3, 4, 5, 6, 101, 102]))

    refused = await report(school, planned["plan_id"], exceptions=[{"upn": upn(1)}])
    receipt = await recorded(school, planned["plan_id"])

    assert [problem["where"] for problem in refused.json()["problems"]] == ["exceptions[0]"]
    assert receipt["left_out"] == 1
    assert await statuses(school, receipt["activity_id"]) == {"2": "attended"}


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"exceptions": [{"upn": upn(9), "status": "absent"}]}, "exceptions[0]"),
        ({"exceptions": [{"upn": upn(1)}, {"upn": upn(1)}]}, "exceptions[1]"),
        ({"exceptions": [{"upn": upn(1), "status": "asleep"}]}, "body.exceptions.0.status"),
        ({"hours": -1.0}, "body.hours"),
        ({"tests_met": ["fun"]}, "tests_met"),
        ({"learning_areas": ["cdi.sing"]}, "learning_areas"),
        ({"held_on": "2024-06-12"}, "held_on"),
        ({"employer_id": "nobody"}, "employer_id"),
        ({"activity_type": "mentoring"}, "body.activity_type"),
    ],
)
async def test_a_report_that_makes_no_sense_leaves_the_plan_open(
    school: School, body: dict[str, Any], where: str
) -> None:
    plan_id = (await make(school, planned_on=PAST))["plan_id"]

    answer = await report(school, plan_id, **body)

    assert answer.status_code == 422, answer.text
    assert [problem["where"] for problem in answer.json()["problems"]] == [where]
    assert (await school.get(f"/plans/{plan_id}"))["status"] == "planned"
    assert await school.documents("activities") == []


async def test_a_recorded_plan_is_in_the_log_with_its_activity(school: School) -> None:
    plan_id = (await make(school, planned_on=PAST))["plan_id"]
    receipt = await recorded(school, plan_id)

    assert [(action, resource) for _, action, resource in (await school.accesses())[-2:]] == [
        ("activity.recorded", f"activities/{receipt['activity_id']}"),
        ("plan.recorded", f"plans/{plan_id}"),
    ]
