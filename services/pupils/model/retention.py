"""How long a pupil's record is kept, and from when without names (domain §9.8; numbers: `rules/rights.json`).

After leaving, names and free texts go first, and the record is kept for what the school must still tell of
its leavers. Then everything goes: three years after leaving, and with an EHC plan at 25. Both are counted
from the end of an academic year, so that a year's leavers go together. The age is taken from the year group,
because no date of birth is held: whoever leaves Year 11 turns 16 in that academic year.

That somebody has left must be known before anything goes by itself, because it does not come back: a roll no
longer had them, or there is a roll of a later academic year. A clock that is years ahead, or a school that
sends no roll, costs nobody's record: it is listed, and a person decides. And as with a roll, most of a year
leaving at once is more likely a mistake (a roll of the new Year 7 alone) and waits for somebody to confirm
it.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from contracts.vocabulary import AcademicYear, academic_year_days, academic_year_of
from services.pupils.model.groups import EHC_PLAN
from services.pupils.model.pupil import Pupil
from services.pupils.model.rights_rules import DeletionRule, RightsRules
from services.pupils.model.sheets import PupilRef

_AGE_ABOVE_YEAR_GROUP: Final = 5
LEAVERS_TO_CONFIRM_FROM: Final = 10
"""Below this, more than half of a year can leave unasked, as in an import of a roll."""

Manner = Literal["automatic", "ask"]
"""Whether the Hub does a thing by itself on its day, or a person says so."""


@dataclass(frozen=True, slots=True)
class RetentionSettings:
    """What a school has chosen."""

    pseudonymise_after_days: int
    pseudonymise: Manner = "automatic"
    erase: Manner = "automatic"

    @classmethod
    def of_rules(cls, rules: RightsRules) -> RetentionSettings:
        """Return what holds until a school says otherwise."""
        return cls(rules.pseudonymisation.days_after_year_of_leaving.default)


@dataclass(frozen=True, slots=True)
class Leavers:
    """Whose names go: `due` now, `held_back` (by their last year) once confirmed, `spared` not yet."""

    due: Sequence[Pupil]
    held_back: Mapping[AcademicYear, Sequence[Pupil]]
    spared: int


def kept_until(pupil: Pupil, rule: DeletionRule) -> dt.date:
    """Return the last day on which a pupil's record is kept, if the pupil does not come back."""
    years = rule.years_after_year_of_leaving
    if any(EHC_PLAN in groups for groups in pupil.groups.values()):
        year_group = pupil.years[max(pupil.years)].year_group
        years = max(years, rule.last_age_with_ehc_plan - (year_group + _AGE_ABOVE_YEAR_GROUP))
    end = academic_year_days(left_in(pupil))[1]
    return end.replace(year=end.year + years)


def is_due(pupil: Pupil, rule: DeletionRule, today: dt.date) -> bool:
    """Whether a pupil's record must go."""
    return kept_until(pupil, rule) < today


def pseudonymised_from(pupil: Pupil, after_days: int) -> dt.date:
    """Return the first day on which a pupil's names are not kept, if the pupil does not come back."""
    return academic_year_days(left_in(pupil))[1] + dt.timedelta(days=after_days)


def left_in(pupil: Pupil) -> AcademicYear:
    """Name the academic year that a pupil left in; the last one on roll, as far as is known."""
    last_year = max(pupil.years)
    left_on = pupil.years[last_year].left_on
    return last_year if left_on is None else academic_year_of(left_on)


def leavers(
    pupils: Collection[Pupil], settings: RetentionSettings, today: dt.date, spare: Collection[PupilRef] = ()
) -> Leavers:
    """Find whose names are to go; restricted pupils, and those in `spare`, keep them for now."""
    gone = [
        pupil
        for pupil in certainly_left(pupils)
        if pseudonymised_from(pupil, settings.pseudonymise_after_days) <= today
    ]
    doubtful = _doubtful_years(gone, pupils)
    due: list[Pupil] = []
    held_back: dict[AcademicYear, list[Pupil]] = defaultdict(list)
    named = [pupil for pupil in gone if pupil.pseudonymised_on is None]
    going = [pupil for pupil in named if pupil.restriction is None and pupil.ref not in spare]
    for pupil in sorted(going, key=lambda pupil: (left_in(pupil), pupil.ref)):
        last_year = max(pupil.years)
        (held_back[last_year] if last_year in doubtful else due).append(pupil)
    return Leavers(due, held_back, spared=len(named) - len(going))


def pseudonymised(pupil: Pupil, today: dt.date) -> Pupil:
    """Return a pupil without names and tutor groups; the sealed UPN stays, so that a roll finds them.

    The sheets of the years keep the tutor group by the pupil's id: attendance of a form that is corrected
    later must still find everybody who was in it, or counts that were told would change.
    """
    years = {year: replace(place, tutor_group="") for year, place in pupil.years.items()}
    return replace(pupil, surname="", forename="", years=years, pseudonymised_on=today)


def due_for_erasure(pupils: Iterable[Pupil], rule: DeletionRule, today: dt.date) -> list[Pupil]:
    """Keep the pupils whose record must go, the longest overdue first; restricted ones are kept."""
    due = (p for p in pupils if p.restriction is None and is_due(p, rule, today))
    return sorted(due, key=lambda pupil: (kept_until(pupil, rule), pupil.ref))


def certainly_left(pupils: Collection[Pupil]) -> list[Pupil]:
    """Keep those of whom a roll, or the lack of them in a later one, says that they have left."""
    latest = max((max(pupil.years) for pupil in pupils), default=None)
    return [pupil for pupil in pupils if latest is not None and _has_left(pupil, latest)]


def _has_left(pupil: Pupil, latest: AcademicYear) -> bool:
    last_year = max(pupil.years)
    return last_year < latest or pupil.years[last_year].left_on is not None


def _doubtful_years(gone: Iterable[Pupil], pupils: Iterable[Pupil]) -> set[AcademicYear]:
    """Name the years most of whose pupils have left without a day: their next roll may have been a part."""
    silent = Counter(max(p.years) for p in gone if p.years[max(p.years)].left_on is None)
    on_roll = Counter(year for pupil in pupils for year in pupil.years)
    return {
        year
        for year, number in silent.items()
        if number >= LEAVERS_TO_CONFIRM_FROM and number * 2 > on_roll[year]
    }
