"""The days of a recount of attainment, spelled out as ISO text; see `attainment.py`."""

from __future__ import annotations

import datetime as dt


def first_day_of(on: str, counting: str) -> str:
    """Spell out from which day evaluations count."""
    year, rest = int(on[:4]), on[5:]
    if rest >= "09-01":
        return f"{year}-09-01"
    if counting == "year":
        return f"{year - 1}-09-01"
    return f"{year}-04-01" if rest >= "04-01" else f"{year}-01-01"


def days_of(year: str, today: dt.date) -> list[str]:
    """List the days on which a year is recounted: its snapshots, and its last day or today."""
    start = int(year[:4])
    days = [
        f"{start}-12-31",
        f"{start + 1}-03-31",
        f"{start + 1}-07-31",
        f"{start + 1}-08-31",
        today.isoformat(),
    ]
    first, last = f"{start}-09-01", f"{start + 1}-08-31"
    return sorted({day for day in days if first <= day <= last and day <= today.isoformat()})


def last_snapshot(on: str) -> str:
    """Name the snapshot day before a day."""
    year = int(on[:4])
    days = [f"{y}-{day}" for y in (year - 1, year) for day in ("03-31", "07-31", "12-31")]
    return max(day for day in days if day < on)


def last_year(on: str) -> str:
    """Name the day a year before."""
    return f"{int(on[:4]) - 1}-{'02-28' if on[5:] == '02-29' else on[5:]}"


def academic_year(on: str) -> str:
    """Name the academic year that a day is in."""
    start = int(on[:4]) - (on[5:] < "09-01")
    return f"{start}/{(start + 1) % 100:02d}"
