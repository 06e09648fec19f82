"""Where a year group means to go, is, and has stayed: counts over its pupils (domain §8.5, rule 12)."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from contracts.vocabulary import AcademicYear, academic_year_days
from services.pupils.model.destination import (
    NOT_KNOWN,
    Category,
    Intention,
    Spell,
    Sustained,
    destination_year,
    status_on,
    sustained,
)
from services.pupils.model.destination_rules import DestinationRules
from services.pupils.model.sheets import PupilRef

DAY_OF_THE_CHECK: Final = (11, 1)
"""Month and day on which schools say where their leavers are, when no other day is asked for."""


@dataclass(frozen=True, slots=True)
class Cohort:
    """Those who were on roll in a year group at the end of an academic year."""

    year: AcademicYear
    year_group: int

    @property
    def last_day(self) -> dt.date:
        """The last day of their academic year."""
        return academic_year_days(self.year)[1]

    def day_after(self) -> dt.date:
        """The first of November after they left."""
        return dt.date(self.last_day.year, *DAY_OF_THE_CHECK)

    def has_destination_year_behind(self, today: dt.date) -> bool:
        """Whether the year by which a destination is judged to be sustained is over."""
        return destination_year(self.year)[1] < today


def count_intended(
    pupils: Iterable[PupilRef], said: Mapping[PupilRef, Intention], rules: DestinationRules
) -> dict[Category, int]:
    """Count what pupils said last; whoever has said nothing is not known."""
    return _in_order(
        (rules.categories[said[ref].status] if ref in said else NOT_KNOWN for ref in pupils), rules
    )


def count_statuses(spells: Iterable[Sequence[Spell]], day: dt.date) -> Counter[str]:
    """Count the statuses of a day, given each pupil's spells."""
    return Counter(status_on(found, day) for found in spells)


def count_categories(statuses: Mapping[str, int], rules: DestinationRules) -> dict[Category, int]:
    """Add statuses up by what they count as; every category is there."""
    return _in_order((rules.categories[status] for status, n in statuses.items() for _ in range(n)), rules)


def count_sustained(
    spells: Collection[Sequence[Spell]], rules: DestinationRules, left_in: AcademicYear
) -> dict[Sustained, int]:
    """Count how the destination year after an academic year is judged, given each pupil's spells."""
    return dict(Counter(sustained(found, rules.categories, left_in) for found in spells))


def _in_order(categories: Iterable[Category], rules: DestinationRules) -> dict[Category, int]:
    counts: Counter[Category] = Counter(dict.fromkeys(rules.categories.values(), 0))
    counts.update(categories)
    return dict(counts)
