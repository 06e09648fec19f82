"""Restriction and objection (UK GDPR articles 18 and 21): a pupil's record is kept, and not used.

Restricted, it is shown to those who answer for pupils' rights and to the pupil, and to nobody else; nothing
about the pupil is recorded one by one; lists count the pupil and do not name them. What is counted, and
attendance of groups, goes on: that is the school's public task and touches no record. Nothing lifts a
restriction by itself, because the pupil is told before (article 18(3)): `review_on` is the day to look again.

What a record is needed for is said wherever one is read (`Use`), and `refuse_use` is the one place that
refuses. A pupil without names, after leaving (`retention.py`), is refused in the same place: what was taken
away must not be written in again.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal, NewType, get_args

from services.runtime.errors import ConflictError, ForbiddenError

RestrictionId = NewType("RestrictionId", str)
"""32 random hex digits."""
RestrictionReason = Literal["accuracy_contested", "unlawful", "legal_claim", "objection"]
REASONS: Final[tuple[RestrictionReason, ...]] = get_args(RestrictionReason)


class Use(StrEnum):
    """What a pupil's record is needed for."""

    RIGHTS = "rights"
    """To answer for the pupil's rights: show all, put right, restrict, erase."""
    SHOWN = "shown"
    """To be shown to other staff."""
    RECORDED = "recorded"
    """To record something new about the pupil."""
    TRACKED = "tracked"
    """To record, or take back, where somebody went after leaving."""
    PUT_RIGHT = "put_right"
    """To correct what was recorded, by those who answer for the pupil's rights."""


@dataclass(frozen=True, slots=True)
class Restriction:
    """That a record is kept and not used; `review_on` is the day on which the school looks at it again."""

    id: RestrictionId
    reason: RestrictionReason
    since: dt.date
    review_on: dt.date | None = None


_NOT_WHILE_RESTRICTED: Final = frozenset({Use.RECORDED, Use.TRACKED})
_NOT_WITHOUT_NAMES: Final = frozenset({Use.RECORDED, Use.PUT_RIGHT})
_RESTRICTED_READ: Final = (
    "This pupil's record is restricted: it is kept, and not used. Ask your Careers Leader."
)
_RESTRICTED_WRITE: Final = (
    "This pupil's record is restricted: nothing is recorded about them until your Careers Leader lifts that."
)
_WITHOUT_NAMES: Final = (
    "This pupil has left, and names and texts were taken away: only destinations are recorded now. A roll "
    "that has the pupil again brings the name back."
)


def refuse_use(restriction: Restriction | None, pseudonymised_on: dt.date | None, use: Use) -> None:
    """Raise ForbiddenError or ConflictError if a record is not for this use."""
    if restriction is not None and use is Use.SHOWN:
        raise ForbiddenError(_RESTRICTED_READ)
    if restriction is not None and use in _NOT_WHILE_RESTRICTED:
        raise ConflictError(_RESTRICTED_WRITE)
    if pseudonymised_on is not None and use in _NOT_WITHOUT_NAMES:
        raise ConflictError(_WITHOUT_NAMES)
