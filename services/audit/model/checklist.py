"""What a checklist's file says: each duty in our words, whom it binds since when, and what shows it is met.

Which items there are, whom they bind and by when they are looked at again is data (`checklists/`); no duty is
in code. Only items of force `duty` count towards the share of duties met: a recommendation that is not
followed breaks no law (domain §6).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from pydantic import Field

from contracts.vocabulary import AcademicYear, Setting, academic_year_days
from services.audit.model.warrant import Confidence, DataFile, LongText, Part, ShortText, Warranted
from services.runtime.errors import NotFoundError

Force = Literal["duty", "recommended", "ambition"]
Need = Literal["careers_leader", "information_review_on", "provider_access"]
"""A particular of the school without which what an item wants published is not whole."""
ITEM_PATTERN: Final = r"^st\.[0-9]{1,2}$"
_COMMON_YEAR: Final = 2025
"""Without 29 February, which ends no term."""


@dataclass(frozen=True, slots=True)
class Institution:
    """What decides which duties bind: its setting, and whether it has Years 12 and 13."""

    setting: Setting
    has_post16: bool


class AppliesTo(Part):
    """Whom an item binds, and from which day to which."""

    settings: Annotated[tuple[Setting, ...], Field(min_length=1)]
    has_post16: bool | None = None
    """True: only where Years 12 and 13 exist; False: only where they do not; None: everywhere."""
    since: dt.date
    until: dt.date | None = None

    def exemption(self, institution: Institution, year: AcademicYear) -> str | None:
        """Say why an item does not bind an institution in an academic year, or None if it does."""
        first_day, last_day = academic_year_days(year)
        if institution.setting not in self.settings:
            return f"binds settings of other kinds: {', '.join(self.settings)}"
        if self.has_post16 is not None and self.has_post16 != institution.has_post16:
            return f"binds only those {'with' if self.has_post16 else 'without'} Years 12 and 13"
        if self.since > last_day:
            return f"binds from {self.since.isoformat()} on"
        if self.until is not None and self.until < first_day:
            return f"bound until {self.until.isoformat()}"
        return None


class Item(Warranted):
    """One item of the checklist."""

    id: Annotated[str, Field(pattern=ITEM_PATTERN)]
    duty: ShortText
    detail: LongText
    detail_with_post16: LongText | None = None
    force: Force
    legal_basis: ShortText
    legal_confidence: Confidence
    applies_to: AppliesTo
    published: bool
    """Whether it is met on the website, so that its address can be given."""
    needs: Need | None = None
    evidence: Annotated[tuple[ShortText, ...], Field(min_length=1)]

    def told_to(self, institution: Institution) -> str:
        """Tell the detail as it is for an institution."""
        if institution.has_post16 and self.detail_with_post16 is not None:
            return f"{self.detail} {self.detail_with_post16}"
        return self.detail


class CheckAgain(Warranted):
    """By when a page is looked at again: the end of the term after the one that it was looked at in."""

    term_ends: Annotated[
        tuple[Annotated[str, Field(pattern=r"^[0-9]{2}-[0-9]{2}$")], ...], Field(min_length=2)
    ]
    note: LongText

    def due_after(self, day: dt.date) -> dt.date:
        """Return the last day of the term that follows a day's own."""
        ends = sorted(
            dt.date(year, int(end[:2]), int(end[3:]))
            for year in (day.year, day.year + 1, day.year + 2)
            for end in self.term_ends
        )
        return [end for end in ends if end >= day][1]


class Checklist(DataFile):
    """One version of a checklist."""

    checklist: str
    title: ShortText
    check_again: CheckAgain
    items: Annotated[tuple[Item, ...], Field(min_length=1)]

    def statements(self) -> Mapping[str, Warranted]:
        """Name the items and the rule of checking again."""
        return {item.id: item for item in self.items} | {"check_again": self.check_again}

    def contradictions(self) -> Iterator[str]:
        """Say what does not fit: an id twice, days that end before they begin, a term that ends on no day."""
        seen: set[str] = set()
        for item in self.items:
            if item.id in seen:
                yield f"items: '{item.id}' is there twice"
            seen.add(item.id)
            applies = item.applies_to
            if applies.until is not None and applies.until < applies.since:
                yield f"{item.id}: until is before since"
        for end in self.check_again.term_ends:
            if not _is_day_of_every_year(end):
                yield f"check_again: '{end}' is not a month and a day of every year"

    def the_item(self, identity: str) -> Item:
        """Find an item; raises NotFoundError that says which there are."""
        for item in self.items:
            if item.id == identity:
                return item
        first, last = self.items[0].id, self.items[-1].id
        raise NotFoundError(f"There is no such item in the checklist; its items are {first} to {last}.")


def _is_day_of_every_year(month_and_day: str) -> bool:
    try:
        dt.date.fromisoformat(f"{_COMMON_YEAR}-{month_and_day}")
    except ValueError:
        return False
    return True
