"""Access tokens: JSON Web Tokens checked against the keys of one pinned issuer, and nothing else.

Accepted: RS256 and ES256; `iss`, `aud`, `exp`, `iat` and `sub` required; `nbf` honoured; `typ` absent, `JWT`
or `at+jwt`. The header's `jwk`, `jku`, `x5u` and `crit` are never followed: a token that carries one is
refused. Keys come from the configured JWKS address only. An unknown `kid` makes us look again, at most every
few seconds, and so does time: a key that the issuer has withdrawn is trusted for some minutes at most. A
checked token is remembered for as long, by its digest; that it may do nothing any more is decided by the
memberships, not by the token.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import math
import time
from collections import OrderedDict
from pathlib import Path
from typing import Any, Final, TypeGuard
from urllib.parse import unquote, urlparse

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, KeySetSerialization

from services.runtime.context import Clock
from services.runtime.errors import UnauthenticatedError, UnavailableError
from services.runtime.logs import get_logger
from services.runtime.settings import Settings

log = get_logger(__name__)

ALGORITHMS: Final = ("RS256", "ES256")
TYPES: Final = frozenset({None, "JWT", "jwt", "at+jwt", "application/at+jwt"})
FORBIDDEN_HEADERS: Final = frozenset({"jwk", "jku", "x5u", "x5c", "crit", "b64", "zip"})
LEEWAY_S: Final = 30
MAX_TOKEN_BYTES: Final = 8 * 1024
REMEMBERED: Final = 10_000
REMEMBERED_S: Final = 300.0
# Issuers announce a key long before they sign with it; this bounds how long a withdrawn one is trusted.
KEYS_GOOD_S: Final = 300.0
LOOK_AGAIN_AFTER_S: Final = 10.0
LOOK_AGAIN_WITHOUT_KEYS_S: Final = 1.0
FETCH_TIMEOUT_S: Final = 5.0
_MAX_SUBJECT: Final = 128
_KEYS_AWAY: Final = "the identity provider's keys cannot be read just now"


class TokenVerifier:
    """Checks the tokens of one issuer."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._keys: KeySet | None = None
        self._looked_s = -math.inf
        self._fetching = asyncio.Lock()
        self._remembered: OrderedDict[bytes, tuple[float, str]] = OrderedDict()

    async def subject(self, token: str) -> str:
        """Check a token and return whose it is; raises UnauthenticatedError that says what is wrong."""
        if len(token) > MAX_TOKEN_BYTES:
            raise _refused("it is too long")
        digest = hashlib.sha256(token.encode()).digest()
        now = self._clock().timestamp()
        remembered = self._remembered.get(digest)
        if remembered is not None and now < remembered[0]:
            return remembered[1]
        claims = await self._checked(token, now)
        self._remembered[digest] = (min(float(claims["exp"]), now + REMEMBERED_S), claims["sub"])
        if len(self._remembered) > REMEMBERED:
            self._remembered.popitem(last=False)
        return str(claims["sub"])

    async def _checked(self, token: str, now: float) -> dict[str, Any]:
        try:
            header = jws.extract_compact(token.encode()).headers()
        except (JoseError, ValueError, UnicodeError, TypeError) as error:
            raise _refused("it is not a signed token") from error
        if header.get("alg") not in ALGORITHMS:
            raise _refused(f"its algorithm is not one of {', '.join(ALGORITHMS)}")
        typ = header.get("typ")
        if not isinstance(typ, str | None) or typ not in TYPES:
            raise _refused("it is not an access token")
        if FORBIDDEN_HEADERS & header.keys():
            raise _refused("its header names keys or extensions, which are never followed")
        keys = await self._keys_with(header.get("kid"))
        try:
            claims = jwt.decode(token, keys, algorithms=list(ALGORITHMS)).claims
        except (JoseError, ValueError, TypeError) as error:
            raise _refused("its signature does not fit the issuer's keys") from error
        _check_claims(claims, self._settings, now)
        return claims

    async def _keys_with(self, kid: object) -> KeySet:
        if not isinstance(kid, str):
            raise _refused("it does not say which key signed it")
        being_fetched = self._fetching.locked()
        if self._must_look(kid) and not (being_fetched and _has(self._keys, kid)):
            async with self._fetching:
                if self._must_look(kid):
                    await self._look(kid)
        if self._keys is None:
            raise UnavailableError(_KEYS_AWAY)
        if not _has(self._keys, kid):
            raise _refused("its key is not one of the issuer's")
        return self._keys

    def _must_look(self, kid: str) -> bool:
        age_s = time.monotonic() - self._looked_s
        if self._keys is None:
            return age_s >= LOOK_AGAIN_WITHOUT_KEYS_S
        return age_s >= (KEYS_GOOD_S if _has(self._keys, kid) else LOOK_AGAIN_AFTER_S)

    async def _look(self, kid: str) -> None:
        """Fetch the keys; an issuer that is away stops nobody whose key is known."""
        try:
            self._keys = await _fetch(self._settings.jwks_url)
        except UnavailableError:
            if not _has(self._keys, kid):
                raise
            log.warning("the issuer's keys cannot be read; those known are used")
        finally:
            self._looked_s = time.monotonic()


def _check_claims(claims: dict[str, Any], settings: Settings, now: float) -> None:
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    if claims.get("iss") != settings.issuer:
        raise _refused("it is from another issuer")
    if settings.audience not in audiences:
        raise _refused("it is for another audience")
    expires, issued, starts = (claims.get(name) for name in ("exp", "iat", "nbf"))
    if not _is_time(expires) or not _is_time(issued):
        raise _refused("it does not say until when it is good")
    if now >= expires:
        raise _refused("it has expired; get a new one")
    if issued > now + LEEWAY_S or (starts is not None and (not _is_time(starts) or starts > now + LEEWAY_S)):
        raise _refused("it is not good yet")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= _MAX_SUBJECT or "/" in subject:
        raise _refused("it does not say whose it is")


def _is_time(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _refused(reason: str) -> UnauthenticatedError:
    return UnauthenticatedError(f"The access token was refused: {reason}.")


def _has(keys: KeySet | None, kid: str) -> bool:
    return keys is not None and any(key.kid == kid for key in keys.keys)


async def _fetch(url: str) -> KeySet:
    """Read the issuer's keys; raises UnavailableError if they cannot be had."""
    import httpx  # noqa: PLC0415 - a quarter of a second at every start, and an embedded Hub's keys are a file

    try:
        parsed = urlparse(url)
        if parsed.scheme == "file":
            text = await asyncio.to_thread(Path(unquote(parsed.path)).read_text, encoding="utf-8")
        else:
            async with httpx.AsyncClient(timeout=FETCH_TIMEOUT_S, follow_redirects=False) as client:
                response = await client.get(url)
                response.raise_for_status()
                text = response.text
        found: KeySetSerialization = json.loads(text)
        return KeySet.import_key_set(found)
    except (OSError, httpx.HTTPError, ValueError, TypeError, JoseError, KeyError) as error:
        raise UnavailableError(_KEYS_AWAY) from error
