"""The demonstration against the real services, store and broker, recounted by separate, naive code."""

from __future__ import annotations

import io
from http import HTTPStatus
from pathlib import Path
from typing import Final

import httpx
from rich.console import Console

from contracts.vocabulary import AcademicYear
from services.areas import load_area
from services.demo.activity import ActivityPost
from services.demo.cast import OwnAccounts, Person, careers_leader_of
from services.demo.hub_client import HubAccess
from services.demo.plan import SchoolPlan, plan_demo
from services.demo.run import DemoOptions, run_demo
from services.pupils.rules import credit_rules
from services.registry import SERVICES
from services.runtime.issuer import issue_token
from services.runtime.permissions import GRANTS, Role
from services.runtime.settings import Settings
from services.web.navigation import SCHOOL
from services.web.terminal import render_hub_report
from tests.conftest import NOW, ClientFor, TokenFor, WorkerFor

# The last year that is complete at the tests' fixed time.
YEAR: Final = AcademicYear("2024/25")
FEWEST_PAGES: Final = 8
OPTIONS: Final = DemoOptions(academic_year=YEAR, schools=3, seed=4, quiet=True)


def encounters_of(activity: ActivityPost) -> int:
    """Count attended participations if the activity passes the tests of gb5 or gb7."""
    rules = credit_rules()
    kind = rules.types[activity.activity_type]
    named_only = activity.activity_type == "careers_fair"
    passes = any(
        benchmark in kind.permits
        and set(rules.benchmarks[benchmark].requires) <= set(activity.tests_met)
        and activity.mode in rules.benchmarks[benchmark].modes
        for benchmark in ("gb5", "gb7")
    )
    if not passes or named_only:
        return 0
    return activity.participations - sum(pupil.status != "attended" for pupil in activity.attendance.pupils)


async def pages_that_fail(client: httpx.AsyncClient, token: str, plan: SchoolPlan) -> list[tuple[str, int]]:
    """Open every page of the navigation that a careers leader has, on a Hub that is full of figures."""
    headers = {"Authorization": f"Bearer {token}"}
    asked = [
        entry.href(plan.school.urn) for entry in SCHOOL if entry.permission in GRANTS[Role.CAREERS_LEADER]
    ]
    answers = [(path, (await client.get(path, headers=headers)).status_code) for path in asked]
    assert len(answers) >= FEWEST_PAGES
    return [(path, status) for path, status in answers if status != HTTPStatus.OK]


async def own_report(client: httpx.AsyncClient, token: str, plan: SchoolPlan) -> dict[str, object]:
    response = await client.get(
        f"/reporting/v1/schools/{plan.school.urn}/report",
        params={"academic_year": YEAR},
        headers={"Authorization": f"Bearer {token}"},
    )
    report: dict[str, object] = response.raise_for_status().json()
    return report


async def test_a_real_hub_takes_it_all_counts_it_right_and_a_second_run_changes_nothing(
    client_for: ClientFor, worker_for: WorkerFor, token: TokenFor, settings: Settings, keys: Path
) -> None:
    def sign(person: Person) -> str:
        return issue_token(
            keys, issuer=settings.issuer, audience=settings.audience, subject=person.name, now=NOW
        )

    services = list(SERVICES.values())
    await token("demo-hub-admin", "hub_admin")
    async with worker_for(services), client_for(services) as client:
        hub = HubAccess("http://hub.test", OwnAccounts(sign), client._transport)

        first = await run_demo(hub, OPTIONS, Console(file=io.StringIO()))
        second = await run_demo(hub, OPTIONS, Console(file=io.StringIO()))

        plan = plan_demo(load_area("dorset"), YEAR, OPTIONS.seed, OPTIONS.schools)
        for school in plan.schools:
            leader = careers_leader_of(school.school.urn)
            counted = await own_report(client, sign(leader), school)
            assert counted["on_roll"] == len(school.roll)
            assert counted["activities"] == len(school.activities)
            assert counted["encounters"] == sum(map(encounters_of, school.activities)) > 0
            assert await pages_that_fail(client, sign(leader), school) == []
    assert first.recorded == sum(len(school.activities) for school in plan.schools)
    assert (second.recorded, second.unchanged) == (0, first.recorded)
    assert {**second.report, "as_of": None} == {**first.report, "as_of": None}
    assert render_hub_report(first.report).row_count == len(plan.schools) + 1
