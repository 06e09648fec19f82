"""UPNs: the vectors of other people's tests, and the arithmetic by itself."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.pupils.model.upn import (
    CHECK_LETTERS,
    Upn,
    UpnFault,
    check_letter,
    is_temporary,
    normalised,
    reason_of,
    upn_faults,
)
from services.pupils.rules import la_codes

VECTOR_FILE = Path(__file__).parent / "upn_test_vectors.csv"
VECTORS = list(csv.DictReader(VECTOR_FILE.read_text(encoding="utf-8").splitlines()))


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["input"])
def test_other_peoples_vectors_are_judged_as_they_judge_them(vector: dict[str, str]) -> None:
    faults = upn_faults(normalised(vector["input"]), la_codes())

    assert (not faults) == (vector["expected_valid"] == "yes")
    assert {word for word in vector["failing_checks"].split() if word in set(UpnFault)} <= set(faults)


def test_the_vectors_are_there() -> None:
    assert len(VECTORS) == 28


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("B801200005001", ()),
        ("P207000016049", ()),
        ("M20700001604A", ()),
        ("A801200005001", (UpnFault.CHECK_LETTER,)),
        ("Q207000016049", (UpnFault.CHECK_LETTER,)),
        ("A950000178301", (UpnFault.LA_CODE,)),
        ("b801200005001", (UpnFault.CHECK_LETTER,)),
        ("B80120000500", (UpnFault.LENGTH, UpnFault.CHECK_LETTER, UpnFault.CHAR_13)),
        ("B8012000050011", (UpnFault.LENGTH,)),
        ("", tuple(UpnFault)),
    ],
)
def test_every_failing_check_is_named(text: str, faults: tuple[UpnFault, ...]) -> None:
    assert upn_faults(text, la_codes()) == faults


def test_digits_of_other_scripts_are_no_digits() -> None:
    assert UpnFault.DIGITS_5_12 in upn_faults("B801२00005001", la_codes())


@pytest.mark.parametrize("code", ["001", "201", "320", "420", "838", "839", "840", "941", "942", "943"])
def test_new_and_pseudo_codes_are_known(code: str) -> None:
    assert code in la_codes()


@pytest.mark.parametrize("code", ["000", "006", "200", "321", "900", "942 ", "944", "950", "999"])
def test_other_codes_are_not(code: str) -> None:
    assert code not in la_codes()


@given(st.integers(0, 10**12 - 1), st.sampled_from(CHECK_LETTERS))
def test_exactly_one_letter_fits_any_twelve_digits(digits: int, letter: str) -> None:
    rest = f"{digits:012d}"
    faults = upn_faults(letter + rest, {rest[:3]})

    assert (faults == ()) == (letter == check_letter(rest))


@given(st.integers(0, 10**11 - 1), st.sampled_from(CHECK_LETTERS))
def test_a_temporary_upn_is_weighed_with_its_letter(digits: int, last: str) -> None:
    rest = f"{digits:011d}{last}"
    total = sum(p * int(d) for p, d in enumerate(rest[:-1], start=2)) + 13 * CHECK_LETTERS.index(last)
    upn = CHECK_LETTERS[total % 23] + rest

    assert upn_faults(upn, {rest[:3]}) == ()
    assert is_temporary(Upn(upn))


def test_a_permanent_upn_is_not_temporary() -> None:
    assert not is_temporary(Upn("B801200005001"))


def test_the_reason_is_the_length_alone_when_that_explains_the_rest() -> None:
    assert reason_of(upn_faults("B80", la_codes())) == "a UPN has 13 characters"


@given(st.text(min_size=1, max_size=20))
def test_no_reason_repeats_what_was_typed(text: str) -> None:
    reason = reason_of(upn_faults(text, la_codes()))

    assert len(text) < 8 or text not in reason
