"""Questions about a round in a browser: why not this employer, and what would fill what stays unmet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import Query, Response

from contracts.vocabulary import EmployerId
from services.employers.api.fields import Id
from services.employers.fields import SERVICE_NAME
from services.employers.matching.round import Need
from services.employers.pages import words
from services.employers.pages.site import HUB, pages, problems_of, show, status_of
from services.employers.views import rounds as views
from services.employers.views.round_parts import RoundParts, line_named, round_parts
from services.runtime.errors import HubError
from services.runtime.permissions import Permission
from services.web.routing import HubVisitor, PageRouter

REMEDIES: Final = 10
"""Worked out at first: each takes a few solves. More are a link away."""
MOST_REMEDIES: Final = 50
FIELDS: Final = {"need": "School's need", "employer": "Employer"}

router = PageRouter(SERVICE_NAME, f"{HUB}/rounds/{{round_id}}", pages)


@router.get("/why-not", Permission.READ_ROUNDS)
async def get_why_not(
    caller: HubVisitor,
    round_id: Id,
    need: Annotated[str, Query(max_length=64)] = "",
    employer: Annotated[str, Query(max_length=64)] = "",
) -> Response:
    """Ask why an employer's offers are not a need's, and answer it."""
    parts = await round_parts(caller.context, round_id)
    values: dict[str, Any] = {
        "base": f"{HUB}/rounds/{round_id}",
        "needs": needs_named(parts),
        "employers": parts.employers,
        "typed": {"need": need, "employer": employer},
        "answers": None,
        "problems": (),
        "wrong": {},
    }
    if not need and not employer:
        return show(caller, "why_not", values)
    wrong = {
        name: f"{FIELDS[name]}: choose one of this round"
        for name, chosen, known in (("need", need, parts.needs), ("employer", employer, parts.employers))
        if chosen not in known
    }
    if wrong:
        return show(caller, "why_not", {**values, "problems": tuple(wrong.items()), "wrong": wrong}, 422)
    try:
        found = await views.why_not(caller.context, round_id, need, EmployerId(employer))
    except HubError as error:
        problems = problems_of(error, {}, "need")
        return show(caller, "why_not", {**values, "problems": problems}, status_of(error))
    answers = [_why(parts, one) for one in found["offers"]]
    return show(caller, "why_not", {**values, "answers": answers})


@router.get("/unmet", Permission.READ_ROUNDS)
async def get_unmet(
    caller: HubVisitor,
    round_id: Id,
    limit: Annotated[int, Query(ge=1, le=MOST_REMEDIES)] = REMEDIES,
) -> Response:
    """List the needs that stay unmet, with the cheapest change that would fill each."""
    parts = await round_parts(caller.context, round_id)
    unmet = (await views.match_round(caller.context, round_id))["plan"]["unmet"]
    found: list[dict[str, Any]] = []
    trouble = ""
    if unmet:
        try:
            found = (await views.remedies(caller.context, round_id, limit))["remedies"]
        except HubError as error:
            trouble = error.detail
    remedies = {one["need"]: _remedy(parts, one) for one in found}
    values = {
        "base": f"{HUB}/rounds/{round_id}",
        "unmet": [_unmet(parts, one, remedies.get(one["need"])) for one in unmet],
        "trouble": trouble,
        "more": len(unmet) > limit and limit < MOST_REMEDIES,
        "most": MOST_REMEDIES,
    }
    return show(caller, "unmet", values)


def needs_named(parts: RoundParts) -> dict[str, str]:
    """Name a round's needs, in order of their schools."""
    named = {
        identity: f"{parts.school_of(identity)}: {_need(need)}" for identity, need in parts.needs.items()
    }
    return dict(sorted(named.items(), key=lambda one: (one[1], one[0])))


def _need(need: Need) -> str:
    return words.need_in_words(
        {"type": need.type, "year_groups": sorted(need.year_groups), "pupils": need.pupils}
    )


def _why(parts: RoundParts, found: Mapping[str, Any]) -> dict[str, Any]:
    offer = parts.offers[found["offer"]]
    where = "virtual" if offer.virtual else f"within {offer.radius_km} km"
    kind = words.types().get(offer.type, offer.type)
    return {
        **found,
        "name": f"{kind}, {words.years(sorted(offer.year_groups))}, {where}",
        "displaced": [line_named(parts, one, {}) for one in found["displaced"]],
        "added": [line_named(parts, one, {}) for one in found["added"]],
    }


def _unmet(parts: RoundParts, found: Mapping[str, Any], remedy: dict[str, Any] | None) -> dict[str, Any]:
    return {
        "school": parts.school_of(found["need"]),
        "need": _need(parts.needs[found["need"]]),
        "wanted": found["wanted"],
        "met": found["met"],
        "remedy": remedy,
    }


def _remedy(parts: RoundParts, found: Mapping[str, Any]) -> dict[str, Any]:
    change = found["cheapest_change"]
    said = None
    if change is not None:
        name = parts.employers.get(change["employer"], change["employer"])
        said = words.CHANGES[change["change"]].format(name)
        if "radius_km" in change:
            said += f", up to {change['radius_km']} km"
    return {"in_the_way": found["in_the_way"], "change": said, "gain": found["gain"]}
