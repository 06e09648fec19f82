"""What is told of the action plan: the counts of the years that a step moves, and no word of anybody's."""

from __future__ import annotations

import asyncio

from contracts.audit import PlanProgressed
from contracts.catalogue import decode
from tests.audit.schools import URN, School
from tests.audit.test_plan_api import ACTION, DONE, planned
from tests.audit.test_plan_api import school as school  # noqa: PLC0414 - a fixture, used by its name


async def told(school: School) -> list[PlanProgressed]:
    """What was told of the plan, in order."""
    rows = await school.context.ledger.read(URN, 0, 100)
    events = [decode(row.event.type, row.event.value.encode()) for row in rows]
    assert all(isinstance(event, PlanProgressed) for event in events)
    return [event for event in events if isinstance(event, PlanProgressed)]


def counts(event: PlanProgressed) -> tuple[str, dict[str, int]]:
    """The year, and the counts that are not zero."""
    return event.academic_year, {name: n for name, n in event.actions.items() if n}


async def test_every_step_of_the_plan_is_told_of_the_years_that_it_moves(school: School) -> None:
    action = await planned(school)
    await school.told("POST", f"/plan/actions/{action}/progress", {"version": 1, "status": "in_progress"})
    later = ACTION | {"version": 2, "due_on": "2026-10-01", "criteria": ["gb3.h", "gb4.1"]}
    await school.told("PUT", f"/plan/actions/{action}", later)
    place = {"supersedes": {"action_id": action, "version": 3}}
    await planned(school, specific="Another way.", due_on="2026-10-01", **place)

    assert [counts(event) for event in await told(school)] == [
        ("2025/26", {"not_started": 1}),
        ("2025/26", {"in_progress": 1}),
        ("2025/26", {}),
        ("2026/27", {"in_progress": 1}),
        ("2026/27", {"not_started": 1, "superseded": 1}),
    ]
    last = (await told(school))[-1].model_dump(mode="json")
    progress = await school.get("/plan/progress?academic_year=2026/27")
    assert last["actions"] == progress["actions"]
    assert progress["criteria"] == ["gb4.1"], "the school itself sees what its plan works on"


async def test_what_moves_no_count_is_not_told(school: School) -> None:
    action = await planned(school)
    await planned(school)
    await school.told("PUT", f"/plan/actions/{action}", ACTION | {"version": 1, "cost_pence": 1})
    await school.told("POST", "/plan/reviews", {"held_on": "2026-06-01", "note": "On the way."})
    refused = await school.send("POST", f"/plan/actions/{action}/progress", DONE)

    assert refused.status_code == 409
    assert len(await told(school)) == 1


async def test_nothing_that_somebody_wrote_and_nobodys_name_is_told(school: School) -> None:
    action = await planned(school)
    await school.told("POST", f"/plan/actions/{action}/progress", DONE)

    said = str([event.model_dump() for event in await told(school)])

    written = (ACTION["specific"], ACTION["owner"], "12000", "leader", DONE["effect"]["text"])
    for secret in (*written, "gb4.1", action):
        assert secret not in said


async def test_two_reports_at_once_end_with_the_counts_as_they_are(school: School) -> None:
    actions = [await planned(school, specific=f"Action {n}") for n in range(6)]

    await asyncio.gather(
        *(school.told("POST", f"/plan/actions/{action}/progress", DONE) for action in actions)
    )

    assert counts((await told(school))[-1]) == ("2025/26", {"done": 6})


async def test_what_is_not_in_the_plan_is_not_found(school: School) -> None:
    nowhere = f"/plan/actions/{'0' * 32}"
    answers = [
        await school.send("GET", nowhere),
        await school.send("GET", f"{nowhere}/versions"),
        await school.send("PUT", nowhere, ACTION | {"version": 1}),
        await school.send("POST", f"{nowhere}/progress", DONE),
    ]
    assert [answer.status_code for answer in answers] == [404] * 4


async def test_governors_read_the_plan_and_change_nothing(school: School) -> None:
    action = await planned(school)
    governor = await school.as_("governor", "link_governor")
    assert (await governor.get("/plan/actions"))["actions"][0]["action_id"] == action
    assert (await governor.send("POST", f"/plan/actions/{action}/progress", DONE)).status_code == 403
