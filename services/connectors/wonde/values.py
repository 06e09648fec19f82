"""What a value in a student's record says, in the words of our roll.

Each function returns None where the value says nothing (null, empty text) and raises NotUnderstoodError where
it says something that has no meaning here. Systems behind Wonde write codes, words, or a code with its words.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any, Final

MOST_DIGITS: Final = 10**15
"""Numbers up to here are read as text; a longer one is no id, code or year."""

_SEN: Final = {
    **dict.fromkeys(
        ("n", "no sen", "none", "no special educational need", "no special educational needs"), "N"
    ),
    **dict.fromkeys(("k", "sen support", "special educational needs support"), "K"),
    **dict.fromkeys(("e", "ehcp", "ehc", "ehc plan"), "E"),
    **dict.fromkeys(("education, health and care plan", "education health and care plan"), "E"),
    **dict.fromkeys(("s", "statement", "statemented"), "S"),
}
_NEEDS: Final = {
    "specific learning difficulty": "SPLD",
    "moderate learning difficulty": "MLD",
    "severe learning difficulty": "SLD",
    "profound and multiple learning difficulty": "PMLD",
    "profound & multiple learning difficulty": "PMLD",
    "social, emotional and mental health": "SEMH",
    "speech, language and communication needs": "SLCN",
    "speech, language and communication need": "SLCN",
    "hearing impairment": "HI",
    "visual impairment": "VI",
    "vision impairment": "VI",
    "multi-sensory impairment": "MSI",
    "physical disability": "PD",
    "autistic spectrum disorder": "ASD",
    "autistic spectrum disorders": "ASD",
    "other difficulty/disability": "OTH",
    "other difficulty": "OTH",
    "sen support but no specialist assessment of type of need": "NSA",
}
NEED_CODES: Final = frozenset(_NEEDS.values())
_YES: Final = frozenset({"yes", "y", "true", "t", "1"})
_NO: Final = frozenset({"no", "n", "false", "f", "0"})
# As the school census has it: P identified by a parent, S by the school, N not declared.
_YOUNG_CARER: Final = {"p": "yes", "s": "yes", "not declared": "no"}
# The order counts: `Current Main (dual registration)` begins like the description of C.
_ENROLMENT_WORDS: Final = (
    ("subsidiary", "S"),
    ("main", "M"),
    ("guest", "G"),
    ("current", "C"),
    ("single", "C"),
)
_ENROLMENT_CODES: Final = frozenset("CMSG")
_CODE_AND_WORDS: Final = re.compile(r"^([a-z0-9]{1,4})\s*[-–:]\s")
_YEAR: Final = re.compile(r"^(?:year|yr|y)?\s*0*([0-9]{1,2})$")
_BELOW: Final = re.compile(r"^(?:year|yr|y)?\s*(?:n|n[12]|e[12]|r|fs[12]?|nursery|reception)$")
_UTC: Final = frozenset({"UTC", "Z", "+00:00", "Etc/UTC"})
_LATE_EVENING: Final = dt.time(23)
FIRST_YEAR: Final = 7
"""Our roll begins with Year 7."""


class NotUnderstoodError(ValueError):
    """A value says something that has no meaning here."""


def text(value: object) -> str | None:
    """Read text or a whole number as text."""
    if value is None:
        return None
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < MOST_DIGITS:
        return str(value)
    raise NotUnderstoodError


def yes_or_no(value: object) -> str | None:
    """Read an indicator: a boolean, or a word for it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    word = text(value)
    if word is None:
        return None
    if word.casefold() in _YES:
        return "yes"
    if word.casefold() in _NO:
        return "no"
    raise NotUnderstoodError


def young_carer(value: object) -> str | None:
    """Read whether somebody is a young carer: an indicator, or the census's P, S or N."""
    known = _YOUNG_CARER.get(value.strip().casefold()) if isinstance(value, str) else None
    return known or yes_or_no(value)


def sen_provision(value: object) -> str | None:
    """Read SEN provision: N none, K SEN support, E EHC plan, S statement (historic)."""
    return _coded(value, _SEN)


def sen_need(value: object) -> str | None:
    """Read a type of SEN need, a code or the census's words for it."""
    return _coded(value, {**_NEEDS, **{code.casefold(): code for code in NEED_CODES}})


def enrolment_status(value: object) -> str | None:
    """Read enrolment: C single registration, M dual main, S dual subsidiary, G guest."""
    word = text(value)
    if word is None:
        return None
    if word.upper() in _ENROLMENT_CODES:
        return word.upper()
    for said, code in _ENROLMENT_WORDS:
        if said in word.casefold():
            return code
    raise NotUnderstoodError


def former_upns(value: object) -> str | None:
    """Read former UPNs, however they are separated, as `A...;B...`."""
    found = text(value)
    return None if found is None else ";".join(re.findall(r"[^\s,;/|]+", found)) or None


def year_group(value: object) -> int | None:
    """Read a year group such as `10`, `Year 10`, `R` (0) or `N1` (0)."""
    word = text(value)
    if word is None:
        return None
    if _BELOW.match(word.casefold()):
        return 0
    found = _YEAR.match(word.casefold())
    if found is None:
        raise NotUnderstoodError
    return int(found.group(1))


def day(value: object) -> dt.date | None:
    """Read a day out of `{date, timezone_type, timezone}`, or out of text.

    A day is kept as its midnight. One in British Summer Time that was turned into UTC is 23:00 of the day
    before, so that hour is read as the next day.
    """
    found = _written(value)
    if found is None:
        return None
    at, zone = found
    if zone in _UTC and at.time() == _LATE_EVENING and at.date() < dt.date.max:
        return at.date() + dt.timedelta(days=1)
    return at.date()


def moment(value: object) -> dt.datetime | None:
    """Read a moment; one outside UTC is taken as UTC, at most an hour from the truth in Britain."""
    found = _written(value)
    return None if found is None else found[0].replace(tzinfo=dt.UTC)


def _written(value: object) -> tuple[dt.datetime, str] | None:
    written: Any = value
    zone: Any = "UTC"
    if isinstance(value, Mapping):
        written, zone = value.get("date"), value.get("timezone")
    if written is None or written == "":
        return None
    if not isinstance(written, str):
        raise NotUnderstoodError
    try:
        at = dt.datetime.fromisoformat(written.strip())
        if at.tzinfo is not None:
            at = at.astimezone(dt.UTC).replace(tzinfo=None)
            zone = "UTC"
    except (ValueError, OverflowError):
        raise NotUnderstoodError from None
    return at, zone if isinstance(zone, str) else ""


def _coded(value: object, words: Mapping[str, str]) -> str | None:
    word = text(value)
    if word is None:
        return None
    known = words.get(word.casefold())
    if known is None:
        code = _CODE_AND_WORDS.match(word.casefold())
        known = words.get(code.group(1)) if code else None
    if known is None:
        raise NotUnderstoodError
    return known
