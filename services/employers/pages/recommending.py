"""The employers that an Enterprise Adviser recommends to a school, in a browser: found, named, taken back."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import Query, Request, Response
from pydantic import ValidationError

from contracts.vocabulary import EmployerId
from services.employers import views as directory
from services.employers.advisers.commands import ADVISERS_KEY
from services.employers.api.fields import EmployerPath, SeenBody
from services.employers.fields import SERVICE_NAME
from services.employers.model.search import EmployerQuery
from services.employers.own_adviser import commands, views
from services.employers.own_adviser.api import AdviserInPath, MatchInPath, reading
from services.employers.own_adviser.standing import OwnAdviser
from services.employers.pages.fields import number
from services.employers.pages.own_adviser import BASE
from services.employers.pages.site import Told, pages, refused, see, show
from services.employers.recommending.commands import Named
from services.runtime.errors import ConflictError, InvalidError
from services.runtime.mongo import Document
from services.runtime.permissions import Permission
from services.runtime.uow import UnitOfWork
from services.web.forms import form_of
from services.web.routing import HubVisitor, PageRouter

FOUND_AT_MOST: Final = 10
"""Of one search: who finds more writes more of the name."""
DONE: Final = {
    "recommended": "You recommend this employer to the school. The next match round minds it.",
    "withdrawn": "You do not recommend this employer any more.",
}

router = PageRouter(SERVICE_NAME, f"{BASE}/{{adviser_id}}/matches/{{match_id}}", pages)

Searched = Annotated[str, Query(max_length=100)]


@router.get("", Permission.READ_OWN_ADVISER)
async def get_recommendations(
    caller: HubVisitor, adviser_id: AdviserInPath, match_id: MatchInPath, q: Searched = "", done: str = ""
) -> Response:
    """Show whom one recommends to a school, and find others."""
    own = await reading(caller, adviser_id)
    return await _page(caller, own, match_id, Told(DONE.get(done, "")), q.strip())


@router.post("/recommendations/{employer_id}", Permission.MANAGE_OWN_ADVISER)
async def post_recommendation(
    caller: HubVisitor,
    request: Request,
    adviser_id: AdviserInPath,
    match_id: MatchInPath,
    employer_id: EmployerPath,
) -> Response:
    """Recommend an employer to the school from today on."""
    own = await reading(caller, adviser_id)
    try:
        named = await _named(request, match_id, employer_id)

        async def work(unit: UnitOfWork) -> Document:
            return await commands.recommend_own(unit, own, named)

        await own.context.in_hub(own.actor, ADVISERS_KEY, work)
    except (ValidationError, ConflictError) as error:
        return await _page(caller, own, match_id, refused(error, {}, "standing"), "")
    return see(f"{BASE}/{adviser_id}/matches/{match_id}", "recommended")


@router.post("/recommendations/{employer_id}/withdrawal", Permission.MANAGE_OWN_ADVISER)
async def post_withdrawal(
    caller: HubVisitor,
    request: Request,
    adviser_id: AdviserInPath,
    match_id: MatchInPath,
    employer_id: EmployerPath,
) -> Response:
    """Recommend an employer to the school no longer."""
    own = await reading(caller, adviser_id)
    try:
        named = await _named(request, match_id, employer_id)

        async def work(unit: UnitOfWork) -> Document:
            return await commands.withdraw_own(unit, own, named)

        await own.context.in_hub(own.actor, ADVISERS_KEY, work)
    except (ValidationError, ConflictError) as error:
        return await _page(caller, own, match_id, refused(error, {}, "standing"), "")
    return see(f"{BASE}/{adviser_id}/matches/{match_id}", "withdrawn")


async def _named(request: Request, match_id: MatchInPath, employer_id: EmployerId) -> Named:
    form = await form_of(request)
    seen = SeenBody.model_validate({"version": number(form.text("version"))}).version
    return Named(match_id, employer_id, seen, None)


async def _page(caller: HubVisitor, own: OwnAdviser, match_id: MatchInPath, told: Told, q: str) -> Response:
    record = await views.own_recommendations(own, match_id)
    known = {one["employer_id"]: one for one in record["recommendations"]}
    found: list[dict[str, Any]] = []
    if q:
        try:
            page = await directory.employers(caller.context, EmployerQuery(q, None, FOUND_AT_MOST, None))
        except InvalidError as error:
            told = refused(error, {}, "q")
        else:
            found = [
                {"id": one.id, "name": one.name, "town": one.town, "known": known.get(one.id)}
                for one in page.employers
            ]
    values = {
        "back_to": f"{BASE}/{own.adviser_id}",
        "here": f"{BASE}/{own.adviser_id}/matches/{match_id}",
        "school": record["school"],
        "works": record["state"] == "active",
        "standing": [one for one in known.values() if one["withdrawn_on"] is None],
        "taken_back": [one for one in known.values() if one["withdrawn_on"] is not None],
        "q": q,
        "found": found,
        **told.values,
    }
    return show(caller, "own_recommend", values, told.status)
