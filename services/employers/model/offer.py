"""What an employer offers in a term, and how often all schools together may ask it.

The capacity is for the term, and so is the ask budget. A budget that nobody has agreed with the employer goes
by its size (`rules/default-offers.json`).

An employer manages its own offers, but does not say of itself that safeguarding is in order.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import Final, Literal

from contracts.employers import OfferListed, OfferState
from contracts.vocabulary import EmployerId
from services.employers.matching.limits import MOST_CAPACITY, MOST_PUPILS, MOST_RADIUS_KM
from services.employers.matching.round import SendConfidence
from services.employers.model.calendar import SchoolTerm, days_problems
from services.runtime.errors import FieldProblem

Hindrance = Literal["withdrawn", "not_vetted", "merged", "safeguarding"]
"""Why no round proposes an offer, whatever schools need."""
MOST_OFFERS_OF_AN_EMPLOYER: Final = 100
"""In one term. There are a dozen types; more is one offer sent again and again."""
LARGEST_CAPACITY: Final = MOST_CAPACITY
LARGEST_GROUP: Final = MOST_PUPILS
LARGEST_RADIUS_KM: Final = MOST_RADIUS_KM


@dataclass(frozen=True, slots=True)
class Offering:
    """An offer. `radius_km` is None for a virtual one; `days` None where any day of the term will do.

    `safeguarding_until` is the last day on which supervision, insurance and checks are in order (domain
    §9.5), None while they are not. `evidence_note` says what shows confidence with SEND.
    """

    employer_id: EmployerId
    type: str
    term: SchoolTerm
    year_groups: tuple[int, ...]
    group_size: int
    capacity: int
    radius_km: int | None
    send: SendConfidence
    evidence_note: str | None
    safeguarding_until: dt.date | None
    days: tuple[dt.date, ...] | None
    state: OfferState = "published"

    @property
    def virtual(self) -> bool:
        """Whether it has no place."""
        return self.radius_km is None

    def told(self, offer_id: str) -> OfferListed:
        """Say that it is offered, or no longer."""
        return OfferListed(
            offer_id=offer_id,
            employer_id=self.employer_id,
            activity_type=self.type,
            academic_year=self.term.academic_year,
            term=self.term.name,
            year_groups=self.year_groups,
            group_size=self.group_size,
            capacity=self.capacity,
            virtual=self.virtual,
            state=self.state,
        )

    def withdrawn(self) -> Offering:
        """Return it as it is once it is withdrawn."""
        return replace(self, state="withdrawn")


@dataclass(frozen=True, slots=True)
class AskBudget:
    """How often all schools together may ask an employer in a term."""

    asks: int


def told_by_employer(offering: Offering, before: Offering | None) -> Offering:
    """Keep what a coordinator said of safeguarding, as long as the employer does not offer something else.

    Supervision and checks depend on what is done, where, and how old pupils are (domain §9.5): another type,
    virtual or not, or further year groups are for the coordinator to look at again.
    """
    as_seen = (
        before is not None
        and (before.type, before.virtual) == (offering.type, offering.virtual)
        and set(offering.year_groups) <= set(before.year_groups)
    )
    return replace(
        offering, safeguarding_until=before.safeguarding_until if before is not None and as_seen else None
    )


def hindrances(offering: Offering, vetted: bool, merged: bool, today: dt.date) -> tuple[Hindrance, ...]:  # noqa: FBT001
    """Say why no round proposes an offer; none if one may."""
    until = offering.safeguarding_until
    found: dict[Hindrance, bool] = {
        "withdrawn": offering.state == "withdrawn",
        "not_vetted": not vetted,
        "merged": merged,
        "safeguarding": until is None or until < today,
    }
    return tuple(name for name, holds in found.items() if holds)


def offering_problems(
    offering: Offering, today: dt.date, before: Offering | None = None
) -> tuple[FieldProblem, ...]:
    """Say what makes no sense in an offer. What was said before may have gone into the past since."""
    first, last = offering.term.days
    problems = list(days_problems(offering.days, today, before is None or before.days != offering.days))
    if last < today:
        problems.append(FieldProblem("term", f"ended on {last.isoformat()}; offer it for one that has not"))
    outside = [day for day in offering.days or () if day not in offering.term]
    if outside:
        reason = f"has {outside[0].isoformat()}, outside the term ({first.isoformat()} to {last.isoformat()})"
        problems.append(FieldProblem("days", reason))
    until = offering.safeguarding_until
    if until is not None and until < today and (before is None or before.safeguarding_until != until):
        problems.append(
            FieldProblem("safeguarding_until", "is in the past; leave it out until all is in order")
        )
    if (offering.send == "evidenced") != (offering.evidence_note is not None):
        reason = "goes with send `evidenced`, and with that alone: say what shows it"
        problems.append(FieldProblem("evidence_note", reason))
    if before is not None and before.employer_id != offering.employer_id:
        problems.append(FieldProblem("employer_id", "cannot change; withdraw the offer, and make another"))
    return tuple(problems)
