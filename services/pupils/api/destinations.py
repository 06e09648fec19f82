"""Routes of destinations: intended, actual, sustained, and the table for the local authority."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from fastapi import Path, Query, Response, status
from pydantic import AfterValidator, Field

from contracts.vocabulary import FIRST_YEAR_GROUP, LAST_YEAR_GROUP, OPAQUE_ID_PATTERN
from services.pupils.api import PREFIX, SERVICE_NAME, academic_year_asked
from services.pupils.api.bodies import (
    Code,
)
from services.pupils.api.pupils import Ref, reader_of
from services.pupils.commands.destinations import (
    record_intention,
    record_spell,
    retract_destination,
    see_spell,
)
from services.pupils.model.destination import DestinationId, Intention, Spell
from services.pupils.model.destination_counts import Cohort
from services.pupils.model.sheets import PupilRef
from services.pupils.views import destinations as views
from services.runtime.bodies import (
    Body,
    Day,
    printable,
)
from services.runtime.csv_export import MEDIA_TYPE, write_table
from services.runtime.permissions import Permission
from services.runtime.routing import AdmittedToSchool, SecuredRouter
from services.runtime.uow import UnitOfWork

router = SecuredRouter(SERVICE_NAME, PREFIX)

Words = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(printable)]
Id = Annotated[str, Path(pattern=OPAQUE_ID_PATTERN)]
Source = Literal["pupil", "family", "provider", "local_authority", "other"]
LeaversOf = Annotated[str, Query(max_length=10)]
LeftFrom = Annotated[int, Query(ge=FIRST_YEAR_GROUP, le=LAST_YEAR_GROUP)]


class IntentionBody(Body):
    """What a pupil means to do."""

    status: Code
    words: Words
    said_on: Day
    has_offer: Annotated[bool, Field(strict=True)] = False


class SpellBody(Body):
    """What somebody did after leaving, as a source told; without an end it lasts until it was last seen."""

    status: Code
    provider: Words | None = None
    """Needed for education, apprenticeships, employment and training."""
    source: Source
    starts_on: Day
    seen_on: Day
    ends_on: Day | None = None


class SeenBody(Body):
    """That a spell still lasted on a day, or had ended."""

    seen_on: Day
    ends_on: Day | None = None


@router.post("/pupils/{ref}/intentions", Permission.RECORD_CONVERSATION, status_code=status.HTTP_201_CREATED)
async def post_intention(
    response: Response, caller: AdmittedToSchool, ref: Ref, body: IntentionBody
) -> dict[str, Any]:
    """Record where a pupil means to go: 201, or 200 if it was recorded before."""
    intention = Intention(body.status, body.words, body.said_on, body.has_offer)

    async def work(unit: UnitOfWork) -> dict[str, Any]:
        return await record_intention(unit, caller.context, PupilRef(ref), intention)

    return _created(response, await caller.context.in_school(caller.actor, caller.urn, work))


@router.post(
    "/pupils/{ref}/destinations", Permission.RECORD_CONVERSATION, status_code=status.HTTP_201_CREATED
)
async def post_destination(
    response: Response, caller: AdmittedToSchool, ref: Ref, body: SpellBody
) -> dict[str, Any]:
    """Record where somebody went: 201, or 200 if that was known."""
    spell = Spell(body.status, body.provider or "", body.source, body.starts_on, body.seen_on, body.ends_on)

    async def work(unit: UnitOfWork) -> dict[str, Any]:
        return await record_spell(unit, caller.context, PupilRef(ref), spell)

    return _created(response, await caller.context.in_school(caller.actor, caller.urn, work))


@router.post("/destinations/{identity}/seen", Permission.RECORD_CONVERSATION)
async def post_seen(caller: AdmittedToSchool, identity: Id, body: SeenBody) -> dict[str, Any]:
    """Note that a destination still lasted on a day, or when it ended."""

    async def work(unit: UnitOfWork) -> dict[str, Any]:
        return await see_spell(unit, DestinationId(identity), body.seen_on, body.ends_on)

    return await caller.context.in_school(caller.actor, caller.urn, work)


@router.post("/destinations/{identity}/retraction", Permission.RECORD_CONVERSATION)
async def post_destination_retraction(caller: AdmittedToSchool, identity: Id) -> dict[str, Any]:
    """Take back what was entered by mistake; a second time changes nothing."""

    async def work(unit: UnitOfWork) -> dict[str, Any]:
        return await retract_destination(unit, reader_of(caller), DestinationId(identity))

    return await caller.context.in_school(caller.actor, caller.urn, work)


@router.get("/pupils/{ref}/destinations", Permission.READ_CONVERSATIONS)
async def get_destinations_of(caller: AdmittedToSchool, ref: Ref) -> dict[str, Any]:
    """Show where a pupil meant to go and went, and whether that was sustained."""
    shown = await views.destinations_of(caller.context, caller.urn, PupilRef(ref), reader_of(caller))
    await caller.context.read_logged(
        caller.actor, caller.urn, "destinations.listed", f"pupils/{ref}/destinations"
    )
    return shown


@router.get("/destinations", Permission.READ_COVERAGE)
async def get_destinations(
    caller: AdmittedToSchool,
    leavers_of: LeaversOf,
    year_group: LeftFrom = 11,
    on: Annotated[dt.date | None, Query()] = None,
) -> dict[str, Any]:
    """Count where the leavers of a year were on a day (1 November after it), NEET with not known."""
    cohort = Cohort(academic_year_asked(leavers_of, caller.context), year_group)
    return await views.destinations(caller.context, caller.urn, cohort, on)


@router.get("/destinations/export", Permission.EXPORT_RECORD)
async def export_destinations(
    caller: AdmittedToSchool,
    leavers_of: LeaversOf,
    year_group: LeftFrom = 11,
    on: Annotated[dt.date | None, Query()] = None,
) -> Response:
    """Write the leavers' destinations as a table for the local authority: UPN, name and status."""
    cohort = Cohort(academic_year_asked(leavers_of, caller.context), year_group)
    resource = f"destinations/{cohort.year}/{year_group}/export"
    await caller.context.read_logged(caller.actor, caller.urn, "destinations.exported", resource)
    rows = await views.destination_rows(caller.context, caller.urn, cohort, on)
    return Response(write_table(views.EXPORT_COLUMNS, rows), media_type=MEDIA_TYPE)


def _created(response: Response, receipt: dict[str, Any]) -> dict[str, Any]:
    if receipt["outcome"] != "recorded":
        response.status_code = status.HTTP_200_OK
    return receipt
