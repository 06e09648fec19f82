"""Loading a Hub that runs elsewhere, as an operator does: the command itself, a provider and a Hub over HTTP.

Its users are those of the realm that compose imports; its issuer is not the embedded one, and its keys are
fetched.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from typer.testing import CliRunner

from services.command_line.app import app
from services.command_line.output import Exit
from services.demo.cast import HUB_ADMIN
from services.demo.realm import Realm, RealmCast
from services.registry import SERVICES
from services.runtime.api import create_api
from services.runtime.settings import Settings
from tests.architecture.source_tree import PROJECT
from tests.conftest import TokenFor, WorkerFor
from tests.demo.small_realm import PASSWORD, USERS, SmallRealm, served

RUN_TIMEOUT_S: Final = 240.0
SCHOOL: Final = "136500"
OWNERS: Final = ("pupils", "employers", "audit")
"""The services that tell anything."""
Process = asyncio.subprocess.Process


class Elsewhere:
    """A Hub at an address, and the provider that it trusts."""

    def __init__(self, address: str, realm: SmallRealm, folder: Path) -> None:
        self.address = address
        self.realm = realm
        self.password_file = folder / "demo-users"
        self.password_file.write_text(f"{PASSWORD}\n", encoding="utf-8")

    async def start(self, *options: str) -> Process:
        """Start the command, with neither a terminal nor settings."""
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith("CAREERS_HUB")
        }
        place = ("--address", self.address, "--issuer", self.realm.url)
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "services", "demo", *place, "--password-file", str(self.password_file)),
            *options,
            cwd=PROJECT,
            env=environment | {"PYTHONPATH": str(PROJECT)},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )

    async def load(self, *options: str) -> tuple[int, str, str]:
        """Run the command to its end; returns its exit code and what it said."""
        running = await self.start(*options)
        out, err = await asyncio.wait_for(running.communicate(), RUN_TIMEOUT_S)
        assert running.returncode is not None
        return running.returncode, out.decode(), err.decode()

    async def ask(self, person: Any, path: str, **query: str) -> Any:  # noqa: ANN401 - any JSON
        token = await RealmCast(Realm(self.realm.url, PASSWORD)).token(person)
        async with httpx.AsyncClient(base_url=self.address) as client:
            answer = await client.get(path, params=query, headers={"Authorization": f"Bearer {token}"})
        return answer.raise_for_status().json()

    async def told(self) -> dict[str, dict[str, int]]:
        """How many events each service has told, by key."""
        return {name: (await self.ask(HUB_ADMIN, f"/{name}/v1/ledger"))["heads"] for name in OWNERS}

    async def memberships(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = await self.ask(HUB_ADMIN, "/hub/v1/memberships")
        return found


@pytest.fixture
async def hub(settings: Settings, keys: Path, tmp_path: Path, token: TokenFor) -> AsyncIterator[Elsewhere]:
    """A Hub whose one administrator is the realm's, as compose's `demo-members` grants it."""
    async with hub_trusting(settings, keys, tmp_path, lambda url: url) as running:
        await token(USERS["hub-admin"], "hub_admin")
        yield running


@asynccontextmanager
async def hub_trusting(
    settings: Settings, keys: Path, folder: Path, issuer: Callable[[str], str]
) -> AsyncIterator[Elsewhere]:
    realm = SmallRealm(keys)
    async with served(realm.app()) as realm.url:
        trusting = settings.model_copy(
            update={"issuer": issuer(realm.url), "jwks_url": f"{realm.url}/certs", "sign_in_keys": None}
        )
        api = create_api(list(SERVICES.values()), trusting)
        async with api.router.lifespan_context(api), served(api) as address:
            yield Elsewhere(address, realm, folder)


async def test_the_realm_s_users_load_a_hub_elsewhere_and_a_second_time_changes_nothing(
    hub: Elsewhere, worker_for: WorkerFor
) -> None:
    async with worker_for(list(SERVICES.values())):
        # A container that is stopped in the middle of it.
        running = await hub.start("--schools", "2")
        assert running.stderr is not None
        lines = [b""]
        while not lines[-1].startswith(b"1 of 2 schools"):
            lines.append(await asyncio.wait_for(running.stderr.readline(), RUN_TIMEOUT_S))
            assert lines[-1], b"".join(lines).decode()
        running.send_signal(signal.SIGTERM)
        _, rest = await asyncio.wait_for(running.communicate(), RUN_TIMEOUT_S)
        assert running.returncode == Exit.INTERRUPTED
        assert b"Run the demonstration again to post the rest" in rest

        code, shown, said = await hub.load("--schools", "2")
        assert code == 0, said
        before = await hub.told(), await hub.memberships()
        again, told_again, _ = await hub.load("--schools", "2", "--json", "--exit")
        after = await hub.told(), await hub.memberships()

    assert again == 0
    result = json.loads(told_again)
    assert (result["recorded"], result["changed_anything"]) == (0, False)
    assert result["unchanged"] == result["activities"] > 0
    assert [school["encounters"] for school in result["report"]["schools"] if school["encounters"]]
    assert after == before
    assert "the hub had" in " ".join(shown.lower().split()), "it did not go on where it was stopped"
    for line in ("Looking whether the Hub is free", "2 of 2 schools", "The report is up to date", "sign-in"):
        assert line in said
    assert "\x1b" not in said
    assert PASSWORD not in shown + said
    roles = {(m["subject"], m["role"]) for m in before[1]}
    assert roles == {(subject, user.replace("-", "_")) for user, subject in USERS.items()}


async def test_a_hub_that_a_school_works_with_is_refused_and_left_as_it_is(
    hub: Elsewhere, token: TokenFor
) -> None:
    await token("a-real-careers-leader", "careers_leader", SCHOOL)
    before = await hub.told(), await hub.memberships()

    code, shown, said = await hub.load("--schools", "1")

    assert code == Exit.REFUSED
    assert shown == ""
    assert "Others work with this Hub" in said
    assert f"People have roles at 1 school ({SCHOOL})" in said
    assert (await hub.told(), await hub.memberships()) == before
    assert (await hub.ask(HUB_ADMIN, "/employers/v1/schools"))["schools"] == []


async def test_an_administrator_without_the_role_is_told_how_it_is_granted(
    settings: Settings, keys: Path, tmp_path: Path
) -> None:
    async with hub_trusting(settings, keys, tmp_path, lambda url: url) as hub:
        code, _, said = await hub.load("--schools", "1")

    assert code == Exit.REFUSED
    assert f"careers-hub grant {USERS['hub-admin']} --role hub_admin" in said


async def test_a_hub_that_trusts_another_issuer_is_told_as_such(
    settings: Settings, keys: Path, tmp_path: Path
) -> None:
    async with hub_trusting(settings, keys, tmp_path, lambda url: f"{url}/other") as hub:
        code, _, said = await hub.load("--schools", "1")

    assert code == Exit.REFUSED
    assert "it is from another issuer" in said
    assert "CAREERS_HUB_ISSUER" in said


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--issuer", "http://x"], "--issuer and --password-file are for a Hub that runs already"),
        (["--password-file", "x"], "--issuer and --password-file are for a Hub that runs already"),
        (["--address", "http://x"], "--address needs --password-file"),
        (["--address", "localhost:8400", "--password-file", "x"], "is no address of a Hub"),
        (["--address", "http://x", "--password-file", "x", "--port", "1"], "--data and --port start one"),
        (["--address", "http://x", "--password-file", "x", "--data", "y"], "--data and --port start one"),
        (["--address", "http://x", "--password-file", "/nowhere"], "cannot be read: No such file"),
        (["--address", "http://x", "--password-file", "{empty}"], "is empty"),
        (["--address", "http://x", "--password-file", "{bytes}"], "cannot be read: it is not text"),
        (["--address", "http://x", "--password-file", "x", "--area", "atlantis"], "there is no area"),
    ],
)
def test_options_that_do_not_fit_are_refused_with_what_to_do(
    tmp_path: Path, options: list[str], told: str
) -> None:
    empty, unreadable = tmp_path / "empty", tmp_path / "bytes"
    empty.write_text("\n", encoding="utf-8")
    unreadable.write_bytes(b"\xff\xfe")
    given = [option.format(empty=empty, bytes=unreadable) for option in options]

    done = CliRunner().invoke(app, ["demo", *given])

    assert done.exit_code == Exit.WRONG_USE
    assert told in " ".join(done.stderr.split())
