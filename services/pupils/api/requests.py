"""Routes of what pupils may ask for: that something is put right, and that their record is not used."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Final

from fastapi import Path, Response, status
from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from contracts.vocabulary import OPAQUE_ID_PATTERN
from services.pupils.api import PREFIX, SERVICE_NAME
from services.pupils.api.pupils import Ref, reader_of
from services.pupils.commands.rectifications import answer_rectification, ask_for_rectification
from services.pupils.commands.restrictions import lift_restriction, restrict
from services.pupils.model.facts import today_in_england
from services.pupils.model.rectification import About, Asked, Asker, Kind, Outcome, RectificationId
from services.pupils.model.restriction import RestrictionReason
from services.pupils.model.sheets import PupilRef
from services.pupils.views import rights as views
from services.runtime.bodies import (
    Body,
    Day,
    readable,
)
from services.runtime.permissions import Permission
from services.runtime.routing import AdmittedToSchool, SecuredRouter
from services.runtime.uow import UnitOfWork

router = SecuredRouter(SERVICE_NAME, PREFIX)

LONGEST_REQUEST: Final = 2_000
"""Characters: half a page, of a letter or of what was said."""

Words = Annotated[str, Field(min_length=1, max_length=LONGEST_REQUEST), AfterValidator(readable)]
Identity = Annotated[str, Field(pattern=OPAQUE_ID_PATTERN)]
Id = Annotated[str, Path(pattern=OPAQUE_ID_PATTERN)]


class AboutBody(Body):
    """What is wrong; `id` where a record has many of the kind."""

    kind: Kind
    id: Identity | None = None


class RectificationBody(Body):
    """A request; without `received_on` it was received today."""

    about: AboutBody
    asked_by: Asker
    text: Words
    received_on: Day | None = None

    def asked(self, today: dt.date) -> Asked:
        """Return the model's value."""
        about = About(self.about.kind, self.about.id)
        return Asked(about, self.asked_by, self.text, self.received_on or today)


class AnswerBody(Body):
    """How a request ended: `text` says what was corrected, or why not, to whoever asked."""

    outcome: Outcome
    text: Annotated[str, Field(max_length=LONGEST_REQUEST), AfterValidator(readable)] = ""

    @model_validator(mode="after")
    def _refused_with_a_reason(self) -> AnswerBody:
        if self.outcome == "refused" and not self.text:
            raise PydanticCustomError(
                "reason", "needs a text: say why, and that they may complain to the ICO"
            )
        return self


class RestrictionBody(Body):
    """Why a record is kept and not used, and when the school looks at that again."""

    reason: RestrictionReason
    review_on: Day | None = None


class LiftingBody(Body):
    """That a restriction ends, and when the pupil was told so."""

    pupil_told_on: Day


@router.post(
    "/pupils/{ref}/rectifications", Permission.RECORD_CONVERSATION, status_code=status.HTTP_201_CREATED
)
async def post_rectification(
    response: Response, caller: AdmittedToSchool, ref: Ref, body: RectificationBody
) -> dict[str, Any]:
    """Take a request, which anybody on the staff may be handed: 201, or 200 if it was taken before."""
    asked = body.asked(today_in_england(caller.context.clock()))

    async def work(unit: UnitOfWork) -> dict[str, Any]:
        return await ask_for_rectification(unit, caller.context, reader_of(caller), PupilRef(ref), asked)

    receipt = await caller.context.in_school(caller.actor, caller.urn, work)
    if receipt["outcome"] == "unchanged":
        response.status_code = status.HTTP_200_OK
    return receipt


@router.get("/pupils/{ref}/rectifications", Permission.EXPORT_RECORD)
async def get_rectifications_of(caller: AdmittedToSchool, ref: Ref) -> dict[str, Any]:
    """Show what was asked to be put right about a pupil, and the answers."""
    resource = f"pupils/{ref}/rectifications"
    await caller.context.read_logged(caller.actor, caller.urn, "rectifications.listed", resource)
    return await views.rectifications_of(caller.context, caller.urn, PupilRef(ref))


@router.get("/rectifications", Permission.EXPORT_RECORD)
async def get_rectifications(caller: AdmittedToSchool) -> dict[str, Any]:
    """List what waits for an answer, by the day on which it is due."""
    await caller.context.read_logged(caller.actor, caller.urn, "rectifications.listed", "rectifications")
    return await views.waiting_rectifications(caller.context, caller.urn)


@router.post("/rectifications/{identity}/answer", Permission.EXPORT_RECORD)
async def post_answer(caller: AdmittedToSchool, identity: Id, body: AnswerBody) -> dict[str, Any]:
    """Say that it was put right, or why not; the same answer again changes nothing."""

    async def work(unit: UnitOfWork) -> dict[str, Any]:
        return await answer_rectification(unit, RectificationId(identity), body.outcome, body.text)

    return await caller.context.in_school(caller.actor, caller.urn, work)


@router.put("/pupils/{ref}/restriction", Permission.EXPORT_RECORD)
async def put_restriction(caller: AdmittedToSchool, ref: Ref, body: RestrictionBody) -> dict[str, Any]:
    """Keep a pupil's record and use it no more, until that is lifted."""

    async def work(unit: UnitOfWork) -> dict[str, Any]:
        return await restrict(unit, caller.context, PupilRef(ref), body.reason, body.review_on)

    return await caller.context.in_school(caller.actor, caller.urn, work)


@router.post("/pupils/{ref}/restriction/lifting", Permission.EXPORT_RECORD)
async def post_restriction_lifting(caller: AdmittedToSchool, ref: Ref, body: LiftingBody) -> dict[str, Any]:
    """Use a pupil's record again, once the pupil was told; a second time changes nothing."""

    async def work(unit: UnitOfWork) -> dict[str, Any]:
        return await lift_restriction(unit, caller.context, PupilRef(ref), body.pupil_told_on)

    return await caller.context.in_school(caller.actor, caller.urn, work)


@router.get("/restrictions", Permission.EXPORT_RECORD)
async def get_restrictions(caller: AdmittedToSchool) -> dict[str, Any]:
    """List the pupils whose record is restricted: other lists count them and do not name them."""
    await caller.context.read_logged(caller.actor, caller.urn, "pupils.listed", "restrictions")
    return await views.restrictions(caller.context, caller.urn)
