"""What is counted of an employer, and how much of it may be shown.

Each school's stream is folded to `{academic year: {employer: {activities, attended, encounters}}}`. An
employer's figures are the sums over the schools of one academic year. `activities` and `schools` are facts
about organisations and are shown as they are. `attended` and `encounters` count pupils' participations, so
they are shown only when nobody can tell a small number from them (domain §9.4, rule 14):

- a sum of 1 to 5 is shown `c`; so are encounters that differ from those who attended by 1 to 5;
- for a caller without a role in the Hub's team, who may know one school's own part: `c` too unless at least
  three schools are in the sum, and unless what is left after taking any one school's part away is more
  than 5.

The Hub's team (whoever may read the Hub's report) sees each school's figures there, under the first rule,
so the second would hide nothing from them. There is no sum over years or employers, no filter and no school's
name, so no difference of two answers gives a hidden number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from contracts.vocabulary import AcademicYear

SMALLEST_SHOWN: Final = 6
FEWEST_SCHOOLS: Final = 3
"""With two in a sum, each could subtract its own part and have the other's."""

Suppressed = Literal["c"]
SUPPRESSED: Final[Suppressed] = "c"


@dataclass(frozen=True, slots=True)
class Part:
    """One school's part in an employer's figures of one academic year."""

    activities: int
    attended: int
    encounters: int

    def __add__(self, other: Part) -> Part:
        return Part(
            self.activities + other.activities,
            self.attended + other.attended,
            self.encounters + other.encounters,
        )


@dataclass(frozen=True, slots=True)
class YearFigures:
    """An employer's figures of one academic year, as they may be shown."""

    academic_year: AcademicYear
    schools: int
    activities: int
    attended: int | Suppressed
    encounters: int | Suppressed


def figures_of(
    parts: Mapping[AcademicYear, Sequence[Part]], *, for_hub_team: bool
) -> tuple[YearFigures, ...]:
    """Sum the schools' parts of each academic year, the latest first, and suppress what is small."""
    return tuple(
        _year_figures(year, parts[year], for_hub_team=for_hub_team)
        for year in sorted(parts, reverse=True)
        if parts[year]
    )


def _year_figures(year: AcademicYear, parts: Sequence[Part], *, for_hub_team: bool) -> YearFigures:
    attended = [part.attended for part in parts]
    encounters = [part.encounters for part in parts]
    without_encounter = [part.attended - part.encounters for part in parts]

    def safe(counts: Sequence[int]) -> bool:
        return _is_large(counts) if for_hub_team else _is_large(counts) and _hides_each(counts)

    attended_shown = safe(attended)
    encounters_shown = safe(encounters) and (not attended_shown or safe(without_encounter))
    return YearFigures(
        academic_year=year,
        schools=len(parts),
        activities=sum(part.activities for part in parts),
        attended=sum(attended) if attended_shown else SUPPRESSED,
        encounters=sum(encounters) if encounters_shown else SUPPRESSED,
    )


def _is_large(counts: Sequence[int]) -> bool:
    """Whether a sum is a true zero, or large enough to be shown."""
    total = sum(counts)
    return total == 0 or total >= SMALLEST_SHOWN


def _hides_each(counts: Sequence[int]) -> bool:
    """Whether nobody who knows one of the counts learns a small one, or a single other one, from the sum."""
    parts = [count for count in counts if count]
    if not parts:
        return True
    total = sum(parts)
    return len(parts) >= FEWEST_SCHOOLS and all(total - own >= SMALLEST_SHOWN for own in parts)
