"""Routes of offers and ask budgets, for the Hub's team; an employer's own are in `own/api.py`."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Query, Response

from services.employers.api.fields import EmployerPath, Id, SeenBody, asked_of, new_id
from services.employers.api.offer_bodies import AskBudgetBody, OfferBody, OfferChangeBody, OffersQuery
from services.employers.commands import offers as commands
from services.employers.views import offers as views
from services.runtime.idempotency import answer_once
from services.runtime.mongo import Document
from services.runtime.permissions import Permission
from services.runtime.routing import AdmittedToHub, IdempotencyKey, SecuredRouter
from services.runtime.uow import UnitOfWork

router = SecuredRouter("employers", "/employers/v1")


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
