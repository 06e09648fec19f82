"""Unique Pupil Numbers: their checks, permanent and temporary (domain §8.1).

Thirteen characters: a check letter, a local authority's code (3 digits), an establishment (4), a year (2) and
a serial number (3). A temporary UPN ends in a letter instead of a digit. The check letter is the sum, modulo
23, of each character's value times its position from 2 to 13.
"""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum
from typing import Final, NewType

Upn = NewType("Upn", str)
"""A UPN that passes every check. Personal data: never in an event, a log or an error text."""

CHECK_LETTERS: Final = "ABCDEFGHJKLMNPQRTUVWXYZ"
"""Their values are 0 to 22. I, O and S are left out, because they are taken for digits."""
LENGTH: Final = 13
_DIGITS: Final = frozenset("0123456789")
_LAST_CHARACTERS: Final = _DIGITS | frozenset(CHECK_LETTERS)
_LA_CODE: Final = slice(1, 4)
_MIDDLE: Final = slice(4, 12)
_LAST: Final = slice(12, 13)


class UpnFault(StrEnum):
    """A check that a UPN does not pass."""

    LENGTH = "length"
    CHECK_LETTER = "check_letter"
    LA_CODE = "la_code"
    DIGITS_5_12 = "digits_5_12"
    CHAR_13 = "char_13"


FAULT_REASONS: Final = {
    UpnFault.LENGTH: "a UPN has 13 characters",
    UpnFault.CHECK_LETTER: "the check letter does not fit the other characters",
    UpnFault.LA_CODE: "characters 2 to 4 are no local authority's code",
    UpnFault.DIGITS_5_12: "characters 5 to 12 must be digits",
    UpnFault.CHAR_13: "character 13 must be a digit, or a letter from A to Z but I, O and S",
}


def normalised(text: str) -> str:
    """Forgive what people type: spaces around it and small letters."""
    return text.strip().upper()


def upn_faults(text: str, la_codes: Collection[str]) -> tuple[UpnFault, ...]:
    """List the checks that a text fails as a UPN; none means that it is one."""
    faults = []
    if len(text) != LENGTH:
        faults.append(UpnFault.LENGTH)
    if text[:1] != check_letter(text[1:LENGTH]):
        faults.append(UpnFault.CHECK_LETTER)
    if text[_LA_CODE] not in la_codes:
        faults.append(UpnFault.LA_CODE)
    if not text[_MIDDLE] or not _DIGITS.issuperset(text[_MIDDLE]):
        faults.append(UpnFault.DIGITS_5_12)
    if text[_LAST] not in _LAST_CHARACTERS:
        faults.append(UpnFault.CHAR_13)
    return tuple(faults)


def reason_of(faults: tuple[UpnFault, ...]) -> str:
    """Say why a text is no UPN, without repeating it; a wrong length explains the rest."""
    if UpnFault.LENGTH in faults:
        return FAULT_REASONS[UpnFault.LENGTH]
    return "; ".join(FAULT_REASONS[fault] for fault in faults)


def is_temporary(upn: Upn) -> bool:
    """Whether a school gave this number until the pupil's own is known."""
    return upn[-1] not in _DIGITS


def check_letter(rest: str) -> str:
    """Compute the letter for the 12 characters that follow it.

    A letter has a value in the last place only; elsewhere, what is no digit counts as nothing.
    """
    total = 0
    for position, character in enumerate(rest, start=2):
        if character in _DIGITS:
            total += position * int(character)
        elif position == LENGTH and character in CHECK_LETTERS:
            total += position * CHECK_LETTERS.index(character)
    return CHECK_LETTERS[total % len(CHECK_LETTERS)]
