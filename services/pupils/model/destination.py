"""Where pupils go: what they intend, what they do afterwards, and whether that lasted (domain §8.5, rule 12).

Three different things, never mixed. An intended destination is a dated statement that may change. A spell is
what somebody did from a day to a day, as a source told. A sustained destination is computed from spells by
the rule of the DfE's measure:

- apprenticeship: six months in a row at any time in the destination year, August to July;
- education: every month from October to March;
- employment: five of those six months;
- mixed: five of the six in education or employment, some of each (our reading of "a combination", M);
- not sustained: something was captured, but less than that;
- not captured: nothing is known of the year.

The destination year follows the academic year that the pupil left in. A month counts when a spell covers a
day of it. A spell without an end lasts until the day on which it was last seen, and no further: nobody is in
education because nobody has said otherwise.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, NewType

from contracts.pupils import DestinationCategory, SustainedCategory
from contracts.vocabulary import AcademicYear, academic_year_days
from services.pupils.model.activity import Mark
from services.pupils.model.sheets import PupilRef
from services.runtime.errors import ConflictError, FieldProblem

DestinationId = NewType("DestinationId", str)
"""32 hex digits, made of what was told."""
Category = DestinationCategory
Sustained = SustainedCategory
Month = tuple[int, int]
"""Year and month, such as (2025, 10)."""

NOT_KNOWN: Final = "not_known"
AT_SOME_PLACE: Final[frozenset[Category]] = frozenset(
    {"education", "apprenticeship", "employment", "training"}
)
"""What is done with somebody who can be named; whoever is NEET or has moved away is with nobody."""
AUGUST: Final = 8
APPRENTICESHIP_MONTHS: Final = 6
WINTER_MONTHS: Final = 6
EMPLOYMENT_MONTHS: Final = 5


@dataclass(frozen=True, slots=True)
class Intention:
    """What a pupil means to do: a status of the rules, in the pupil's words, on a day."""

    status: str
    words: str
    said_on: dt.date
    has_offer: bool


@dataclass(frozen=True, slots=True)
class Intended:
    """An intention as it is kept; nothing is overwritten."""

    id: DestinationId
    pupil: PupilRef
    intention: Intention
    recorded: Mark
    retracted: Mark | None = None

    def retract(self, mark: Mark) -> Intended:
        """Say that it was entered by mistake."""
        return replace(self, retracted=mark)


@dataclass(frozen=True, slots=True)
class Spell:
    """Doing one thing for a time; `seen_on` is the last day on which the source knew it."""

    status: str
    provider: str
    source: str
    starts_on: dt.date
    seen_on: dt.date
    ends_on: dt.date | None = None

    @property
    def last_day(self) -> dt.date:
        """The last day that it is known to have lasted to."""
        return self.seen_on if self.ends_on is None else self.ends_on

    def covers(self, first: dt.date, last: dt.date) -> bool:
        """Whether it is known to have lasted on any day of a span."""
        return self.starts_on <= last and self.last_day >= first


@dataclass(frozen=True, slots=True)
class Tracked:
    """A spell as it is kept."""

    id: DestinationId
    pupil: PupilRef
    spell: Spell
    recorded: Mark
    changed: Mark | None = None
    retracted: Mark | None = None

    def retract(self, mark: Mark) -> Tracked:
        """Say that it was entered by mistake."""
        return replace(self, retracted=mark)

    def seen(self, seen_on: dt.date, ends_on: dt.date | None, mark: Mark) -> Tracked | None:
        """Note that it still lasted on a day, or ended; None if that is known. Raises ConflictError."""
        spell = self.spell
        if (seen_on <= spell.seen_on and ends_on is None) or (
            ends_on is not None and ends_on == spell.ends_on
        ):
            return None
        if spell.ends_on is not None:
            raise ConflictError("This has ended already. If it was resumed, record that as something new.")
        return replace(
            self, spell=replace(spell, seen_on=max(seen_on, spell.seen_on), ends_on=ends_on), changed=mark
        )


def spell_problems(
    spell: Spell, categories: Mapping[str, Category], today: dt.date
) -> tuple[FieldProblem, ...]:
    """List what makes no sense; `categories` says what each status that there is counts as."""
    problems = []
    if spell.status not in categories:
        problems.append(FieldProblem("status", f"is none of: {', '.join(categories)}"))
    elif not spell.provider and categories[spell.status] in AT_SOME_PLACE:
        problems.append(
            FieldProblem("provider", "is missing: name the college, employer or training provider")
        )
    if spell.seen_on < spell.starts_on:
        problems.append(FieldProblem("seen_on", "is before starts_on"))
    if spell.seen_on > today:
        problems.append(FieldProblem("seen_on", "is in the future; give the day on which it was last known"))
    if spell.ends_on is not None and spell.ends_on < spell.starts_on:
        problems.append(FieldProblem("ends_on", "is before starts_on"))
    return tuple(problems)


def intention_problems(
    intention: Intention, known: Iterable[str], today: dt.date
) -> tuple[FieldProblem, ...]:
    """List what makes no sense."""
    problems = []
    if intention.status not in known:
        problems.append(FieldProblem("status", f"is none of: {', '.join(known)}"))
    if intention.said_on > today:
        problems.append(FieldProblem("said_on", "is in the future"))
    return tuple(problems)


def spell_on(spells: Iterable[Spell], day: dt.date) -> Spell | None:
    """Find what somebody is known to have done on a day; of several things, what began last."""
    covering = (spell for spell in spells if spell.covers(day, day))
    return max(covering, key=lambda spell: spell.starts_on, default=None)


def status_on(spells: Iterable[Spell], day: dt.date) -> str:
    """Name the status of a day; `not_known` where no spell covers it."""
    found = spell_on(spells, day)
    return NOT_KNOWN if found is None else found.status


def sustained(
    spells: Sequence[Spell], categories: Mapping[str, Category], left_in: AcademicYear
) -> Sustained:
    """Judge the destination year of somebody who left in an academic year, by the DfE's rule (see above)."""
    months = destination_months(left_in)
    winter = months[2 : 2 + WINTER_MONTHS]
    by_category = {
        category: {
            month for month in months for spell in spells if _counts(spell, month, category, categories)
        }
        for category in ("apprenticeship", "education", "employment")
    }
    if _longest_run(by_category["apprenticeship"], months) >= APPRENTICESHIP_MONTHS:
        return "apprenticeship"
    studying, working = (by_category[name] & set(winter) for name in ("education", "employment"))
    if len(studying) == WINTER_MONTHS:
        return "education"
    if len(working) >= EMPLOYMENT_MONTHS:
        return "employment"
    if working and len(studying | working) >= EMPLOYMENT_MONTHS:
        return "mixed"
    first, last = destination_year(left_in)
    captured = any(spell.covers(first, last) and categories[spell.status] != NOT_KNOWN for spell in spells)
    return "not_sustained" if captured else "not_captured"


def destination_months(left_in: AcademicYear) -> list[Month]:
    """List the months of the destination year, August to July, that follows an academic year."""
    year = academic_year_days(left_in)[1].year
    return [(year + (AUGUST - 1 + step) // 12, (AUGUST - 1 + step) % 12 + 1) for step in range(12)]


def destination_year(left_in: AcademicYear) -> tuple[dt.date, dt.date]:
    """Return the first and the last day of the destination year that follows an academic year."""
    months = destination_months(left_in)
    return _days(months[0])[0], _days(months[-1])[1]


def _counts(spell: Spell, month: Month, category: str, categories: Mapping[str, Category]) -> bool:
    return categories[spell.status] == category and spell.covers(*_days(month))


def _days(month: Month) -> tuple[dt.date, dt.date]:
    year, number = month
    following = (year + number // 12, number % 12 + 1)
    return dt.date(year, number, 1), dt.date(*following, 1) - dt.timedelta(days=1)


def _longest_run(found: set[Month], months: Sequence[Month]) -> int:
    longest = run = 0
    for month in months:
        run = run + 1 if month in found else 0
        longest = max(longest, run)
    return longest
