"""The routes of an employer's own, each once for both ways in: an account that is bound to it, and a link.

Accounts name the employer in the path (`/employers/v1/own/{employer_id}`); a link is one employer's
(`/employers/hub-links/{secret}`).
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Query, Request, Response

from contracts.vocabulary import EmployerId
from services.employers.api.fields import Id, SeenBody, asked_of, new_id
from services.employers.api.offer_bodies import OwnOfferBody, OwnOfferChangeBody, OwnOffersQuery
from services.employers.api.round_bodies import AnswerBody
from services.employers.commands.offers import OFFERS_KEY
from services.employers.fields import PREFIX, SERVICE_NAME
from services.employers.own import commands, views
from services.employers.own.standing import Own
from services.employers.own.store import OWN_LINK
from services.runtime.idempotency import answer_once
from services.runtime.linked_routes import HubLinkCaller, HubLinkedRouter
from services.runtime.mongo import Document
from services.runtime.permissions import Permission
from services.runtime.routing import AdmittedToHub, IdempotencyKey, SecuredRouter
from services.runtime.uow import UnitOfWork
from services.runtime.versions import Telling

router = SecuredRouter(SERVICE_NAME, f"{PREFIX}/own")
linked = HubLinkedRouter(SERVICE_NAME, OWN_LINK)

Caller = AdmittedToHub | HubLinkCaller


@router.get("", Permission.READ_OWN_EMPLOYER)
async def get_employers(caller: AdmittedToHub) -> dict[str, Any]:
    """Name the employers that the account acts for."""
    return await views.employers_of(caller.context, caller.actor.subject)


@router.get("/{employer_id}", Permission.READ_OWN_EMPLOYER)
@linked.get("")
async def get_entry(caller: Caller, request: Request) -> dict[str, Any]:
    """Show the employer's entry, how often it may be asked, and whether it was vetted."""
    return await views.own_entry(await reading(caller, request))


@router.get("/{employer_id}/offers", Permission.READ_OWN_EMPLOYER)
@linked.get("/offers")
async def get_offers(
    caller: Caller, request: Request, asked: Annotated[OwnOffersQuery, Query()]
) -> dict[str, Any]:
    """List the employer's offers in order of their ids; those withdrawn only if asked for."""
    own = await reading(caller, request)
    return await views.own_offers(own, asked.asked_of(own.employer_id))


@router.post("/{employer_id}/offers", Permission.MANAGE_OWN_OFFERS, status_code=HTTPStatus.CREATED)
@linked.post("/offers", status_code=HTTPStatus.CREATED)
async def post_offer(
    caller: Caller,
    request: Request,
    response: Response,
    body: OwnOfferBody,
    idempotency_key: IdempotencyKey = None,
) -> dict[str, Any]:
    """Publish an offer."""
    # Whoever does not act for the employer any more does not get an earlier answer either.
    own, offer_id = await reading(caller, request), new_id()
    offering = body.offering_of(own.employer_id)

    async def work(unit: UnitOfWork) -> Document:
        async def publish() -> Document:
            return await commands.publish_own_offer(unit, own, offer_id, offering)

        scope = f"own/{own.employer_id}/"
        return await answer_once(unit, idempotency_key, asked_of(body, "own offer"), publish, scope)

    receipt = await own.context.in_hub(own.actor, OFFERS_KEY, work)
    response.headers["Location"] = f"{request.url.path}/{receipt['id']}"
    return receipt


@router.get("/{employer_id}/offers/{offer_id}", Permission.READ_OWN_EMPLOYER)
@linked.get("/offers/{offer_id}")
async def get_offer(caller: Caller, request: Request, offer_id: Id) -> dict[str, Any]:
    """Show one of the employer's offers."""
    return await views.own_offer(await reading(caller, request), offer_id)


@router.get("/{employer_id}/offers/{offer_id}/versions", Permission.READ_OWN_EMPLOYER)
@linked.get("/offers/{offer_id}/versions")
async def get_offer_versions(caller: Caller, request: Request, offer_id: Id) -> dict[str, Any]:
    """Show every version of one of the employer's offers."""
    return await views.own_offer_versions(await reading(caller, request), offer_id)


@router.put("/{employer_id}/offers/{offer_id}", Permission.MANAGE_OWN_OFFERS)
@linked.put("/offers/{offer_id}")
async def put_offer(
    caller: Caller, request: Request, offer_id: Id, body: OwnOfferChangeBody
) -> dict[str, Any]:
    """Tell an offer anew; the version before is kept."""
    own = acting(caller, request)
    telling = Telling(offer_id, body.version, body.offering_of(own.employer_id))

    async def work(unit: UnitOfWork) -> Document:
        return await commands.change_own_offer(unit, own, telling)

    return await own.context.in_hub(own.actor, OFFERS_KEY, work)


@router.post("/{employer_id}/offers/{offer_id}/withdrawal", Permission.MANAGE_OWN_OFFERS)
@linked.post("/offers/{offer_id}/withdrawal")
async def post_withdrawal(caller: Caller, request: Request, offer_id: Id, body: SeenBody) -> dict[str, Any]:
    """Withdraw an offer."""
    own = acting(caller, request)

    async def work(unit: UnitOfWork) -> Document:
        return await commands.withdraw_own_offer(unit, own, offer_id, body.version)

    return await own.context.in_hub(own.actor, OFFERS_KEY, work)


@router.get("/{employer_id}/asks", Permission.READ_OWN_EMPLOYER)
@linked.get("/asks")
async def get_asks(caller: Caller, request: Request) -> dict[str, Any]:
    """List what schools ask of the employer, and where each ask stands."""
    return await views.asks(await reading(caller, request))


@router.post("/{employer_id}/asks/{match_id}/answer", Permission.ANSWER_ASKS)
@linked.post("/asks/{match_id}/answer")
async def post_answer(caller: Caller, request: Request, match_id: Id, body: AnswerBody) -> dict[str, Any]:
    """Accept or decline an ask."""
    own = await reading(caller, request)
    return await commands.answer_own_ask(own, Telling(match_id, body.version, body.answer))


def acting(caller: Caller, request: Request) -> Own:
    """Say as which employer somebody comes in; whether they still may is not looked at here."""
    if isinstance(caller, HubLinkCaller):
        employer_id = EmployerId(caller.link.opens.identity)
        return Own(caller.actor, caller.context, employer_id, caller.link)
    return Own(caller.actor, caller.context, EmployerId(request.path_params["employer_id"]))


async def reading(caller: Caller, request: Request) -> Own:
    """Say as which employer somebody reads; raises NotFoundError unless they act for it now."""
    own = acting(caller, request)
    await own.require_now()
    return own
