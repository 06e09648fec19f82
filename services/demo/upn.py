"""Unique Pupil Numbers that are valid and belong to nobody (domain.md §8.1).

A UPN is a check letter, a local authority (3 digits), an establishment (4), the year of its allocation (2)
and a serial number (3). No UPN was ever allocated in the 1930s to 1980s or will be soon, so a number with
such a year passes every check and cannot be a real child's. The URN's digits go into establishment and year,
so that no two schools share a number.
"""

from __future__ import annotations

from typing import Final

CHECK_LETTERS: Final = "ABCDEFGHJKLMNPQRTUVWXYZ"
_FIRST_WEIGHT: Final = 2
_FIRST_INVENTED_DECADE: Final = 3
_NEWEST_URNS: Final = 5
"""The second digit of the newest URNs in use; the next would give years in the 1990s, which are real."""
MOST_SERIALS: Final = 999
"""How many pupils one cohort of a school can hold, because the serial number has three digits."""


def check_letter(digits: str) -> str:
    """Compute the letter for the 12 digits that follow it: position 2 to 13 times digit, modulo 23."""
    total = sum(weight * int(digit) for weight, digit in enumerate(digits, start=_FIRST_WEIGHT))
    return CHECK_LETTERS[total % len(CHECK_LETTERS)]


def invented_upn(la_code: str, urn: str, cohort: int, serial: int) -> str:
    """Make the UPN of a cohort's pupil; `cohort` is the calendar year in which it was in Reception.

    Injective over URNs from 100000 to 159999, ten neighbouring cohorts and serials from 1 to 999. Raises
    ValueError for a URN or a serial outside these.
    """
    if urn[0] != "1" or int(urn[1]) > _NEWEST_URNS:
        raise ValueError(f"there are no invented pupil numbers for URN {urn}")
    if not 1 <= serial <= MOST_SERIALS:
        raise ValueError(f"a cohort has at most {MOST_SERIALS} pupils, there is no number {serial}")
    decade = _FIRST_INVENTED_DECADE + int(urn[1])
    digits = f"{la_code}{urn[2:]}{decade}{cohort % 10}{serial:03d}"
    return check_letter(digits) + digits
