"""The Hub's record `hub.json`, and the lock that says whether the record's Hub still runs.

The record says whose folder this is and, while a Hub runs, where: it is replaced as a whole, and its
addresses are removed at a clean stop. It may be stale after a crash, so it never decides whether a Hub runs.
The lock does: the system releases it when the launcher is gone.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from services.local.errors import EmbeddedHubError
from services.local.layout import HubLayout, unusable_folder, write_whole
from services.local.programs import ChildName, api_address, environment

FORMAT: Final = 1
DEFAULT_HUB_ID: Final = "myhub"
# As `services/runtime/settings.py` has it: the slug begins every database's name.
HUB_ID_PATTERN: Final = r"^[a-z][a-z0-9-]{1,29}$"
# `read_running` holds the lock for some microseconds; a start must not take that for another Hub.
_LOCK_ATTEMPTS: Final = 10
_LOCK_PAUSE_S: Final = 0.05


class Running(BaseModel):
    """Where a Hub runs; ports and process ids by child."""

    model_config = ConfigDict(frozen=True)

    launcher: int
    started_at: AwareDatetime
    ready: bool
    ports: dict[ChildName, int]
    pids: dict[ChildName, int]


class HubRecord(BaseModel):
    """Whose folder this is."""

    model_config = ConfigDict(frozen=True)

    format: int
    hub_id: str
    running: Running | None = None


@dataclass(frozen=True, slots=True)
class RunningHub:
    """A Hub that runs now; `environment` is what a command needs to reach its store and broker."""

    hub_id: str
    address: str
    launcher: int
    pids: Mapping[ChildName, int]
    environment: Mapping[str, str]


def read_running(data: Path) -> RunningHub | None:
    """Find the Hub that runs from a folder and is ready; None if there is none.

    Raises EmbeddedHubError if the folder's record cannot be read.
    """
    layout = HubLayout(data)
    if not _is_locked(layout):
        return None
    record = read_record(layout)
    if record is None or record.running is None or not record.running.ready:
        return None
    running = record.running
    return RunningHub(
        hub_id=record.hub_id,
        address=api_address(running.ports),
        launcher=running.launcher,
        pids=running.pids,
        environment=environment(layout, record.hub_id, running.ports),
    )


def read_record(layout: HubLayout) -> HubRecord | None:
    """Read a folder's record; None if no Hub was ever started there.

    Raises EmbeddedHubError if it is damaged or was written by a later version.
    """
    try:
        with unusable_folder(layout.data):
            content = json.loads(layout.record.read_bytes()) if layout.record.exists() else None
        if content is None:
            return None
        _refuse_later_format(layout, content)
        return HubRecord.model_validate(content)
    except (ValueError, ValidationError) as error:
        raise EmbeddedHubError(
            f"the Hub's record {layout.record} is damaged",
            "Put it back from a backup, or give another folder with --data or CAREERS_HUB_DATA.",
        ) from error


def write_record(layout: HubLayout, record: HubRecord) -> None:
    """Replace a folder's record."""
    write_whole(layout.record, record.model_dump_json(indent=2) + "\n")


def claim(layout: HubLayout, hub_id: str | None) -> HubRecord:
    """Take a folder's record, or the first one for a new folder.

    Raises EmbeddedHubError if the folder is another Hub's, or the id is none.
    """
    if hub_id is not None and re.match(HUB_ID_PATTERN, hub_id) is None:
        raise EmbeddedHubError(
            f"'{hub_id}' cannot be a Hub's id",
            "It has 2 to 30 lower-case letters, digits and hyphens, and begins with a letter.",
        )
    record = read_record(layout)
    if record is None:
        return HubRecord(format=FORMAT, hub_id=hub_id or DEFAULT_HUB_ID)
    if hub_id is not None and hub_id != record.hub_id:
        raise EmbeddedHubError(
            f"the folder {layout.data} holds the Hub '{record.hub_id}', not '{hub_id}'",
            f"Start it with --hub {record.hub_id}, or give '{hub_id}' a folder of its own with --data.",
        )
    return record


class FolderLock:
    """The lock of a data folder; the system releases it when this process ends."""

    __slots__ = ("_descriptor", "_layout")

    def __init__(self, layout: HubLayout) -> None:
        self._layout = layout
        self._descriptor: int | None = None

    @property
    def held(self) -> bool:
        """Whether this process has the folder."""
        return self._descriptor is not None

    async def acquire(self) -> None:
        """Lock the folder; raises EmbeddedHubError that says which Hub runs from it."""
        with unusable_folder(self._layout.data):
            descriptor = os.open(self._layout.lock, os.O_RDWR | os.O_CREAT, 0o600)
        for _attempt in range(_LOCK_ATTEMPTS):
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                await asyncio.sleep(_LOCK_PAUSE_S)
            else:
                self._descriptor = descriptor
                return
        os.close(descriptor)
        raise _in_use(self._layout)

    def release(self) -> None:
        """Unlock the folder."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def _is_locked(layout: HubLayout) -> bool:
    """Whether a Hub runs from a folder; asks by taking the lock together with any other who asks."""
    try:
        descriptor = os.open(layout.lock, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _in_use(layout: HubLayout) -> EmbeddedHubError:
    record = read_record(layout)
    running = None if record is None else record.running
    if running is None:
        return EmbeddedHubError(
            f"the folder {layout.data} is in use: another Hub starts or stops there",
            "Wait a moment and try again, or give another folder with --data or CAREERS_HUB_DATA.",
        )
    where = f" at {api_address(running.ports)}" if "api" in running.ports else ""
    return EmbeddedHubError(
        f"the folder {layout.data} is in use: process {running.launcher} serves its Hub{where}",
        f"Use that Hub, stop it (Ctrl-C where it runs, or `kill {running.launcher}`), "
        "or give another folder with --data or CAREERS_HUB_DATA.",
    )


def _refuse_later_format(layout: HubLayout, content: object) -> None:
    found = content.get("format") if isinstance(content, dict) else None
    if isinstance(found, int) and found > FORMAT:
        raise EmbeddedHubError(
            f"the folder {layout.data} was written by a later version of careers-hub "
            f"(format {found}; this one knows {FORMAT})",
            "Upgrade careers-hub, or give another folder with --data or CAREERS_HUB_DATA.",
        )
