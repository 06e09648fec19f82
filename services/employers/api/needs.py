"""Routes of schools' needs: their own, and for the Hub's coordinators all of them."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import Query, Response
from pydantic import Field

from contracts.vocabulary import Benchmark
from services.employers.api.fields import (
    Days,
    Id,
    SeenBody,
    TypeCode,
    Windows,
    YearGroups,
    asked_of,
    new_id,
)
from services.employers.commands import needs as commands
from services.employers.commands.changes import refuse
from services.employers.matching.round import Mode
from services.employers.model.calendar import all_days, window_problems
from services.employers.model.need import LARGEST_GROUP, MOST_SLOTS_OF_A_NEED, Wanted
from services.employers.views import needs as views
from services.employers.views.members import require_member
from services.runtime.bodies import (
    Body,
    Flag,
    SeenVersion,
)
from services.runtime.idempotency import answer_once
from services.runtime.mongo import Document
from services.runtime.permissions import Permission
from services.runtime.routing import AdmittedToHub, AdmittedToSchool, IdempotencyKey, SecuredRouter
from services.runtime.uow import UnitOfWork

MOST_SECTIONS: Final = 21
"""A to U."""

router = SecuredRouter("employers", "/employers/v1")
Section = Annotated[str, Field(pattern=r"^[A-U]$")]


class NeedBody(Body):
    """A need. On days or in windows that the timetable can release, or else on any day."""

    type: TypeCode
    benchmark: Benchmark | None = None
    year_groups: YearGroups
    pupils: Annotated[int, Field(strict=True, ge=1, le=LARGEST_GROUP)]
    slots: Annotated[int, Field(strict=True, ge=1, le=MOST_SLOTS_OF_A_NEED)] = 1
    mode: Mode = "in_person"
    send: Flag = False
    sectors: Annotated[list[Section], Field(max_length=MOST_SECTIONS)] = Field(default_factory=list)
    days: Days | None = None
    windows: Windows = Field(default_factory=list)

    def wanted(self) -> Wanted:
        """Return the model's value; raises InvalidError for a window that makes no sense."""
        windows = [window.window() for window in self.windows]
        refuse("The need makes no sense.", window_problems(windows))
        return Wanted(
            type=self.type,
            benchmark=self.benchmark,
            year_groups=tuple(sorted(set(self.year_groups))),
            pupils=self.pupils,
            slots=self.slots,
            mode=self.mode,
            send=self.send,
            sectors=tuple(sorted(set(self.sectors))),
            days=all_days(self.days, windows),
        )


class NeedChangeBody(NeedBody):
    """What a need is to be."""

    version: SeenVersion


@router.post("/schools/{urn}/needs", Permission.MANAGE_NEEDS, status_code=HTTPStatus.CREATED)
async def post_need(
    response: Response, caller: AdmittedToSchool, body: NeedBody, idempotency_key: IdempotencyKey = None
) -> dict[str, Any]:
    """Raise a need."""
    wanted, need_id = body.wanted(), new_id()
    await require_member(caller.context, caller.urn)

    async def work(unit: UnitOfWork) -> Document:
        async def raise_it() -> Document:
            return await commands.raise_need(unit, need_id, wanted)

        return await answer_once(unit, idempotency_key, asked_of(body, "need"), raise_it)

    receipt = await caller.context.in_school(caller.actor, caller.urn, work)
    response.headers["Location"] = f"/employers/v1/schools/{caller.asked}/needs/{receipt['id']}"
    return receipt


@router.get("/schools/{urn}/needs", Permission.READ_NEEDS)
async def get_needs(
    caller: AdmittedToSchool,
    withdrawn: Annotated[bool, Query()] = False,  # noqa: FBT002 - a query parameter, always by name
) -> dict[str, Any]:
    """List the school's needs; those withdrawn only if asked for."""
    return await views.needs(caller.context, caller.urn, withdrawn=withdrawn)


@router.get("/schools/{urn}/needs/suggestions", Permission.READ_NEEDS)
async def get_suggestions(caller: AdmittedToSchool) -> dict[str, Any]:
    """Suggest needs, each with what it rests on."""
    return await views.suggestions(caller.context, caller.urn)


@router.get("/schools/{urn}/needs/{need_id}", Permission.READ_NEEDS)
async def get_need(caller: AdmittedToSchool, need_id: Id) -> dict[str, Any]:
    """Show one need."""
    return await views.need(caller.context, caller.urn, need_id)


@router.get("/schools/{urn}/needs/{need_id}/versions", Permission.READ_NEEDS)
async def get_need_versions(caller: AdmittedToSchool, need_id: Id) -> dict[str, Any]:
    """Show every version of a need."""
    return await views.versions_of_need(caller.context, caller.urn, need_id)


@router.put("/schools/{urn}/needs/{need_id}", Permission.MANAGE_NEEDS)
async def put_need(caller: AdmittedToSchool, need_id: Id, body: NeedChangeBody) -> dict[str, Any]:
    """Tell a need anew; the version before is kept."""
    wanted = body.wanted()

    async def work(unit: UnitOfWork) -> Document:
        return await commands.change_need(unit, need_id, body.version, wanted)

    return await caller.context.in_school(caller.actor, caller.urn, work)


@router.post("/schools/{urn}/needs/{need_id}/withdrawal", Permission.MANAGE_NEEDS)
async def post_need_withdrawal(caller: AdmittedToSchool, need_id: Id, body: SeenBody) -> dict[str, Any]:
    """Withdraw a need."""

    async def work(unit: UnitOfWork) -> Document:
        return await commands.withdraw_need(unit, caller.context, need_id, body.version)

    return await caller.context.in_school(caller.actor, caller.urn, work)


@router.get("/needs", Permission.READ_HUB_NEEDS)
async def get_all_needs(caller: AdmittedToHub) -> dict[str, Any]:
    """List every school's open needs."""
    return await views.all_needs(caller.context)
