"""How the texts of a form become the bodies that the API takes; what is not understood is refused there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

from services.web.forms import Form

_WRITTEN: Final = ("%Y-%m-%d", "%d/%m/%Y", "%d %B %Y", "%d %b %Y")
"""How people write days: 2026-03-14, 14/3/2026, 14 March 2026."""


def number(text: str) -> int | str | None:
    """Read a whole number; a text that is none stays a text, and an empty one is nothing."""
    plain = text.replace(",", "")
    if not plain:
        return None
    return int(plain) if plain.isascii() and plain.removeprefix("-").isdecimal() else text


def numbers(form: Form, name: str) -> list[int | str]:
    """Read all that was ticked under a name."""
    return [found for value in form.every(name) if (found := number(value)) is not None]


def day(text: str) -> str:
    """Write a day as the API takes it; what is none stays as it was typed."""
    for pattern in _WRITTEN:
        try:
            return dt.datetime.strptime(text, pattern).date().isoformat()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    return text


def three_fields(form: Form, name: str) -> str:
    """Read a day of three fields, as the design system has them."""
    parts = [form.text(f"{name}-{part}") for part in ("year", "month", "day")]
    if not any(parts):
        return ""
    return "-".join([parts[0], *(part.zfill(2) for part in parts[1:])])


def days(text: str) -> list[str] | None:
    """Read days, one a line or between commas; none at all stands for any day."""
    found = [part.strip() for part in text.replace(",", "\n").splitlines() if part.strip()]
    return [day(part) for part in found] or None


def typed_of(form: Form) -> dict[str, Any]:
    """Keep what was typed: a list for what can be ticked several times."""
    return {
        name: form.every(name) if name in {"year_groups", "sectors", "checked", "conflicts"} else value
        for name, value in form
    }


def filled(wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what was not filled in, so that it counts as missing or as its default."""
    return {name: value for name, value in wanted.items() if value not in (None, "")}
