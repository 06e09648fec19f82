"""How a sheet of answers lies in its school's database, and how answers that were changed are kept.

A sheet is one document, so that a page of it is one read and all shown fits together; answers and evidence
are lists, because the store takes the dots of a part's id in a field's name for a path. Completing writes the
sheet as well as the evaluation: so an answer cannot slip in between its reading and its completing, whichever
process it comes through; one of the two meets a write conflict and is run again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Final

from contracts.vocabulary import EvaluationId
from services.audit.model.evidence import Evidence, EvidenceId
from services.audit.model.framework import Profile
from services.audit.model.sheet import Given, LearnerNumbers, Sheet
from services.runtime.mongo import Document, Index, Insert, Replace
from services.runtime.tenancy import SchoolDatabase
from services.runtime.uow import UnitOfWork
from services.runtime.versions import Mark

SHEETS: Final = "sheets"
ANSWER_VERSIONS: Final = "answer_versions"
SHEET_INDEXES: Final[Mapping[str, tuple[Index, ...]]] = {
    SHEETS: (Index((("state", 1),)),),
    ANSWER_VERSIONS: (Index((("sheet", 1), ("part", 1))),),
}


async def find_sheet(database: SchoolDatabase | UnitOfWork, identity: str) -> Sheet | None:
    """Read a sheet, or None."""
    document = await database.collection(SHEETS).get(identity)
    return None if document is None else sheet_of(document)


async def drafts_of(database: SchoolDatabase | UnitOfWork) -> list[Sheet]:
    """Read the open sheets, the one started last first."""
    found = await database.collection(SHEETS).find({"state": "draft"}, sort=[("started.at", -1), ("_id", 1)])
    return [sheet_of(document) for document in found]


async def keep_sheet(
    unit: UnitOfWork,
    after: Sheet,
    before: Sheet | None = None,
    replaced: Sequence[tuple[str, Given]] = (),
) -> None:
    """Write a sheet, and the answers that it no longer has."""
    sheets = unit.collection(SHEETS)
    await sheets.write(
        Insert(sheet_document(after)) if before is None else Replace({"_id": after.id}, sheet_document(after))
    )
    await unit.collection(ANSWER_VERSIONS).insert(
        *({"_id": f"{after.id}/{p}/{g.version}", "sheet": after.id, **_given(p, g)} for p, g in replaced)
    )


async def earlier_answers(database: SchoolDatabase, identity: str, part: str) -> list[Given]:
    """Read what a part was answered with before, the oldest first."""
    found = await database.collection(ANSWER_VERSIONS).find({"sheet": identity, "part": part})
    return sorted((_read_given(document) for document in found), key=lambda given: given.version)


def sheet_document(sheet: Sheet) -> Document:
    """Render a sheet for the store."""
    return {
        "_id": sheet.id,
        "framework": sheet.framework,
        "framework_version": sheet.framework_version,
        "setting": sheet.profile.setting,
        "has_post16": sheet.profile.has_post16,
        "started": _mark(sheet.started),
        "numbers": {
            "by_year_group": [list(pair) for pair in sheet.numbers.by_year_group.items()],
            "source": sheet.numbers.source,
            **_mark(sheet.numbers.mark),
        },
        "state": sheet.state,
        "copied_from": sheet.copied_from,
        "given": [_given(part, given) for part, given in sheet.given.items()],
        "evidence": [_evidence(evidence) for evidence in sheet.evidence],
        "version": sheet.version,
    }


def sheet_of(document: Document) -> Sheet:
    """Read a sheet from the store."""
    numbers = document["numbers"]
    return Sheet(
        id=EvaluationId(document["_id"]),
        framework=document["framework"],
        framework_version=document["framework_version"],
        profile=Profile(document["setting"], document["has_post16"]),
        started=_read_mark(document["started"]),
        numbers=LearnerNumbers(
            dict(numbers["by_year_group"]),
            numbers["source"],
            _read_mark(numbers),
        ),
        state=document["state"],
        copied_from=document["copied_from"],
        given={given["part"]: _read_given(given) for given in document["given"]},
        evidence=tuple(_read_evidence(evidence) for evidence in document["evidence"]),
        version=document["version"],
    )


def _mark(mark: Mark) -> Document:
    return {"at": mark.at.isoformat(), "by": mark.by}


def _read_mark(document: Mapping[str, Any]) -> Mark:
    return Mark(dt.datetime.fromisoformat(document["at"]), document["by"])


def _given(part: str, given: Given) -> Document:
    return {
        "part": part,
        "answer": given.answer,
        "version": given.version,
        "copied": given.copied,
        **_mark(given.mark),
    }


def _read_given(document: Document) -> Given:
    return Given(document["answer"], document["version"], _read_mark(document), document["copied"])


def _evidence(evidence: Evidence) -> Document:
    return {
        "id": evidence.id,
        "part": evidence.part,
        "link": evidence.link,
        "note": evidence.note,
        "review_on": None if evidence.review_on is None else evidence.review_on.isoformat(),
        **_mark(evidence.mark),
        "withdrawn": None if evidence.withdrawn is None else _mark(evidence.withdrawn),
    }


def _read_evidence(document: Document) -> Evidence:
    review_on, withdrawn = document["review_on"], document["withdrawn"]
    return Evidence(
        id=EvidenceId(document["id"]),
        part=document["part"],
        link=document["link"],
        note=document["note"],
        review_on=None if review_on is None else dt.date.fromisoformat(review_on),
        mark=_read_mark(document),
        withdrawn=None if withdrawn is None else _read_mark(withdrawn),
    )
