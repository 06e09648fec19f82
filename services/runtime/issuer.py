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


def ensure_issuer(keys: Path) -> None:
    """Create the key pair in a folder unless it is there."""
    private, public = keys / PRIVATE_KEY, keys / PUBLIC_KEYS
    if private.exists() and public.exists():
        return
    key = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"}, auto_kid=True)
    _write(private, json.dumps(key.as_dict(private=True)), 0o600)
    _write(public, json.dumps({"keys": [key.as_dict(private=False)]}), 0o644)


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


def _write(path: Path, text: str, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
