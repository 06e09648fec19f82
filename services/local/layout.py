"""The data folder of an embedded Hub: what is where, whose it is, and who runs it now.

`hub.json` says which Hub the folder belongs to and, while one runs, where. `hub.lock` is held by the running
process: the lock, not the file, decides whether one runs, so a crash leaves nothing to clean up.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from services.runtime.issuer import ensure_issuer

DEFAULT_HUB_ID: Final = "myhub"
FORMAT: Final = 1
DATA_VARIABLE: Final = "CAREERS_HUB_DATA"
# A small Hub's year with the store's journal; a start with less would fail in the middle of a write.
NEEDED_BYTES: Final = 200 * 1024 * 1024
LOG_LIMIT_BYTES: Final = 10 * 1024 * 1024
SECRET_BYTES: Final = 32


class EmbeddedHubError(Exception):
    """The embedded Hub cannot start or go on; `advice` says what to do."""

    def __init__(self, message: str, advice: str) -> None:
        super().__init__(message)
        self.advice = advice


@dataclass(frozen=True, slots=True)
class RunningHub:
    """A Hub that runs now."""

    pid: int
    address: str
    environment: dict[str, str]
    children: dict[str, int]


@dataclass(frozen=True, slots=True)
class HubLayout:
    """Where things are in a data folder."""

    folder: Path

    @property
    def state(self) -> Path:
        """Whose folder it is, and where its Hub runs."""
        return self.folder / "hub.json"

    @property
    def lock(self) -> Path:
        """Held while a Hub runs."""
        return self.folder / "hub.lock"

    @property
    def store(self) -> Path:
        """The store's files."""
        return self.folder / "store"

    @property
    def keys(self) -> Path:
        """The Hub's secret and the built-in issuer's keys."""
        return self.folder / "keys"

    @property
    def secret(self) -> Path:
        """The Hub's secret, 32 bytes as hex."""
        return self.keys / "secret"

    def log(self, child: str) -> Path:
        """A child's output."""
        return self.folder / "logs" / f"{child}.log"

    def prepare(self, hub_id: str) -> None:
        """Make the folder ready; raises EmbeddedHubError if it cannot be, or is another Hub's."""
        try:
            for folder in (self.folder, self.store, self.folder / "logs"):
                folder.mkdir(parents=True, exist_ok=True)
            self.keys.mkdir(mode=0o700, exist_ok=True)
            if not self.secret.exists():
                write_atomically(self.secret, secrets.token_hex(SECRET_BYTES), mode=0o600)
            ensure_issuer(self.keys)
        except OSError as error:
            message = f"the data folder {self.folder} cannot be written ({error.strerror})"
            raise EmbeddedHubError(message, "Name another with --data, or free the disk.") from error
        free = shutil.disk_usage(self.folder).free
        if free < NEEDED_BYTES:
            message = f"the disk of {self.folder} has {free // 1024**2} MB left"
            raise EmbeddedHubError(
                message, f"A Hub needs {NEEDED_BYTES // 1024**2} MB. Free some, or use --data."
            )
        self._claim(hub_id)
        for log in (self.folder / "logs").glob("*.log"):
            if log.stat().st_size > LOG_LIMIT_BYTES:
                log.replace(log.with_suffix(".log.old"))

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder's lock; raises EmbeddedHubError that names the Hub that holds it."""
        with self.lock.open("a+", encoding="ascii") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                running = self.read().get("running") or {}
                address, pid = running.get("address", "an unknown address"), running.get("pid", "?")
                message = f"a Hub runs from {self.folder} already, at {address}"
                advice = f"Use it, stop it (process {pid}), or name another folder with --data."
                raise EmbeddedHubError(message, advice) from None
            yield

    def is_locked(self) -> bool:
        """Whether some process runs a Hub from this folder."""
        if not self.lock.exists():
            return False
        with self.lock.open("a+", encoding="ascii") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
            return False

    def read(self) -> dict[str, Any]:
        """Read `hub.json`; empty if there is none."""
        try:
            found: dict[str, Any] = json.loads(self.state.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, json.JSONDecodeError) as error:
            message = f"{self.state} cannot be read ({type(error).__name__})"
            raise EmbeddedHubError(message, "Delete it: the data are in `store`, not in it.") from error
        return found

    def write_running(self, running: RunningHub | None) -> None:
        """Note where the Hub runs, or that it does not."""
        state = self.read()
        state["running"] = (
            None
            if running is None
            else {
                "pid": running.pid,
                "address": running.address,
                "environment": running.environment,
                "children": running.children,
            }
        )
        write_atomically(self.state, json.dumps(state, indent=2))

    def _claim(self, hub_id: str) -> None:
        state = self.read()
        if state.get("format", FORMAT) > FORMAT:
            message = f"{self.folder} was made by a newer version of this program"
            raise EmbeddedHubError(message, "Update careers-hub, or name another folder with --data.")
        if state.get("hub_id", hub_id) != hub_id:
            message = f"{self.folder} holds the data of the Hub '{state['hub_id']}', not of '{hub_id}'"
            raise EmbeddedHubError(message, f"Start it with --hub {state['hub_id']}, or name another folder.")
        write_atomically(
            self.state, json.dumps({"running": None, **state, "format": FORMAT, "hub_id": hub_id})
        )


def default_data_folder() -> Path:
    """The folder of the user's own Hub: `CAREERS_HUB_DATA`, or under the user's data folder."""
    named = os.environ.get(DATA_VARIABLE)
    if named:
        return Path(named)
    base = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(base) / "careers-hub"


def read_running(folder: Path) -> RunningHub | None:
    """Find the Hub that runs from a folder now; what a crashed one left behind does not count."""
    layout = HubLayout(folder)
    running = layout.read().get("running")
    if not running or not layout.is_locked():
        return None
    return RunningHub(running["pid"], running["address"], running["environment"], running["children"])


def write_atomically(path: Path, text: str, mode: int = 0o644) -> None:
    """Write a file whole or not at all."""
    temporary = path.with_name(f".{path.name}.new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
