"""A Hub's forty schools complete on the same afternoon, and each of them presses the button twice."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace

from contracts.audit import EvaluationCompleted
from contracts.vocabulary import Urn
from services.runtime.context import utc_now
from services.runtime.memberships import Membership, Memberships
from services.runtime.permissions import Role
from services.runtime.tenancy import Tenancy
from tests.audit.evaluating.conftest import School

SCHOOLS = 40
AT_ONCE = 10
"""Requests of people who answer; the completions are all sent together."""


async def test_forty_schools_complete_at_once_and_nothing_is_lost_or_doubled(school: School) -> None:
    urns = [Urn(str(136_600 + number)) for number in range(SCHOOLS)]
    memberships = Memberships(Tenancy(school.context.store, school.settings.hub_id), utc_now)
    for urn in urns:
        await memberships.grant(Membership("leader", Role.CAREERS_LEADER, urn, school.clock.now))
    schools = [replace(school, urn=urn) for urn in urns]
    gate = asyncio.Semaphore(AT_ONCE)

    async def prepared(one: School, number: int) -> str:
        async with gate:
            page = await one.answered(best=number % 2 == 0)
            return str(page["evaluation_id"])

    drafts = await asyncio.gather(*(prepared(one, number) for number, one in enumerate(schools)))
    answers = await asyncio.gather(
        *(
            one.send("POST", f"/evaluations/{draft}/completion")
            for one, draft in zip(schools, drafts, strict=True)
            for _ in range(2)
        )
    )

    by_school = Counter(answer.json().get("urn") for answer in answers if answer.status_code == 201)
    assert by_school == Counter(dict.fromkeys(urns, 1)), [answer.text for answer in answers]
    for number, (one, draft) in enumerate(zip(schools, drafts, strict=True)):
        told = [event for event in await one.told() if isinstance(event, EvaluationCompleted)]
        assert [event.evaluation_id for event in told] == [draft]
        listed = (await one.do("GET", "/evaluations"))["evaluations"]
        achieved = 8 if number % 2 == 0 else 0
        found = [(evaluation["evaluation_id"], evaluation["achieved_count"]) for evaluation in listed]
        assert found == [(draft, achieved)], "each school has its own answers"
