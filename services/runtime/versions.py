"""What somebody tells and tells anew: each change is a new version, and the earlier ones are kept.

Whoever changes something names the version that they have seen. If somebody else was first, nothing is lost:
the second is refused, reads again, and decides (optimistic concurrency). Telling it as it is changes nothing,
whichever version was seen.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from services.runtime.errors import ConflictError

T = TypeVar("T")

FIRST_VERSION: Final = 1
NOT_YET: Final = 0
"""The version that a caller has seen of something that is not there yet."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Who did something (a token's subject), and when."""

    at: dt.datetime
    by: str


@dataclass(frozen=True, slots=True)
class Kept(Generic[T]):
    """One version of something, with who told it first and who changed it last."""

    id: str
    version: int
    content: T
    recorded: Mark
    changed: Mark | None = None


@dataclass(frozen=True, slots=True)
class Telling(Generic[T]):
    """What somebody says: of which id, having seen which version, what it is to be."""

    id: str
    seen: int
    content: T


def tell(before: Kept[T] | None, telling: Telling[T], mark: Mark) -> Kept[T] | None:
    """Return the next version, or None if it says already what is told.

    Raises ConflictError unless the caller has seen the current version.
    """
    if before is not None and before.content == telling.content:
        return None
    current = NOT_YET if before is None else before.version
    if telling.seen != current:
        raise ConflictError(
            f"This was changed meanwhile, or was never there: its version is {current}. Read it again, and "
            "send that version with your change."
        )
    if before is None:
        return Kept(telling.id, FIRST_VERSION, telling.content, mark)
    return Kept(before.id, current + 1, telling.content, before.recorded, mark)
