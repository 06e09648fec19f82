"""Plans through the routes: planned once, changed by versions, cancelled, listed, and who is invited."""

from __future__ import annotations

import asyncio
import json
from typing import Any, Final

import httpx
import pytest

from services.pupils.model.plan import PlanId
from services.pupils.views.plans import plan
from tests.conftest import TokenFor
from tests.pupils.conftest import School, roll_csv
from tests.pupils.test_conversations_api import as_somebody
from tests.pupils.values import GB5_TESTS, upn

PLAN: Final[dict[str, Any]] = {
    "reference": "visit-day",
    "activity_type": "employer_talk",
    "title": "Meet the shipwrights",
    "planned_on": "2026-07-01",
    "starts_at": "09:30",
    "ends_at": "11:00",
    "place": "Main hall",
    "mode": "in_person",
    "tests_met": list(GB5_TESTS),
    "learning_areas": ["cdi.explore"],
    "invited": {"year_groups": [10]},
    "responsible": "leader",
    "notes": "Bring chairs.\nAsk the caretaker.",
}


async def make(school: School, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of a body
    """Plan something that must go in; returns the receipt."""
    answer = await school.send("POST", "/plans", json=PLAN | changes)
    assert answer.status_code in {200, 201}, answer.text
    receipt: dict[str, Any] = answer.json()
    return receipt


async def change(school: School, plan_id: str, version: int, **changes: Any) -> httpx.Response:  # noqa: ANN401 - fields of a body
    """Change a plan."""
    return await school.send("PUT", f"/plans/{plan_id}", json=PLAN | changes | {"version": version})


def by_name(*serials: int) -> dict[str, Any]:
    """Invite pupils by name."""
    return {"pupils": [{"upn": upn(serial)} for serial in serials]}


async def test_a_plan_is_shown_as_it_was_told_and_counts_for_nothing(school: School) -> None:
    events = len(await school.rows())
    receipt = await make(school, invited={"tutor_groups": ["10A"], **by_name(102)}, capacity=2)

    shown = await school.get(f"/plans/{receipt['plan_id']}")

    assert (receipt["outcome"], receipt["status"], receipt["version"]) == ("planned", "planned", 1)
    told = {name: value for name, value in PLAN.items() if name not in {"invited", "tests_met"}}
    assert {name: shown[name] for name in told} == told
    assert shown["invited"] == {
        "year_groups": [],
        "tutor_groups": ["10A"],
        "by_name": 1,
        "pupils": [await school.ref(102)],
    }
    assert (shown["capacity"], shown["activity_id"], shown["planned_by"]) == (2, None, "leader")
    assert await school.reached() == {}
    assert len(await school.rows()) == events


async def test_who_may_not_read_pupils_sees_how_many_are_invited_by_name_and_not_whom(
    school: School,
) -> None:
    plan_id = (await make(school, invited=by_name(1, 102)))["plan_id"]

    shown = await plan(school.context, school.urn, PlanId(plan_id), with_pupils=False)

    assert shown["invited"] == {"year_groups": [], "tutor_groups": [], "by_name": 2}
    assert await school.ref(1) not in json.dumps(shown)


async def test_the_same_plan_again_changes_nothing_and_another_with_its_reference_is_refused(
    school: School,
) -> None:
    first = await make(school)
    again = await school.send("POST", "/plans", json=PLAN)
    other = await school.send("POST", "/plans", json=PLAN | {"title": "Something else"})
    await change(school, first["plan_id"], 1, title="Something else")
    known = await school.send("POST", "/plans", json=PLAN)

    assert (again.status_code, again.json()) == (200, first | {"outcome": "unchanged"})
    assert other.status_code == 409
    assert f"PUT .../plans/{first['plan_id']}" in other.json()["detail"]
    # The first post is known as one that has been here, whatever was changed since.
    assert (known.status_code, known.json()["version"]) == (200, 2)


async def test_plans_without_a_reference_are_known_by_their_content(school: School) -> None:
    body = {name: value for name, value in PLAN.items() if name != "reference"}
    first = (await school.send("POST", "/plans", json=body)).json()
    again = (await school.send("POST", "/plans", json=body)).json()
    other = (await school.send("POST", "/plans", json=body | {"planned_on": "2026-07-02"})).json()

    assert (first["outcome"], again["outcome"], other["outcome"]) == ("planned", "unchanged", "planned")
    assert first["plan_id"] == again["plan_id"] != other["plan_id"]


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"planned_on": "2026-02-30"}, "body.planned_on"),
        ({"planned_on": "2126-07-01"}, "planned_on"),
        ({"planned_on": "2019-07-01"}, "planned_on"),
        ({"starts_at": "24:10"}, "body.starts_at"),
        ({"ends_at": "09:30"}, "ends_at"),
        ({"starts_at": None}, "ends_at"),
        ({"capacity": 0}, "body.capacity"),
        ({"capacity": 3_001}, "body.capacity"),
        ({"invited": {}}, "invited"),
        ({"invited": {"year_groups": [9]}}, "invited.year_groups[0]"),
        ({"invited": {"year_groups": [15]}}, "body.invited.year_groups.0"),
        ({"invited": {"tutor_groups": ["10A", "10Z"]}}, "invited.tutor_groups[1]"),
        ({"invited": {"pupils": [{"upn": upn(1)}, {"upn": upn(7)}]}}, "invited.pupils[1]"),
        ({"invited": {"pupils": [{"pupil": "0123456789abcdef"}]}}, "invited.pupils[0]"),
        ({"invited": {"pupils": [{"upn": upn(1)}, {"upn": upn(1)}]}}, "invited.pupils[1]"),
        ({"invited": {"pupils": [{}]}}, "body.invited.pupils.0"),
        ({"activity_type": "party"}, "activity_type"),
        ({"learning_areas": ["cdi.sing"]}, "learning_areas"),
        ({"employer_id": "nobody"}, "employer_id"),
        ({"notes": "x" * 2_001}, "body.notes"),
        ({"held_on": "2026-07-01"}, "body.held_on"),
    ],
)
async def test_a_plan_that_makes_no_sense_is_refused(
    school: School, changes: dict[str, Any], where: str
) -> None:
    answer = await school.send("POST", "/plans", json=PLAN | changes)

    assert answer.status_code == 422
    assert [problem["where"] for problem in answer.json()["problems"]] == [where]
    assert upn(7) not in answer.text
    assert await school.documents("plans") == []


async def test_a_pupil_who_has_left_the_roll_cannot_be_invited(school: School) -> None:
    await school.put_roll(roll_csv([2, 3, 4, 5, 6, 101, 102]))

    answer = await school.send("POST", "/plans", json=PLAN | {"invited": by_name(1)})

    (problem,) = answer.json()["problems"]
    assert (problem["where"], "off the roll" in problem["reason"]) == ("invited.pupils[0]", True)


async def test_next_year_can_be_planned_before_its_roll_is_there(school: School) -> None:
    invited = {"year_groups": [11], "tutor_groups": ["11C"], **by_name(1)}
    receipt = await make(school, planned_on="2026-11-03", invited=invited)

    shown = await school.get(f"/plans/{receipt['plan_id']}/invited")

    assert (shown["roll_imported"], shown["total"]) == (False, 1)
    assert [(one["surname"], one["tutor_group"], one["by_name"]) for one in shown["pupils"]] == [
        ("Surname1", None, True)
    ]


async def test_a_change_is_a_new_version_and_the_one_before_is_kept(school: School) -> None:
    plan_id = (await make(school))["plan_id"]

    answer = await change(school, plan_id, 1, planned_on="2026-07-03", place="Library")
    again = await change(school, plan_id, 1, planned_on="2026-07-03", place="Library")
    stale = await change(school, plan_id, 1, place="Gym")
    renamed = await change(school, plan_id, 2, reference="other")

    assert (answer.json()["outcome"], answer.json()["version"]) == ("changed", 2)
    assert (again.status_code, again.json()["outcome"]) == (200, "unchanged")
    assert (stale.status_code, renamed.status_code) == (409, 422)
    assert "version 2" in stale.json()["detail"]
    assert (await school.get(f"/plans/{plan_id}"))["planned_on"] == "2026-07-03"
    kept = await school.documents("plan_versions")
    assert [(document["plan"], document["version"], document["place"]) for document in kept] == [
        (plan_id, 1, "Main hall")
    ]


async def test_of_two_people_who_change_a_plan_at_once_one_is_told_to_read_it_again(school: School) -> None:
    plan_id = (await make(school))["plan_id"]

    answers = await asyncio.gather(
        *(change(school, plan_id, 1, place=place) for place in ("Library", "Gym", "Yard"))
    )

    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
    (won,) = [answer for answer in answers if answer.status_code == 200]
    assert won.json()["version"] == 2
    assert len(await school.documents("plan_versions")) == 1


async def test_a_cancelled_plan_stays_cancelled(school: School) -> None:
    plan_id = (await make(school))["plan_id"]
    body = {"reason": "partner_withdrew", "note": "Rang on Monday"}

    first = await school.send("POST", f"/plans/{plan_id}/cancellation", json=body)
    again = await school.send("POST", f"/plans/{plan_id}/cancellation", json={"reason": "other"})
    changed = await change(school, plan_id, 2, place="Gym")
    wrong = await school.send("POST", f"/plans/{plan_id}/cancellation", json={"reason": "rain"})
    later = await school.send("POST", f"/plans/{plan_id}/cancellation?scope=later", json=body)

    assert (first.json()["outcome"], first.json()["status"]) == ("cancelled", "cancelled")
    assert (again.status_code, again.json()["outcome"], again.json()["version"]) == (200, "unchanged", 2)
    assert [answer.status_code for answer in (changed, wrong, later)] == [409, 422, 422]
    assert (await school.get(f"/plans/{plan_id}"))["cancellation"] == body


async def test_plans_are_listed_by_day_and_those_that_are_due_by_themselves(school: School) -> None:
    days = ["2026-05-20", "2026-06-14", "2026-06-15", "2026-07-01"]
    ids = [(await make(school, reference=day, planned_on=day))["plan_id"] for day in days]
    await school.send("POST", f"/plans/{ids[1]}/cancellation", json={"reason": "other"})

    async def listed(query: str) -> list[str]:
        return [plan["planned_on"] for plan in (await school.get(f"/plans{query}"))["plans"]]

    assert await listed("") == days
    assert await listed("?from=2026-06-14&to=2026-06-15") == days[1:3]
    assert await listed("?from=2026-06-14&to=2026-06-14") == days[1:2], "one day, from it to it"
    assert await listed("?status=planned&from=2026-05-21") == days[2:]
    assert await listed("?status=cancelled") == [days[1]]
    # A plan of today is not due yet.
    assert await listed("/due") == [days[0]]
    first = await school.get("/plans?limit=3")
    rest = await school.get(f"/plans?limit=3&after={first['next']}")
    assert [plan["planned_on"] for plan in first["plans"] + rest["plans"]] == days
    assert rest["next"] is None
    due = await school.get("/plans/due?limit=1")
    assert (len(due["plans"]), due["next"]) == (1, None)


@pytest.mark.parametrize(
    "query",
    [
        *("?from=2026-06-15&to=2026-06-14", "?after=nonsense", "?status=lost", "?from=2026-02-30"),
        *("?limit=501", "?limit=0", "?form=2026-02-03", "/due?after=x", "/due?limit=501"),
    ],
)
async def test_a_list_of_plans_that_cannot_be_is_refused(school: School, query: str) -> None:
    assert (await school.send("GET", f"/plans{query}")).status_code == 422


async def test_answers_give_places_in_order_and_are_kept(school: School) -> None:
    plan_id = (await make(school, capacity=2, invited={"tutor_groups": ["10A"], **by_name(101)}))["plan_id"]
    refs = {serial: await school.ref(serial) for serial in (1, 3, 5, 101)}

    def answers(*told: tuple[int, str]) -> list[dict[str, str]]:
        return [{"pupil": refs[serial], "response": response} for serial, response in told]

    async def put(*told: tuple[int, str]) -> httpx.Response:
        return await school.send("PUT", f"/plans/{plan_id}/responses", json=answers(*told))

    first = await put((1, "accepted"), (3, "accepted"), (101, "accepted"))
    again = await put((1, "accepted"))
    second = await put((1, "declined"))
    shown = await school.get(f"/plans/{plan_id}/invited")

    assert first.json()["counts"] == {"accepted": 2, "waiting": 1}
    assert first.json()["stands"][refs[101]] == "waiting"
    assert again.json()["outcome"] == "unchanged"
    assert second.json()["counts"] == {"accepted": 2, "declined": 1}
    assert shown["counts"] == {"accepted": 2, "declined": 1, "unanswered": 1}
    assert [(one["surname"], one["stands"], one["by_name"]) for one in shown["pupils"]] == [
        ("Surname1", "declined", False),
        ("Surname101", "accepted", True),
        ("Surname3", "accepted", False),
        ("Surname5", None, False),
    ]
    # An answer is no change of the plan.
    assert (await school.get(f"/plans/{plan_id}"))["version"] == 1
    kept = [document for document in await school.documents("plan_responses") if document["pupil"] == refs[1]]
    assert [answer["response"] for answer in kept[0]["answers"]] == ["accepted", "declined"]


async def test_who_waits_is_listed_in_turn(school: School) -> None:
    plan_id = (await make(school, capacity=1))["plan_id"]
    order = [5, 2, 6, 1]
    body = [{"upn": upn(serial), "response": "accepted"} for serial in order]
    await school.send("PUT", f"/plans/{plan_id}/responses", json=body)

    page = await school.get(f"/plans/{plan_id}/invited?limit=2&offset=4")

    assert page["waiting"] == [await school.ref(serial) for serial in (2, 6, 1)]
    assert ([one["surname"] for one in page["pupils"]], page["next_offset"]) == (
        ["Surname5", "Surname6"],
        None,
    )


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ([{"upn": upn(101), "response": "accepted"}], "responses[0]"),
        ([{"upn": upn(1), "response": "accepted"}, {"upn": upn(9), "response": "declined"}], "responses[1]"),
        ([{"upn": upn(1), "response": "perhaps"}], "body.0.response"),
        ([], "body"),
    ],
)
async def test_an_answer_of_somebody_not_invited_is_refused(
    school: School, body: list[dict[str, str]], where: str
) -> None:
    plan_id = (await make(school))["plan_id"]

    answer = await school.send("PUT", f"/plans/{plan_id}/responses", json=body)

    assert answer.status_code == 422
    assert [problem["where"] for problem in answer.json()["problems"]] == [where]
    assert await school.documents("plan_responses") == []


async def test_what_is_not_planned_is_not_found(school: School) -> None:
    path = f"/plans/{'0' * 32}"
    series = await school.send("GET", f"/plans/series/{'0' * 32}")
    answers = [
        series,
        await school.send("GET", path),
        await school.send("GET", f"{path}/invited"),
        await school.send("PUT", path, json=PLAN | {"version": 1}),
        await school.send("POST", f"{path}/cancellation", json={"reason": "other"}),
        await school.send("POST", f"{path}/recording", json={}),
        await school.send("PUT", f"{path}/responses", json=[{"upn": upn(1), "response": "accepted"}]),
    ]

    assert {answer.status_code for answer in answers} == {404}


async def test_plans_are_in_the_access_log_and_the_pupils_record_shows_its_own(
    school: School, token: TokenFor
) -> None:
    teacher = await as_somebody(school, token, "form tutor", "teacher")
    plan_id = (await make(teacher, invited={"year_groups": [10], **by_name(101)}))["plan_id"]
    other_id = (await make(teacher, reference="others", invited=by_name(102)))["plan_id"]
    body = [{"upn": upn(1), "response": "accepted"}]
    await teacher.send("PUT", f"/plans/{plan_id}/responses", json=body)
    await teacher.get(f"/plans/{plan_id}/invited")
    await teacher.get(f"/plans/{plan_id}")

    records = {
        serial: await school.get(f"/pupils/{await school.ref(serial)}/record") for serial in (1, 2, 101)
    }

    assert [access for access in await school.accesses() if "plan" in access[1] + access[2]] == [
        ("form tutor", "plan.planned", f"plans/{plan_id}"),
        ("form tutor", "plan.planned", f"plans/{other_id}"),
        ("form tutor", "plan.answered", f"plans/{plan_id}/responses"),
        ("form tutor", "pupils.listed", f"plans/{plan_id}/invited"),
        ("form tutor", "plan.read", f"plans/{plan_id}"),
    ]
    shown = {serial: record["plans"] for serial, record in records.items()}
    assert [(one["plan_id"], one["invited_by_name"]) for one in shown[101]] == [(plan_id, True)]
    assert [answer["response"] for answer in shown[1][0]["responses"]] == ["accepted"]
    assert (shown[1][0]["invited_by_name"], shown[2]) == (False, [])
    read = [(one["by"], one["what"]) for one in records[1]["read_and_changed_by"]]
    assert ("form tutor", "plan.answered") in read
    assert other_id not in json.dumps(records[101])


async def test_the_last_day_asked_for_is_among_the_days(school: School) -> None:
    await make(school, planned_on="2026-06-20")
    for query in ("to=2026-06-20", "from=2026-06-20&to=2026-06-20", "from=2026-06-20&to=9999-12-31"):
        for status in ("", "&status=planned"):
            assert len((await school.get(f"/plans?{query}{status}"))["plans"]) == 1, query + status


async def test_a_plan_of_yesterday_is_due(school: School) -> None:
    plan = await make(school, planned_on="2026-06-14")
    assert [one["plan_id"] for one in (await school.get("/plans/due"))["plans"]] == [plan["plan_id"]]
