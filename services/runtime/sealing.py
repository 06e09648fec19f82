"""Keeps what must be found but not read, and what must be read by few: keyed digests and sealed text.

One secret a Hub (32 bytes, from a file) yields separate keys per school and purpose (HKDF-SHA256), so the
same UPN has unrelated digests in two schools, and one school's key opens nothing of another's.

The file may have more lines, a newer secret each (`careers-hub key add`). The last one seals, and chains the
access logs; what was sealed or chained with one before names it by its key id, and can be read as long as its
line is there. Digests and ids stay with the first secret for good: they are what things are found by, and
what they were made of is not kept (docs/operations/keys.md).
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from functools import lru_cache
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

SECRET_BYTES: Final = 32
# A rotation a year for twenty years; each is tried by its id alone.
MOST_SECRETS: Final = 20
# Keys of a Hub's are few: so many bits tell them apart, and what they sealed is authenticated in any case.
KEY_ID_BYTES: Final = 4
_NONCE_BYTES: Final = 12
_KEYS_KEPT: Final = 1024
# In front of what another than the first secret sealed, with the key's id; else there is the nonce.
_NAMED: Final = b"\x00key"


class SecretError(ValueError):
    """The secret file is missing, unreadable or not 32 bytes of hex."""


class Sealer:
    """Digests, seals and opens short texts of a school."""

    def __init__(self, secret: bytes, *newer: bytes) -> None:
        for one in (secret, *newer):
            if len(one) != SECRET_BYTES:
                message = f"the Hub's secret has {len(one)} bytes, it needs {SECRET_BYTES}"
                raise SecretError(message)
        self._derived = lru_cache(maxsize=_KEYS_KEPT)(_derive)
        self._first = secret
        self._by_id = {_key_id(one): one for one in (secret, *newer)}
        self._newest = (secret, *newer)[-1]

    @classmethod
    def from_file(cls, path: Path | None) -> Sealer:
        """Read the secrets; raises SecretError that says how to make one."""
        advice = "make one with `openssl rand -hex 32` and name it in CAREERS_HUB_SECRET_FILE"
        if path is None:
            message = f"there is no secret file; {advice}"
            raise SecretError(message)
        try:
            found = [bytes.fromhex(line) for line in path.read_text(encoding="ascii").split()]
            if not 1 <= len(found) <= MOST_SECRETS:
                message = f"it has {len(found)} lines, not 1 to {MOST_SECRETS}"
                raise SecretError(message)
            return cls(*found)
        except (OSError, ValueError) as error:
            message = f"the secret file {path} cannot be used ({error}); {advice}"
            raise SecretError(message) from error

    @property
    def key_id(self) -> str:
        """Name the secret that seals now; 8 hex digits, of which nothing of it can be told."""
        return _key_id(self._newest)

    @property
    def key_ids(self) -> tuple[str, ...]:
        """Name every secret that is known, the first one first."""
        return tuple(self._by_id)

    def digest(self, urn: str, text: str) -> str:
        """Name a text by a keyed digest: equal texts of a school are equal, and nothing else can be told."""
        return self.mac(urn, "digest", text.encode())

    def mac(self, urn: str, purpose: str, message: bytes, key_id: str | None = None) -> str:
        """Authenticate a message under a school's key for a purpose; 64 hex digits.

        The first secret's, unless another is named. Raises SecretError if that one is not known here.
        """
        secret = self._first if key_id is None else self._named(key_id)
        return hmac.digest(self._derived(secret, urn, purpose), message, hashlib.sha256).hex()

    def seal(self, urn: str, text: str) -> bytes:
        """Encrypt a text (AES-256-GCM, a fresh nonce in front) with the newest secret."""
        sealed = self.seal_bytes(urn, "seal", text.encode(), urn.encode())
        if self._newest == self._first:
            return sealed
        return _NAMED + bytes.fromhex(self.key_id) + sealed

    def unseal(self, urn: str, sealed: bytes) -> str:
        """Decrypt what `seal` made; raises SecretError if it was made with another secret or changed."""
        key_id, body = _key_id(self._first), sealed
        if sealed.startswith(_NAMED):
            after = len(_NAMED) + KEY_ID_BYTES
            key_id, body = sealed[len(_NAMED) : after].hex(), sealed[after:]
        try:
            return self.open_bytes(urn, "seal", (key_id, body), urn.encode()).decode()
        except SecretError:
            # A nonce that happens to begin as a name does: one in four thousand million.
            return self.open_bytes(urn, "seal", (_key_id(self._first), sealed), urn.encode()).decode()

    def seal_bytes(self, scope: str, purpose: str, content: bytes, bound_to: bytes) -> bytes:
        """Encrypt bytes with the newest secret, for opening with the same scope, purpose and binding."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + AESGCM(self._derived(self._newest, scope, purpose)).encrypt(nonce, content, bound_to)

    def open_bytes(self, scope: str, purpose: str, sealed: tuple[str, bytes], bound_to: bytes) -> bytes:
        """Decrypt what `seal_bytes` made with the secret of a key id; raises SecretError if it cannot be."""
        key_id, content = sealed
        key = AESGCM(self._derived(self._named(key_id), scope, purpose))
        try:
            return key.decrypt(content[:_NONCE_BYTES], content[_NONCE_BYTES:], bound_to)
        except (InvalidTag, ValueError) as error:
            message = "this was sealed with another secret, or has been changed"
            raise SecretError(message) from error

    def _named(self, key_id: str) -> bytes:
        secret = self._by_id.get(key_id)
        if secret is None:
            message = (
                f"this was sealed with another secret (key {key_id}), whose line is not in the secret file"
            )
            raise SecretError(message)
        return secret


def add_secret(path: Path) -> str:
    """Write a newer secret behind those of a file, which is replaced whole; returns its key id.

    Raises SecretError if the file cannot be read, is full, or cannot be written.
    """
    known = Sealer.from_file(path)
    if len(known.key_ids) >= MOST_SECRETS:
        message = f"the secret file {path} has {MOST_SECRETS} secrets already"
        raise SecretError(message)
    new = secrets.token_bytes(SECRET_BYTES)
    lines = [*path.read_text(encoding="ascii").split(), new.hex()]
    unfinished = path.with_name(f"{path.name}.new")
    try:
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write("\n".join(lines) + "\n")
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except OSError as error:
        message = f"the secret file {path} cannot be written ({error.strerror}); nothing was changed"
        raise SecretError(message) from error
    return _key_id(new)


def _key_id(secret: bytes) -> str:
    return _derive(secret, "hub", "key-id")[:KEY_ID_BYTES].hex()


def _derive(secret: bytes, urn: str, purpose: str) -> bytes:
    info = f"careers-hub/{purpose}/{urn}".encode()
    return HKDF(algorithm=SHA256(), length=SECRET_BYTES, salt=None, info=info).derive(secret)
