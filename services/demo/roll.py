"""A school's invented roll: as many pupils as the school really has, none of whom exists.

The register's total is for the whole school. It is shared out over all its years, so that an all-through
school's primary pupils stay out of the careers roll in proportion, and a sixth form is smaller than the years
below. A cohort keeps its pupils' numbers and names from one academic year to the next.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from fractions import Fraction
from string import ascii_uppercase
from typing import Final

from contracts.vocabulary import AcademicYear, academic_year_days
from services.areas import School
from services.areas.apportion import apportion
from services.areas.area import FIRST_POST16_YEAR
from services.demo.dice import Dice
from services.demo.people import FORENAMES, SURNAMES
from services.demo.upn import invented_upn

_NURSERY_WEIGHT: Final = Fraction(1, 3)
"""Nursery classes take part of a year's children, mostly half days."""
_SIXTH_FORM_WEIGHT: Final = Fraction(3, 5)
"""Fewer stay on at a school after Year 11 than leave for colleges and training."""
_SMALLEST_COHORT_PERCENT: Final = 92
_LARGEST_COHORT_PERCENT: Final = 108
_LARGEST_TUTOR_GROUP: Final = {"school": 30, "college": 24, "special": 10}


@dataclass(frozen=True, slots=True)
class PupilRow:
    """One row of a roll's CSV; the field names are its header."""

    upn: str
    surname: str
    forename: str
    year_group: int
    tutor_group: str


ROLL_COLUMNS: Final = tuple(field.name for field in fields(PupilRow))


def synthesise_roll(school: School, academic_year: AcademicYear, seed: int) -> tuple[PupilRow, ...]:
    """Invent the pupils of Year 7 to 13, by year group; none if the real roll is not known.

    Raises ValueError for a malformed academic year and for a year group above 999 pupils.
    """
    autumn = academic_year_days(academic_year)[0].year
    rows: list[PupilRow] = []
    for year_group, size in year_group_sizes(school, academic_year, seed).items():
        cohort = autumn - year_group
        dice = Dice(seed, school.urn, "cohort", cohort)
        tutor_groups = _tutor_groups(school, year_group, size)
        rows.extend(
            PupilRow(
                upn=invented_upn(school.la_code, school.urn, cohort, number + 1),
                surname=dice.pick(SURNAMES),
                forename=dice.pick(FORENAMES),
                year_group=year_group,
                tutor_group=tutor_groups[number % len(tutor_groups)],
            )
            for number in range(size)
        )
    return tuple(rows)


def year_group_sizes(school: School, academic_year: AcademicYear, seed: int) -> dict[int, int]:
    """Share the school's real total out over its years, and keep Year 7 to 13."""
    if school.pupils_on_roll is None:
        return {}
    autumn = academic_year_days(academic_year)[0].year
    years = range(school.lowest_year, school.highest_year + 1)
    weights = [
        _weight(school, year) * Dice(seed, school.urn, "size", autumn - year).between(
            _SMALLEST_COHORT_PERCENT, _LARGEST_COHORT_PERCENT
        )
        for year in years
    ]  # fmt: skip
    sizes = dict(zip(years, apportion(school.pupils_on_roll, weights), strict=True))
    return {year: sizes[year] for year in school.year_groups if sizes[year]}


def roll_csv(rows: Sequence[PupilRow]) -> str:
    """Render a roll as CSV text with a header, as a school's own system would export it."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(ROLL_COLUMNS)
    writer.writerows(astuple(row) for row in rows)
    return text.getvalue()


def _weight(school: School, year: int) -> Fraction:
    if year < 0:
        return _NURSERY_WEIGHT
    staying_on = year >= FIRST_POST16_YEAR > school.lowest_year
    return _SIXTH_FORM_WEIGHT if staying_on else Fraction(1)


def _tutor_groups(school: School, year_group: int, size: int) -> list[str]:
    """Name as many groups as the pupils need: 10A, 10B ... 10Z, 10AA."""
    count = -(-size // _LARGEST_TUTOR_GROUP[school.setting])
    prefixes = ("", *ascii_uppercase)
    letters = [prefix + letter for prefix in prefixes for letter in ascii_uppercase]
    return [f"{year_group}{letters[number]}" for number in range(count)]
