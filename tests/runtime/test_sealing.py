"""Sealed texts and digests: the same text means nothing across schools, and a change is noticed."""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.runtime.sealing import Sealer, SecretError
from tests.runtime.sample_service import OTHER_URN, URN

SEALER = Sealer(b"s" * 32)
UPN = "A123456789012"


@given(text=st.text(max_size=50))
def test_what_is_sealed_is_unsealed_by_the_same_school(text: str) -> None:
    assert SEALER.unseal(URN, SEALER.seal(URN, text)) == text


def test_equal_texts_of_a_school_have_equal_digests_and_no_others_have() -> None:
    assert SEALER.digest(URN, UPN) == SEALER.digest(URN, UPN)
    assert SEALER.digest(URN, UPN) != SEALER.digest(URN, UPN + "1")
    assert SEALER.digest(URN, UPN) != SEALER.digest(OTHER_URN, UPN)
    assert SEALER.digest(URN, UPN) != Sealer(b"t" * 32).digest(URN, UPN)


def test_a_digest_is_of_no_use_for_another_purpose() -> None:
    assert SEALER.mac(URN, "digest", UPN.encode()) != SEALER.mac(URN, "access-log", UPN.encode())


def test_neither_a_digest_nor_a_seal_shows_the_text() -> None:
    assert UPN not in SEALER.digest(URN, UPN)
    assert UPN.encode() not in SEALER.seal(URN, UPN)
    assert SEALER.seal(URN, UPN) != SEALER.seal(URN, UPN)


def test_another_school_or_another_secret_cannot_unseal() -> None:
    sealed = SEALER.seal(URN, UPN)
    with pytest.raises(SecretError):
        SEALER.unseal(OTHER_URN, sealed)
    with pytest.raises(SecretError):
        Sealer(b"t" * 32).unseal(URN, sealed)


def test_any_changed_byte_is_noticed() -> None:
    sealed = SEALER.seal(URN, UPN)
    for place in range(len(sealed)):
        changed = sealed[:place] + bytes([sealed[place] ^ 1]) + sealed[place + 1 :]
        with pytest.raises(SecretError):
            SEALER.unseal(URN, changed)


@pytest.mark.parametrize("length", [0, 1, 7, 11, 12, 27, 28])
def test_a_text_that_was_cut_short_is_noticed(length: int) -> None:
    with pytest.raises(SecretError):
        SEALER.unseal(URN, SEALER.seal(URN, UPN)[:length])


@pytest.mark.parametrize("text", ["", "zz", "ab" * 31, "ab" * 33, "é" * 64])
def test_a_secret_file_of_the_wrong_shape_says_how_to_make_one(tmp_path: Path, text: str) -> None:
    path = tmp_path / "secret"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SecretError, match="openssl rand -hex 32"):
        Sealer.from_file(path)


def test_a_missing_secret_says_how_to_make_one(tmp_path: Path) -> None:
    for path in (None, tmp_path / "nowhere", tmp_path):
        with pytest.raises(SecretError, match="CAREERS_HUB_SECRET_FILE"):
            Sealer.from_file(path)


def test_a_secret_is_never_in_the_error(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    secret = secrets.token_hex(31)
    path.write_text(secret, encoding="ascii")
    with pytest.raises(SecretError) as caught:
        Sealer.from_file(path)
    assert secret not in str(caught.value)


def test_a_good_secret_file_may_end_in_a_line_break(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text(b"s".hex() * 32 + "\n", encoding="ascii")
    assert Sealer.from_file(path).digest(URN, UPN) == SEALER.digest(URN, UPN)
