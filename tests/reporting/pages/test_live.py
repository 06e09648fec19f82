"""What open pages are told of, and when a stream ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from services.reporting.pages.live_page import mark_of
from services.runtime.errors import TooManyRequestsError, UnavailableError
from services.web import live
from services.web.live import Watch
from tests.conftest import eventually
from tests.reporting.attainment.hub import Hub, completed, scores, urn_of

NEVER_S = 3_600.0
SOON_S = 5.0


class Marks:
    """A mark that a test moves, and how often it was looked at."""

    def __init__(self) -> None:
        self.now: str | Exception = "a"
        self.looks = 0

    async def read(self) -> str:
        self.looks += 1
        if isinstance(self.now, Exception):
            raise self.now
        return self.now


async def following(stream: AsyncIterator[bytes]) -> str:
    async with asyncio.timeout(SOON_S):
        return (await anext(stream)).decode()


async def ended(stream: AsyncIterator[bytes]) -> bool:
    async with asyncio.timeout(SOON_S):
        return [line async for line in stream] == []


async def test_a_page_is_told_once_of_what_moved_before_and_while_it_listens() -> None:
    marks, stopping = Marks(), asyncio.Event()
    watch = Watch(marks.read, stopping, look_every_s=0.01)
    stream = watch.events("older")
    assert await following(stream) == "retry: 3000\n\n"

    assert await following(stream) == "id: a\nevent: moved\ndata: {}\n\n"
    marks.now = "b"
    assert await following(stream) == "id: b\nevent: moved\ndata: {}\n\n"
    stopping.set()
    assert await ended(stream)
    assert watch.listeners == 0


async def test_a_page_that_is_up_to_date_hears_a_heartbeat_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "HEARTBEAT_S", 0.03)
    stopping = asyncio.Event()
    stream = Watch(Marks().read, stopping, look_every_s=NEVER_S).events("a")
    await following(stream)

    assert await following(stream) == ": nothing has moved\n\n"
    stopping.set()
    assert await ended(stream)


async def test_many_pages_share_one_look_and_nobody_looks_when_none_is_open() -> None:
    marks, stopping = Marks(), asyncio.Event()
    watch = Watch(marks.read, stopping, look_every_s=0.01)
    streams = [watch.events("a") for _ in range(5)]
    for stream in streams:
        await following(stream)
    await eventually(lambda: marks.looks > 1)

    before = marks.looks
    for stream in streams:
        await stream.aclose()  # type: ignore[attr-defined]
    await eventually(lambda: watch._looking is None)
    assert marks.looks <= before + 1
    assert watch.listeners == 0


async def test_the_number_of_open_pages_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "MOST_LISTENERS", 1)
    stopping = asyncio.Event()
    watch = Watch(Marks().read, stopping, look_every_s=0.01)
    stream = watch.events("a")
    await following(stream)

    with pytest.raises(TooManyRequestsError):
        watch.answer("a")
    stopping.set()
    assert await ended(stream)
    assert watch.answer("a").media_type == "text/event-stream"


async def test_a_stream_outlives_a_store_that_is_away_and_ends_at_a_mistake_of_ours() -> None:
    marks, stopping = Marks(), asyncio.Event()
    watch = Watch(marks.read, stopping, look_every_s=0.01)
    marks.now = UnavailableError("away")
    stream = watch.events("a")
    await following(stream)
    await eventually(lambda: marks.looks > 2)
    marks.now = "b"
    assert "event: moved" in await following(stream)

    marks.now = ValueError("a mistake")
    assert await ended(stream)


async def test_a_stream_ends_so_that_whoever_listens_is_asked_for_permission_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(live, "LONGEST_S", 0.0)
    stream = Watch(Marks().read, asyncio.Event(), look_every_s=0.01).events("a")
    await following(stream)

    assert await ended(stream)


async def test_the_mark_moves_with_every_event_that_a_read_model_applies(hub: Hub) -> None:
    before = await mark_of(hub.reporting)
    assert await mark_of(hub.reporting) == before

    await hub.tell(completed(urn_of(0), "2026-05-01", scores([1])))

    assert await mark_of(hub.reporting) != before


async def test_only_the_hub_listens_and_only_as_a_stream(hub: Hub) -> None:
    bearer = await hub.token("lead", "hub_lead")
    other = await hub.token("leader", "careers_leader", urn_of(0))
    asked = {"accept": "text/event-stream"}
    path = "/reporting/live"

    plain = await hub.client.get(path, headers={"Authorization": f"Bearer {bearer}"})
    refused = await hub.client.get(path, headers={"Authorization": f"Bearer {other}"} | asked)
    wrong = await hub.client.get(
        path, params={"since": "?"}, headers={"Authorization": f"Bearer {bearer}"} | asked
    )

    assert (plain.status_code, refused.status_code, wrong.status_code) == (406, 403, 422)
