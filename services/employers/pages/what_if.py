"""A round that might be, in a browser: one change or several, compared with the plan. Nothing is stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from fastapi import Request, Response
from pydantic import ValidationError

from contracts.vocabulary import EmployerId
from services.employers import views as directory
from services.employers.api.fields import Id
from services.employers.api.round_bodies import WhatIfBody, thousandths
from services.employers.commands.rounds import the_round
from services.employers.fields import SERVICE_NAME
from services.employers.model.directory import Employer
from services.employers.model.search import EmployerQuery, words_of
from services.employers.pages import words
from services.employers.pages.fields import filled, number, numbers, typed_of
from services.employers.pages.rounds import FAIRNESS
from services.employers.pages.site import HUB, Told, pages, refused, show
from services.employers.round_questions import WhatIf
from services.employers.rules import weights
from services.employers.views import rounds as views
from services.employers.views.round_parts import RoundParts, line_named, round_parts
from services.employers.views.what_if import more_employers
from services.runtime.errors import FieldProblem, HubError, InvalidError
from services.runtime.permissions import Permission
from services.web.forms import Form, form_of
from services.web.routing import HubVisitor, PageRouter

MOST_NAMED: Final = 5
"""Employers that are listed when a name fits several."""
FIELDS: Final = {
    "fairness": "Fairness",
    "without_employers": "An employer drops out",
    "offers": "An offer changes",
    "more_offers": "An employer comes in",
    "weights": "A weight changes",
}


@dataclass(frozen=True, slots=True)
class _Compared:
    """What came out, and the names of employers that the round itself has not."""

    found: Mapping[str, Any]
    more: Mapping[str, str]


router = PageRouter(SERVICE_NAME, f"{HUB}/rounds/{{round_id}}/what-if", pages)


@router.get("", Permission.READ_ROUNDS)
async def get_what_if(caller: HubVisitor, round_id: Id) -> Response:
    """Ask what might be otherwise."""
    return await _page(caller, round_id, Told())


@router.post("", Permission.READ_ROUNDS)
async def post_what_if(caller: HubVisitor, request: Request, round_id: Id) -> Response:
    """Compare the plan with the one that there would be."""
    form = await form_of(request)
    typed = typed_of(form)
    try:
        more = await _named(caller, form.text("more_offers"))
        body = WhatIfBody.model_validate(_asked(form, more))
        if body == WhatIfBody():
            raise InvalidError("Change one thing at least: choose something below.")
        change = await _change(caller, round_id, body)
        found = await views.what_if(caller.context, round_id, change)
    except (ValidationError, HubError) as error:
        return await _page(caller, round_id, refused(error, FIELDS, "fairness", typed))
    names: dict[str, str] = {} if more is None else {more.id: more.name}
    return await _page(caller, round_id, Told(typed=typed), _Compared(found, names))


async def _change(caller: HubVisitor, round_id: str, body: WhatIfBody) -> WhatIf:
    ends_on = (await the_round(caller.context, round_id)).content.ends_on
    offers = [one.offer(place, ends_on) for place, one in enumerate(body.more_offers)]
    return WhatIf(
        fairness=None if body.fairness is None else thousandths(body.fairness),
        without_employers=tuple(body.without_employers),
        offers=tuple(one.change() for one in body.offers),
        more_employers=await more_employers(caller.context, [offer.employer_id for offer in offers]),
        more_offers=tuple(offers),
        weights=body.weights,
    )


async def _named(caller: HubVisitor, name: str) -> Employer | None:
    """Find the one employer of the directory that somebody names; raises InvalidError for none or several."""
    if not name:
        return None
    found = (await directory.employers(caller.context, EmployerQuery(name, None, MOST_NAMED, None))).employers
    exact = [one for one in found if words_of(one.name) == words_of(name)]
    if len(exact) == 1 or len(found) == 1:
        return (exact or found)[0]
    reason = "is not in the directory; type the beginning of its name"
    if found:
        reason = f"fits several: {', '.join(one.name for one in found)}; type more of its name"
    raise InvalidError("Which employer is meant?", (FieldProblem("more_offers", reason),))


def _asked(form: Form, more: Employer | None) -> dict[str, Any]:
    """Make the API's body of what was filled in."""
    asked: dict[str, Any] = filled({"fairness": form.text("fairness")})
    if form.text("without_employers"):
        asked["without_employers"] = [form.text("without_employers")]
    if form.text("offers"):
        changed = {"radius_km": number(form.text("radius_km")), "capacity": number(form.text("capacity"))}
        asked["offers"] = [{"offer_id": form.text("offers"), **filled(changed)}]
    if more is not None:
        radius = number(form.text("more_radius_km"))
        offer = {
            "employer_id": EmployerId(more.id),
            "type": form.text("more_type"),
            "year_groups": numbers(form, "year_groups"),
            "group_size": number(form.text("more_group_size")),
            "radius_km": radius,
            "virtual": radius is None,
        }
        asked["more_offers"] = [filled(offer)]
    if form.text("weights"):
        asked["weights"] = {form.text("weights"): number(form.text("points"))}
    return asked


async def _page(caller: HubVisitor, round_id: str, told: Told, compared: _Compared | None = None) -> Response:
    parts = await round_parts(caller.context, round_id)
    now = weights().weights
    values = {
        **told.values,
        "base": f"{HUB}/rounds/{round_id}",
        "typed": {"more_group_size": "30", "more_radius_km": "30", **(told.typed or {})},
        "fairness": FAIRNESS,
        "employers": parts.employers,
        "offers": _offers(parts),
        "weights": {
            name: f"{words.PARTS[name]}: {one.points} now ({one.reason})" for name, one in now.items()
        },
        "year_groups": words.YEAR_GROUPS,
        "result": None if compared is None else _result(parts, compared),
    }
    return show(caller, "what_if", values, told.status)


def _offers(parts: RoundParts) -> dict[str, str]:
    """Name the round's offers, in order of their employers."""
    named = {
        identity: f"{parts.employers[offer.employer_id]}: {words.types().get(offer.type, offer.type)}, "
        + ("virtual" if offer.virtual else f"{offer.radius_km} km")
        + f", {offer.capacity} a term"
        for identity, offer in parts.offers.items()
    }
    return dict(sorted(named.items(), key=lambda one: (one[1].casefold(), one[0])))


def _result(parts: RoundParts, compared: _Compared) -> dict[str, Any]:
    found, more = compared.found, compared.more
    names = parts.schools
    return {
        **found,
        "schools": [
            {
                "name": names.get(
                    (one["after"] or one["before"])["urn"], (one["after"] or one["before"])["urn"]
                ),
                **one,
            }
            for one in found["schools"]
        ],
        "worst": {
            side: None if one is None else {**one, "name": names.get(one["urn"], one["urn"])}
            for side, one in found["worst_school"].items()
        },
        "added": [line_named(parts, one, more) for one in found["added"]],
        "removed": [line_named(parts, one, more) for one in found["removed"]],
    }
