"""What somebody wants to know of attainment."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

from services.reporting.attainment.model.selection import Dimension
from services.reporting.attainment.model.terms import Counting


@dataclass(frozen=True, slots=True)
class Question:
    """On which day, counting what, of which schools, beside which groups; one school alone by `urn`."""

    on: dt.date
    counting: Counting = "term"
    filters: Mapping[Dimension, str] = field(default_factory=dict)
    group_by: Dimension | None = None
    urn: str | None = None
