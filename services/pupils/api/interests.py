"""Routes of what pupils say of themselves, and of the classifications to tag it with."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import Path, Query, Response, status
from pydantic import AfterValidator, Field

from contracts.vocabulary import OPAQUE_ID_PATTERN
from services.pupils.api import PREFIX, SERVICE_NAME
from services.pupils.api.pupils import Ref, reader_of
from services.pupils.commands.interests import record_interest, retract_interest
from services.pupils.model.interest import InterestId, Kind, Statement
from services.pupils.model.sheets import PupilRef
from services.pupils.rules import industries, occupations
from services.pupils.views import interests as views
from services.runtime.bodies import (
    Body,
    Day,
    printable,
)
from services.runtime.permissions import Permission
from services.runtime.routing import AdmittedToSchool, SecuredRouter
from services.runtime.uow import UnitOfWork

router = SecuredRouter(SERVICE_NAME, PREFIX)

MOST_CODES: Final = 5
LONGEST_SEARCH: Final = 100
LARGEST_PAGE: Final = 100

Code = Annotated[str, Field(pattern=r"^[A-Z0-9]{1,6}$")]
Codes = Annotated[list[Code], Field(max_length=MOST_CODES)]
Words = Annotated[str, Query(min_length=1, max_length=LONGEST_SEARCH)]
PageSize = Annotated[int, Query(ge=1, le=LARGEST_PAGE)]


class InterestBody(Body):
    """Something that a pupil has said."""

    kind: Kind
    text: Annotated[str, Field(min_length=1, max_length=300), AfterValidator(printable)]
    said_on: Day
    soc: Codes = Field(default_factory=list)
    sic: Codes = Field(default_factory=list)

    def statement(self) -> Statement:
        """Return the model's value."""
        return Statement(
            kind=self.kind,
            text=self.text,
            said_on=self.said_on,
            soc=tuple(sorted(set(self.soc))),
            sic=tuple(sorted(set(self.sic))),
        )


@router.post("/pupils/{ref}/interests", Permission.RECORD_CONVERSATION, status_code=status.HTTP_201_CREATED)
async def post_interest(
    response: Response, caller: AdmittedToSchool, ref: Ref, body: InterestBody
) -> dict[str, Any]:
    """Record what a pupil has said: 201, or 200 if it was recorded before."""

    async def work(unit: UnitOfWork) -> dict[str, Any]:
        return await record_interest(unit, caller.context, PupilRef(ref), body.statement())

    receipt = await caller.context.in_school(caller.actor, caller.urn, work)
    if receipt["outcome"] == "unchanged":
        response.status_code = status.HTTP_200_OK
    return receipt


@router.get("/pupils/{ref}/interests", Permission.READ_CONVERSATIONS)
async def get_interests(caller: AdmittedToSchool, ref: Ref) -> dict[str, Any]:
    """Show what a pupil has said, newest first, also in conversations that the caller may read."""
    shown = await views.interests_of(caller.context, caller.urn, PupilRef(ref), reader_of(caller))
    await caller.context.read_logged(caller.actor, caller.urn, "interests.listed", f"pupils/{ref}/interests")
    return shown


@router.post("/interests/{identity}/retraction", Permission.RECORD_CONVERSATION)
async def post_interest_retraction(
    caller: AdmittedToSchool, identity: Annotated[str, Path(pattern=OPAQUE_ID_PATTERN)]
) -> dict[str, Any]:
    """Take back what was entered by mistake; a second time changes nothing."""

    async def work(unit: UnitOfWork) -> dict[str, Any]:
        return await retract_interest(unit, reader_of(caller), InterestId(identity))

    return await caller.context.in_school(caller.actor, caller.urn, work)


@router.get("/occupations", Permission.READ_ROLL)
async def get_occupations(caller: AdmittedToSchool, q: Words, limit: PageSize = 20) -> dict[str, Any]:  # noqa: ARG001 - admitted is enough
    """Search the occupations of SOC 2020 by words, or by the beginning of a code."""
    return views.found(occupations(), q, limit)


@router.get("/industries", Permission.READ_ROLL)
async def get_industries(caller: AdmittedToSchool, q: Words, limit: PageSize = 20) -> dict[str, Any]:  # noqa: ARG001
    """Search the industries of SIC 2007 by words, or by the beginning of a code."""
    return views.found(industries(), q, limit)
