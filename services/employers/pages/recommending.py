"""The employers that an Enterprise Adviser recommends to a school, in a browser: found, named, taken back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import Query, Request, Response
from pydantic import ValidationError

from contracts.vocabulary import EmployerId
from services.employers import views as directory
from services.employers.advising.adviser import AdviserId
from services.employers.advising.match import MatchId
from services.employers.api.fields import EmployerPath, SeenBody
from services.employers.fields import SERVICE_NAME
from services.employers.model.search import EmployerQuery
from services.employers.own_adviser import commands, views
from services.employers.own_adviser.api import AdviserInPath, MatchInPath, Recommending, reading, recommending
from services.employers.own_adviser.standing import OwnAdviser
from services.employers.pages.fields import number
from services.employers.pages.own_adviser import BASE
from services.employers.pages.site import Told, pages, refused, see, show
from services.employers.recommending.commands import Named
from services.runtime.errors import ConflictError, InvalidError
from services.runtime.permissions import Permission
from services.web.forms import form_of
from services.web.routing import HubVisitor, PageRouter

FOUND_AT_MOST: Final = 10
"""Of one search: who finds more writes more of the name."""
DONE: Final = {
    "recommended": "You recommend this employer to the school. The next match round minds it.",
    "withdrawn": "You do not recommend this employer any more.",
}
COMMANDS: Final[Mapping[str, Recommending]] = {
    "recommended": commands.recommend_own,
    "withdrawn": commands.withdraw_own,
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
    return await _change(caller, request, adviser_id, (match_id, employer_id), "recommended")


@router.post("/recommendations/{employer_id}/withdrawal", Permission.MANAGE_OWN_ADVISER)
async def post_withdrawal(
    caller: HubVisitor,
    request: Request,
    adviser_id: AdviserInPath,
    match_id: MatchInPath,
    employer_id: EmployerPath,
) -> Response:
    """Recommend an employer to the school no longer."""
    return await _change(caller, request, adviser_id, (match_id, employer_id), "withdrawn")


async def _change(
    caller: HubVisitor, request: Request, adviser_id: AdviserId, pair: tuple[MatchId, EmployerId], to: str
) -> Response:
    own = await reading(caller, adviser_id)
    match_id, employer_id = pair
    try:
        form = await form_of(request)
        seen = SeenBody.model_validate({"version": number(form.text("version"))}).version
        await recommending(own, COMMANDS[to], Named(match_id, employer_id, seen, None))
    except (ValidationError, ConflictError) as error:
        return await _page(caller, own, match_id, refused(error, {}, "standing"), "")
    return see(f"{BASE}/{adviser_id}/matches/{match_id}", to)


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
