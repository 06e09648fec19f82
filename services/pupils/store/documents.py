"""How pupils and sheets are written down, and read back; `activity_documents.py` has the activities.

Days are ISO text, because BSON has no date without a time. What a sheet's document says of itself (`on_roll`,
`subsidiary`, `reached`, `tutor_groups`) is derived and written with it, so that coverage is read without the
pupils. The pupils and credits themselves, which nothing looks for inside the store, are one field of bytes
each (orjson): the embedded store takes a quarter of the time for that (ADR 9).
"""

from __future__ import annotations

import datetime as dt

import orjson

from services.pupils.model.enrolment import CURRENT
from services.pupils.model.pupil import Enrolled, Pupil, YearPlace
from services.pupils.model.restriction import Restriction
from services.pupils.model.sheets import Sheet
from services.runtime.mongo import Document


def pupil_document(pupil: Pupil) -> Document:
    """Write a pupil down."""
    return {
        "_id": pupil.ref,
        "upn_digest": pupil.upn_digest,
        "former_digests": list(pupil.former_digests),
        "upn_sealed": pupil.upn_sealed,
        "surname": pupil.surname,
        "forename": pupil.forename,
        "years": {year: _place_document(place) for year, place in pupil.years.items()},
        "groups": {year: list(groups) for year, groups in pupil.groups.items()},
        "restriction": None if pupil.restriction is None else restriction_document(pupil.restriction),
        "pseudonymised_on": _maybe_day(pupil.pseudonymised_on),
    }


def read_pupil(document: Document) -> Pupil:
    """Read a pupil back."""
    return Pupil(
        ref=document["_id"],
        upn_digest=document["upn_digest"],
        upn_sealed=document["upn_sealed"],
        surname=document["surname"],
        forename=document["forename"],
        years={year: _read_place(place) for year, place in document["years"].items()},
        groups={year: tuple(groups) for year, groups in document["groups"].items()},
        former_digests=tuple(document.get("former_digests", ())),
        restriction=_read_restriction(document.get("restriction")),
        pseudonymised_on=_read_maybe_day(document.get("pseudonymised_on")),
    )


def read_enrolled(document: Document) -> Enrolled:
    """Read back who a pupil is and where, from a document that may have no more than that."""
    return Enrolled(
        ref=document["_id"],
        upn_digest=document["upn_digest"],
        years={year: _read_place(place) for year, place in document["years"].items()},
        former_digests=tuple(document.get("former_digests", ())),
    )


def restriction_document(restriction: Restriction) -> Document:
    """Write down what a pupil's own document says of a restriction."""
    return {
        "id": restriction.id,
        "reason": restriction.reason,
        "since": restriction.since.isoformat(),
        "review_on": _maybe_day(restriction.review_on),
    }


def _read_restriction(document: Document | None) -> Restriction | None:
    if document is None:
        return None
    return Restriction(
        id=document["id"],
        reason=document["reason"],
        since=dt.date.fromisoformat(document["since"]),
        review_on=_read_maybe_day(document["review_on"]),
    )


def _maybe_day(day: dt.date | None) -> str | None:
    return None if day is None else day.isoformat()


def _read_maybe_day(text: str | None) -> dt.date | None:
    return None if text is None else dt.date.fromisoformat(text)


def _place_document(place: YearPlace) -> Document:
    document: Document = {"year_group": place.year_group, "tutor_group": place.tutor_group}
    if place.left_on is not None:
        document["left_on"] = place.left_on.isoformat()
    if place.admitted_on is not None:
        document["admitted_on"] = place.admitted_on.isoformat()
    if place.enrolment != CURRENT:
        document["enrolment"] = place.enrolment
    return document


def _read_place(document: Document) -> YearPlace:
    return YearPlace(
        document["year_group"],
        document["tutor_group"],
        _read_day(document.get("left_on")),
        _read_day(document.get("admitted_on")),
        document.get("enrolment", CURRENT),
    )


def _read_day(text: str | None) -> dt.date | None:
    return None if text is None else dt.date.fromisoformat(text)


def sheet_document(sheet: Sheet) -> Document:
    """Write a sheet down."""
    return {
        "_id": sheet.id,
        "academic_year": sheet.academic_year,
        "year_group": sheet.year_group,
        "on_roll": len(sheet.pupils),
        "subsidiary": len(sheet.subsidiary),
        "reached": sheet.reached(),
        "tutor_groups": sheet.tutor_groups,
        "content": orjson.dumps(
            {
                "pupils": sheet.pupils,
                "left": sheet.left,
                "credits": sheet.credits,
                "groups": {group: sorted(members) for group, members in sheet.groups.items()},
                "subsidiary": sorted(sheet.subsidiary),
                "admitted": sheet.admitted,
            }
        ),
    }


def read_sheet(document: Document) -> Sheet:
    """Read a sheet back."""
    content = orjson.loads(document["content"])
    return Sheet(
        academic_year=document["academic_year"],
        year_group=document["year_group"],
        pupils=content["pupils"],
        left=content["left"],
        credits=content["credits"],
        groups={group: set(members) for group, members in content.get("groups", {}).items()},
        subsidiary=set(content.get("subsidiary", ())),
        admitted=content.get("admitted", {}),
    )
