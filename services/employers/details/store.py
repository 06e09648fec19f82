"""Where employers' details are kept: `employer_details`, one document each, by the employer's id."""

from __future__ import annotations

import datetime as dt
from typing import Final, Protocol

from contracts.vocabulary import EmployerId
from services.employers.model.details import (
    Details,
    KeptDetails,
    Mark,
    Safeguarding,
    SelfAssessment,
    Site,
)
from services.employers.model.directory import Position
from services.runtime.mongo import Collection, Document, Replace

EMPLOYER_DETAILS: Final = "employer_details"


class Database(Protocol):
    """What documents are read from: a unit of work, or the service's database outside one."""

    def collection(self, name: str, /) -> Collection:
        """Name a collection."""


async def read_details(database: Database, employer: EmployerId) -> KeptDetails:
    """Read an employer's details; version 0 if there are none."""
    document = await database.collection(EMPLOYER_DETAILS).get(employer)
    return no_details(employer) if document is None else from_document(document)


def no_details(employer: EmployerId) -> KeptDetails:
    """What is known of an employer of which nothing was told."""
    return KeptDetails(employer, 0, Details(), None)


def replacing(kept: KeptDetails) -> Replace:
    """Write an employer's details, whether or not there were some."""
    return Replace({"_id": kept.employer}, _to_document(kept), upsert=True)


def mark_document(mark: Mark) -> Document:
    """Lay out who and when."""
    return {"by": mark.by, "at": mark.at.isoformat()}


def read_mark(document: Document) -> Mark:
    """Read who and when."""
    return Mark(document["by"], dt.datetime.fromisoformat(document["at"]))


def from_document(document: Document) -> KeptDetails:
    """Read a document."""
    assessment, safeguarding = document["standards"], document["safeguarding"]
    return KeptDetails(
        employer=document["_id"],
        version=document["version"],
        details=Details(
            company_number=document["company_number"],
            postcode=document["postcode"],
            sites=tuple(map(_read_site, document["sites"])),
            is_cornerstone=document["is_cornerstone"],
            standards=None
            if assessment is None
            else SelfAssessment(
                dt.date.fromisoformat(assessment["assessed_on"]),
                {score["standard"]: score["score"] for score in assessment["scores"]},
            ),
            safeguarding=Safeguarding(
                dbs_status=safeguarding["dbs_status"],
                supervision=safeguarding["supervision"],
                frequency=safeguarding["frequency"],
                insurance_until=_read_day(safeguarding["insurance_until"]),
                risk_assessment_date=_read_day(safeguarding["risk_assessment_date"]),
            ),
        ),
        changed=None if document["changed"] is None else read_mark(document["changed"]),
    )


def _to_document(kept: KeptDetails) -> Document:
    details = kept.details
    assessment, safeguarding = details.standards, details.safeguarding
    return {
        "_id": kept.employer,
        "version": kept.version,
        "company_number": details.company_number,
        "postcode": details.postcode,
        "sites": [_site_document(site) for site in details.sites],
        "is_cornerstone": details.is_cornerstone,
        # A list, because a standard's id has dots in it, which a field's name may not have.
        "standards": None
        if assessment is None
        else {
            "assessed_on": assessment.assessed_on.isoformat(),
            "scores": [{"standard": name, "score": score} for name, score in assessment.scores.items()],
        },
        "safeguarding": {
            "dbs_status": safeguarding.dbs_status,
            "supervision": safeguarding.supervision,
            "frequency": safeguarding.frequency,
            "insurance_until": _day(safeguarding.insurance_until),
            "risk_assessment_date": _day(safeguarding.risk_assessment_date),
        },
        "changed": None if kept.changed is None else mark_document(kept.changed),
    }


def _site_document(site: Site) -> Document:
    position = site.position
    return {
        "name": site.name,
        "town": site.town,
        "postcode": site.postcode,
        "position": None
        if position is None
        else {"latitude": position.latitude, "longitude": position.longitude},
    }


def _read_site(document: Document) -> Site:
    position = document["position"]
    return Site(
        document["name"],
        document["town"],
        document["postcode"],
        None if position is None else Position(position["latitude"], position["longitude"]),
    )


def _day(day: dt.date | None) -> str | None:
    return None if day is None else day.isoformat()


def _read_day(text: str | None) -> dt.date | None:
    return None if text is None else dt.date.fromisoformat(text)
