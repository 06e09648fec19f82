"""The pages of an evaluation, a plan and the sharing of scores, as forms send them."""

from __future__ import annotations

import re
from typing import Any

import httpx

from tests.audit.conftest import OTHER_URN, URN, School

SITE = f"/audit/schools/{URN}"


async def page(who: School, method: str, path: str, **options: Any) -> httpx.Response:  # noqa: ANN401
    """Ask for a page with a token, as a signed-in browser does with its cookie."""
    return await who.client.request(method, SITE + path, headers=who.headers, **options)


async def started(leader: School, once: str = "one") -> str:
    answer = await page(leader, "POST", "/evaluation", data={"setting": "school", "once": once})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def fields_of(html: str) -> dict[str, str]:
    """Read the hidden fields of a form."""
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', html))


async def test_a_double_click_starts_one_evaluation(school: School) -> None:
    leader = await school.as_somebody("leader", "careers_leader")
    assert await started(leader) == await started(leader)
    assert await started(leader, "another") != await started(leader)


async def test_an_answer_that_somebody_else_gave_meanwhile_is_shown_and_not_overwritten(
    school: School,
) -> None:
    leader = await school.as_somebody("leader", "careers_leader")
    teacher = await school.as_somebody("teacher", "teacher")
    address = (await started(leader)).removeprefix(SITE)
    shown = await page(leader, "GET", f"{address}/gb1")
    fields = fields_of(shown.text)
    part = next(name.removeprefix("version.") for name in fields if name.startswith("version."))
    first, second = re.findall(rf'name="{re.escape(part)}"[^>]*value="([^"]+)"', shown.text)[:2]

    assert (await page(teacher, "POST", f"{address}/gb1", data=fields | {part: first})).status_code == 303
    late = await page(leader, "POST", f"{address}/gb1", data=fields | {part: second})
    assert late.status_code == 409
    assert "Somebody has answered meanwhile" in late.text
    stored = await leader.get(f"/evaluations/{address.rpartition('/')[2]}/answers/{part}")
    assert [answer["answer"] for answer in stored["answers"]] == [first]


async def test_a_form_for_another_benchmark_is_refused(school: School) -> None:
    leader = await school.as_somebody("leader", "careers_leader")
    address = (await started(leader)).removeprefix(SITE)
    answer = await page(leader, "POST", f"{address}/gb1", data={"version.gb5.1.every_year": "0"})
    assert answer.status_code == 422
    assert "not of this page" in answer.text


async def test_who_may_only_read_sees_no_form_and_another_schools_page_is_not_there(school: School) -> None:
    governor = await school.as_somebody("governor", "link_governor")
    shown = await page(governor, "GET", "/evaluation")
    assert shown.status_code == 200
    assert "Start an empty evaluation" not in shown.text
    assert (await page(governor, "POST", "/evaluation", data={"setting": "school"})).status_code == 403
    foreign = await governor.client.get(f"/audit/schools/{OTHER_URN}/evaluation", headers=governor.headers)
    assert foreign.status_code == 404


async def test_a_form_from_another_site_changes_nothing(school: School) -> None:
    leader = await school.as_somebody("leader", "careers_leader")
    headers = {**(leader.headers or {}), "Sec-Fetch-Site": "cross-site"}
    answer = await leader.client.post(f"{SITE}/evaluation", data={"setting": "school"}, headers=headers)
    assert answer.status_code == 403
    assert (await leader.get("/drafts"))["drafts"] == []


async def test_a_goal_that_is_not_smart_is_shown_again_with_what_was_typed(school: School) -> None:
    leader = await school.as_somebody("leader", "careers_leader")
    typed = {
        "specific": "Meet <b>engineers</b>", "criteria": "gb5.1", "measure": "Pupils", "unit": "pupils",
        "target_value": "many", "owner": "leader", "resource": "A morning", "cost_pence": "£1,250.50",
        "starts_on": "2026-06-15", "due_on": "2026-01-01",
    }  # fmt: skip
    refused = await page(leader, "POST", "/plan/new", data=typed)
    assert refused.status_code == 422
    assert "Where you want to be: write a number" in refused.text
    assert "Meet &lt;b&gt;engineers&lt;/b&gt;" in refused.text
    backwards = await page(leader, "POST", "/plan/new", data=typed | {"target_value": "30"})
    assert "Due on: is before starts_on" in backwards.text
    kept = await page(
        leader, "POST", "/plan/new", data=typed | {"target_value": "30", "due_on": "2026-07-01"}
    )
    assert kept.status_code == 303
    (action,) = (await leader.get("/plan/actions"))["actions"]
    assert action["cost_pence"] == 125_050


async def test_sharing_takes_the_roles_on_the_page_and_no_others(school: School) -> None:
    leader = await school.as_somebody("leader", "careers_leader")
    assert (await page(leader, "POST", "/sharing", data={"shared_with": "everybody"})).status_code == 422
    done = await page(
        leader, "POST", "/sharing", data={"shared_with": ["hub_lead", "enterprise_coordinator"]}
    )
    assert done.status_code == 303
    assert (await leader.get("/sharing"))["shared_with"] == ["hub_lead", "enterprise_coordinator"]
    nothing = {**(leader.headers or {}), "Content-Type": "application/x-www-form-urlencoded"}
    emptied = await leader.client.post(f"{SITE}/sharing", headers=nothing)
    assert emptied.status_code == 303
    assert (await leader.get("/sharing"))["shared_with"] == []


async def test_the_evaluation_that_stands_is_shown_with_its_points_and_the_one_before_below(
    school: School,
) -> None:
    leader = await school.as_somebody("leader", "careers_leader")
    benchmarks = {f"gb{number}": {"points": 10, "applicable_points": 10} for number in range(1, 9)}
    for day, points in (("2025-11-03", 9), ("2026-05-04", 5)):
        body = {
            "framework": "gatsby-2025",
            "setting": "school",
            "completed_on": day,
            "share_with_hub": False,
            "benchmarks": benchmarks | {"gb1": {"points": points, "applicable_points": 10}},
        }
        assert (await leader.send("POST", "/evaluations", json=body)).status_code == 201
    shown = await page(leader, "GET", "/evaluation")
    assert shown.status_code == 200, shown.text
    assert "Where we stand: 7 of 8 benchmarks achieved" in shown.text
    assert "5 of 10" in shown.text
    assert "50%" in shown.text
    assert "3 November 2025" in shown.text
