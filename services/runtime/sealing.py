"""Keeps what must be found but not read, and what must be read by few: keyed digests and sealed text.

One secret a Hub (32 bytes, from a file) yields separate keys per school and purpose (HKDF-SHA256), so the
same UPN has unrelated digests in two schools, and one school's key opens nothing of another's.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from functools import lru_cache
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

SECRET_BYTES: Final = 32
_NONCE_BYTES: Final = 12
_KEYS_KEPT: Final = 1024


class SecretError(ValueError):
    """The secret file is missing, unreadable or not 32 bytes of hex."""


class Sealer:
    """Digests, seals and opens short texts of a school."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) != SECRET_BYTES:
            message = f"the Hub's secret has {len(secret)} bytes, it needs {SECRET_BYTES}"
            raise SecretError(message)
        self._secret = secret
        self._derived = lru_cache(maxsize=_KEYS_KEPT)(self._derive)

    @classmethod
    def from_file(cls, path: Path | None) -> Sealer:
        """Read the secret; raises SecretError that says how to make one."""
        advice = "make one with `openssl rand -hex 32` and name it in CAREERS_HUB_SECRET_FILE"
        if path is None:
            message = f"there is no secret file; {advice}"
            raise SecretError(message)
        try:
            return cls(bytes.fromhex(path.read_text(encoding="ascii").strip()))
        except (OSError, ValueError) as error:
            message = f"the secret file {path} cannot be used ({error}); {advice}"
            raise SecretError(message) from error

    def digest(self, urn: str, text: str) -> str:
        """Name a text by a keyed digest: equal texts of a school are equal, and nothing else can be told."""
        return self.mac(urn, "digest", text.encode())

    def mac(self, urn: str, purpose: str, message: bytes) -> str:
        """Authenticate a message under a school's key for a purpose; 64 hex digits."""
        return hmac.digest(self._derived(urn, purpose), message, hashlib.sha256).hex()

    def seal(self, urn: str, text: str) -> bytes:
        """Encrypt a text (AES-256-GCM, a fresh nonce in front)."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + AESGCM(self._derived(urn, "seal")).encrypt(nonce, text.encode(), urn.encode())

    def unseal(self, urn: str, sealed: bytes) -> str:
        """Decrypt what `seal` made; raises SecretError if it was made with another secret or changed."""
        try:
            nonce, body = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
            return AESGCM(self._derived(urn, "seal")).decrypt(nonce, body, urn.encode()).decode()
        except (InvalidTag, ValueError) as error:
            message = "this was sealed with another secret, or has been changed"
            raise SecretError(message) from error

    def _derive(self, urn: str, purpose: str) -> bytes:
        info = f"careers-hub/{purpose}/{urn}".encode()
        return HKDF(algorithm=SHA256(), length=SECRET_BYTES, salt=None, info=info).derive(self._secret)
