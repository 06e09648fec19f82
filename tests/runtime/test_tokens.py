"""Access tokens: a corpus of forged ones, each refused, and keys that come, go and stay away."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Callable
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from services.runtime import tokens
from services.runtime.errors import UnauthenticatedError, UnavailableError
from services.runtime.issuer import PRIVATE_KEY, PUBLIC_KEYS, ensure_issuer, issue_token
from services.runtime.settings import Settings
from services.runtime.tokens import TokenVerifier
from tests.conftest import NOW
from tests.runtime.test_lease import Clock

ISSUED_S = int(NOW.timestamp())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A key pair that this test may change."""
    ensure_issuer(tmp_path)
    return tmp_path


@pytest.fixture
def here(folder: Path, settings: Settings) -> Settings:
    return settings.model_copy(update={"jwks_url": (folder / PUBLIC_KEYS).as_uri()})


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def verifier(here: Settings, clock: Clock) -> TokenVerifier:
    return TokenVerifier(here, clock)


@pytest.fixture
def private_key(folder: Path) -> ECKey:
    return ECKey.import_key(json.loads((folder / PRIVATE_KEY).read_text(encoding="utf-8")))


@pytest.fixture
def sign(private_key: ECKey, settings: Settings) -> Callable[..., str]:
    """Sign a good token, but for what the test changes: claims by name, header parameters in `header`."""

    def signed(header: dict[str, Any] | None = None, **claims: object) -> str:
        whole = good_claims(settings) | claims
        head = {"alg": "ES256", "kid": private_key.kid, "typ": "at+jwt"} | (header or {})
        return by_hand(private_key, head, {n: c for n, c in whole.items() if c is not ...})

    return signed


Sign = Callable[..., str]


def good_claims(settings: Settings) -> dict[str, object]:
    return {
        "iss": settings.issuer,
        "aud": settings.audience,
        "sub": "teacher",
        "iat": ISSUED_S,
        "nbf": ISSUED_S,
        "exp": ISSUED_S + 3600,
    }


def encoded(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()


def by_hand(key: ECKey, header: object, claims: object) -> str:
    """Sign whatever we are told to: libraries refuse to make some of these."""
    text = f"{encoded(json.dumps(header).encode())}.{encoded(json.dumps(claims).encode())}"
    private = serialization.load_pem_private_key(key.as_pem(private=True), None)
    assert isinstance(private, ec.EllipticCurvePrivateKey)
    r, s = decode_dss_signature(private.sign(text.encode(), ec.ECDSA(SHA256())))
    return f"{text}.{encoded(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


async def refused(verifier: TokenVerifier, token: str) -> str:
    with pytest.raises(UnauthenticatedError) as caught:
        await verifier.subject(token)
    assert len(token) < 8 or token not in caught.value.detail
    return caught.value.detail


async def test_a_good_token_names_its_subject(verifier: TokenVerifier, sign: Sign) -> None:
    assert await verifier.subject(sign()) == "teacher"


@pytest.mark.parametrize("typ", ["at+jwt", "JWT", "application/at+jwt"])
async def test_a_token_may_call_itself_an_access_token(verifier: TokenVerifier, sign: Sign, typ: str) -> None:
    assert await verifier.subject(sign({"typ": typ})) == "teacher"


async def test_one_of_several_audiences_is_enough(verifier: TokenVerifier, sign: Sign) -> None:
    assert await verifier.subject(sign(aud=["another", "careers-hub"])) == "teacher"


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"iss": "https://evil.test"}, "another issuer"),
        ({"iss": ["https://issuer.test"]}, "another issuer"),
        ({"iss": ...}, "another issuer"),
        ({"aud": "another"}, "another audience"),
        ({"aud": []}, "another audience"),
        ({"aud": {"careers-hub": 1}}, "another audience"),
        ({"aud": ...}, "another audience"),
        ({"exp": ISSUED_S}, "expired"),
        ({"exp": ISSUED_S - 3600}, "expired"),
        ({"exp": ...}, "until when"),
        ({"exp": str(ISSUED_S + 3600)}, "until when"),
        ({"exp": True}, "until when"),
        ({"exp": None}, "until when"),
        ({"exp": [ISSUED_S + 3600]}, "until when"),
        ({"exp": float("nan")}, "until when"),
        ({"iat": ...}, "until when"),
        ({"iat": "now"}, "until when"),
        ({"iat": ISSUED_S + 300}, "not good yet"),
        ({"nbf": ISSUED_S + 300}, "not good yet"),
        ({"nbf": "yesterday"}, "not good yet"),
        ({"nbf": False}, "not good yet"),
        ({"sub": ...}, "whose"),
        ({"sub": ""}, "whose"),
        ({"sub": 7}, "whose"),
        ({"sub": "a/careers_leader/136500"}, "whose"),
        ({"sub": "x" * 129}, "whose"),
    ],
)
async def test_a_signed_token_with_wrong_claims_is_refused(
    verifier: TokenVerifier, sign: Sign, claims: dict[str, object], reason: str
) -> None:
    assert reason in await refused(verifier, sign(**claims))


async def test_a_missing_nbf_is_no_fault(verifier: TokenVerifier, sign: Sign) -> None:
    assert await verifier.subject(sign(nbf=...)) == "teacher"


@pytest.mark.parametrize(
    "header",
    [
        {"typ": "logout+jwt"},
        {"typ": "id+jwt"},
        {"typ": 1},
        {"typ": []},
        {"typ": {}},
        {"crit": ["exp"]},
        {"crit": []},
        {"b64": False},
        {"zip": "DEF"},
        {"jwk": {"kty": "EC"}},
        {"jku": "https://evil.test/jwks.json"},
        {"x5u": "https://evil.test/cert.pem"},
        {"x5c": ["MIIB"]},
        {"kid": "unknown"},
        {"kid": "../../../../etc/passwd"},
        {"kid": "/dev/null"},
        {"kid": "' OR 1=1 --"},
        {"kid": None},
        {"kid": 1},
        {"kid": []},
        {"kid": ""},
        {"alg": "none"},
        {"alg": "None"},
        {"alg": "HS256"},
        {"alg": "ES384"},
        {"alg": "ES256K"},
        {"alg": "PS256"},
        {"alg": "RS256"},
        {"alg": "EdDSA"},
        {"alg": None},
        {"alg": []},
        {"alg": ["ES256"]},
    ],
)
async def test_a_token_with_a_wrong_header_is_refused(
    verifier: TokenVerifier, sign: Sign, header: dict[str, Any]
) -> None:
    await refused(verifier, sign(header))


async def test_an_unsigned_token_is_refused(verifier: TokenVerifier, sign: Sign) -> None:
    head, claims, signature = sign().split(".")
    none = encoded(json.dumps({"alg": "none", "typ": "at+jwt"}).encode())
    for token in (
        f"{none}.{claims}.",
        f"{none}.{claims}.{signature}",
        f"{head}.{claims}.",
        f"{head}.{claims}",
    ):
        await refused(verifier, token)


async def test_a_token_signed_with_the_public_key_as_a_shared_secret_is_refused(
    verifier: TokenVerifier, sign: Sign, private_key: ECKey
) -> None:
    claims = sign().split(".")[1]
    header = encoded(json.dumps({"alg": "HS256", "kid": private_key.kid, "typ": "at+jwt"}).encode())
    public = [private_key.as_pem(private=False), json.dumps(private_key.as_dict(private=False)).encode()]
    for secret in public:
        signature = hmac.new(secret, f"{header}.{claims}".encode(), sha256).digest()
        await refused(verifier, f"{header}.{claims}.{encoded(signature)}")


async def test_a_token_of_another_issuers_key_is_refused_whatever_it_says(
    verifier: TokenVerifier, settings: Settings, private_key: ECKey
) -> None:
    stranger = ECKey.generate_key("P-256", auto_kid=True)
    for kid in (stranger.kid, private_key.kid):
        header = {"alg": "ES256", "kid": kid, "typ": "at+jwt"}
        await refused(verifier, by_hand(stranger, header, good_claims(settings)))
    embedded = {"alg": "ES256", "kid": private_key.kid, "jwk": stranger.as_dict(private=False)}
    await refused(verifier, by_hand(stranger, embedded, good_claims(settings)))


async def test_a_token_whose_claims_were_changed_after_signing_is_refused(
    verifier: TokenVerifier, sign: Sign
) -> None:
    head, _, signature = sign().split(".")
    other = sign(sub="head").split(".")[1]
    assert "signature" in await refused(verifier, f"{head}.{other}.{signature}")


DEEP = encoded(b'{"alg":' + b"[" * 4000)


@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        "..",
        "...",
        "a.b.c",
        "Bearer",
        "\x00",
        "é.é.é",
        f"{encoded(b'[]')}.{encoded(b'{}')}.",
        f"{encoded(b'null')}.{encoded(b'{}')}.AAAA",
        f"{encoded(b'7')}.{encoded(b'{}')}.AAAA",
        f"{encoded(b'{')}.{encoded(b'{}')}.AAAA",
        f"{encoded(bytes([255]))}.{encoded(b'{}')}.AAAA",
        f"{DEEP}.{encoded(b'{}')}.AAAA",
        f"{encoded(b'{}')}.{DEEP}.AAAA",
        f"{encoded(b'{}')}.{encoded(b'{}')}.{'=' * 9}",
    ],
)
async def test_garbage_is_refused(verifier: TokenVerifier, token: str) -> None:
    await refused(verifier, token)


@pytest.mark.parametrize("claims", [[], "text", 7, None, True])
async def test_signed_claims_that_are_no_object_are_refused(
    verifier: TokenVerifier, private_key: ECKey, claims: object
) -> None:
    header = {"alg": "ES256", "kid": private_key.kid, "typ": "at+jwt"}
    await refused(verifier, by_hand(private_key, header, claims))


async def test_a_token_that_is_too_long_is_refused_unread(verifier: TokenVerifier, sign: Sign) -> None:
    assert "too long" in await refused(verifier, sign(padding="x" * tokens.MAX_TOKEN_BYTES))


async def test_a_token_of_an_rsa_key_is_accepted_with_its_own_algorithm_only(
    verifier: TokenVerifier, folder: Path, settings: Settings
) -> None:
    key = RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"}, auto_kid=True)
    (folder / PUBLIC_KEYS).write_text(json.dumps({"keys": [key.as_dict(private=False)]}), encoding="utf-8")
    header = {"alg": "RS256", "kid": key.kid}
    assert await verifier.subject(jwt.encode(header, good_claims(settings), key)) == "teacher"
    for algorithm in ("PS256", "RS512"):
        forged = jwt.encode(
            {"alg": algorithm, "kid": key.kid}, good_claims(settings), RSAKey.import_key(
                {n: v for n, v in key.as_dict(private=True).items() if n not in {"alg", "use"}}
            ), algorithms=[algorithm],
        )  # fmt: skip
        await refused(verifier, forged)


def new_keys(folder: Path, *keep: Path) -> None:
    """Rotate: make another key pair, and go on publishing the keys of other files."""
    (folder / PRIVATE_KEY).unlink()
    published = [key for path in keep for key in json.loads(path.read_text(encoding="utf-8"))["keys"]]
    (folder / PUBLIC_KEYS).unlink()
    ensure_issuer(folder)
    fresh = json.loads((folder / PUBLIC_KEYS).read_text(encoding="utf-8"))
    (folder / PUBLIC_KEYS).write_text(json.dumps({"keys": published + fresh["keys"]}), encoding="utf-8")


def issued(folder: Path, settings: Settings, subject: str = "teacher") -> str:
    return issue_token(folder, issuer=settings.issuer, audience=settings.audience, subject=subject, now=NOW)


async def test_a_new_key_is_found_when_a_token_names_it(
    verifier: TokenVerifier, folder: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = issued(folder, settings)
    assert await verifier.subject(old) == "teacher"
    kept = folder / "kept.json"
    kept.write_text((folder / PUBLIC_KEYS).read_text(encoding="utf-8"), encoding="utf-8")
    new_keys(folder, kept)
    monkeypatch.setattr(tokens, "LOOK_AGAIN_AFTER_S", 0.0)

    assert await verifier.subject(issued(folder, settings, "other")) == "other"
    assert await verifier.subject(old) == "teacher"


async def test_unknown_keys_make_us_look_again_only_now_and_then(
    verifier: TokenVerifier, sign: Sign, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = 0
    fetch = tokens._fetch

    async def counted(url: str) -> Any:  # noqa: ANN401 - the library's key set
        nonlocal looked
        looked += 1
        return await fetch(url)

    monkeypatch.setattr(tokens, "_fetch", counted)
    await verifier.subject(sign())
    for number in range(20):
        await refused(verifier, sign({"kid": f"unknown-{number}"}))
    assert looked == 1


async def test_a_withdrawn_key_is_trusted_for_a_limited_time_only(
    verifier: TokenVerifier, folder: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    token = issued(folder, settings)
    assert await verifier.subject(token) == "teacher"
    new_keys(folder)
    # The keys, and what was remembered under them, are looked at again after a while; here at once.
    monkeypatch.setattr(tokens, "KEYS_GOOD_S", 0.0)
    clock.advance(tokens.REMEMBERED_S)

    assert "not one of the issuer's" in await refused(verifier, token)


async def test_an_issuer_that_is_away_costs_nothing_while_its_keys_are_known(
    verifier: TokenVerifier, folder: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    token = issued(folder, settings)
    assert await verifier.subject(token) == "teacher"
    (folder / PUBLIC_KEYS).unlink()
    monkeypatch.setattr(tokens, "KEYS_GOOD_S", 0.0)
    clock.advance(tokens.REMEMBERED_S)
    assert await verifier.subject(token) == "teacher"


async def test_without_keys_nobody_gets_in_and_the_issuer_is_not_stormed(
    verifier: TokenVerifier, folder: Path, sign: Sign, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = sign()
    text = (folder / PUBLIC_KEYS).read_text(encoding="utf-8")
    (folder / PUBLIC_KEYS).unlink()
    looked = 0
    fetch = tokens._fetch

    async def counted(url: str) -> Any:  # noqa: ANN401 - the library's key set
        nonlocal looked
        looked += 1
        return await fetch(url)

    monkeypatch.setattr(tokens, "_fetch", counted)
    for _ in range(10):
        with pytest.raises(UnavailableError):
            await verifier.subject(token)
    assert looked == 1

    (folder / PUBLIC_KEYS).write_text(text, encoding="utf-8")
    monkeypatch.setattr(tokens, "LOOK_AGAIN_WITHOUT_KEYS_S", 0.0)
    assert await verifier.subject(token) == "teacher"


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"keys": {}}', '{"keys": [7]}', "null", "not json"])
async def test_a_key_file_that_makes_no_sense_is_unavailable_and_no_crash(
    verifier: TokenVerifier, folder: Path, sign: Sign, text: str
) -> None:
    token = sign()
    (folder / PUBLIC_KEYS).write_text(text, encoding="utf-8")
    with pytest.raises((UnavailableError, UnauthenticatedError)):
        await verifier.subject(token)


async def test_keys_are_fetched_over_http_and_a_redirect_is_not_followed(
    folder: Path, here: Settings, sign: Sign
) -> None:
    class Issuer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            redirects = self.path == "/redirect"
            self.send_response(302 if redirects else 200)
            self.send_header("Location", "/jwks.json")
            self.end_headers()
            if not redirects:
                self.wfile.write((folder / PUBLIC_KEYS).read_bytes())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Issuer)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        base = f"http://127.0.0.1:{server.server_port}"
        token = sign()
        right = TokenVerifier(here.model_copy(update={"jwks_url": f"{base}/jwks.json"}), lambda: NOW)
        assert await right.subject(token) == "teacher"
        wrong = TokenVerifier(here.model_copy(update={"jwks_url": f"{base}/redirect"}), lambda: NOW)
        with pytest.raises(UnavailableError):
            await wrong.subject(token)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


async def test_a_remembered_token_still_expires(verifier: TokenVerifier, sign: Sign, clock: Clock) -> None:
    token = sign()
    assert await verifier.subject(token) == "teacher"
    clock.advance(3599)
    assert await verifier.subject(token) == "teacher"
    clock.advance(1)
    assert "expired" in await refused(verifier, token)


async def test_only_so_many_tokens_are_remembered(
    verifier: TokenVerifier, sign: Sign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "REMEMBERED", 3)
    for number in range(6):
        await verifier.subject(sign(sub=f"teacher-{number}"))
    assert len(verifier._remembered) == 3


async def test_a_remembered_token_is_not_kept_in_the_clear(verifier: TokenVerifier, sign: Sign) -> None:
    token = sign()
    await verifier.subject(token)
    assert token not in repr(vars(verifier))
