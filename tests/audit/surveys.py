"""Surveys and answers for tests, as a school plans them and as people answer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, Final

from tests.audit.schools import School

MARCH: Final = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)
APRIL: Final = dt.datetime(2026, 4, 20, 9, 0, tzinfo=dt.UTC)
SURVEY: Final[dict[str, Any]] = {
    "title": "Spring survey",
    "audience": "pupils",
    "opens_on": "2026-03-01",
    "closes_on": "2026-03-31",
}
ANSWERS: Final[dict[str, Any]] = {"know_routes": 4, "adviser": "yes", "more_of": "More visits"}

FREE_TEXT: Final = {"governors": {"ask": "How many?"}, "advisers": {"change": "Rooms"}}
"""What groups other than pupils answer here."""

At = Callable[[dt.datetime], AbstractAsyncContextManager[School]]


async def planned(school: School, **changes: Any) -> str:  # noqa: ANN401 - fields of a body
    """Plan a survey; returns its id."""
    return str((await school.told("POST", "/surveys", SURVEY | changes))["id"])


async def links(school: School, survey: str, count: int, version: int = 1) -> list[str]:
    """Make links; returns their secrets."""
    body = {"version": version, "links": count}
    made = await school.told("POST", f"/surveys/{survey}/links", body)
    return list(made["secrets"])


async def answered(school: School, count: int, **changes: Any) -> str:  # noqa: ANN401 - fields of a body
    """Plan a survey that so many people answer alike, and one link more; returns its id."""
    survey = await planned(school, **changes)
    for secret in (await links(school, survey, count + 1))[:count]:
        await school.answer(secret, FREE_TEXT.get(changes.get("audience", "pupils"), ANSWERS))
    return survey
