"""Routes of an adviser's recommendations, below the relationship of the adviser and the school."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path

from services.employers.advisers.bodies import ID_PATTERN
from services.employers.advisers.commands import ADVISERS_KEY
from services.employers.advising.match import MatchId
from services.employers.api.fields import (
    EmployerPath,
    SeenBody,
)
from services.employers.recommending.commands import Named, recommend_employer, withdraw_recommendation
from services.employers.recommending.views import recommendations_in
from services.runtime.bodies import (
    Day,
)
from services.runtime.mongo import Document
from services.runtime.permissions import Permission
from services.runtime.routing import AdmittedToHub, SecuredRouter
from services.runtime.uow import UnitOfWork

router = SecuredRouter("employers", "/employers/v1/advisers/matches")

Identity = Annotated[str, Path(pattern=ID_PATTERN)]


class RecommendationBody(SeenBody):
    """On which day it was said, today if none is named; `version` is 0 for the first time."""

    on: Day | None = None


@router.get("/{match_id}/recommendations", Permission.READ_ADVISERS)
async def get_recommendations(caller: AdmittedToHub, match_id: Identity) -> dict[str, Any]:
    """List the employers that an adviser recommends, or has recommended, to a school."""
    return await recommendations_in(caller.context, MatchId(match_id))


@router.put("/{match_id}/recommendations/{employer_id}", Permission.MANAGE_ADVISERS)
async def put_recommendation(
    caller: AdmittedToHub, match_id: Identity, employer_id: EmployerPath, body: RecommendationBody
) -> dict[str, Any]:
    """Record that the adviser recommends an employer to the school; rounds mind it from the next solve on."""
    named = Named(MatchId(match_id), employer_id, body.version, body.on)

    async def work(unit: UnitOfWork) -> Document:
        return await recommend_employer(unit, named)

    return await caller.context.in_hub(caller.actor, ADVISERS_KEY, work)


@router.post("/{match_id}/recommendations/{employer_id}/withdrawal", Permission.MANAGE_ADVISERS)
async def post_recommendation_withdrawal(
    caller: AdmittedToHub, match_id: Identity, employer_id: EmployerPath, body: RecommendationBody
) -> dict[str, Any]:
    """Record that the adviser withdraws a recommendation; it can be made again."""
    named = Named(MatchId(match_id), employer_id, body.version, body.on)

    async def work(unit: UnitOfWork) -> Document:
        return await withdraw_recommendation(unit, named)

    return await caller.context.in_hub(caller.actor, ADVISERS_KEY, work)
