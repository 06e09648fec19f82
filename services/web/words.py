"""How pages write numbers and days, as filters of the templates: `{{ 1234|number }}`, `{{ day|day }}`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any, Final
from zoneinfo import ZoneInfo

ENGLAND: Final = ZoneInfo("Europe/London")
WITHHELD: Final = {
    "c": "c: withheld, because few pupils could be recognised",
    "z": "z: does not apply",
    "x": "x: not available",
}
"""The symbols of official statistics in tables, and what they stand for."""


def number(value: float | str | None) -> str:
    """Write a number with commas; a symbol stays as it is, and nothing becomes a dash."""
    if value is None:
        return "–"
    return value if isinstance(value, str) else f"{value:,}"


def percent(value: float | str | None) -> str:
    """Write a share of a hundred; a symbol stays as it is."""
    return number(value) if value is None or isinstance(value, str) else f"{value:,}%"


def day(value: dt.date | str | None) -> str:
    """Write a day as people say it: 5 March 2026."""
    if value is None:
        return "–"
    found = dt.date.fromisoformat(value) if isinstance(value, str) else value
    return f"{found.day} {found:%B %Y}"


def moment(value: dt.datetime | str | None) -> str:
    """Write a moment in England's time: 5 March 2026 at 2:07pm."""
    if value is None:
        return "–"
    found = (dt.datetime.fromisoformat(value) if isinstance(value, str) else value).astimezone(ENGLAND)
    hour = found.hour % 12 or 12
    return f"{day(found.date())} at {hour}:{found:%M}{'am' if found.hour < 12 else 'pm'}"  # noqa: PLR2004 - noon


ENGLISH: Final[dict[str, Callable[..., Any]]] = {
    "number": number,
    "percent": percent,
    "day": day,
    "moment": moment,
}
