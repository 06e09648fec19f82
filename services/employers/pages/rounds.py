"""Match rounds in a browser: all of them, a new one, and one with its plan, its schools and its price.

Solving a round again and confirming all that both sides accepted are here; what is done with one match is in
`line.py`. Each confirmation is a unit of work of its own: what cannot be confirmed is named, the rest stands.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import Query, Request, Response
from pydantic import ValidationError

from contracts.vocabulary import EmployerId
from services.employers.api.fields import Id, SeenBody, new_id
from services.employers.api.round_bodies import RoundBody, thousandths
from services.employers.commands import matches, rounds
from services.employers.fields import SERVICE_NAME
from services.employers.pages.fields import filled, number, three_fields, typed_of
from services.employers.pages.site import HUB, Told, cut, pages, refused, see, show
from services.employers.views import rounds as views
from services.employers.views.members import members
from services.runtime.errors import ConflictError, HubError, InvalidError
from services.runtime.mongo import Document
from services.runtime.permissions import Permission
from services.runtime.uow import UnitOfWork
from services.web.charts import BarChart, bar_chart
from services.web.forms import Form, form_of
from services.web.routing import HubVisitor, PageRouter

LINES_A_PAGE: Final = 50
MOST_CONFIRMED_AT_ONCE: Final = 50
"""Each is a transaction of some 20 ms; the button says how many are left."""
LONGEST_LABEL: Final = 28
"""Letters of a school's name beside its bar; the table has all of it."""
FIELDS: Final = {"ends_on": "Last day", "fairness": "Fairness"}
FAIRNESS: Final = {
    "1": "The school with the least of what it asked for comes first, whatever it costs",
    "0": "The plan with the most matches that costs least comes first",
    "0.5": "Halfway between these two",
}
DONE: Final = {
    "proposed": "The round is proposed. Schools see what is proposed to them.",
    "solved": "The round is solved again. What both sides had accepted was changed as little as possible.",
    "confirmed": "All that both sides accepted is confirmed.",
    "some": f"{MOST_CONFIRMED_AT_ONCE} matches are confirmed, the most at once. Confirm the rest now.",
}
_KEY: Final = re.compile(r"^[0-9a-f]{32}$")

router = PageRouter(SERVICE_NAME, f"{HUB}/rounds", pages)


@router.get("", Permission.READ_ROUNDS)
async def get_rounds(caller: HubVisitor) -> Response:
    """List rounds, and ask for a new one."""
    return await _rounds_page(caller, Told(typed={"fairness": "1", "once": new_id()}))


@router.post("", Permission.MANAGE_ROUNDS)
async def post_round(caller: HubVisitor, request: Request) -> Response:
    """Propose a round; the form's own key becomes its id, so that sending it twice proposes it once."""
    form = await form_of(request)
    try:
        identity = _key_of(form)
        asked = {"ends_on": three_fields(form, "ends_on"), "fairness": form.text("fairness")}
        body = RoundBody.model_validate(filled(asked))
        fairness = thousandths(body.fairness)
        await rounds.propose_round(caller.context, caller.actor, identity, body.ends_on, fairness)
    except (ValidationError, HubError) as error:
        return await _rounds_page(caller, refused(error, FIELDS, "ends_on", typed_of(form)))
    return see(f"{HUB}/rounds/{identity}", "proposed")


@router.get("/{round_id}", Permission.READ_ROUNDS)
async def get_round(
    caller: HubVisitor,
    round_id: Id,
    by: str = "school",
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
    done: str = "",
) -> Response:
    """Show a round's plan, by school or by employer."""
    return await _round_page(caller, round_id, Told(DONE.get(done, "")), by, page)


@router.post("/{round_id}/resolution", Permission.MANAGE_ROUNDS)
async def post_resolution(caller: HubVisitor, request: Request, round_id: Id) -> Response:
    """Solve a round again."""
    form = await form_of(request)
    try:
        seen = SeenBody.model_validate({"version": number(form.text("version"))}).version
        await rounds.resolve_round(caller.context, caller.actor, round_id, seen)
    except (ValidationError, HubError) as error:
        return await _round_page(caller, round_id, refused(error, {}, "solve"))
    return see(f"{HUB}/rounds/{round_id}", "solved")


@router.post("/{round_id}/confirmations", Permission.MANAGE_ROUNDS)
async def post_confirmations(caller: HubVisitor, round_id: Id) -> Response:
    """Confirm what both sides accepted; what cannot be is named, and stays accepted."""
    shown = await views.match_round(caller.context, round_id)
    problems: list[tuple[str, str]] = []
    accepted = [one for one in shown["lines"] if one["state"] == "accepted"]
    for line in accepted[:MOST_CONFIRMED_AT_ONCE]:
        try:
            await _confirm(caller, line)
        except ConflictError as error:
            name = f"{line['employer'] or line['employer_id']} for {line['school'] or line['urn']}"
            problems.append((f"line-{line['id']}", f"{name}: {error.detail}"))
    if problems:
        return await _round_page(caller, round_id, Told(problems=tuple(problems), status=HTTPStatus.CONFLICT))
    whole = len(accepted) <= MOST_CONFIRMED_AT_ONCE
    return see(f"{HUB}/rounds/{round_id}", "confirmed" if whole else "some")


async def _confirm(caller: HubVisitor, line: Mapping[str, Any]) -> None:
    async def work(unit: UnitOfWork) -> Document:
        return await matches.confirm_match(unit, line["id"], line["version"])

    await caller.context.in_hub(caller.actor, line["urn"], work)


def _key_of(form: Form) -> str:
    key = form.text("once")
    if not _KEY.match(key):
        raise InvalidError("This form is not of this page. Load the page again, and fill it in there.")
    return key


async def _rounds_page(caller: HubVisitor, told: Told) -> Response:
    values = {
        "rounds": (await views.rounds(caller.context))["rounds"],
        "may_manage": Permission.MANAGE_ROUNDS in caller.granted,
        "fairness": FAIRNESS,
        "typed": told.typed,
        **told.values,
    }
    return show(caller, "rounds", values, told.status)


async def _round_page(
    caller: HubVisitor, round_id: str, told: Told, by: str = "school", number_of_page: int = 1
) -> Response:
    shown = await views.match_round(caller.context, round_id)
    names = {member.tenant: member.school.name for member in await members(caller.context)}
    schools = _schools(shown, names)
    by = "employer" if by == "employer" else "school"
    lines = sorted(
        (one for one in shown["lines"] if one["state"] != "replaced"),
        key=lambda one: (one[by] or "", one["employer"] or "", one["school"] or "", one["id"]),
    )
    base = f"{HUB}/rounds/{round_id}"
    page, more = cut(lines, number_of_page, LINES_A_PAGE, f"{base}?by={by}&page=")
    not_vetted = [EmployerId(one) for one in shown["not_vetted"]]
    values = {
        "base": base,
        "round": shown,
        "schools": schools,
        "chart": _chart(schools),
        "price": shown["price_of_fairness"],
        "names": names,
        "by": by,
        "lines": page,
        "more": more,
        "count": len(lines),
        "accepted": min(sum(one["state"] == "accepted" for one in lines), MOST_CONFIRMED_AT_ONCE),
        "not_vetted": await views.employer_names(caller.context, not_vetted),
        "may_manage": Permission.MANAGE_ROUNDS in caller.granted,
        **told.values,
    }
    return show(caller, "round", values, told.status)


def _schools(shown: Mapping[str, Any], names: Mapping[Any, str]) -> list[dict[str, Any]]:
    """List the schools that want anything, the worst-off first, with the share met in whole per cent."""
    wanting = [
        {
            **one,
            "name": names.get(one["urn"], f"School {one['urn']}"),
            # Cut off and not rounded: 99.9% is not all (domain rule 2).
            "percent": 100 * one["met"] // one["wanted"],
        }
        for one in shown["plan"]["schools"]
        if one["wanted"]
    ]
    return sorted(wanting, key=lambda one: (one["met"] / one["wanted"], one["name"]))


def _chart(schools: Sequence[Mapping[str, Any]]) -> BarChart:
    rows = [(_short(one["name"]), one["percent"], f"{one['percent']}%") for one in schools]
    return bar_chart("Share of what each school asked for that is in the plan", rows)


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_LABEL else f"{name[: LONGEST_LABEL - 1]}…"
