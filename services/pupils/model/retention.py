"""How long a pupil's record is kept: three years after leaving, and with an EHC plan until 25 (domain §9.8).

Counted to the end of an academic year, so that a year's leavers go together. The age is taken from the year
group, because no date of birth is held: whoever leaves Year 11 turns 16 in that academic year.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from contracts.vocabulary import academic_year_days, academic_year_of
from services.pupils.model.groups import EHC_PLAN
from services.pupils.model.pupil import Pupil

YEARS_AFTER_LEAVING: Final = 3
LAST_AGE_WITH_PLAN: Final = 25
_AGE_ABOVE_YEAR_GROUP: Final = 5


def kept_until(pupil: Pupil) -> dt.date:
    """Return the last day on which a pupil's record is kept, if the pupil does not come back."""
    last_year = max(pupil.years)
    place = pupil.years[last_year]
    left_in = last_year if place.left_on is None else academic_year_of(place.left_on)
    years = YEARS_AFTER_LEAVING
    if any(EHC_PLAN in groups for groups in pupil.groups.values()):
        years = max(years, LAST_AGE_WITH_PLAN - (place.year_group + _AGE_ABOVE_YEAR_GROUP))
    end = academic_year_days(left_in)[1]
    return end.replace(year=end.year + years)


def is_due(pupil: Pupil, today: dt.date) -> bool:
    """Whether a pupil's record must go."""
    return kept_until(pupil) < today
