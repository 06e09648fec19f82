"""The embedded Hub's children: real ones, killed, stuck, starved of disk and stopped."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from services.local import (
    EVERY_CHILD,
    EmbeddedHub,
    EmbeddedHubError,
    HubLayout,
    HubOptions,
    child,
    read_running,
    run_in_foreground,
    substrate,
)
from services.runtime.settings import Settings
from tests.conftest import eventually
from tests.runtime.embedded_hubs import (
    API_ALONE,
    STORE_ALONE,
    alive,
    documents,
    fill,
    insert_until_refused,
    launched,
    small_disk,
    stand_ins,
)
from tests.runtime.embedded_role import BROKEN_CODE, MORTAL_CODE


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def api_hub(data: Path, manner: str, port: int | None = None) -> EmbeddedHub:
    return EmbeddedHub(HubOptions(data, api_port=port, children=API_ALONE, role_commands=stand_ins(manner)))


async def test_a_whole_hub_is_ready_with_settings_that_commands_can_use(tmp_path: Path) -> None:
    async with EmbeddedHub(HubOptions(tmp_path / "hub", hub_id="dorset")) as hub:
        pids = [hub.child(name).pid for name in EVERY_CHILD]
        running = read_running(tmp_path / "hub")
        async with httpx.AsyncClient(base_url=hub.address) as client:
            answer = await client.get("/health/ready")
    assert answer.status_code == 200
    assert running is not None
    assert running.address == hub.address
    values = {name.removeprefix("CAREERS_HUB_").lower(): v for name, v in running.environment.items()}
    assert set(values) <= set(Settings.model_fields)
    settings = Settings.model_validate(values)
    assert settings.hub_id == "dorset"
    assert settings.secret_file is not None
    assert len(bytes.fromhex(settings.secret_file.read_text())) == 32
    assert settings.jwks_url == HubLayout(tmp_path / "hub").public_keys.as_uri()
    assert "keys" in json.loads(HubLayout(tmp_path / "hub").public_keys.read_text())
    assert not any(alive(pid) for pid in pids)


async def test_a_second_start_finds_the_data_of_the_first(tmp_path: Path) -> None:
    async with substrate(tmp_path) as first, documents(first.hub.ports["store"]) as collection:
        await collection.insert_one({"_id": 1})
    async with substrate(tmp_path) as second, documents(second.hub.ports["store"]) as collection:
        assert await collection.count_documents({}) == 1


async def test_a_killed_store_comes_back_with_every_acknowledged_write(tmp_path: Path) -> None:
    async with EmbeddedHub(HubOptions(tmp_path, children=STORE_ALONE)) as hub:
        store, port = hub.child("store"), hub.ports["store"]
        killed = store.pid

        def kill_after_fifty(acknowledged: int) -> None:
            if acknowledged == 50:
                os.kill(killed, signal.SIGKILL)

        async with documents(port) as collection:
            acknowledged = await insert_until_refused(collection, kill_after_fifty)
            await store.ready(after=killed)
            assert await collection.count_documents({}) >= acknowledged >= 50
        running = read_running(tmp_path)
        assert hub.ports["store"] == port
        assert running is not None
        assert running.pids == {"store": store.pid}


async def test_a_store_that_does_not_answer_is_started_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child, "WATCH_EVERY_S", 0.2)
    monkeypatch.setattr(child, "ANSWER_WITHIN_S", 0.5)
    async with EmbeddedHub(HubOptions(tmp_path, children=STORE_ALONE)) as hub:
        stuck = hub.child("store").pid
        os.kill(stuck, signal.SIGSTOP)
        async with asyncio.timeout(20):
            assert await hub.child("store").ready(after=stuck) != stuck


async def test_a_store_that_ran_out_of_disk_recovers_with_every_acknowledged_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child, "WATCH_EVERY_S", 0.2)
    said: list[str] = []
    with small_disk(tmp_path / "disk", "240m") as disk:
        async with EmbeddedHub(HubOptions(disk, children=STORE_ALONE), said.append) as hub:
            starved = hub.child("store").pid
            filler = fill(disk, leave=1_000_000)
            async with documents(hub.ports["store"]) as collection:
                acknowledged = await insert_until_refused(collection)
                filler.unlink()
                async with asyncio.timeout(20):
                    await hub.child("store").ready(after=starved)
                assert await collection.count_documents({}) >= acknowledged > 0
    assert any("no answer" in sentence for sentence in said)


async def test_a_killed_broker_comes_back_empty_as_another_cluster_on_its_port(tmp_path: Path) -> None:
    async with substrate(tmp_path) as running:
        broker = running.hub.child("broker")

        async def seen() -> tuple[str, list[str]]:
            admin = AIOKafkaAdminClient(bootstrap_servers=running.kafka_bootstrap)
            await admin.start()
            try:
                return (await admin.describe_cluster())["cluster_id"], await admin.list_topics()
            finally:
                await admin.close()

        admin = AIOKafkaAdminClient(bootstrap_servers=running.kafka_bootstrap)
        await admin.start()
        await admin.create_topics([NewTopic("kept-for-now", 1, 1)])
        await admin.close()
        before, topics = await seen()
        assert topics == ["kept-for-now"]
        killed = broker.pid
        os.kill(killed, signal.SIGKILL)
        await broker.ready(after=killed)
        after, topics = await seen()
        assert topics == []
        assert after != before


async def test_a_child_that_is_held_stays_down_until_it_is_released(tmp_path: Path) -> None:
    async with api_hub(tmp_path, "well") as hub:
        before = hub.child("api").pid
        await hub.child("api").hold()
        assert not alive(before)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await hub.child("api").ready()
        hub.child("api").release()
        assert await hub.child("api").ready() != before


async def test_a_child_that_never_starts_ends_the_hub_with_its_last_words(tmp_path: Path) -> None:
    hub = api_hub(tmp_path, "broken")
    with pytest.raises(EmbeddedHubError) as failure:
        async with hub:
            pytest.fail("it cannot be ready")
    told = str(failure.value)
    assert f"the api died 3 times within 60 s, the last time with exit code {BROKEN_CODE}" in told
    assert "the [settings] are wrong" in told
    assert str(tmp_path / "logs" / "api.log") in told
    assert read_running(tmp_path) is None


async def test_a_child_that_keeps_dying_ends_the_hub_and_all_other_children(tmp_path: Path) -> None:
    options = HubOptions(
        tmp_path,
        children=frozenset(("broker", "api")),
        role_commands=stand_ins("mortal"),
    )
    async with EmbeddedHub(options) as hub, httpx.AsyncClient(base_url=hub.address) as client:
        broker, api = hub.child("broker"), hub.child("api")
        failing = asyncio.create_task(hub.failed())
        while not failing.done():
            reborn = asyncio.create_task(api.ready())
            await asyncio.wait({failing, reborn}, return_when=asyncio.FIRST_COMPLETED)
            if not reborn.cancel():
                with pytest.raises(httpx.HTTPError):
                    await client.get("/die")
        with pytest.raises(EmbeddedHubError, match=f"api died 5 times .* exit code {MORTAL_CODE}"):
            await failing
        assert not broker.alive


async def test_a_requested_port_that_is_taken_is_named(tmp_path: Path, taken_port: int) -> None:
    with pytest.raises(EmbeddedHubError, match=f"port {taken_port} is taken") as failure:
        await api_hub(tmp_path, "well", taken_port).start()
    assert "--port" in failure.value.advice


async def test_a_port_that_was_taken_after_it_was_chosen_is_given_up_for_another(tmp_path: Path) -> None:
    hub = api_hub(tmp_path, "well")
    await hub.start()
    first = hub.ports["api"]
    with socket.socket() as thief:
        thief.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        thief.bind(("127.0.0.1", first))
        thief.listen()
        await hub.wait_ready()
    assert hub.ports["api"] != first
    async with httpx.AsyncClient(base_url=hub.address) as client:
        assert (await client.get("/health/ready")).status_code == 200
    await hub.stop()


async def test_killing_the_launcher_leaves_no_child_and_no_hindrance(tmp_path: Path) -> None:
    async with launched(tmp_path) as hub:
        assert all(alive(pid) for pid in hub.pids)
        hub.process.kill()
        await hub.ended()
        await eventually(lambda: not any(alive(pid) for pid in hub.pids))
    assert read_running(tmp_path) is None
    said: list[str] = []
    async with EmbeddedHub(HubOptions(tmp_path, children=STORE_ALONE), said.append):
        assert any(f"process {hub.process.pid}) was not stopped" in sentence for sentence in said)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_stops_the_hub_and_every_child(tmp_path: Path, number: signal.Signals) -> None:
    async with launched(tmp_path) as hub:
        hub.process.send_signal(number)
        assert await hub.ended() == 0
        assert not any(alive(pid) for pid in hub.pids)
    assert '"running": null' in (tmp_path / "hub.json").read_text()
    assert "Traceback" not in (tmp_path / "logs" / "store.log").read_text()


async def test_a_signal_before_the_hub_is_ready_stops_it(tmp_path: Path) -> None:
    def interrupt(sentence: str) -> None:
        if sentence == "Starting the api.":
            os.kill(os.getpid(), signal.SIGTERM)

    async def work(_hub: EmbeddedHub, _stop: asyncio.Event) -> None:
        pytest.fail("the Hub was never ready")

    options = HubOptions(tmp_path, children=API_ALONE, role_commands=stand_ins("silent"))
    hub = EmbeddedHub(options, interrupt)
    with pytest.raises(KeyboardInterrupt):
        await run_in_foreground(hub, work)
    assert hub.child("api").lives == 1
    assert not hub.child("api").alive


async def test_a_second_ctrl_c_kills_at_once(tmp_path: Path) -> None:
    async with launched(tmp_path, "stubborn") as hub:
        hub.process.send_signal(signal.SIGINT)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await hub.process.wait()
        hub.process.send_signal(signal.SIGINT)
        async with asyncio.timeout(3):
            await hub.ended()
        assert not any(alive(pid) for pid in hub.pids)
