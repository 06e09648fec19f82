"""The directory of employers in a browser: found, looked at, vetted; entries that may be one, and merging."""

from __future__ import annotations

from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import Query, Request, Response
from pydantic import ValidationError

from contracts.vocabulary import EMPLOYER_ID_PATTERN, EmployerId
from services.employers import views
from services.employers.commands import DIRECTORY_KEY
from services.employers.fields import SERVICE_NAME, EmployerInPath
from services.employers.merging.api import MergeBody
from services.employers.merging.commands import merge_employer, take_merge_back
from services.employers.merging.views import likenesses
from services.employers.model.directory import Employer
from services.employers.model.merging import Merges
from services.employers.model.search import EmployerPage, EmployerQuery
from services.employers.model.vetting import Decision, Vetting
from services.employers.pages import words
from services.employers.pages.fields import filled, number, three_fields, typed_of
from services.employers.pages.site import HUB, Told, pages, refused, see, show
from services.employers.terms import vetting_terms
from services.employers.vetting.api import DecisionBody
from services.employers.vetting.commands import decide_vetting
from services.employers.vetting.store import read_vetting, vetted_employers
from services.runtime.errors import HubError, InvalidError
from services.runtime.permissions import Permission
from services.runtime.uow import UnitOfWork
from services.web.forms import Form, form_of
from services.web.routing import HubVisitor, PageRouter

EMPLOYERS_A_PAGE: Final = 25
MOST_PAIRS_SHOWN: Final = 50
"""Looked through before anybody loads the page again; the page says how many there are."""
FIELDS: Final = {
    "state": "Decision",
    "decided_on": "Decided on",
    "checked": "What was checked",
    "reason": "Reason",
    "into": "Which one stays",
}
DECISIONS: Final = {
    "vetted": "Vetted: schools may be matched with it",
    "paused": "Paused: not for now",
    "refused": "Refused",
}
REASONS: Final = {
    "same_company_number": "the same company number",
    "same_name": "the same name",
    "same_postcode": "the same postcode",
    "same_town": "the same town",
    "near": "close together",
}
DONE: Final = {
    "vetted": "The decision is recorded.",
    "merged": "The entries are merged. What was recorded with one counts for the other.",
    "unmerged": "The merge is taken back: everything is as it was.",
}

router = PageRouter(SERVICE_NAME, f"{HUB}/directory", pages)
duplicates = PageRouter(SERVICE_NAME, f"{HUB}/duplicates", pages)


@router.get("", Permission.READ_DIRECTORY)
async def get_directory(
    caller: HubVisitor,
    q: Annotated[str, Query(max_length=100)] = "",
    section: Annotated[str, Query(pattern="^[A-U]?$")] = "",
    cursor: Annotated[EmployerId | None, Query(pattern=EMPLOYER_ID_PATTERN)] = None,
) -> Response:
    """Find employers by the beginnings of words of their names, and by sector."""
    told, page = Told(), EmployerPage((), None)
    try:
        query = EmployerQuery(q.strip() or None, section or None, EMPLOYERS_A_PAGE, cursor)
        page = await views.employers(caller.context, query)
    except InvalidError as error:
        told = refused(error, {}, "q")
    sees_vetting = Permission.VET_EMPLOYERS in caller.granted
    asked = {"q": q, "section": section}
    values = {
        "employers": page.employers,
        "vetted": await vetted_employers(caller.context.database()) if sees_vetting else frozenset(),
        "sees_vetting": sees_vetting,
        "may_merge": Permission.MANAGE_EMPLOYERS in caller.granted,
        "typed": asked,
        "first": cursor is None,
        "more": {
            "previous": None if cursor is None else f"{HUB}/directory?{urlencode(asked)}",
            "next": None
            if page.next is None
            else f"{HUB}/directory?{urlencode({**asked, 'cursor': page.next})}",
        },
        **told.values,
    }
    return show(caller, "directory", values, told.status)


@router.get("/{employer_id}", Permission.READ_DIRECTORY)
async def get_employer(caller: HubVisitor, employer_id: EmployerInPath, done: str = "") -> Response:
    """Show an employer, how it has been met, and where its vetting stands."""
    return await _employer_page(caller, employer_id, Told(DONE.get(done, "")))


@router.post("/{employer_id}/vetting", Permission.VET_EMPLOYERS)
async def post_decision(caller: HubVisitor, request: Request, employer_id: EmployerInPath) -> Response:
    """Decide about an employer."""
    form = await form_of(request)
    try:
        body = DecisionBody.model_validate(_decision_of(form))
        decision = Decision(body.state, body.decided_on, tuple(sorted(set(body.checked))), body.reason)

        async def work(unit: UnitOfWork) -> Vetting:
            return await decide_vetting(unit, employer_id, body.decisions, decision)

        await caller.context.in_hub(caller.actor, f"employers/{employer_id}", work)
    except (ValidationError, HubError) as error:
        return await _employer_page(caller, employer_id, refused(error, FIELDS, "state", typed_of(form)))
    return see(f"{HUB}/directory/{employer_id}", "vetted")


@router.post("/{employer_id}/merge", Permission.MANAGE_EMPLOYERS)
async def post_merge(caller: HubVisitor, request: Request, employer_id: EmployerInPath) -> Response:
    """Merge this employer into the one that stays."""
    form = await form_of(request)
    try:
        into = MergeBody.model_validate({"into": form.text("into")}).into

        async def work(unit: UnitOfWork) -> Merges:
            return await merge_employer(unit, employer_id, into)

        await caller.context.in_hub(caller.actor, DIRECTORY_KEY, work)
    except (ValidationError, HubError) as error:
        return await _duplicates_page(caller, refused(error, FIELDS, "pairs"))
    return see(f"{HUB}/duplicates", "merged")


@router.post("/{employer_id}/unmerge", Permission.MANAGE_EMPLOYERS)
async def post_unmerge(caller: HubVisitor, employer_id: EmployerInPath) -> Response:
    """Take a merge of this employer back."""

    async def work(unit: UnitOfWork) -> Merges:
        return await take_merge_back(unit, employer_id)

    await caller.context.in_hub(caller.actor, DIRECTORY_KEY, work)
    return see(f"{HUB}/directory/{employer_id}", "unmerged")


@duplicates.get("", Permission.MANAGE_EMPLOYERS)
async def get_duplicates(caller: HubVisitor, done: str = "") -> Response:
    """List entries that may be one employer, the surest first."""
    return await _duplicates_page(caller, Told(DONE.get(done, "")))


async def _duplicates_page(caller: HubVisitor, told: Told) -> Response:
    pairs = (await likenesses(caller.context)).pairs
    known = {one.id: one for one in await views.all_employers(caller.context)}
    values = {
        "found": len(pairs),
        "pairs": [
            {
                "employers": (known[pair.one], known[pair.other]),
                "reasons": [REASONS[reason] for reason in pair.reasons],
            }
            for pair in pairs[:MOST_PAIRS_SHOWN]
        ],
        **told.values,
    }
    return show(caller, "duplicates", values, told.status)


async def _employer_page(caller: HubVisitor, employer_id: EmployerId, told: Told) -> Response:
    context = caller.context
    found = await views.employer(context, employer_id)
    merged_into = (await views.merges(context)).get(employer_id)
    may_vet = Permission.VET_EMPLOYERS in caller.granted
    values = {
        "employer": found,
        "rows": _rows(found),
        "merged_into": None if merged_into is None else await views.employer(context, merged_into),
        "may_merge": Permission.MANAGE_EMPLOYERS in caller.granted,
        "may_let_in": Permission.MANAGE_EMPLOYER_ACCESS in caller.granted,
        # The Hub's team reads each school's figures in the report as well.
        "years": await views.engagement_of(
            context, employer_id, for_hub_team=Permission.READ_HUB_REPORT in caller.granted
        ),
        "vetting": await read_vetting(context.database(), employer_id) if may_vet else None,
        "decisions": DECISIONS,
        "checks": {code: words.CHECKS.get(code, words.plain(code)) for code in vetting_terms().checks},
        "reasons": _reasons(),
        "typed": told.typed or _today(caller),
        **told.values,
    }
    return show(caller, "employer", values, told.status)


def _rows(found: Employer) -> list[dict[str, Any]]:
    section = found.sic_section
    told = {
        "Sector": "Not known" if section is None else words.sectors().get(section, section),
        "Size": words.SIZES[found.size_band],
        "Town": found.town or "Not known",
        "On the map": "Yes" if found.position else "No: it can be matched virtually alone",
        "Id": found.id,
    }
    return [{"key": {"text": name}, "value": {"text": value}} for name, value in told.items()]


def _reasons() -> dict[str, str]:
    """List the reasons of refusing and pausing, each once."""
    codes = [code for found in vetting_terms().reasons.values() for code in found]
    return {code: words.plain(code) for code in dict.fromkeys(codes)}


def _today(caller: HubVisitor) -> dict[str, Any]:
    today = caller.context.clock().date()
    return {
        "decided_on-day": today.day,
        "decided_on-month": today.month,
        "decided_on-year": today.year,
        "checked": [],
    }


def _decision_of(form: Form) -> dict[str, Any]:
    asked = {
        "decisions": number(form.text("decisions")),
        "state": form.text("state"),
        "decided_on": three_fields(form, "decided_on"),
        "reason": form.text("reason"),
    }
    return filled(asked) | {"checked": form.every("checked")}
