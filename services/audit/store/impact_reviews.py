"""How an impact review lies in its school's database: `impact_reviews`, one document an academic year.

Opinions, agreement and trio are inside it: a few dozen small values. What was replaced is in
`impact_versions`, by the year, what it was, and its number. Question ids have dots, so levels are lists.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Final

from contracts.vocabulary import AcademicYear
from services.audit.model.impact_review import (
    Agreed,
    Agreement,
    Fit,
    ImpactReview,
    Judgement,
    Opinion,
    PeerReview,
    Trio,
)
from services.runtime.mongo import Document, Index, Replace
from services.runtime.tenancy import SchoolDatabase
from services.runtime.uow import UnitOfWork
from services.runtime.versions import Mark

IMPACT_REVIEWS: Final = "impact_reviews"
IMPACT_VERSIONS: Final = "impact_versions"
IMPACT_INDEXES: Final = {IMPACT_VERSIONS: (Index((("academic_year", 1), ("of", 1), ("version", -1))),)}
AGREEMENT: Final = "agreement"
TRIO: Final = "trio"

Kept = Opinion | Agreed | Trio | PeerReview


async def find_review(database: SchoolDatabase | UnitOfWork, year: AcademicYear) -> ImpactReview:
    """Read an academic year's review; one that nobody has begun is empty."""
    return _read(year, await database.collection(IMPACT_REVIEWS).get(year))


async def find_reviews(database: SchoolDatabase, *years: AcademicYear) -> list[ImpactReview]:
    """Read several academic years' reviews at once, in the order asked."""
    found = await database.collection(IMPACT_REVIEWS).find({"_id": {"$in": list(years)}})
    documents = {document["_id"]: document for document in found}
    return [_read(year, documents.get(year)) for year in years]


async def agreements_before(database: SchoolDatabase, year: AcademicYear) -> list[Agreed]:
    """Read the replaced versions of what was agreed, the latest first."""
    found = await database.collection(IMPACT_VERSIONS).find(
        {"academic_year": year, "of": AGREEMENT}, sort=[("version", -1)]
    )
    return [_read_agreed(document["kept"]) for document in found]


async def keep_review(unit: UnitOfWork, review: ImpactReview, of: str, replaced: Kept | None) -> None:
    """Write a review as it is now, and keep the part that was replaced; `of` names the part."""
    document = {
        "_id": review.academic_year,
        "opinions": [_document(opinion) for opinion in review.opinions.values()],
        "agreed": None if review.agreed is None else _document(review.agreed),
        "trio": None if review.trio is None else _document(review.trio),
    }
    await unit.collection(IMPACT_REVIEWS).write(Replace({"_id": review.academic_year}, document, upsert=True))
    if replaced is None:
        return
    await unit.collection(IMPACT_VERSIONS).insert(
        {
            "_id": f"{review.academic_year}:{of}:{replaced.version}",
            "academic_year": review.academic_year,
            "of": of,
            "version": replaced.version,
            "kept": _document(replaced),
        }
    )


def _document(kept: Kept) -> Document:
    match kept:
        case Opinion():
            return {
                "by": kept.by,
                "version": kept.version,
                "role": kept.role,
                "levels": [[question, level] for question, level in kept.levels.items()],
                "at": kept.at.isoformat(),
            }
        case Agreed():
            return {
                "version": kept.version,
                "themes_version": kept.themes_version,
                "setting": kept.agreement.setting,
                "present": list(kept.agreement.present),
                "fits": _fits_document(kept.agreement.fits),
                **_mark_document(kept.mark),
            }
        case Trio():
            return {
                "version": kept.version,
                "themes": list(kept.themes),
                "reviews": [_document(review) for review in kept.reviews],
                **_mark_document(kept.mark),
            }
        case PeerReview():
            return {
                "code": kept.code,
                "peer": kept.peer,
                "version": kept.version,
                "judgement": None if kept.judgement is None else _judgement_document(kept.judgement),
                "mark": None if kept.mark is None else _mark_document(kept.mark),
            }


def _read(year: AcademicYear, document: Document | None) -> ImpactReview:
    if document is None:
        return ImpactReview(year)
    opinions = [_read_opinion(found) for found in document["opinions"]]
    return ImpactReview(
        academic_year=year,
        opinions={opinion.by: opinion for opinion in opinions},
        agreed=None if document["agreed"] is None else _read_agreed(document["agreed"]),
        trio=None if document["trio"] is None else _read_trio(document["trio"]),
    )


def _read_opinion(document: Document) -> Opinion:
    return Opinion(
        by=document["by"],
        version=document["version"],
        role=document["role"],
        levels=dict(document["levels"]),
        at=dt.datetime.fromisoformat(document["at"]),
    )


def _read_agreed(document: Document) -> Agreed:
    return Agreed(
        version=document["version"],
        themes_version=document["themes_version"],
        agreement=Agreement(document["setting"], tuple(document["present"]), _read_fits(document["fits"])),
        mark=_read_mark(document),
    )


def _read_trio(document: Document) -> Trio:
    reviews = tuple(_read_peer_review(found) for found in document["reviews"])
    return Trio(document["version"], tuple(document["themes"]), reviews, _read_mark(document))


def _read_peer_review(document: Document) -> PeerReview:
    judgement, mark = document["judgement"], document["mark"]
    return PeerReview(
        code=document["code"],
        peer=document["peer"],
        version=document["version"],
        judgement=None if judgement is None else _read_judgement(judgement),
        mark=None if mark is None else _read_mark(mark),
    )


def _judgement_document(judgement: Judgement) -> Document:
    return {
        "reviewed_on": judgement.reviewed_on.isoformat(),
        "facilitated": judgement.facilitated,
        "fits": _fits_document(judgement.fits),
    }


def _read_judgement(document: Document) -> Judgement:
    reviewed_on = dt.date.fromisoformat(document["reviewed_on"])
    return Judgement(reviewed_on, document["facilitated"], _read_fits(document["fits"]))


def _fits_document(fits: Mapping[str, Fit]) -> list[Document]:
    return [
        {"question": question, "level": fit.level, "reason": fit.reason} for question, fit in fits.items()
    ]


def _read_fits(documents: list[Document]) -> dict[str, Fit]:
    return {found["question"]: Fit(found["level"], found["reason"]) for found in documents}


def _mark_document(mark: Mark) -> Document:
    return {"at": mark.at.isoformat(), "by": mark.by}


def _read_mark(document: Document) -> Mark:
    return Mark(dt.datetime.fromisoformat(document["at"]), document["by"])
