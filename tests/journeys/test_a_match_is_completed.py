"""From a match round to an activity, and back: what was confirmed is recorded, and is then completed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Final

import pytest

from services.recount.compare import recount
from services.runtime.parking import Parking
from services.runtime.worker import Worker
from tests.conftest import ClientFor, TokenFor, WorkerFor, eventually
from tests.journeys.hub import ALL, EMPLOYER, NEIGHBOUR, SCHOOLS, URN, YEAR, Hub, open_school
from tests.journeys.test_matches_and_their_readers import NEED, NEEDS, OFFER, VETTED

LATER: Final = "150001"
MATCHES: Final = f"/employers/v1/schools/{URN}/matches"
Json = dict[str, Any]


def talk(match_id: str) -> Json:
    """The talk that comes of a match."""
    return {
        "activity_type": "employer_talk",
        "title": "Meet the club",
        "held_on": "2026-06-11",
        "mode": "virtual",
        "employer_id": EMPLOYER,
        "match_id": match_id,
        "attendance": {"year_groups": [10]},
    }


class Matched:
    """A Hub in which a school has a confirmed match, and the worker that serves it."""

    def __init__(self, hub: Hub, worker: Worker) -> None:
        self.hub = hub
        self.worker = worker

    async def state(self) -> str:
        """How the school's only match stands."""
        (match,) = (await self.hub.ask("leader", "GET", MATCHES))["matches"]
        state: str = match["state"]
        return state

    async def waiting(self, who: str = "leader", schools: str = SCHOOLS) -> list[Json]:
        """The matches that wait to be recorded."""
        found: list[Json] = (await self.hub.ask(who, "GET", f"{schools}/matches"))["matches"]
        return found

    async def becomes(self, state: str) -> None:
        """Wait until the match stands so."""

        async def stands() -> bool:
            return await self.state() == state

        await eventually(stands, 30)

    async def waits(self) -> None:
        """Wait until the school knows that its match waits to be recorded."""

        async def known() -> bool:
            return bool(await self.waiting())

        await eventually(known, 30)

    async def nothing_is_parked(self) -> None:
        """No reader met what it could not apply, and every figure can be counted again."""
        await self.hub.settled()
        for service, context in self.worker.contexts.items():
            assert await Parking(context.database()).waiting() == [], service
        counted = await recount(self.worker.contexts["reporting"], YEAR)
        assert counted.agrees, counted.to_json()


@pytest.fixture
async def matched(client_for: ClientFor, worker_for: WorkerFor, token: TokenFor) -> AsyncIterator[Matched]:
    tokens = {
        "admin": await token("admin", "hub_admin"),
        "lead": await token("lead", "hub_lead"),
        "leader": await token("leader", "careers_leader", URN),
        "neighbour": await token("neighbour", "careers_leader", NEIGHBOUR),
        "later": await token("later", "careers_leader", LATER),
    }
    async with client_for(ALL) as client, worker_for(ALL) as worker:
        hub = Hub(client, tokens)
        await open_school(hub)
        await hub.ask("lead", "POST", f"/employers/v1/employers/{EMPLOYER}/vetting", json=VETTED)
        await hub.ask("lead", "POST", "/employers/v1/offers", json=OFFER)
        await hub.ask("leader", "POST", NEEDS, json=NEED)
        done = await hub.ask("lead", "POST", "/employers/v1/rounds", json={"ends_on": "2026-07-17"})
        (line,) = (await hub.ask("lead", "GET", f"/employers/v1/rounds/{done['id']}"))["lines"]
        path = f"/employers/v1/rounds/{done['id']}/lines/{line['id']}"
        yes: Json = {"answer": "accepted"}
        await hub.ask("leader", "POST", f"{MATCHES}/{line['id']}/answer", json=yes | {"version": 1})
        await hub.ask("lead", "POST", f"{path}/employer-answer", json=yes | {"version": 2})
        await hub.ask("lead", "POST", f"{path}/confirmation", json={"version": 3})
        matched = Matched(hub, worker)
        await matched.waits()
        yield matched


async def test_a_confirmed_match_is_recorded_completed_and_after_a_retraction_confirmed_again(
    matched: Matched,
) -> None:
    hub = matched.hub
    (match,) = await matched.waiting()
    assert (match["employer_id"], match["activity_type"]) == (EMPLOYER, "employer_talk")
    assert await matched.waiting("neighbour", f"/pupils/v1/schools/{NEIGHBOUR}") == []
    recorded = await hub.ask("leader", "POST", f"{SCHOOLS}/activities", json=talk(match["match_id"]))

    assert await matched.waiting() == []
    await matched.becomes("completed")
    (shown,) = (await hub.ask("leader", "GET", MATCHES))["matches"]
    assert shown["completed_by"] == [recorded["activity_id"]]
    path = f"/employers/v1/rounds/{shown['round_id']}/lines/{shown['id']}/cancellation"
    refused = await hub.send("lead", "POST", path, json={"version": shown["version"], "by": "school"})
    assert refused.status_code == 409
    await matched.nothing_is_parked()

    retracted = {"reason": "did_not_take_place"}
    path = f"{SCHOOLS}/activities/{recorded['activity_id']}/retraction"
    await hub.ask("leader", "POST", path, json=retracted)

    await matched.becomes("confirmed")
    await matched.waits()
    assert await matched.waiting() == [match]
    await matched.nothing_is_parked()


async def test_a_match_of_the_school_that_was_is_recorded_by_the_academy_that_goes_on(
    matched: Matched,
) -> None:
    hub = matched.hub
    await hub.ask("admin", "PUT", "/hub/v1/successions", json={"successor": LATER, "predecessor": URN})
    academy = f"/pupils/v1/schools/{LATER}"

    (match,) = await matched.waiting("later", academy)
    await hub.ask("later", "POST", f"{academy}/activities", json=talk(match["match_id"]))

    await matched.becomes("completed")
    assert await matched.waiting("later", academy) == []
