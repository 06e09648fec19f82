"""What a school sees of its statutory checklist: how each duty stands, and what is overdue or missing."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from contracts.vocabulary import AcademicYear
from services.audit.checklists import statutory_checklist
from services.audit.model.checklist import Institution
from services.audit.model.days import today_in_england
from services.audit.model.statutory import (
    NOT_YET,
    ItemStatus,
    Share,
    Stated,
    StatedParticulars,
    YearOfDuties,
    missing_for_publication,
    share_of,
    statuses,
)
from services.audit.store.statutory import find_year, versions_before
from services.runtime.context import ServiceContext
from services.runtime.errors import FieldProblem

View = dict[str, Any]


@dataclass(frozen=True, slots=True)
class DutiesStanding:
    """How a school stands with its duties in an academic year, on a day."""

    year: YearOfDuties
    statuses: tuple[ItemStatus, ...]
    duties: Share
    recommended: Share
    missing: tuple[FieldProblem, ...]


async def duties_standing(context: ServiceContext, urn: str, year: AcademicYear) -> DutiesStanding:
    """Read how a school stands with its duties today."""
    today = today_in_england(context.clock())
    found = await find_year(context.school(urn), year)
    standing = statuses(found, statutory_checklist(), today)
    particulars = None if found.particulars is None else found.particulars.particulars
    return DutiesStanding(
        year=found,
        statuses=standing,
        duties=share_of(standing, "duty"),
        recommended=share_of(standing, "recommended", "ambition"),
        missing=missing_for_publication(standing, particulars, today),
    )


async def checklist_view(context: ServiceContext, urn: str, year: AcademicYear) -> View:
    """Show the checklist of an academic year."""
    checklist = statutory_checklist()
    standing = await duties_standing(context, urn, year)
    particulars = standing.year.particulars
    institution = None if particulars is None else particulars.particulars.institution
    return {
        "academic_year": year,
        "checklist_version": checklist.version,
        "particulars": particulars_view(particulars),
        "items": [_item_view(status, institution) for status in standing.statuses],
        "duties": _share_view(standing.duties),
        "recommended": _share_view(standing.recommended),
        "overdue": [status.item.id for status in standing.statuses if status.overdue],
        "missing_for_publication": [problem.to_json() for problem in standing.missing],
    }


async def history_view(context: ServiceContext, urn: str, year: AcademicYear, item: str) -> View:
    """Show an item's statement and all that it replaced, the latest first."""
    database = context.school(urn)
    current = (await find_year(database, year)).items.get(item)
    replaced = await versions_before(database, year, item)
    return {"item": item, "versions": [stated_view(one) for one in ([current] if current else []) + replaced]}


def stated_view(stated: Stated) -> View:
    """Show a statement as it is kept."""
    statement = stated.statement
    return {
        "item": stated.item,
        "version": stated.version,
        "checklist_version": stated.checklist_version,
        "state": statement.state,
        "reason": statement.reason,
        "url": statement.url,
        "last_checked_on": _iso(statement.last_checked_on),
        "checked_by": stated.checked_by,
        "next_check_on": _iso(statement.next_check_on),
        "note": statement.note,
        "stated_at": stated.mark.at.isoformat(),
        "stated_by": stated.mark.by,
    }


def particulars_view(stated: StatedParticulars | None) -> View:
    """Show particulars; version 0 and nothing else where none are stated."""
    if stated is None:
        return {"version": NOT_YET}
    given = stated.particulars
    leader, governor, access = given.careers_leader, given.link_governor, given.provider_access
    return {
        "version": stated.version,
        "setting": given.institution.setting,
        "has_post16": given.institution.has_post16,
        "careers_leader": None
        if leader is None
        else {"name": leader.name, "email": leader.email, "telephone": leader.telephone},
        "link_governor": None if governor is None else {"name": governor.name},
        "provider_access": None
        if access is None
        else {"url": access.url, "review_on": access.review_on.isoformat()},
        "information_review_on": _iso(given.information_review_on),
        "stated_at": stated.mark.at.isoformat(),
        "stated_by": stated.mark.by,
    }


def _item_view(status: ItemStatus, institution: Institution | None) -> View:
    item = status.item
    return {
        "id": item.id,
        "duty": item.duty,
        "detail": item.detail if institution is None else item.told_to(institution),
        "force": item.force,
        "legal_basis": item.legal_basis,
        "published": item.published,
        "evidence": list(item.evidence),
        "confidence": item.confidence,
        "sources": list(item.sources),
        "state": status.state,
        "reason": status.reason,
        "overdue": status.overdue,
        "version": NOT_YET if status.stated is None else status.stated.version,
        "stated": None if status.stated is None else stated_view(status.stated),
    }


def _share_view(share: Share) -> View:
    return {
        "applicable": share.applicable,
        "met": share.met,
        "percent": share.percent,
        "all_met": share.all_met,
    }


def _iso(day: dt.date | None) -> str | None:
    return None if day is None else day.isoformat()
