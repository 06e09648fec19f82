"""Which academic years a page lets somebody choose."""

from __future__ import annotations

import datetime as dt
from typing import Final

from contracts.vocabulary import AcademicYear, academic_year_days, academic_year_of

YEARS_BACK: Final = 4
"""The present year and so many before it; the address takes any year that the figures know."""


def years_to_choose(today: dt.date) -> list[AcademicYear]:
    """List academic years, the present one first."""
    start = academic_year_days(academic_year_of(today))[0].year
    return [
        AcademicYear(f"{year}/{(year + 1) % 100:02d}") for year in range(start, start - YEARS_BACK - 1, -1)
    ]
