"""How a year of duties lies in its school's database: `statutory`, one document an academic year.

The statements are a list inside it, because their ids have dots. Every version that was replaced is a
document of its own in `statutory_versions`, by the year, what it was of, and its number. Days and moments are
ISO text, as with evaluations.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from contracts.vocabulary import AcademicYear
from services.audit.model.checklist import Institution
from services.audit.model.statutory import (
    Particulars,
    Person,
    ProviderAccess,
    Stated,
    StatedParticulars,
    Statement,
    YearOfDuties,
)
from services.runtime.mongo import Document, Index, Replace
from services.runtime.tenancy import SchoolDatabase
from services.runtime.uow import UnitOfWork
from services.runtime.versions import Mark

STATUTORY: Final = "statutory"
STATUTORY_VERSIONS: Final = "statutory_versions"
PARTICULARS: Final = "particulars"
STATUTORY_INDEXES: Final = {STATUTORY_VERSIONS: (Index((("academic_year", 1), ("of", 1), ("version", -1))),)}


async def find_year(database: SchoolDatabase | UnitOfWork, year: AcademicYear) -> YearOfDuties:
    """Read what is stated for an academic year; nothing at all is a year too."""
    document = await database.collection(STATUTORY).get(year)
    if document is None:
        return YearOfDuties(year)
    stated = [_read_stated(found) for found in document["items"]]
    particulars = document["particulars"]
    return YearOfDuties(
        year,
        None if particulars is None else _read_particulars(particulars),
        {found.item: found for found in stated},
    )


async def versions_before(database: SchoolDatabase, year: AcademicYear, item: str) -> list[Stated]:
    """Read the replaced versions of a statement, the latest first."""
    found = await database.collection(STATUTORY_VERSIONS).find(
        {"academic_year": year, "of": item}, sort=[("version", -1)]
    )
    return [_read_stated(document["stated"]) for document in found]


async def keep_year(
    unit: UnitOfWork, year: YearOfDuties, replaced: Stated | StatedParticulars | None
) -> None:
    """Write a year as it is now, and keep the version that was replaced."""
    document = {
        "_id": year.academic_year,
        "particulars": None if year.particulars is None else _particulars_document(year.particulars),
        "items": [_stated_document(stated) for stated in year.items.values()],
    }
    await unit.collection(STATUTORY).write(Replace({"_id": year.academic_year}, document, upsert=True))
    if replaced is None:
        return
    of = replaced.item if isinstance(replaced, Stated) else PARTICULARS
    stated = _stated_document(replaced) if isinstance(replaced, Stated) else _particulars_document(replaced)
    await unit.collection(STATUTORY_VERSIONS).insert(
        {
            "_id": f"{year.academic_year}:{of}:{replaced.version}",
            "academic_year": year.academic_year,
            "of": of,
            "version": replaced.version,
            "stated": stated,
        }
    )


def _stated_document(stated: Stated) -> Document:
    statement = stated.statement
    return {
        "item": stated.item,
        "version": stated.version,
        "checklist_version": stated.checklist_version,
        "state": statement.state,
        "reason": statement.reason,
        "url": statement.url,
        "last_checked_on": _iso(statement.last_checked_on),
        "next_check_on": _iso(statement.next_check_on),
        "note": statement.note,
        "checked_by": stated.checked_by,
        **_mark_document(stated.mark),
    }


def _read_stated(document: Document) -> Stated:
    return Stated(
        item=document["item"],
        version=document["version"],
        checklist_version=document["checklist_version"],
        statement=Statement(
            state=document["state"],
            reason=document["reason"],
            url=document["url"],
            last_checked_on=_day(document["last_checked_on"]),
            next_check_on=_day(document["next_check_on"]),
            note=document["note"],
        ),
        mark=_read_mark(document),
        checked_by=document["checked_by"],
    )


def _particulars_document(stated: StatedParticulars) -> Document:
    given = stated.particulars
    access = given.provider_access
    return {
        "version": stated.version,
        "setting": given.institution.setting,
        "has_post16": given.institution.has_post16,
        "careers_leader": _person_document(given.careers_leader),
        "link_governor": _person_document(given.link_governor),
        "provider_access": None
        if access is None
        else {"url": access.url, "review_on": _iso(access.review_on)},
        "information_review_on": _iso(given.information_review_on),
        **_mark_document(stated.mark),
    }


def _read_particulars(document: Document) -> StatedParticulars:
    access = document["provider_access"]
    return StatedParticulars(
        version=document["version"],
        particulars=Particulars(
            institution=Institution(document["setting"], document["has_post16"]),
            careers_leader=_read_person(document["careers_leader"]),
            link_governor=_read_person(document["link_governor"]),
            provider_access=None
            if access is None
            else ProviderAccess(access["url"], dt.date.fromisoformat(access["review_on"])),
            information_review_on=_day(document["information_review_on"]),
        ),
        mark=_read_mark(document),
    )


def _person_document(person: Person | None) -> Document | None:
    if person is None:
        return None
    return {"name": person.name, "email": person.email, "telephone": person.telephone}


def _read_person(document: Document | None) -> Person | None:
    return None if document is None else Person(**document)


def _mark_document(mark: Mark) -> dict[str, Any]:
    return {"at": mark.at.isoformat(), "by": mark.by}


def _read_mark(document: Document) -> Mark:
    return Mark(dt.datetime.fromisoformat(document["at"]), document["by"])


def _iso(day: dt.date | None) -> str | None:
    return None if day is None else day.isoformat()


def _day(text: str | None) -> dt.date | None:
    return None if text is None else dt.date.fromisoformat(text)
