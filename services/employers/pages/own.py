"""What an employer keeps and answers itself, in a browser: by an account of its own, or by a link.

Each page is there for both ways in, as each route of the API is (`own/api.py`). By a link nobody is signed
in: the page has no navigation, and its address is the secret.
"""

from __future__ import annotations

from typing import Any, Final

from fastapi import Request, Response
from pydantic import ValidationError

from services.employers.api.fields import Id, SeenBody, asked_of, new_id
from services.employers.api.offer_bodies import OwnOfferBody, OwnOfferChangeBody
from services.employers.api.round_bodies import AnswerBody
from services.employers.commands.offers import OFFERS_KEY
from services.employers.fields import SERVICE_NAME
from services.employers.own import commands, views
from services.employers.own.api import acting, reading
from services.employers.own.standing import Own
from services.employers.own.store import OWN_LINK, OWN_PAGE
from services.employers.pages import words
from services.employers.pages.fields import number, typed_of
from services.employers.pages.offer_form import FIELDS, offer_of, terms_from, typed_from
from services.employers.pages.site import HUB, Told, fresh_key, pages, refused, see, show
from services.employers.views.offers import OffersAsked
from services.runtime.errors import ConflictError, HubError
from services.runtime.idempotency import answer_once
from services.runtime.linked_routes import HUB_LINK_PATH, HubLinkCaller, HubLinkedRouter
from services.runtime.links import NO_SUCH_LINK
from services.runtime.mongo import Document
from services.runtime.permissions import Permission
from services.runtime.uow import UnitOfWork
from services.runtime.versions import Telling
from services.web.forms import form_of
from services.web.routing import HubVisitor, PageRouter

MOST_OFFERS_SHOWN: Final = 200
"""Of one employer, all terms together: twice what it can offer in one."""
DONE: Final = {
    "published": "The offer is published.",
    "changed": "The offer is changed.",
    "withdrawn": "The offer is withdrawn. It is not proposed to schools any more.",
    "accepted": "You accepted. The coordinator confirms it when the school accepts too.",
    "declined": "You declined. You are not asked the same again in this round.",
}

Caller = HubVisitor | HubLinkCaller


def refusal(error: HubError) -> Response:
    """Say in plain words that a link opens nothing, or what else went wrong."""
    return pages().refusal(error) if error.detail == NO_SUCH_LINK else pages().trouble(error)


router = PageRouter(SERVICE_NAME, f"{HUB}/own", pages)
linked = HubLinkedRouter(SERVICE_NAME, OWN_LINK, refusal)


@router.get("", Permission.READ_OWN_EMPLOYER)
async def get_employers(caller: HubVisitor) -> Response:
    """Go on to the account's one employer, or name those that it acts for."""
    found = (await views.employers_of(caller.context, caller.actor.subject))["employers"]
    if len(found) == 1:
        return see(f"{HUB}/own/{found[0]['employer_id']}")
    return show(caller, "own_employers", {"employers": found, "base": f"{HUB}/own"})


@router.get("/{employer_id}", Permission.READ_OWN_EMPLOYER)
@linked.get(OWN_PAGE, include_in_schema=False)
async def get_own(caller: Caller, request: Request, done: str = "") -> Response:
    """Show the employer's offers, and what schools ask of it."""
    return await _own_page(caller, request, Told(DONE.get(done, "")))


@router.get("/{employer_id}/offers/new", Permission.MANAGE_OWN_OFFERS)
@linked.get(f"{OWN_PAGE}/offers/new", include_in_schema=False)
async def get_new_offer(caller: Caller, request: Request) -> Response:
    """Show an empty offer."""
    own = await reading(caller, request)
    typed = {"send": "none", "where": "in_person", "capacity": "1", "once": fresh_key()}
    return _offer_page(caller, request, own, Told(typed=typed))


@router.post("/{employer_id}/offers/new", Permission.MANAGE_OWN_OFFERS)
@linked.post(f"{OWN_PAGE}/offers/new", include_in_schema=False)
async def post_offer(caller: Caller, request: Request) -> Response:
    """Publish an offer; sent twice it is published once."""
    own, offer_id = await reading(caller, request), new_id()
    form = await form_of(request)
    try:
        body = OwnOfferBody.model_validate(offer_of(form))
        offering = body.offering_of(own.employer_id)

        async def work(unit: UnitOfWork) -> Document:
            async def publish() -> Document:
                return await commands.publish_own_offer(unit, own, offer_id, offering)

            scope = f"own/{own.employer_id}/"
            key = form.text("once") or None
            return await answer_once(unit, key, asked_of(body, "own offer"), publish, scope)

        await own.context.in_hub(own.actor, OFFERS_KEY, work)
    except (ValidationError, HubError) as error:
        return _offer_page(caller, request, own, refused(error, FIELDS, "type", typed_of(form)))
    return see(_base(caller, request), "published")


@router.get("/{employer_id}/offers/{offer_id}", Permission.READ_OWN_EMPLOYER)
@linked.get(f"{OWN_PAGE}/offers/{{offer_id}}", include_in_schema=False)
async def get_offer(caller: Caller, request: Request, offer_id: Id) -> Response:
    """Show one of the employer's offers, to be changed."""
    own = await reading(caller, request)
    offer = await views.own_offer(own, offer_id)
    return _offer_page(caller, request, own, Told(typed=typed_from(offer)))


@router.post("/{employer_id}/offers/{offer_id}", Permission.MANAGE_OWN_OFFERS)
@linked.post(f"{OWN_PAGE}/offers/{{offer_id}}", include_in_schema=False)
async def post_change(caller: Caller, request: Request, offer_id: Id) -> Response:
    """Tell an offer anew."""
    own = await reading(caller, request)
    await views.own_offer(own, offer_id)
    form = await form_of(request)
    try:
        asked = {**offer_of(form), "version": number(form.text("version"))}
        body = OwnOfferChangeBody.model_validate(asked)
        telling = Telling(offer_id, body.version, body.offering_of(own.employer_id))

        async def work(unit: UnitOfWork) -> Document:
            return await commands.change_own_offer(unit, own, telling)

        await own.context.in_hub(own.actor, OFFERS_KEY, work)
    except (ValidationError, HubError) as error:
        return _offer_page(caller, request, own, refused(error, FIELDS, "type", typed_of(form)))
    return see(_base(caller, request), "changed")


@router.post("/{employer_id}/offers/{offer_id}/withdrawal", Permission.MANAGE_OWN_OFFERS)
@linked.post(f"{OWN_PAGE}/offers/{{offer_id}}/withdrawal", include_in_schema=False)
async def post_withdrawal(caller: Caller, request: Request, offer_id: Id) -> Response:
    """Withdraw an offer."""
    own = acting(caller, request)
    form = await form_of(request)
    try:
        seen = SeenBody.model_validate({"version": number(form.text("version"))}).version

        async def work(unit: UnitOfWork) -> Document:
            return await commands.withdraw_own_offer(unit, own, offer_id, seen)

        await own.context.in_hub(own.actor, OFFERS_KEY, work)
    except (ValidationError, ConflictError) as error:
        return await _own_page(caller, request, refused(error, {}, f"offer-{offer_id}"))
    return see(_base(caller, request), "withdrawn")


@router.post("/{employer_id}/asks/{match_id}/answer", Permission.ANSWER_ASKS)
@linked.post(f"{OWN_PAGE}/asks/{{match_id}}/answer", include_in_schema=False)
async def post_answer(caller: Caller, request: Request, match_id: Id) -> Response:
    """Accept or decline what a school asks."""
    own = await reading(caller, request)
    form = await form_of(request)
    try:
        body = AnswerBody.model_validate(
            {"version": number(form.text("version")), "answer": form.text("answer")}
        )
        await commands.answer_own_ask(own, Telling(match_id, body.version, body.answer))
    except (ValidationError, ConflictError) as error:
        return await _own_page(caller, request, refused(error, {}, f"ask-{match_id}"))
    return see(_base(caller, request), body.answer)


def _base(caller: Caller, request: Request) -> str:
    if isinstance(caller, HubLinkCaller):
        return f"{HUB}{HUB_LINK_PATH.format(secret=request.path_params['secret'])}{OWN_PAGE}"
    return f"{HUB}/own/{request.path_params['employer_id']}"


def _show(caller: Caller, template: str, values: dict[str, Any], status: int) -> Response:
    if isinstance(caller, HubLinkCaller):
        return pages().render(f"employers/{template}.html", {"words": words, **values}, status)
    return show(caller, template, values, status)


async def _own_page(caller: Caller, request: Request, told: Told) -> Response:
    own = await reading(caller, request)
    asked = OffersAsked(own.employer_id, None, None, withdrawn=False, limit=MOST_OFFERS_SHOWN, cursor=None)
    values = {
        "base": _base(caller, request),
        "entry": await views.own_entry(own),
        "offers": (await views.own_offers(own, asked))["offers"],
        "asks": [one for one in (await views.asks(own))["asks"] if one["state"] != "replaced"],
        "by_link": own.link is not None,
        "ends_at": None if own.link is None else own.link.ends_at,
        **told.values,
    }
    return _show(caller, "own", values, told.status)


def _offer_page(caller: Caller, request: Request, own: Own, told: Told) -> Response:
    base, typed = _base(caller, request), told.typed or {}
    offer_id = request.path_params.get("offer_id", "")
    values = {
        "base": base,
        "here": f"{base}/offers/{offer_id or 'new'}",
        "new": not offer_id,
        "fields": FIELDS,
        "terms": terms_from(own.context.clock(), typed.get("term", "")),
        "typed": typed,
        **told.values,
    }
    return _show(caller, "own_offer", values, told.status)
