"""Routes of activities: record, correct, retract, read; and the coverage that they lead to."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final

from fastapi import Header, Path, Query, Request, Response, status

from contracts.vocabulary import OPAQUE_ID_PATTERN, ActivityId
from services.pupils.api import PREFIX, SERVICE_NAME, AcademicYearQuery, academic_year_asked
from services.pupils.api.bodies import (
    ActivityBody,
    BulkBody,
    CorrectionBody,
    RetractionBody,
    draft_of,
    reason_of,
    reference_of,
)
from services.pupils.commands.activities import correct_activity, record_activities, retract_activity
from services.pupils.model.draft import Draft
from services.pupils.views import activities as views
from services.pupils.views.roll import coverage
from services.runtime.errors import FieldProblem, HubError, InvalidError
from services.runtime.idempotency import answer_once, fingerprint
from services.runtime.mongo import Document
from services.runtime.permissions import Permission
from services.runtime.routing import AdmittedToSchool, IdempotencyKey, SecuredRouter
from services.runtime.uow import UnitOfWork

router = SecuredRouter(SERVICE_NAME, PREFIX)

LARGEST_PAGE: Final = 500
_VERSION_TAG: Final = re.compile(r'^(?:W/)?"?([1-9][0-9]{0,8})"?$')

_WHICH: Final = ("index", "reference", "activity_id")

Id = Annotated[str, Path(pattern=OPAQUE_ID_PATTERN)]
IfMatch = Annotated[str | None, Header(alias="If-Match", max_length=20)]


@router.post("/activities", Permission.RECORD_ACTIVITY, status_code=status.HTTP_201_CREATED)
async def post_activity(
    request: Request,
    response: Response,
    caller: AdmittedToSchool,
    body: ActivityBody,
    idempotency_key: IdempotencyKey = None,
) -> dict[str, Any]:
    """Record an activity with its attendance: 201, or 200 if it was recorded before.

    The outcome `merged`: it was kept, and counts through another that is certainly the same encounter.
    """

    async def work(unit: UnitOfWork) -> dict[str, Any]:
        async def record() -> Document:
            (outcome,) = await record_activities(unit, caller.context, [body.draft()])
            if isinstance(outcome, HubError):
                raise outcome
            return outcome

        asked = fingerprint(b"POST activity", await request.body())
        return await answer_once(unit, idempotency_key, asked, record)

    receipt = await caller.context.in_school(caller.actor, caller.urn, work)
    if receipt["outcome"] == "unchanged":
        response.status_code = status.HTTP_200_OK
    return receipt


@router.post("/activities/bulk", Permission.RECORD_ACTIVITY)
async def post_activities(
    request: Request, caller: AdmittedToSchool, body: BulkBody, idempotency_key: IdempotencyKey = None
) -> dict[str, Any]:
    """Record several activities in one transaction: each valid one goes in, the others are listed."""
    items = [draft_of(item) for item in body.activities]

    async def work(unit: UnitOfWork) -> dict[str, Any]:
        async def record() -> Document:
            drafts = [item for item in items if isinstance(item, Draft)]
            outcomes = iter(await record_activities(unit, caller.context, drafts))
            return _bulk_receipt(
                [next(outcomes) if isinstance(item, Draft) else item for item in items],
                [reference_of(item) for item in body.activities],
            )

        asked = fingerprint(b"POST activities", await request.body())
        return await answer_once(unit, idempotency_key, asked, record)

    return await caller.context.in_school(caller.actor, caller.urn, work)


@router.get("/activities", Permission.READ_ACTIVITIES)
async def get_activities(
    caller: AdmittedToSchool,
    academic_year: AcademicYearQuery = None,
    after: Annotated[str | None, Query(max_length=80)] = None,
    limit: Annotated[int, Query(ge=1, le=LARGEST_PAGE)] = 100,
) -> dict[str, Any]:
    """List an academic year's activities, newest first; `next` of one page is `after` of the following."""
    year = academic_year_asked(academic_year, caller.context)
    return await views.activities_page(caller.context, caller.urn, year, after, limit)


@router.get("/activities/{identity}", Permission.READ_ACTIVITIES)
async def get_activity(response: Response, caller: AdmittedToSchool, identity: Id) -> dict[str, Any]:
    """Show an activity with its attendance; its version is the ETag to correct it with."""
    await caller.context.read_logged(caller.actor, caller.urn, "activity.read", f"activities/{identity}")
    view = await views.activity(caller.context, caller.urn, ActivityId(identity))
    response.headers["ETag"] = f'"{view["version"]}"'
    return view


@router.put("/activities/{identity}", Permission.CORRECT_ACTIVITY)
async def put_activity(
    caller: AdmittedToSchool,
    identity: Id,
    body: CorrectionBody,
    if_match: IfMatch = None,
) -> dict[str, Any]:
    """Correct an activity: the body is what it is to be, with the version that the caller has seen."""
    version = version_seen(if_match, body.version)

    async def work(unit: UnitOfWork) -> dict[str, Any]:
        return await correct_activity(unit, caller.context, ActivityId(identity), version, body.draft())

    return await caller.context.in_school(caller.actor, caller.urn, work)


@router.post("/activities/{identity}/retraction", Permission.CORRECT_ACTIVITY)
async def post_retraction(caller: AdmittedToSchool, identity: Id, body: RetractionBody) -> dict[str, Any]:
    """Take an activity out of every count; a second time changes nothing."""

    async def work(unit: UnitOfWork) -> dict[str, Any]:
        return await retract_activity(unit, caller.context, ActivityId(identity), body.reason)

    return await caller.context.in_school(caller.actor, caller.urn, work)


@router.get("/coverage", Permission.READ_COVERAGE)
async def get_coverage(caller: AdmittedToSchool, academic_year: AcademicYearQuery = None) -> dict[str, Any]:
    """Count the pupils reached for each benchmark by year group: the school's own figures."""
    year = academic_year_asked(academic_year, caller.context)
    return await coverage(caller.context, caller.urn, year)


def version_seen(if_match: str | None, version: int | None) -> int:
    """Find the version that the caller has seen; raises InvalidError if that is not clear."""
    if if_match is None:
        if version is None:
            problem = FieldProblem("version", "is missing; send the version that you have read, or If-Match")
            raise InvalidError("A correction needs the version that it corrects.", (problem,))
        return version
    found = _VERSION_TAG.match(if_match.strip())
    if found is None or version not in {None, int(found.group(1))}:
        problem = FieldProblem("If-Match", 'is not a version such as "3", or not the version in the body')
        raise InvalidError("A correction needs the version that it corrects.", (problem,))
    return int(found.group(1))


def _bulk_receipt(outcomes: list[Document | HubError], references: list[str | None]) -> Document:
    receipts = [
        {"index": index, "reference": reference, **outcome}
        for index, (outcome, reference) in enumerate(zip(outcomes, references, strict=True))
        if not isinstance(outcome, HubError)
    ]
    merged = [receipt for receipt in receipts if receipt["outcome"] == "merged"]
    suspicious = [receipt for receipt in receipts if "possible_duplicates" in receipt]
    return {
        "recorded": sum(receipt["outcome"] == "recorded" for receipt in receipts),
        "unchanged": sum(receipt["outcome"] == "unchanged" for receipt in receipts),
        "merged": [{name: receipt[name] for name in (*_WHICH, "merged_into")} for receipt in merged],
        "possible_duplicates": [
            {name: receipt[name] for name in (*_WHICH, "possible_duplicates")} for receipt in suspicious
        ],
        "rejected": [
            {"index": index, "reference": reference, "reason": reason_of(outcome)}
            for index, (outcome, reference) in enumerate(zip(outcomes, references, strict=True))
            if isinstance(outcome, HubError)
        ],
    }
