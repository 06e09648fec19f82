"""The data folder of an embedded Hub: what lies where, and whether the folder can be used.

`hub.json` the Hub's record · `hub.lock` held while a Hub runs · `store/` the databases · `keys/` the Hub's
secret and its issuer's keys · `erasures/` who was erased, to be kept when the store is restored ·
`logs/` a file a child, and `hub.log` for what the launcher did.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from services.local.errors import EmbeddedHubError

DATA_VARIABLE: Final = "CAREERS_HUB_DATA"
# An empty store takes 11 MB; a year of a Hub with its journal, oplog and logs stays below this.
NEEDED_FREE_BYTES: Final = 200_000_000
SECRET_BYTES: Final = 32
_OWNER_ONLY_FOLDER: Final = 0o700
_OWNER_ONLY_FILE: Final = 0o600
_OTHER_FOLDER: Final = "Give another folder with --data or CAREERS_HUB_DATA."


@dataclass(frozen=True, slots=True)
class HubLayout:
    """The places in a data folder; `data` becomes an absolute path."""

    data: Path

    def __post_init__(self) -> None:
        object.__setattr__(self, "data", self.data.expanduser().absolute())

    @property
    def record(self) -> Path:
        """Which Hub this folder is of, and where it runs now."""
        return self.data / "hub.json"

    @property
    def lock(self) -> Path:
        """Locked while a Hub runs from this folder."""
        return self.data / "hub.lock"

    @property
    def store(self) -> Path:
        """The databases."""
        return self.data / "store"

    @property
    def store_settings(self) -> Path:
        """The store's settings file: empty, so that it looks for no other."""
        return self.data / "store.toml"

    @property
    def logs(self) -> Path:
        """What the children and the launcher wrote."""
        return self.data / "logs"

    @property
    def keys(self) -> Path:
        """The Hub's secret and the built-in issuer's keys."""
        return self.data / "keys"

    @property
    def secret(self) -> Path:
        """32 random bytes as hex, made once; what it sealed can be opened with nothing else."""
        return self.keys / "secret"

    @property
    def public_keys(self) -> Path:
        """The built-in issuer's public keys, which `services/runtime/issuer.py` writes."""
        return self.keys / "jwks.json"

    @property
    def erasure_journal(self) -> Path:
        """Which pupils were erased, as digests: beside the store, so that a restored one is erased again."""
        return self.data / "erasures"

    def log(self, name: str) -> Path:
        """The log of a child, or `hub` for the launcher's own."""
        return self.logs / f"{name}.log"


def default_data_folder() -> Path:
    """Name the folder that is used unless one is given: CAREERS_HUB_DATA, or the user's own."""
    named = os.environ.get(DATA_VARIABLE)
    if named:
        return Path(named)
    base = os.environ.get("XDG_DATA_HOME")
    return (Path(base) if base else Path.home() / ".local" / "share") / "careers-hub"


def make_folder(layout: HubLayout) -> None:
    """Create the data folder; raises EmbeddedHubError if that is not possible."""
    with unusable_folder(layout.data):
        layout.data.mkdir(mode=_OWNER_ONLY_FOLDER, parents=True, exist_ok=True)


def prepare_folder(layout: HubLayout, *, first_start: bool) -> None:
    """Make room for a Hub, and at its first start its secret.

    Raises EmbeddedHubError if the folder cannot be written, is too full, or has lost the secret.
    """
    free = shutil.disk_usage(layout.data).free
    if free < NEEDED_FREE_BYTES:
        raise EmbeddedHubError(
            f"the disk is full: {_megabytes(free)} are free where {layout.data} is, "
            f"and a Hub needs {_megabytes(NEEDED_FREE_BYTES)}",
            f"Free some space. {_OTHER_FOLDER}",
        )
    with unusable_folder(layout.data):
        for folder in (layout.store, layout.logs, layout.keys):
            folder.mkdir(mode=_OWNER_ONLY_FOLDER, exist_ok=True)
            if not os.access(folder, os.W_OK | os.X_OK):
                raise PermissionError(f"{folder.name}/ belongs to somebody else")
        layout.keys.chmod(_OWNER_ONLY_FOLDER)
        layout.store_settings.write_text("# The Hub gives every setting on the command line.\n")
        if not layout.secret.exists():
            _make_secret(layout, first_start=first_start)


@contextmanager
def unusable_folder(data: Path) -> Iterator[None]:
    """Say which folder it is when the system refuses to work with it."""
    try:
        yield
    except OSError as error:
        raise EmbeddedHubError(
            f"the folder {data} cannot be used: {error.strerror or error}",
            f"It must be a folder that you can write to, on a disk with space left. {_OTHER_FOLDER}",
        ) from error


def space_warning(layout: HubLayout) -> str:
    """Say in a sentence that the disk is nearly full; empty if it is not."""
    free = shutil.disk_usage(layout.data).free
    if free >= NEEDED_FREE_BYTES // 4:
        return ""
    return f"The disk is nearly full: {_megabytes(free)} are free where {layout.data} is."


def _make_secret(layout: HubLayout, *, first_start: bool) -> None:
    if not first_start:
        raise EmbeddedHubError(
            f"the Hub's secret {layout.secret} is gone; what it sealed cannot be opened with another",
            f"Put the keys folder back from a backup. {_OTHER_FOLDER}",
        )
    write_whole(layout.secret, secrets.token_hex(SECRET_BYTES))


def write_whole(path: Path, text: str) -> None:
    """Write a file that only its owner can read, so that a crash leaves the old content or the new."""
    unfinished = path.with_name(f"{path.name}.new")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _OWNER_ONLY_FILE)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)


def _megabytes(count: int) -> str:
    return f"{count // 1_000_000} MB"
