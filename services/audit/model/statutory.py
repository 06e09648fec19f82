"""What a school says of its statutory duties in an academic year, and what follows from it.

An item is stated by itself, with a version of its own, so that two people who look after different duties do
not get into each other's way. The particulars (who leads on careers, which governor, when the published
information is reviewed) are stated as one. Nothing is overwritten: the version before is kept.

The share of duties met is floored, and 100 only if every applicable duty is met. What does not apply leaves
the denominator; what nobody has stated stays in it (domain rules 2 and 3).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from contracts.vocabulary import AcademicYear
from services.audit.model.checklist import Checklist, Force, Institution, Item, Need
from services.audit.model.web_address import NO_WEB_ADDRESS, is_web_address
from services.runtime.errors import ConflictError, FieldProblem
from services.runtime.versions import Mark

StatedState = Literal["met", "partly", "not_met", "not_applicable"]
State = Literal["met", "partly", "not_met", "not_applicable", "not_stated"]

NOT_YET: Final = 0
"""The version of what nobody has stated."""


@dataclass(frozen=True, slots=True)
class Statement:
    """What the school says of one item; `next_check_on` is None where nothing was looked at."""

    state: StatedState
    reason: str | None = None
    url: str | None = None
    last_checked_on: dt.date | None = None
    next_check_on: dt.date | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Stated:
    """A statement as it is kept: which version of it, of which checklist, by whom; `checked_by` looked."""

    item: str
    version: int
    checklist_version: str
    statement: Statement
    mark: Mark
    checked_by: str | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whose name the school publishes, or whom it chooses to name."""

    name: str
    email: str | None = None
    telephone: str | None = None


@dataclass(frozen=True, slots=True)
class ProviderAccess:
    """Where the provider access policy statement is published, and when it is reviewed next."""

    url: str
    review_on: dt.date


@dataclass(frozen=True, slots=True)
class Particulars:
    """What kind of institution it is, who is named for careers, and when what is published is reviewed."""

    institution: Institution
    careers_leader: Person | None = None
    link_governor: Person | None = None
    provider_access: ProviderAccess | None = None
    information_review_on: dt.date | None = None


@dataclass(frozen=True, slots=True)
class StatedParticulars:
    """Particulars as they are kept."""

    version: int
    particulars: Particulars
    mark: Mark


@dataclass(frozen=True, slots=True)
class YearOfDuties:
    """All that a school has stated for an academic year."""

    academic_year: AcademicYear
    particulars: StatedParticulars | None = None
    items: Mapping[str, Stated] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ItemStatus:
    """How an item stands: with the reason if it does not apply, and whether it should have been looked at."""

    item: Item
    state: State
    reason: str | None
    stated: Stated | None
    overdue: bool

    @property
    def counts(self) -> bool:
        """Whether it is in the denominator."""
        return self.state != "not_applicable"


@dataclass(frozen=True, slots=True)
class Share:
    """How many of the applicable items are met; `percent` is None where none applies."""

    met: int
    applicable: int

    @property
    def percent(self) -> int | None:
        """The share, floored."""
        return 100 * self.met // self.applicable if self.applicable else None

    @property
    def all_met(self) -> bool:
        """Whether nothing that applies is left."""
        return 0 < self.applicable == self.met


def statement_problems(
    statement: Statement, item: Item, exemption: str | None, today: dt.date
) -> tuple[FieldProblem, ...]:
    """List everything that makes no sense in a statement; `exemption` says why the item does not bind."""
    problems = []
    if exemption is not None and statement.state != "not_applicable":
        problems.append(FieldProblem("state", f"can only be not_applicable, because this item {exemption}"))
    if statement.state == "not_applicable" and statement.reason is None:
        problems.append(FieldProblem("reason", "is missing; say why the item does not apply to the school"))
    if statement.state != "not_applicable" and statement.reason is not None:
        problems.append(FieldProblem("reason", "is only for what is not_applicable; use note instead"))
    if statement.url is not None and not is_web_address(statement.url):
        problems.append(FieldProblem("url", NO_WEB_ADDRESS))
    if item.published and statement.state == "met" and statement.url is None:
        problems.append(FieldProblem("url", "is missing; this is met where it is published, so say where"))
    return (*problems, *_problems_of_days(statement, today))


def _problems_of_days(statement: Statement, today: dt.date) -> Iterable[FieldProblem]:
    checked, due = statement.last_checked_on, statement.next_check_on
    if checked is not None and checked > today:
        yield FieldProblem("last_checked_on", "is in the future; state it once somebody has looked")
    if due is not None and checked is None:
        yield FieldProblem("next_check_on", "is only for what has been looked at; send last_checked_on too")
    if due is not None and checked is not None and due <= checked:
        yield FieldProblem("next_check_on", "is not after last_checked_on")


def particulars_problems(particulars: Particulars) -> tuple[FieldProblem, ...]:
    """List what makes no sense in particulars."""
    access = particulars.provider_access
    if access is not None and not is_web_address(access.url):
        return (FieldProblem("provider_access.url", NO_WEB_ADDRESS),)
    return ()


def refuse_stale(seen: int, current: int) -> None:
    """Raise ConflictError that names the current version unless the caller has seen it."""
    if seen != current:
        raise ConflictError(
            f"Somebody else has changed this meanwhile (version {current}). Read it again, then send yours."
        )


def statuses(year: YearOfDuties, checklist: Checklist, today: dt.date) -> tuple[ItemStatus, ...]:
    """Say how every item of the checklist stands; before particulars are stated, each is taken to apply."""
    found = []
    for item in checklist.items:
        stated = year.items.get(item.id)
        exemption = None
        if year.particulars is not None:
            institution = year.particulars.particulars.institution
            exemption = item.applies_to.exemption(institution, year.academic_year)
        found.append(_status(item, stated, exemption, today))
    return tuple(found)


def _status(item: Item, stated: Stated | None, exemption: str | None, today: dt.date) -> ItemStatus:
    if exemption is not None:
        return ItemStatus(item, "not_applicable", exemption, stated, overdue=False)
    if stated is None:
        return ItemStatus(item, "not_stated", None, None, overdue=item.published)
    statement = stated.statement
    if statement.state == "not_applicable":
        return ItemStatus(item, "not_applicable", statement.reason, stated, overdue=False)
    due = statement.next_check_on
    overdue = item.published if due is None else due < today
    return ItemStatus(item, statement.state, None, stated, overdue)


def share_of(found: Iterable[ItemStatus], *forces: Force) -> Share:
    """Count the items of these forces that apply and are met."""
    counted = [status for status in found if status.item.force in forces and status.counts]
    return Share(sum(status.state == "met" for status in counted), len(counted))


def missing_for_publication(
    found: Iterable[ItemStatus], particulars: Particulars | None, today: dt.date
) -> tuple[FieldProblem, ...]:
    """List what is still to be put on the website, or to be known so that it can be."""
    missing = []
    for status in found:
        if not status.item.published or not status.counts:
            continue
        address = None if status.stated is None else status.stated.statement.url
        if address is None or status.state != "met":
            missing.append(FieldProblem(status.item.id, "is not stated as met with the address of its page"))
        if status.item.needs is not None:
            missing += _MISSING[status.item.needs](particulars, today)
    return tuple(missing)


def _missing_of_leader(particulars: Particulars | None, _today: dt.date) -> Iterable[FieldProblem]:
    leader = None if particulars is None else particulars.careers_leader
    if leader is None:
        yield FieldProblem("careers_leader", "is not named")
        return
    if leader.email is None:
        yield FieldProblem("careers_leader.email", "is not known")
    if leader.telephone is None:
        yield FieldProblem("careers_leader.telephone", "is not known")


def _missing_of_review(particulars: Particulars | None, today: dt.date) -> Iterable[FieldProblem]:
    review_on = None if particulars is None else particulars.information_review_on
    if review_on is None:
        yield FieldProblem("information_review_on", "is not known")
    elif review_on < today:
        yield FieldProblem(
            "information_review_on", "has passed; review what is published and name the next day"
        )


def _missing_of_access(particulars: Particulars | None, today: dt.date) -> Iterable[FieldProblem]:
    access = None if particulars is None else particulars.provider_access
    if access is None:
        yield FieldProblem(
            "provider_access", "is not known: the statement's address, and when it is reviewed"
        )
    elif access.review_on < today:
        yield FieldProblem(
            "provider_access.review_on", "has passed; review the statement and name the next day"
        )


_MISSING: Final[Mapping[Need, Callable[[Particulars | None, dt.date], Iterable[FieldProblem]]]] = {
    "careers_leader": _missing_of_leader,
    "information_review_on": _missing_of_review,
    "provider_access": _missing_of_access,
}
