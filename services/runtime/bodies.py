"""The kinds of fields that every service's bodies are made of, read strictly: nothing passes as another.

Unknown fields are refused, and no error repeats what was sent.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Annotated, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

_DAY: Final = re.compile(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")
_LINE_ENDS: Final = frozenset("\n\r\t")


class Body(BaseModel):
    """What bodies have in common: no unknown field, no change once it is read, no spaces around a text."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


def read_day(value: object) -> object:
    """Read a day, and nothing else that could pass as one (times, numbers of seconds)."""
    if isinstance(value, str) and _DAY.match(value):
        try:
            return dt.date.fromisoformat(value)
        except ValueError:
            pass
    raise PydanticCustomError("day", "is not a date; write it like 2026-03-14")


def printable(value: str) -> str:
    """Refuse characters that cannot be seen."""
    if not value.isprintable():
        raise PydanticCustomError("printable", "contains a control or invisible character")
    return value


def readable(value: str) -> str:
    """Refuse characters that cannot be seen, but for the ends of lines."""
    if not all(character.isprintable() or character in _LINE_ENDS for character in value):
        raise PydanticCustomError("printable", "contains a control or invisible character")
    return value


Day = Annotated[dt.date, BeforeValidator(read_day)]
Flag = Annotated[bool, Field(strict=True)]
SeenVersion = Annotated[int, Field(strict=True, ge=0)]
"""The version that the caller has read; 0 for what is not there yet."""
