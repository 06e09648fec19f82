"""The Job that brings a Hub back: harmless until it is asked for, and its scripts do what the page says.

The part that is `careers-hub`'s is run on a real store; `mongorestore` and MongoDB's own commands need a
server.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

from deploy.network import Network
from deploy.reachability import sources_of
from deploy.rendering import K8S
from services.runtime.settings import ENVIRONMENT_PREFIX, Settings
from tests.architecture.source_tree import PROJECT
from tests.conftest import TokenFor
from tests.deploy.conftest import Manifest

RUN_TIMEOUT_S: Final = 120.0
EMPTY: Final = K8S / "restore" / "empty.js"
PAGE: Final = (PROJECT / "docs" / "operations" / "backup.md").read_text(encoding="utf-8")


@pytest.fixture
def restore(production: tuple[Manifest, ...]) -> Manifest:
    [found] = [m for m in production if (m["kind"], m["metadata"]["name"]) == ("CronJob", "restore")]
    return found


def pod_of(restore: Manifest) -> Manifest:
    found: Manifest = restore["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    return found


def test_it_never_runs_by_itself_and_not_twice(restore: Manifest, production: tuple[Manifest, ...]) -> None:
    assert restore["spec"]["suspend"] is True
    assert restore["spec"]["schedule"] == "0 0 31 2 *", "a day that there is"
    assert restore["spec"]["jobTemplate"]["spec"]["backoffLimit"] == 0
    # Made by hand: without it no container starts, so a Job made by mistake does nothing.
    assert "restore" not in [m["metadata"]["name"] for m in production if m["kind"] == "ConfigMap"]
    pod = pod_of(restore)
    for container in (*pod["initContainers"], *pod["containers"]):
        [archive] = [one for one in container["env"] if one["name"] == "ARCHIVE"]
        assert archive["valueFrom"]["configMapKeyRef"] == {"name": "restore", "key": "archive"}


def test_it_reads_the_nightly_archives_and_the_journal_and_runs_the_hubs_own_release(
    restore: Manifest, production: tuple[Manifest, ...]
) -> None:
    pod = pod_of(restore)
    claims = {v["persistentVolumeClaim"]["claimName"] for v in pod["volumes"] if "persistentVolumeClaim" in v}
    assert claims == {"database-backups", "pupils-erasures"}
    [api] = [m for m in production if (m["kind"], m["metadata"]["name"]) == ("Deployment", "pupils-api")]
    [running] = api["spec"]["template"]["spec"]["containers"]
    [archive], [ours] = pod["initContainers"], pod["containers"]
    assert ours["image"] == running["image"]
    [dump] = [m for m in production if m["metadata"]["name"] == "database-backup"]
    [dumping] = dump["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"]
    assert archive["image"] == dumping["image"]
    journal = {one["name"]: one.get("value") for one in running["env"]}[
        f"{ENVIRONMENT_PREFIX}ERASURE_JOURNAL"
    ]
    assert {one["name"]: one.get("value") for one in ours["env"]}[
        f"{ENVIRONMENT_PREFIX}ERASURE_JOURNAL"
    ] == journal
    assert ours["envFrom"] == archive["envFrom"]
    assert ours["envFrom"][0] in running["envFrom"]


def test_it_reaches_the_database_and_nothing_else(network: Network) -> None:
    assert {at for at, sources in sources_of(network).items() if "restore" in sources} == {
        "name server:53",
        "MongoDB:27017",
    }


def test_the_archive_goes_in_with_its_oplog_without_users_and_with_no_password_on_a_command_line(
    restore: Manifest,
) -> None:
    [archive] = pod_of(restore)["initContainers"]
    [script] = archive["args"]
    loads = script.index("mongorestore --config")
    assert script.index("gzip --test") < script.index("empty.js") < loads
    for option in ("--oplogReplay", "--nsExclude='admin.*'", "--gzip", "--archive="):
        assert option in script[loads:]
    assert "$MONGODB_URL" not in script.replace("""printf 'uri: "%s"\\n' "$MONGODB_URL" >""", "")


@pytest.mark.parametrize(
    ("name", "there", "ends"),
    [("absent.archive.gz", False, 1), ("absent.backup", False, 1), ("own.backup", True, 0)],
)
def test_a_file_that_is_not_there_is_told_with_those_that_are_and_one_of_our_own_is_left_to_us(
    restore: Manifest, tmp_path: Path, name: str, *, there: bool, ends: int
) -> None:
    (tmp_path / ("own.backup" if there else "hub-20260101T011500Z.archive.gz")).write_bytes(b"x")
    [archive] = pod_of(restore)["initContainers"]
    script = archive["args"][0].replace("/backups", str(tmp_path))

    done = subprocess.run(
        ["/bin/bash", "-euo", "pipefail", "-c", script],
        env={"ARCHIVE": name, "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=RUN_TIMEOUT_S,
        check=False,
    )

    assert done.returncode == ends, done.stderr
    assert ("hub-20260101T011500Z.archive.gz" in done.stdout) is not there


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


class Operator:
    """Runs what the second container runs, with the settings that it has."""

    def __init__(self, restore: Manifest, settings: Settings, folder: Path) -> None:
        [ours] = pod_of(restore)["containers"]
        [script] = ours["args"]
        self.script = script.replace("/backups", str(folder))
        self.shell = ours["command"]
        programs = folder / "bin"
        programs.mkdir()
        command = programs / "careers-hub"
        command.write_text(f'#!/bin/sh\nexec {sys.executable} -m services "$@"\n', encoding="utf-8")
        command.chmod(0o755)
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(ENVIRONMENT_PREFIX)},
            "PATH": f"{programs}:{os.environ['PATH']}",
            "PYTHONPATH": str(PROJECT),
            f"{ENVIRONMENT_PREFIX}MONGODB_URL": settings.mongodb_url.get_secret_value(),
            f"{ENVIRONMENT_PREFIX}HUB_ID": settings.hub_id,
            f"{ENVIRONMENT_PREFIX}SECRET_FILE": str(settings.secret_file),
            f"{ENVIRONMENT_PREFIX}ERASURE_JOURNAL": str(folder / "erasures"),
        }

    async def run(self, *command: str, **more: str) -> tuple[int, str]:
        running = await asyncio.create_subprocess_exec(
            *command,
            env=self.environment | more,
            cwd=PROJECT,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await asyncio.wait_for(running.communicate(), RUN_TIMEOUT_S)
        assert running.returncode is not None
        return running.returncode, said.decode()

    async def restore(self, **choice: str) -> tuple[int, str]:
        return await self.run(*self.shell, self.script, **choice)


async def test_our_part_brings_a_backup_back_and_begins_a_timeline_for_an_archive(
    restore: Manifest, settings: Settings, token: TokenFor, tmp_path: Path
) -> None:
    operator = Operator(restore, settings, tmp_path)
    (tmp_path / "erasures").mkdir()
    await token("before", "hub_admin")
    code, said = await operator.run("careers-hub", "backup", "--to", str(tmp_path / "own.backup"))
    assert code == 0, said
    await token("after", "hub_admin")

    refused, why = await operator.restore(ARCHIVE="own.backup")
    assert refused != 0
    assert "--replace" in why
    code, said = await operator.restore(ARCHIVE="own.backup", REPLACE="yes")
    assert code == 0, said
    assert "Start the Hub now" in said
    # As mongorestore leaves it: the archive's data, and no timeline of their own.
    (tmp_path / "hub-20260101T011500Z.archive.gz").write_bytes(b"taken in before")
    code, said = await operator.restore(ARCHIVE="hub-20260101T011500Z.archive.gz")
    assert code == 0, said
    [kept] = [name for name in names_in(tmp_path) if re.fullmatch(r"hub-.*\.backup", name)]
    assert re.fullmatch(r"hub-20260101T011500Z\.archive\.gz\.\d{8}T\d{6}Z\.backup", kept)


@pytest.mark.skipif(
    shutil.which("node") is None, reason="the script is JavaScript, and there is no node here"
)
@pytest.mark.parametrize(
    ("connected", "replace", "ends", "dropped", "told"),
    [
        ([], "yes", 0, ["dorset_hub", "dorset_pupils_136500"], "2 databases were dropped"),
        ([], "", 1, [], "2 databases of this Hub are there"),
        (["careers-hub-api", "careers-hub-api"], "yes", 1, [], "still runs (careers-hub-api)"),
        (["mongodump", "mongosh 2.5"], "yes", 0, ["dorset_hub", "dorset_pupils_136500"], "dropped"),
    ],
)
def test_room_is_made_for_this_hub_alone_and_only_when_it_is_asked_for_and_stopped(
    connected: list[str], replace: str, ends: int, dropped: list[str], told: str
) -> None:
    there = ["admin", "config", "local", "dorset_hub", "dorset_pupils_136500", "dorsetshire_hub", "other_hub"]
    shell = f"""
        const dropped = [], said = []
        class Quit extends Error {{}}
        globalThis.print = (line) => said.push(line)
        globalThis.quit = (code) => {{ process.exitCode = code; throw new Quit() }}
        const db = (name) => ({{
          getSiblingDB: db,
          aggregate: () => ({{toArray: () => {json.dumps(connected)}.map((appName) => ({{appName}}))}}),
          runCommand: () => ({{databases: {json.dumps(there)}.map((name) => ({{name}}))}}),
          dropDatabase: () => {{ dropped.push(name); return {{ok: 1}} }},
        }})
        globalThis.connect = () => db("test")
        try {{ {EMPTY.read_text(encoding="utf-8")} }}
        catch (error) {{ if (!(error instanceof Quit)) throw error }}
        console.log(JSON.stringify([dropped, said]))
    """
    done = subprocess.run(
        ["node", "-e", shell],  # noqa: S607 - found above
        env={
            "PATH": os.environ["PATH"],
            "CAREERS_HUB_HUB_ID": "dorset",
            "REPLACE": replace,
            "MONGODB_URL": "x",
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=RUN_TIMEOUT_S,
    )

    assert done.returncode == ends, done.stderr
    found: tuple[list[str], list[str]] = json.loads(done.stdout)
    assert found[0] == dropped
    assert told in "".join(found[1])


def test_the_page_makes_what_the_job_waits_for(restore: Manifest) -> None:
    made: dict[str, Any] = dict(re.findall(r"--from-literal=(\w+)=(\S+)", PAGE))
    assert set(made) == {"archive", "replace"}
    assert "create configmap restore" in PAGE
    assert f"--from=cronjob/{restore['metadata']['name']}" in PAGE
