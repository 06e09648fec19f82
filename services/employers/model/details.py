"""What the Hub knows of an employer beyond its entry in the register: sites, standards, safeguarding facts.

No certificate, and no number or date of one, has a place here: what is kept is what was found (domain §9.5).
Regulated activity is unsupervised contact once a week or more, on four days in thirty, or overnight; for
anything else a check against the barred list may not be asked for, so a record that claims one is refused.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from contracts.vocabulary import EmployerId
from services.employers.matching.land import Land
from services.employers.model.directory import Position
from services.runtime.errors import ConflictError, FieldProblem, InvalidError

DbsStatus = Literal["not_needed", "requested", "basic", "enhanced", "enhanced_with_barred_list", "unknown"]
Supervision = Literal["always", "at_times", "never", "unknown"]
Frequency = Literal["occasional", "four_days_in_thirty", "weekly_or_more", "overnight", "unknown"]

_REGULATED: Final = frozenset({"four_days_in_thirty", "weekly_or_more", "overnight"})


@dataclass(frozen=True, slots=True)
class Mark:
    """Who did something, and when."""

    by: str
    at: dt.datetime


@dataclass(frozen=True, slots=True)
class Site:
    """A place where an employer works, besides the one in its entry."""

    name: str
    town: str | None
    postcode: str | None
    position: Position | None


@dataclass(frozen=True, slots=True)
class SelfAssessment:
    """What an employer has said of itself against the Employer Standards: a score for each standard told."""

    assessed_on: dt.date
    scores: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Safeguarding:
    """What was found about an employer's people with pupils: statuses and days, never a document."""

    dbs_status: DbsStatus = "unknown"
    supervision: Supervision = "unknown"
    frequency: Frequency = "unknown"
    insurance_until: dt.date | None = None
    risk_assessment_date: dt.date | None = None

    @property
    def may_be_regulated_activity(self) -> bool:
        """Whether contact is, or may be, regulated activity; an unknown fact leaves it open."""
        return self.supervision != "always" and self.frequency in {*_REGULATED, "unknown"}


@dataclass(frozen=True, slots=True)
class Details:
    """All that is known of an employer beyond its entry; `version` counts the changes, from 1."""

    company_number: str | None = None
    postcode: str | None = None
    sites: tuple[Site, ...] = ()
    is_cornerstone: bool = False
    standards: SelfAssessment | None = None
    safeguarding: Safeguarding = Safeguarding()


@dataclass(frozen=True, slots=True)
class KeptDetails:
    """An employer's details as they are kept; version 0 is that of an employer without any."""

    employer: EmployerId
    version: int
    details: Details
    changed: Mark | None


def details_problems(
    details: Details, standards: tuple[str, ...], land: Land, today: dt.date
) -> tuple[FieldProblem, ...]:
    """List what makes no sense."""
    problems = [
        FieldProblem(f"sites[{place}].name", "is the name of another site as well")
        for place, site in enumerate(details.sites)
        if site.name.casefold() in {other.name.casefold() for other in details.sites[:place]}
    ]
    problems += [
        FieldProblem(f"sites[{place}].position", reason)
        for place, site in enumerate(details.sites)
        if (reason := land.problem(site.position)) is not None
    ]
    assessment, safeguarding = details.standards, details.safeguarding
    if assessment is not None:
        if assessment.assessed_on > today:
            problems.append(FieldProblem("standards.assessed_on", "is in the future"))
        if not set(assessment.scores) <= set(standards):
            reason = f"names none of the standards: {', '.join(standards)}"
            problems.append(FieldProblem("standards.scores", reason))
    if safeguarding.risk_assessment_date is not None and safeguarding.risk_assessment_date > today:
        problems.append(FieldProblem("safeguarding.risk_assessment_date", "is in the future"))
    if safeguarding.dbs_status == "enhanced_with_barred_list" and not safeguarding.may_be_regulated_activity:
        reason = (
            "may not be asked for: contact that is always supervised, or occasional, is no regulated activity"
        )
        problems.append(FieldProblem("safeguarding.dbs_status", reason))
    return tuple(problems)


def change(kept: KeptDetails, seen: int, details: Details, mark: Mark) -> KeptDetails | None:
    """Put details in place of those that the caller has seen; None if they are the same.

    Raises ConflictError if they were changed meanwhile.
    """
    if kept.details == details and kept.version:
        return None
    if seen != kept.version:
        raise ConflictError(
            f"These details were changed meanwhile (version {kept.version}). Read them again."
        )
    return KeptDetails(kept.employer, kept.version + 1, details, mark)


def refuse(problems: tuple[FieldProblem, ...]) -> None:
    """Raise InvalidError if there is a problem."""
    if problems:
        raise InvalidError("These details cannot be kept.", problems)
