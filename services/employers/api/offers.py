"""Routes of offers and ask budgets, for the Hub's team.

No account is tied to an employer yet, so the role `employer` manages nothing here.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any, Final, Self

from fastapi import Query, Response
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from contracts.employers import TermName
from contracts.vocabulary import EMPLOYER_ID_PATTERN, OPAQUE_ID_PATTERN, AcademicYearField, EmployerId
from services.employers.api.fields import (
    Body,
    Day,
    Days,
    EmployerPath,
    Id,
    Line,
    SeenBody,
    SeenVersion,
    TypeCode,
    Windows,
    YearGroups,
    asked_of,
    new_id,
)
from services.employers.commands import offers as commands
from services.employers.commands.changes import refuse
from services.employers.matching.round import SendConfidence
from services.employers.model.calendar import SchoolTerm, all_days, window_problems
from services.employers.model.offer import LARGEST_CAPACITY, LARGEST_GROUP, LARGEST_RADIUS_KM, Offering
from services.employers.views import offers as views
from services.runtime.idempotency import answer_once
from services.runtime.mongo import Document
from services.runtime.permissions import Permission
from services.runtime.routing import AdmittedToHub, IdempotencyKey, SecuredRouter
from services.runtime.uow import UnitOfWork

LONGEST_PAGE: Final = 500

router = SecuredRouter("employers", "/employers/v1")


class OfferBody(Body):
    """An offer. Virtual, or within a radius; on days or in windows, or else on any day of its term."""

    employer_id: Annotated[EmployerId, Field(pattern=EMPLOYER_ID_PATTERN)]
    type: TypeCode
    academic_year: AcademicYearField
    term: TermName
    year_groups: YearGroups
    group_size: Annotated[int, Field(strict=True, ge=1, le=LARGEST_GROUP)]
    capacity: Annotated[int, Field(strict=True, ge=0, le=LARGEST_CAPACITY)]
    radius_km: Annotated[int, Field(strict=True, ge=1, le=LARGEST_RADIUS_KM)] | None = None
    virtual: Annotated[bool, Field(strict=True)] = False
    send: SendConfidence = "none"
    evidence_note: Line | None = None
    safeguarding_until: Day | None = None
    days: Days | None = None
    windows: Windows = Field(default_factory=list)

    @model_validator(mode="after")
    def _is_somewhere(self) -> Self:
        if self.virtual == (self.radius_km is not None):
            raise PydanticCustomError("place", "give radius_km, or say virtual: one of the two")
        return self

    def offering(self) -> Offering:
        """Return the model's value; raises InvalidError for a window that makes no sense."""
        windows = [window.window() for window in self.windows]
        refuse("The offer makes no sense.", window_problems(windows))
        return Offering(
            employer_id=self.employer_id,
            type=self.type,
            term=SchoolTerm(self.academic_year, self.term),
            year_groups=tuple(sorted(set(self.year_groups))),
            group_size=self.group_size,
            capacity=self.capacity,
            radius_km=self.radius_km,
            send=self.send,
            evidence_note=self.evidence_note,
            safeguarding_until=self.safeguarding_until,
            days=all_days(self.days, windows),
        )


class OfferChangeBody(OfferBody):
    """What an offer is to be; one that was withdrawn is published again."""

    version: SeenVersion


class AskBudgetBody(SeenBody):
    """How often all schools together may ask an employer in a term."""

    asks: Annotated[int, Field(strict=True, ge=0, le=LARGEST_CAPACITY)]


class OffersQuery(Body):
    """Which offers to list."""

    employer_id: Annotated[EmployerId, Field(pattern=EMPLOYER_ID_PATTERN)] | None = None
    type: TypeCode | None = None
    academic_year: AcademicYearField | None = None
    term: TermName | None = None
    withdrawn: bool = False
    limit: Annotated[int, Field(ge=1, le=LONGEST_PAGE)] = 100
    cursor: Annotated[str, Field(pattern=OPAQUE_ID_PATTERN)] | None = None

    @model_validator(mode="after")
    def _has_a_whole_term(self) -> Self:
        if (self.academic_year is None) != (self.term is None):
            raise PydanticCustomError("term", "give academic_year and term together, or neither")
        return self

    def asked(self) -> views.OffersAsked:
        """Return the view's value."""
        term = None
        if self.academic_year is not None and self.term is not None:
            term = SchoolTerm(self.academic_year, self.term)
        return views.OffersAsked(self.employer_id, self.type, term, self.withdrawn, self.limit, self.cursor)


@router.post("/offers", Permission.MANAGE_OFFERS, status_code=HTTPStatus.CREATED)
async def post_offer(
    response: Response, caller: AdmittedToHub, body: OfferBody, idempotency_key: IdempotencyKey = None
) -> dict[str, Any]:
    """Publish an offer."""
    offering, offer_id = body.offering(), new_id()

    async def work(unit: UnitOfWork) -> Document:
        async def publish() -> Document:
            return await commands.publish_offer(unit, offer_id, offering)

        return await answer_once(unit, idempotency_key, asked_of(body, "offer"), publish)

    receipt = await caller.context.in_hub(caller.actor, commands.OFFERS_KEY, work)
    response.headers["Location"] = f"/employers/v1/offers/{receipt['id']}"
    return receipt


@router.get("/offers", Permission.READ_OFFERS)
async def get_offers(caller: AdmittedToHub, asked: Annotated[OffersQuery, Query()]) -> dict[str, Any]:
    """List offers in order of their ids; those withdrawn only if asked for."""
    return await views.offers(caller.context, asked.asked())


@router.get("/offers/{offer_id}", Permission.READ_OFFERS)
async def get_offer(caller: AdmittedToHub, offer_id: Id) -> dict[str, Any]:
    """Show one offer."""
    return await views.offer(caller.context, offer_id)


@router.get("/offers/{offer_id}/versions", Permission.READ_OFFERS)
async def get_offer_versions(caller: AdmittedToHub, offer_id: Id) -> dict[str, Any]:
    """Show every version of an offer."""
    return await views.versions_of_offer(caller.context, offer_id)


@router.put("/offers/{offer_id}", Permission.MANAGE_OFFERS)
async def put_offer(caller: AdmittedToHub, offer_id: Id, body: OfferChangeBody) -> dict[str, Any]:
    """Tell an offer anew; the version before is kept."""
    offering = body.offering()

    async def work(unit: UnitOfWork) -> Document:
        return await commands.change_offer(unit, offer_id, body.version, offering)

    return await caller.context.in_hub(caller.actor, commands.OFFERS_KEY, work)


@router.post("/offers/{offer_id}/withdrawal", Permission.MANAGE_OFFERS)
async def post_withdrawal(caller: AdmittedToHub, offer_id: Id, body: SeenBody) -> dict[str, Any]:
    """Withdraw an offer."""

    async def work(unit: UnitOfWork) -> Document:
        return await commands.withdraw_offer(unit, offer_id, body.version)

    return await caller.context.in_hub(caller.actor, commands.OFFERS_KEY, work)


@router.get("/ask-budgets/{employer_id}", Permission.READ_OFFERS)
async def get_ask_budget(caller: AdmittedToHub, employer_id: EmployerPath) -> dict[str, Any]:
    """Show how often an employer may be asked in a term."""
    return await views.ask_budget(caller.context, employer_id)


@router.put("/ask-budgets/{employer_id}", Permission.MANAGE_OFFERS)
async def put_ask_budget(
    caller: AdmittedToHub, employer_id: EmployerPath, body: AskBudgetBody
) -> dict[str, Any]:
    """Note how often an employer may be asked in a term."""

    async def work(unit: UnitOfWork) -> Document:
        return await commands.agree_ask_budget(unit, employer_id, body.version, body.asks)

    return await caller.context.in_hub(caller.actor, commands.OFFERS_KEY, work)
