"""What governors come for, and with whom the school shares its scores."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final, get_args

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from contracts.audit import HubReader
from services.audit.commands.sharing import share_scores
from services.audit.model.scores import achieved_count, scores_of
from services.audit.pages.site import PREFIX, pages
from services.audit.views.evaluations import evaluations_of, standing_of
from services.audit.views.positions import sharing
from services.runtime.errors import FieldProblem, InvalidError
from services.runtime.permissions import Permission
from services.web.forms import form_of
from services.web.routing import PageRouter, SchoolVisitor

READERS: Final[dict[str, str]] = {
    "hub_lead": "The Hub lead",
    "enterprise_coordinator": "The Enterprise Coordinators",
}

router = PageRouter("audit", PREFIX, pages)


@router.get("/governors", Permission.READ_EVALUATIONS)
async def get_governors(caller: SchoolVisitor, done: str = "") -> Response:
    """Show the pack's way in, and who in the Hub sees the scores."""
    standing = standing_of(await evaluations_of(caller.context, caller.urn, None))
    scores = () if standing is None else scores_of(standing.submission.points)
    values = {
        "base": PREFIX.format(urn=caller.asked),
        "standing": standing,
        "achieved": achieved_count(scores),
        "applicable": len(scores),
        "sharing": await sharing(caller.context, caller.urn),
        "readers": READERS,
        "may_share": Permission.SHARE_EVALUATIONS in caller.granted,
        "done": done == "shared",
    }
    return pages().page(caller.visit, "audit/governors.html", values)


@router.post("/sharing", Permission.SHARE_EVALUATIONS)
async def post_sharing(caller: SchoolVisitor, request: Request) -> Response:
    """Share the scores with these roles from now on, or with none."""
    chosen = (await form_of(request)).every("shared_with")
    readers: list[HubReader] = [reader for reader in get_args(HubReader) if reader in chosen]
    if len(readers) != len(set(chosen)):
        raise InvalidError(
            "Choose among the roles on the page.", (FieldProblem("shared_with", "is no role"),)
        )
    await caller.context.in_school(caller.actor, caller.urn, lambda unit: share_scores(unit, readers))
    return RedirectResponse(f"{PREFIX.format(urn=caller.asked)}/governors?done=shared", HTTPStatus.SEE_OTHER)
