"""Which sectors of industry a school's pupils are drawn to, told so that nobody's choice shows.

A pupil names a sector by tagging what they say with SIC 2007; what was said in this academic year and in the
one before is current. A sector of fewer than six pupils is withheld, and the others are rounded down to a
multiple of five: two such figures, a day apart, do not tell what one pupil said in between (domain §9.4).
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import Final

from contracts.pupils import SectorCount
from contracts.vocabulary import AcademicYear, academic_year_days
from services.pupils.model.classification import Classification
from services.pupils.model.interest import Statement
from services.pupils.model.sheets import PupilRef

FEWEST_SHOWN: Final = 6
ROUNDED_DOWN_TO: Final = 5
SicSection = str

SaidBy = Mapping[PupilRef, Mapping[SicSection, dt.date]]
"""By pupil: the sectors that each has named, with the last day of saying so."""


def sectors_named(statements: Iterable[Statement], industries: Classification) -> dict[SicSection, dt.date]:
    """Find the sectors that statements name, each with the last day on which one did."""
    named: dict[SicSection, dt.date] = {}
    for said in statements:
        for code in said.sic:
            section = industries.top_of(code).code
            named[section] = max(said.said_on, named.get(section, said.said_on))
    return named


def sectors_wanted(
    said: SaidBy, on_roll: Collection[PupilRef], year: AcademicYear
) -> tuple[SectorCount, ...]:
    """Count, for each sector, those on roll in an academic year who name it, as far as may be told."""
    first_day = academic_year_days(year)[0]
    since = first_day.replace(year=first_day.year - 1)
    counts = Counter(section for ref in on_roll for section, day in said.get(ref, {}).items() if day >= since)
    return tuple(
        SectorCount(sic_section=section, at_least=count - count % ROUNDED_DOWN_TO)
        for section, count in sorted(counts.items())
        if count >= FEWEST_SHOWN
    )
