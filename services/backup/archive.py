"""The file of a backup: a line that says what it is, then sealed pieces, the last of them marked as the last.

    careers-hub-backup 1
    {"hub": "dorset", "urn": null, "made_at": "...", "release": "0.1.0", "key": "1f2e3d4c"}
    <length, 4 bytes><nonce and ciphertext> ...

A piece is compressed and sealed with the Hub's newest secret (AES-256-GCM, `runtime/sealing.py`), bound to
the file's first two lines, its number, and whether it is the last. So a piece that is damaged, missing,
doubled, or of another file is noticed, and so is a file that was cut off. Only its owner can read the file,
which has its name from the moment on at which it is whole.
"""

from __future__ import annotations

import hashlib
import json
import os
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Annotated, Final, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from contracts.vocabulary import URN_PATTERN
from services.runtime.errors import InvalidError
from services.runtime.sealing import Sealer, SecretError

MAGIC: Final = b"careers-hub-backup 1\n"
_PURPOSE: Final = "backup"
_SCOPE: Final = "hub"
_LENGTH: Final = struct.Struct(">I")
# A piece has 4 MiB of documents and one more, which may have 16 MiB: well below this, and memory's bound.
MOST_BYTES_A_PIECE: Final = 64 * 1024 * 1024
_LONGEST_HEADER: Final = 4_096
_OWNER_ONLY: Final = 0o600


class DamagedBackupError(InvalidError):
    """The file is no backup, is damaged, or was not finished; the message says which."""

    title = "This backup cannot be used"


class BackupHeader(BaseModel):
    """What a backup is of, readable without the secret."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    hub: str
    urn: Annotated[str, Field(pattern=URN_PATTERN)] | None
    """The tenant of the school that it is of; None: the whole Hub."""
    made_at: AwareDatetime
    release: str
    key: Annotated[str, Field(pattern=r"^[0-9a-f]{8}$")]


@dataclass(slots=True)
class ArchiveWriter:
    """Writes pieces."""

    file: IO[bytes]
    sealer: Sealer
    bound_to: bytes
    number: int = 0

    def add(self, content: bytes, *, last: bool = False) -> None:
        """Write one piece; the last one is the manifest, without which the file is none."""
        place = _place(self.bound_to, self.number, last=last)
        packed = zlib.compress(content)
        sealed = self.sealer.seal_bytes(_SCOPE, _PURPOSE, packed, place)
        self.file.write(_LENGTH.pack(len(sealed)))
        self.file.write(sealed)
        self.number += 1


@contextmanager
def writing(path: Path, header: BackupHeader, sealer: Sealer) -> Iterator[ArchiveWriter]:
    """Write a backup beside its place, and put it there when it is whole; raises FileExistsError.

    Whatever ends it before leaves nothing behind.
    """
    if path.exists():
        raise FileExistsError(path)
    unfinished = path.with_name(f"{path.name}.unfinished")
    lines = MAGIC + header.model_dump_json().encode() + b"\n"
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _OWNER_ONLY)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(lines)
            yield ArchiveWriter(file, sealer, hashlib.sha256(lines).digest())
            file.flush()
            os.fsync(file.fileno())
        # A link fails where a file is, which a renaming would replace.
        os.link(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class Archive:
    """A backup to be read."""

    path: Path
    header: BackupHeader
    begin: int
    bound_to: bytes

    @classmethod
    def open(cls, path: Path) -> Self:
        """Read what a file is of; raises DamagedBackupError if it is no backup."""
        with path.open("rb") as file:
            magic, line = file.readline(_LONGEST_HEADER), file.readline(_LONGEST_HEADER)
        if magic != MAGIC:
            message = f"{path} is no backup that this release can read"
            raise DamagedBackupError(message)
        try:
            header = BackupHeader.model_validate(json.loads(line))
        except (ValueError, ValidationError) as error:
            message = f"{path} is damaged: its second line does not say what it is of"
            raise DamagedBackupError(message) from error
        return cls(path, header, len(magic) + len(line), hashlib.sha256(magic + line).digest())

    def pieces(self, sealer: Sealer) -> Iterator[bytes]:
        """Read the documents' pieces in order, then the manifest.

        Raises DamagedBackupError at the first wrong one, and SecretError if the file was sealed with a secret
        that is not known here.
        """
        if self.header.key not in sealer.key_ids:
            message = f"the backup was sealed with another secret (key {self.header.key}) than the Hub's"
            raise SecretError(message)
        with self.path.open("rb") as file:
            file.seek(self.begin)
            number, last = 0, False
            while not last:
                sealed = self._read(file, number)
                packed, last = self._unseal(sealer, sealed, number)
                number += 1
                yield zlib.decompress(packed)
            if file.read(1):
                raise self._damaged("something follows its end")

    def _read(self, file: IO[bytes], number: int) -> bytes:
        length = file.read(_LENGTH.size)
        if len(length) < _LENGTH.size:
            raise self._damaged(f"it ends after {number} pieces, before its end")
        (size,) = _LENGTH.unpack(length)
        if size > MOST_BYTES_A_PIECE:
            raise self._damaged(f"its piece {number} is too long")
        sealed = file.read(size)
        if len(sealed) < size:
            raise self._damaged(f"it ends inside its piece {number}")
        return sealed

    def _unseal(self, sealer: Sealer, sealed: bytes, number: int) -> tuple[bytes, bool]:
        for last in (False, True):
            place = _place(self.bound_to, number, last=last)
            try:
                return sealer.open_bytes(_SCOPE, _PURPOSE, (self.header.key, sealed), place), last
            except SecretError:
                continue
        raise self._damaged(f"its piece {number} was changed, or belongs elsewhere")

    def _damaged(self, how: str) -> DamagedBackupError:
        return DamagedBackupError(f"{self.path} is damaged: {how}")


def _place(bound_to: bytes, number: int, *, last: bool) -> bytes:
    return bound_to + number.to_bytes(8) + bytes([last])
