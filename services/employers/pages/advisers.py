"""Enterprise Advisers in a browser: who is where, what a departure would leave behind, who acts as whom.

No page here shows a contact detail: each look at one is noted, and has a route of its own. An adviser is
named by the employer and the beginning of the id.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Final

from fastapi import Query, Request, Response
from pydantic import ValidationError

from services.employers.accounts.bodies import AccountBody, EndBody
from services.employers.accounts.store import ADVISER_ACCOUNTS
from services.employers.accounts.views import accounts
from services.employers.advisers.answers import handover_answer, history_answer, match_answer
from services.employers.advisers.commands import ADVISERS_KEY, NO_SUCH_ADVISER
from services.employers.advisers.rules import advising_rules
from services.employers.advisers.store import adviser_versions
from services.employers.advisers.world import World, read_world
from services.employers.advising.adviser import ADVISER_STATES, Adviser, AdviserId, AdviserState
from services.employers.advising.handover import adviser_leaves
from services.employers.fields import SERVICE_NAME
from services.employers.own_adviser.access_api import AdviserInPath
from services.employers.own_adviser.commands import bind_account, end_account
from services.employers.own_adviser.standing import subjects_of
from services.employers.own_adviser.views import changes_of
from services.employers.pages import words
from services.employers.pages.fields import filled, typed_of
from services.employers.pages.site import HUB, Told, cut, pages, refused, see, show
from services.employers.views import schools
from services.employers.views.rounds import employer_names
from services.runtime.errors import ConflictError, NotFoundError
from services.runtime.mongo import Document
from services.runtime.permissions import Permission
from services.runtime.uow import UnitOfWork
from services.web.forms import form_of
from services.web.routing import HubVisitor, PageRouter

ADVISERS_A_PAGE: Final = 50
SHOWN_OF_ID: Final = 8
"""Letters: enough to tell a Hub's hundreds of advisers apart."""
FIELDS: Final = {"subject": "Account"}
DONE: Final = {
    "bound": "The account acts for this adviser. An administrator gives it the role too.",
    "ended": "The account does not act for this adviser any more.",
}

router = PageRouter(SERVICE_NAME, f"{HUB}/advisers", pages)


@router.get("", Permission.READ_ADVISERS)
async def get_advisers(
    caller: HubVisitor,
    state: Annotated[AdviserState | None, Query()] = None,
    page: Annotated[int, Query(ge=1, le=1_000)] = 1,
) -> Response:
    """List advisers, all of them or those in one state."""
    world = await _world(caller)
    counts = Counter(one.state for one in world.advisers.values())
    wanted = [one for one in world.advisers.values() if state is None or one.state == state]
    here = f"{HUB}/advisers?" + (f"state={state}&" if state else "")
    found, more = cut(wanted, page, ADVISERS_A_PAGE, f"{here}page=")
    employers = await _employers(caller, found)
    named = await _schools(caller)
    values = {
        "advisers": [_adviser(one, employers) | {"schools": _with(world, one, named)} for one in found],
        "states": [(one, words.plain(one), counts[one]) for one in ADVISER_STATES if counts[one]],
        "state": state,
        "more": more,
    }
    return show(caller, "advisers", values)


@router.get("/{adviser_id}", Permission.READ_ADVISERS)
async def get_adviser(caller: HubVisitor, adviser_id: AdviserInPath, done: str = "") -> Response:
    """Show an adviser, and what their departure would leave and what could come instead."""
    return await _adviser_page(caller, adviser_id, Told(DONE.get(done, "")))


@router.post("/{adviser_id}/accounts", Permission.MANAGE_ADVISERS)
async def post_account(caller: HubVisitor, request: Request, adviser_id: AdviserInPath) -> Response:
    """Bind an account to an adviser from now on."""
    form = await form_of(request)
    try:
        body = AccountBody.model_validate(filled({"subject": form.text("subject")}))

        async def work(unit: UnitOfWork) -> Document:
            return await bind_account(unit, adviser_id, body.binding())

        await caller.context.in_hub(caller.actor, ADVISERS_KEY, work)
    except (ValidationError, ConflictError) as error:
        return await _adviser_page(caller, adviser_id, refused(error, FIELDS, "subject", typed_of(form)))
    return see(f"{HUB}/advisers/{adviser_id}", "bound")


@router.post("/{adviser_id}/accounts/end", Permission.MANAGE_ADVISERS)
async def post_account_end(caller: HubVisitor, request: Request, adviser_id: AdviserInPath) -> Response:
    """End an account's standing at once."""
    form = await form_of(request)
    try:
        body = EndBody.model_validate({"subject": form.text("subject")})

        async def work(unit: UnitOfWork) -> Document:
            return await end_account(unit, adviser_id, body.subject)

        await caller.context.in_hub(caller.actor, ADVISERS_KEY, work)
    except ValidationError as error:
        return await _adviser_page(caller, adviser_id, refused(error, {}, "account"))
    return see(f"{HUB}/advisers/{adviser_id}", "ended")


async def _adviser_page(caller: HubVisitor, adviser_id: AdviserId, told: Told) -> Response:
    world = await _world(caller)
    adviser = world.advisers.get(adviser_id)
    if adviser is None:
        raise NotFoundError(NO_SUCH_ADVISER)
    handover = None
    if adviser.state != "ended":
        left = await asyncio.to_thread(adviser_leaves, adviser, world.known(), advising_rules())
        handover = handover_answer(left)
    employers = await _employers(caller, world.advisers.values())
    database = caller.context.database()
    versions = [*await adviser_versions(database, adviser_id), adviser]
    values = {
        "adviser": _adviser(adviser, employers),
        "profile": adviser.profile,
        "history": history_answer(adviser.history),
        "matches": [
            match_answer(match, with_history=True) for match in world.matches if match.adviser == adviser_id
        ],
        "handover": handover,
        "schools": await _schools(caller),
        "advisers": {one.id: _adviser(one, employers)["name"] for one in world.advisers.values()},
        "changes": changes_of(versions, world),
        "theirs": await subjects_of(database, adviser_id),
        "accounts": (await accounts(caller.context, ADVISER_ACCOUNTS, adviser_id))["accounts"],
        "typed": told.typed or {},
        **told.values,
    }
    return show(caller, "adviser", values, told.status)


async def _world(caller: HubVisitor) -> World:
    return await read_world(caller.context, caller.context.database(), caller.context.clock())


async def _schools(caller: HubVisitor) -> dict[str, str]:
    return {one.id: one.name for one in await schools(caller.context)}


async def _employers(caller: HubVisitor, advisers: Iterable[Adviser]) -> dict[str, str]:
    ids = {one.profile.employer_id for one in advisers if one.profile.employer_id is not None}
    return await employer_names(caller.context, ids)


def _adviser(adviser: Adviser, employers: Mapping[str, str]) -> dict[str, Any]:
    profile = adviser.profile
    employer = employers.get(profile.employer_id or "", "No employer named")
    return {
        "id": adviser.id,
        "name": f"{employer}, {adviser.id[:SHOWN_OF_ID]}",
        "state": words.plain(adviser.state),
        "since": adviser.since,
        "employer": employer,
        "seniority": words.SENIORITY[profile.seniority],
        "coordinator": profile.coordinator,
    }


def _with(world: World, adviser: Adviser, named: Mapping[str, str]) -> list[str]:
    """Name the schools that an adviser has, or is proposed to."""
    open_urns = sorted(
        {match.urn for match in world.matches if match.is_open and match.adviser == adviser.id}
    )
    return [named.get(urn, f"School {urn}") for urn in open_urns]
