"""The built-in issuer of the embedded Hub: one ES256 key pair in the data folder, for trials and tests.

A production Hub uses an OpenID Connect provider and never runs this.
"""

from __future__ import annotations

import datetime as dt
import json
import os
from pathlib import Path
from typing import Final

from joserfc import jwt
from joserfc.jwk import ECKey

PRIVATE_KEY: Final = "issuer.json"
PUBLIC_KEYS: Final = "jwks.json"
TOKEN_HOURS: Final = 12
# Two rotations within a token's life; who rotates more often ends the oldest tokens early.
MOST_TRUSTED: Final = 3


def ensure_issuer(keys: Path) -> None:
    """Create the key pair in a folder unless it is there."""
    private, public = keys / PRIVATE_KEY, keys / PUBLIC_KEYS
    if private.exists() and public.exists():
        return
    key = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"}, auto_kid=True)
    _write(private, json.dumps(key.as_dict(private=True)), 0o600)
    _write(public, json.dumps({"keys": [key.as_dict(private=False)]}), 0o644)


def rotate_issuer(keys: Path, *, withdraw: bool) -> int:
    """Sign with a new key from now on; returns how many public keys are trusted.

    Tokens of the keys before stay good until they end, so those stay in the public keys; `withdraw` takes
    them away, for a key that somebody else may have. Raises FileNotFoundError without a key pair.
    """
    public = keys / PUBLIC_KEYS
    trusted = [] if withdraw else json.loads(public.read_text(encoding="utf-8"))["keys"]
    key = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"}, auto_kid=True)
    # Trusted before anything is signed with it. Those that have all ended by now are dropped.
    trusted = [key.as_dict(private=False), *trusted[: MOST_TRUSTED - 1]]
    _replace(public, json.dumps({"keys": trusted}), 0o644)
    _replace(keys / PRIVATE_KEY, json.dumps(key.as_dict(private=True)), 0o600)
    return len(trusted)


def issue_token(keys: Path, *, issuer: str, audience: str, subject: str, now: dt.datetime) -> str:
    """Sign an access token that is good for `TOKEN_HOURS`; raises FileNotFoundError without a key pair."""
    key = ECKey.import_key(json.loads((keys / PRIVATE_KEY).read_text(encoding="utf-8")))
    issued = int(now.timestamp())
    claims = {
        "iss": issuer,
        "aud": audience,
        "sub": subject,
        "iat": issued,
        "nbf": issued,
        "exp": issued + int(dt.timedelta(hours=TOKEN_HOURS).total_seconds()),
    }
    return jwt.encode({"alg": "ES256", "kid": key.kid, "typ": "at+jwt"}, claims, key, algorithms=["ES256"])


def _replace(path: Path, text: str, mode: int) -> None:
    """Write a file whole: an api may read it at any moment."""
    unfinished = path.with_name(f"{path.name}.new")
    _write(unfinished, text, mode)
    unfinished.replace(path)


def _write(path: Path, text: str, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
