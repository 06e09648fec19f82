"""An employer's engagement over HTTP: summed over the schools, and shown as far as its reader may see it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import httpx
import pytest

from contracts.catalogue import event_of
from contracts.topics import PUPILS
from contracts.vocabulary import Payload, Urn
from services.employers.service import SERVICE
from services.employers.stream import ENGAGEMENT
from services.runtime.arrivals import Arrival, Cursor, Job, Stream
from services.runtime.context import ServiceContext
from services.runtime.projection import ProjectionApplier
from services.runtime.service import Service
from services.runtime.uow import Actor, UnitOfWork
from tests.conftest import TokenFor, WorkerFor, eventually
from tests.employers.activities import Tale, figures
from tests.employers.listings import employer_entry, list_employers

EMPLOYERS = "/employers/v1/employers"
URN = Urn("136500")

ContextFor = Callable[[str], ServiceContext]
Json = dict[str, Any]


async def engage(context_for: ContextFor, told_by_school: dict[Urn, Sequence[Payload]]) -> None:
    """Have the projection apply events, each school's as its own stream."""
    documents = await context_for("employers").projection(ENGAGEMENT)
    applier = ProjectionApplier(ENGAGEMENT, documents)
    streams = {Stream("pupils", urn): events for urn, events in told_by_school.items()}
    cursors = await applier.cursors(list(streams))
    jobs = [
        Job(
            stream,
            cursors[stream],
            [
                Arrival(stream, place, event_of(event).name, event.model_dump_json().encode(), None, None)
                for place, event in enumerate(events, cursors[stream].sequence + 1)
            ],
        )
        for stream, events in streams.items()
    ]
    assert cursors == dict.fromkeys(streams, Cursor(0))
    assert [outcome.error for outcome in await applier.apply(jobs)] == [None] * len(jobs)


def year(schools: int, activities: int, attended: int | str, encounters: int | str) -> Json:
    return {
        "academic_year": "2025/26",
        "schools": schools,
        "activities": activities,
        "attended": attended,
        "encounters": encounters,
    }


async def test_an_employers_engagement_is_summed_over_the_schools(
    client: httpx.AsyncClient, context_for: ContextFor, token: TokenFor
) -> None:
    await list_employers(client, employer_entry("gpg-1"), employer_entry("gpg-2"))
    wrong = figures("gpg-2", 50)
    first, second, third = (Tale(urn=Urn(urn)) for urn in ("136500", "147467", "113853"))
    await engage(
        context_for,
        {
            first.urn: [first.recorded(figures("gpg-1", 28)), first.recorded(wrong), first.retracted(wrong)],
            second.urn: [second.recorded(figures("gpg-1", 20)), second.recorded(figures(None, 99))],
            third.urn: [third.recorded(figures("gpg-1", 3)), third.recorded(figures("gpg-1", 4))],
        },
    )
    leader = {"Authorization": f"Bearer {await token('leader', 'careers_leader', URN)}"}

    for headers in ({}, leader):
        answer = await client.get(f"{EMPLOYERS}/gpg-1", headers=headers)
        assert answer.json() == employer_entry("gpg-1") | {
            "engagement": [year(3, 4, 55, 55)],
            "merged_into": None,
        }
    assert (await client.get(f"{EMPLOYERS}/gpg-2")).json()["engagement"] == []


async def test_one_schools_numbers_are_for_the_hubs_team_only(
    client: httpx.AsyncClient, context_for: ContextFor, token: TokenFor
) -> None:
    await list_employers(client, employer_entry("gpg-1"), employer_entry("gpg-2"))
    tale = Tale(urn=URN)
    await engage(
        context_for, {URN: [tale.recorded(figures("gpg-1", 28)), tale.recorded(figures("gpg-2", 4))]}
    )
    others = {"Authorization": f"Bearer {await token('other', 'careers_leader', '147467')}"}
    coordinator = {"Authorization": f"Bearer {await token('ec', 'enterprise_coordinator')}"}

    async def engagement(identity: str, headers: dict[str, str]) -> Any:  # noqa: ANN401 - JSON
        return (await client.get(f"{EMPLOYERS}/{identity}", headers=headers)).json()["engagement"]

    assert await engagement("gpg-1", coordinator) == [year(1, 1, 28, 28)]
    assert await engagement("gpg-2", coordinator) == [year(1, 1, "c", "c")]
    assert await engagement("gpg-1", others) == [year(1, 1, "c", "c")]


@pytest.mark.every_broker
async def test_an_encounter_that_a_school_records_counts_against_the_employer(
    client: httpx.AsyncClient, worker_for: WorkerFor
) -> None:
    await list_employers(client, employer_entry("gpg-1"))

    async def record(unit: UnitOfWork) -> None:
        unit.tell(Tale(urn=URN).recorded(figures("gpg-1", 28)))

    async def counted() -> bool:
        answer = await client.get(f"{EMPLOYERS}/gpg-1")
        return bool(answer.json()["engagement"] == [year(1, 1, 28, 28)])

    async with worker_for([SERVICE, Service("pupils", (), topic=PUPILS)]) as worker:
        await worker.contexts["pupils"].in_school(Actor("leader"), URN, record)
        await eventually(counted)
