"""Newer secrets and keys: what older ones sealed, chained and signed can be read; they make nothing new."""

from __future__ import annotations

import secrets
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from services.runtime.access_log import ACCESS_LOG, Access, AccessLog
from services.runtime.context import ServiceContext, utc_now
from services.runtime.errors import UnauthenticatedError
from services.runtime.issuer import MOST_TRUSTED, PUBLIC_KEYS, ensure_issuer, issue_token, rotate_issuer
from services.runtime.sealing import MOST_SECRETS, Sealer, SecretError, add_secret
from services.runtime.settings import Settings
from services.runtime.tokens import TokenVerifier
from tests.conftest import NOW
from tests.runtime.sample_service import URN

FIRST, SECOND, THIRD = (letter * 32 for letter in (b"a", b"b", b"c"))
UPN = "A123456789012"


def test_what_any_of_its_secrets_sealed_is_opened_and_nothing_with_an_older_file() -> None:
    sealed = [Sealer(*known).seal(URN, UPN) for known in ((FIRST,), (FIRST, SECOND), (FIRST, SECOND, THIRD))]
    rotated = Sealer(FIRST, SECOND, THIRD)
    assert [rotated.unseal(URN, one) for one in sealed] == [UPN] * 3
    with pytest.raises(SecretError):
        Sealer(FIRST).unseal(URN, sealed[1])
    with pytest.raises(SecretError):
        Sealer(FIRST, SECOND).unseal(URN, sealed[2])


def test_digests_stay_so_that_everything_is_still_found() -> None:
    assert Sealer(FIRST, SECOND).digest(URN, UPN) == Sealer(FIRST).digest(URN, UPN)


def test_any_changed_byte_of_what_a_newer_secret_sealed_is_noticed() -> None:
    rotated = Sealer(FIRST, SECOND)
    sealed = rotated.seal(URN, UPN)
    for place in range(len(sealed)):
        with pytest.raises(SecretError):
            rotated.unseal(URN, sealed[:place] + bytes([sealed[place] ^ 1]) + sealed[place + 1 :])


def test_a_newer_secret_is_added_to_the_file_for_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(secrets.token_hex(32), encoding="ascii")
    before = Sealer.from_file(file)
    added = add_secret(file)
    after = Sealer.from_file(file)
    assert (after.key_id, after.key_ids) == (added, (before.key_id, added))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    for _ in range(MOST_SECRETS - 2):
        add_secret(file)
    with pytest.raises(SecretError, match="20 secrets already"):
        add_secret(file)
    assert [path.name for path in tmp_path.iterdir()] == ["secret"]


async def chain(context: ServiceContext, *known: bytes) -> AccessLog:
    """Append an entry as a process with these secrets does."""
    log = AccessLog(context.school(URN), Sealer(*known))
    await log.append(None, [Access("leader", "pupil.read", "pupils/1", NOW)])
    return log


async def test_an_access_log_goes_on_under_a_newer_secret_and_is_one_chain(
    context_for: Callable[[str], ServiceContext],
) -> None:
    context = context_for("pupils")
    await chain(context, FIRST)
    await chain(context, FIRST, SECOND)
    log = await chain(context, FIRST, SECOND)
    verdict = await log.verify()
    assert (verdict.rows, verdict.broken_at) == (3, None)
    assert (await AccessLog(context.school(URN), Sealer(FIRST)).verify()).broken_at == 2


async def test_who_has_an_old_secret_alone_can_neither_add_nor_change_a_row(
    context_for: Callable[[str], ServiceContext],
) -> None:
    context = context_for("pupils")
    await chain(context, FIRST)
    log = await chain(context, FIRST, SECOND)
    await chain(context, FIRST)
    assert (await log.verify()).broken_at == 3
    rows = context.school(URN).collection(ACCESS_LOG)
    await rows.delete({"_id": 3})
    await rows.update({"_id": 2}, {"$unset": {"key": ""}})
    assert (await log.verify()).broken_at == 2


async def test_tokens_of_the_key_before_stay_good_until_it_is_withdrawn(
    settings: Settings, tmp_path: Path
) -> None:
    ensure_issuer(tmp_path)
    settings = settings.model_copy(update={"jwks_url": (tmp_path / PUBLIC_KEYS).as_uri()})

    def token() -> str:
        asked = {"issuer": settings.issuer, "audience": settings.audience, "subject": "leader"}
        return issue_token(tmp_path, **asked, now=utc_now())

    before = token()
    assert rotate_issuer(tmp_path, withdraw=False) == 2
    for one in (before, token()):
        assert await TokenVerifier(settings, utc_now).subject(one) == "leader"
    for _ in range(MOST_TRUSTED):
        assert rotate_issuer(tmp_path, withdraw=False) <= MOST_TRUSTED
    between = token()
    assert rotate_issuer(tmp_path, withdraw=True) == 1
    with pytest.raises(UnauthenticatedError):
        await TokenVerifier(settings, utc_now).subject(between)
    assert await TokenVerifier(settings, utc_now).subject(token()) == "leader"
