"""The fields that callers send as JSON. Unknown ones are refused, and no number passes as text."""

from __future__ import annotations

import json
import uuid
from typing import Annotated, Any, Final, Literal

from fastapi import Path
from pydantic import AfterValidator, BaseModel, Field

from contracts.vocabulary import (
    EMPLOYER_ID_PATTERN,
    FIRST_YEAR_GROUP,
    LAST_YEAR_GROUP,
    OPAQUE_ID_PATTERN,
    EmployerId,
)
from services.employers.model.calendar import MOST_DAYS, Window
from services.runtime.bodies import Body, Day, SeenVersion, printable
from services.runtime.idempotency import fingerprint

LONGEST_LINE: Final = 300
MOST_WINDOWS: Final = 20
MOST_YEAR_GROUPS: Final = 8
_WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


Line = Annotated[str, Field(min_length=1, max_length=LONGEST_LINE), AfterValidator(printable)]
YearGroup = Annotated[int, Field(strict=True, ge=FIRST_YEAR_GROUP, le=LAST_YEAR_GROUP)]
YearGroups = Annotated[list[YearGroup], Field(min_length=1, max_length=MOST_YEAR_GROUPS)]
Days = Annotated[list[Day], Field(max_length=MOST_DAYS)]
TypeCode = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{2,39}$")]
OpaqueId = Annotated[str, Field(pattern=OPAQUE_ID_PATTERN)]
Id = Annotated[str, Path(pattern=OPAQUE_ID_PATTERN)]
EmployerPath = Annotated[EmployerId, Path(pattern=EMPLOYER_ID_PATTERN)]


class WindowBody(Body):
    """A window that comes back every week, or every second one."""

    first: Annotated[Day, Field(alias="from")]
    until: Day
    weekdays: Annotated[
        list[Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]],
        Field(min_length=1, max_length=len(_WEEKDAYS)),
    ]
    every_weeks: Literal[1, 2] = 1

    def window(self) -> Window:
        """Return the model's value."""
        weekdays = frozenset(_WEEKDAYS.index(name) for name in self.weekdays)
        return Window(self.first, self.until, weekdays, self.every_weeks)


Windows = Annotated[list[WindowBody], Field(max_length=MOST_WINDOWS)]


class SeenBody(Body):
    """The version of something that the caller has read."""

    version: SeenVersion


def asked_of(body: BaseModel, *parts: str) -> str:
    """Digest what a request asks for, to know it again by its Idempotency-Key."""
    text: dict[str, Any] = body.model_dump(mode="json")
    return fingerprint(*(part.encode() for part in parts), json.dumps(text, sort_keys=True).encode())


def new_id() -> str:
    """Make an id that nobody can guess."""
    return uuid.uuid4().hex
