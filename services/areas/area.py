"""What an area is made of, and how each fact is read from the registers' rows.

The registers' own words are kept where the services take them as they are (name, phase, town). Three facts
are derived: a school's setting (domain.md §1, vocabulary `setting_type`), its national-curriculum years
from its statutory ages (domain.md §8.3), and an employer's size band from the Gender Pay Gap Service's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from contracts.vocabulary import EmployerId, Setting, Urn

SizeBand = Literal["large", "unknown"]
"""Only what the register can tell: it asks who has 250 employees or more (domain.md §8.6 counts these large).

`Less than 250` may be micro, small or medium, so it is `unknown`, like `Not Provided`.
"""

FIRST_YEAR: Final = 7
LAST_YEAR: Final = 13
FIRST_POST16_YEAR: Final = 12
_AGE_AT_START_OF_YEAR_0: Final = 4
"""A pupil of year n is n + 4 on the 31 August before it (domain.md §8.3), which is the low statutory age."""
_AGE_AT_END_OF_YEAR_0: Final = 5
"""The high statutory age is the one reached during the last year: 16 is Year 11, 18 is Year 13."""

_SIC_SECTIONS: Final = frozenset("ABCDEFGHIJKLMNOPQRSTU")
_PUBLIC_SECTOR_MARK: Final = "1"
"""The Gender Pay Gap Service marks public bodies with this in the column of SIC codes; it is not one."""
_LARGE_BANDS: Final = ("250 to 499", "500 to 999", "1000 to 4999", "5000 to 19,999", "20,000 or more")


@dataclass(frozen=True, slots=True)
class School:
    """A school or college, from the register of schools.

    `phase` is the register's word. `lowest_year` may be primary or nursery (Reception is 0); `highest_year`
    is 13 at most. `years_assumed` is true where the register gives no ages. `pupils_on_roll` counts the
    whole school, at the January 2021 census, and is None where it is not known, as `fsm_percent` is. A few
    schools have no position.
    """

    urn: Urn
    name: str
    phase: str
    setting: Setting
    lowest_year: int
    highest_year: int
    years_assumed: bool
    has_post16: bool
    pupils_on_roll: int | None
    fsm_percent: float | None
    la_code: str
    district: str
    postcode: str
    latitude: float | None
    longitude: float | None

    @property
    def year_groups(self) -> tuple[int, ...]:
        """The years that careers guidance is for, Year 7 to 13, as far as the school has them."""
        return tuple(range(max(self.lowest_year, FIRST_YEAR), self.highest_year + 1))


@dataclass(frozen=True, slots=True)
class Employer:
    """An employer with a reporting address in or near the area; the address is often a head office."""

    employer_id: EmployerId
    name: str
    sic_section: str | None
    sic_codes: tuple[str, ...]
    size_band: SizeBand
    town: str
    latitude: float | None
    longitude: float | None
    public_sector: bool


@dataclass(frozen=True, slots=True)
class Area:
    """One area's schools, by URN, and employers, by id; `attribution` stands wherever they are shown."""

    name: str
    title: str
    schools: tuple[School, ...]
    employers: tuple[Employer, ...]
    attribution: str


def read_school(row: Mapping[str, str]) -> School:
    """Read one row of a schools file; raises KeyError or ValueError for a row `build.py` never wrote."""
    lowest, highest = years_of(row)
    return School(
        urn=Urn(row["urn"]),
        name=row["name"],
        phase=row["phase"],
        setting=setting_of(row),
        lowest_year=lowest,
        highest_year=highest,
        years_assumed=not (row["low_age"] and row["high_age"]),
        has_post16=highest >= FIRST_POST16_YEAR,
        pupils_on_roll=int(row["pupils"]) if row["pupils"] else None,
        fsm_percent=_number(row["fsm_percent"]),
        la_code=row["la_code"],
        district=row["district_name"] or row["la_name"],
        postcode=row["postcode"],
        latitude=_number(row["latitude"]),
        longitude=_number(row["longitude"]),
    )


def setting_of(row: Mapping[str, str]) -> Setting:
    """Tell which of the benchmarks' three settings a row is; special and alternative provision come first."""
    if "yes" in (row["special_school"], row["alternative_provision"]):
        return "special"
    return "college" if row["post16_only"] == "yes" else "school"


def years_of(row: Mapping[str, str]) -> tuple[int, int]:
    """Read the lowest and highest national-curriculum year of a row from its statutory ages.

    A high age of 19 or 20 is a sixth form with a third year and is read as Year 13. Years 12 and 13 count
    only where the register has a sixth form (domain.md §8.2): some 11-16 provision has a high age of 17.
    Without ages, post-16 providers are taken to begin at Year 12 and all others at Year 7.
    """
    post16_only = row["post16_only"] == "yes"
    lowest = (
        int(row["low_age"]) - _AGE_AT_START_OF_YEAR_0
        if row["low_age"]
        else (FIRST_POST16_YEAR if post16_only else FIRST_YEAR)
    )
    last_possible = LAST_YEAR if post16_only or row["sixth_form"] == "yes" else FIRST_POST16_YEAR - 1
    highest = int(row["high_age"]) - _AGE_AT_END_OF_YEAR_0 if row["high_age"] else last_possible
    return lowest, min(highest, last_possible)


def read_employer(row: Mapping[str, str]) -> Employer:
    """Read one row of an employers file; raises KeyError or ValueError for a row `build.py` never wrote."""
    section = row["sic_section"]
    return Employer(
        employer_id=EmployerId(f"gpg-{row['gpg_employer_id']}"),
        name=row["employer_name"],
        sic_section=section if section in _SIC_SECTIONS else None,
        sic_codes=tuple(code for code in row["sic_codes"].split() if code != _PUBLIC_SECTOR_MARK),
        size_band="large" if row["employer_size"] in _LARGE_BANDS else "unknown",
        town=row["address_town"],
        latitude=_number(row["latitude"]),
        longitude=_number(row["longitude"]),
        public_sector=row["public_sector"] == "yes",
    )


def _number(text: str) -> float | None:
    return float(text) if text else None
