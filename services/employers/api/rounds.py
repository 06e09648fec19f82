"""Routes of match rounds, for coordinators: propose, settle, solve again, ask why, and what if."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import Query, Response

from contracts.vocabulary import EMPLOYER_ID_PATTERN, OPAQUE_ID_PATTERN, EmployerId
from services.employers.api.fields import Id, SeenBody, new_id
from services.employers.api.round_bodies import (
    AnswerBody,
    ApartBody,
    CancellationBody,
    ExclusionsBody,
    LocksBody,
    RoundBody,
    WhatIfBody,
    thousandths,
)
from services.employers.commands import matches, rounds
from services.employers.matching.round import Apart
from services.employers.model.match_round import Settling, with_exclusions, with_locks
from services.employers.round_questions import WhatIf
from services.employers.views import rounds as views
from services.employers.views.what_if import more_employers
from services.runtime.context import ServiceContext
from services.runtime.mongo import Document
from services.runtime.permissions import Permission
from services.runtime.routing import AdmittedToHub, SecuredRouter
from services.runtime.uow import UnitOfWork
from services.runtime.versions import Telling

MOST_EXPLAINED: Final = 50
"""Lines or needs at once: each takes a solve."""
MOST_STAND_INS: Final = 20

router = SecuredRouter("employers", "/employers/v1/rounds")


@router.post("", Permission.MANAGE_ROUNDS, status_code=HTTPStatus.CREATED)
async def post_round(response: Response, caller: AdmittedToHub, body: RoundBody) -> dict[str, Any]:
    """Propose a round from all that is offered and needed now."""
    fairness = thousandths(body.fairness)
    receipt = await rounds.propose_round(caller.context, caller.actor, new_id(), body.ends_on, fairness)
    response.headers["Location"] = f"/employers/v1/rounds/{receipt['id']}"
    return receipt


@router.get("", Permission.READ_ROUNDS)
async def get_rounds(caller: AdmittedToHub) -> dict[str, Any]:
    """List rounds."""
    return await views.rounds(caller.context)


@router.get("/{round_id}", Permission.READ_ROUNDS)
async def get_round(caller: AdmittedToHub, round_id: Id) -> dict[str, Any]:
    """Show a round with its plan."""
    return await views.match_round(caller.context, round_id)


@router.post("/{round_id}/locks", Permission.MANAGE_ROUNDS)
async def post_locks(caller: AdmittedToHub, round_id: Id, body: LocksBody) -> dict[str, Any]:
    """Lock lines, and unlock others; it counts from the next resolution on."""
    change = Settling(tuple(one.pair() for one in body.add), tuple(one.pair() for one in body.remove))

    async def work(unit: UnitOfWork) -> Document:
        return await rounds.settle(unit, round_id, body.version, lambda settled: with_locks(settled, change))

    return await caller.context.in_hub(caller.actor, rounds.ROUNDS_KEY, work)


@router.post("/{round_id}/exclusions", Permission.MANAGE_ROUNDS)
async def post_exclusions(caller: AdmittedToHub, round_id: Id, body: ExclusionsBody) -> dict[str, Any]:
    """Exclude lines, keep schools and employers apart, and take back; the next resolution minds it."""
    change = Settling(
        tuple(one.pair() for one in body.add),
        tuple(one.pair() for one in body.remove),
        await _apart(caller.context, body.add_apart),
        await _apart(caller.context, body.remove_apart),
    )

    async def work(unit: UnitOfWork) -> Document:
        return await rounds.settle(
            unit, round_id, body.version, lambda settled: with_exclusions(settled, change)
        )

    return await caller.context.in_hub(caller.actor, rounds.ROUNDS_KEY, work)


@router.post("/{round_id}/resolution", Permission.MANAGE_ROUNDS)
async def post_resolution(caller: AdmittedToHub, round_id: Id, body: SeenBody) -> dict[str, Any]:
    """Solve a round again, changing as little as is worth it."""
    return await rounds.resolve_round(caller.context, caller.actor, round_id, body.version)


@router.get("/{round_id}/explanations", Permission.READ_ROUNDS)
async def get_explanations(
    caller: AdmittedToHub,
    round_id: Id,
    need: Annotated[str | None, Query(pattern=OPAQUE_ID_PATTERN)] = None,
    offset: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=MOST_EXPLAINED)] = 10,
) -> dict[str, Any]:
    """Explain lines: the parts of the cost, what binds, the runner-up and its loss."""
    return await views.explanations(caller.context, round_id, views.LinesAsked(need, offset, limit))


@router.get("/{round_id}/why-not", Permission.READ_ROUNDS)
async def get_why_not(
    caller: AdmittedToHub,
    round_id: Id,
    need: Annotated[str, Query(pattern=OPAQUE_ID_PATTERN)],
    employer: Annotated[EmployerId, Query(pattern=EMPLOYER_ID_PATTERN)],
) -> dict[str, Any]:
    """Say why an employer's offers are not a need's, and who would be displaced."""
    return await views.why_not(caller.context, round_id, need, employer)


@router.get("/{round_id}/remedies", Permission.READ_ROUNDS)
async def get_remedies(
    caller: AdmittedToHub, round_id: Id, limit: Annotated[int, Query(ge=1, le=MOST_EXPLAINED)] = 10
) -> dict[str, Any]:
    """Say why needs stay unmet, and the cheapest change that would fill each."""
    return await views.remedies(caller.context, round_id, limit)


@router.get("/{round_id}/shadow-prices", Permission.READ_ROUNDS)
async def get_shadow_prices(caller: AdmittedToHub, round_id: Id) -> dict[str, Any]:
    """Say what one more of each scarce thing would be worth."""
    return await views.scarcities(caller.context, round_id)


@router.post("/{round_id}/what-if", Permission.READ_ROUNDS)
async def post_what_if(caller: AdmittedToHub, round_id: Id, body: WhatIfBody) -> dict[str, Any]:
    """Compare the plan with the one that there would be; nothing is stored."""
    ends_on = (await rounds.the_round(caller.context, round_id)).content.ends_on
    more = [one.offer(place, ends_on) for place, one in enumerate(body.more_offers)]
    change = WhatIf(
        fairness=None if body.fairness is None else thousandths(body.fairness),
        without_employers=tuple(body.without_employers),
        offers=tuple(one.change() for one in body.offers),
        more_employers=await more_employers(caller.context, [offer.employer_id for offer in more]),
        more_offers=tuple(more),
        locks=tuple(one.pair() for one in body.locks),
        excluded=tuple(one.pair() for one in body.exclusions),
        weights=body.weights,
    )
    return await views.what_if(caller.context, round_id, change)


@router.post("/{round_id}/lines/{line_id}/employer-answer", Permission.MANAGE_ROUNDS)
async def post_employer_answer(
    caller: AdmittedToHub, round_id: Id, line_id: Id, body: AnswerBody
) -> dict[str, Any]:
    """Note what an employer answered."""

    async def work(unit: UnitOfWork) -> Document:
        return await matches.answer_for_employer(unit, Telling(line_id, body.version, body.answer))

    urn = await matches.school_of_match(caller.context, round_id, line_id)
    return await caller.context.in_hub(caller.actor, urn, work)


@router.post("/{round_id}/lines/{line_id}/confirmation", Permission.MANAGE_ROUNDS)
async def post_confirmation(
    caller: AdmittedToHub, round_id: Id, line_id: Id, body: SeenBody
) -> dict[str, Any]:
    """Fix a line that both sides accepted."""

    async def work(unit: UnitOfWork) -> Document:
        return await matches.confirm_match(unit, line_id, body.version)

    urn = await matches.school_of_match(caller.context, round_id, line_id)
    return await caller.context.in_hub(caller.actor, urn, work)


@router.post("/{round_id}/lines/{line_id}/cancellation", Permission.MANAGE_ROUNDS)
async def post_cancellation(
    caller: AdmittedToHub, round_id: Id, line_id: Id, body: CancellationBody
) -> dict[str, Any]:
    """Cancel a confirmed line; `stand-ins` names who could take its place."""

    async def work(unit: UnitOfWork) -> Document:
        return await matches.cancel_match(unit, line_id, body.version, body.by)

    urn = await matches.school_of_match(caller.context, round_id, line_id)
    return await caller.context.in_hub(caller.actor, urn, work)


@router.get("/{round_id}/lines/{line_id}/stand-ins", Permission.READ_ROUNDS)
async def get_stand_ins(
    caller: AdmittedToHub,
    round_id: Id,
    line_id: Id,
    limit: Annotated[int, Query(ge=1, le=MOST_STAND_INS)] = 5,
) -> dict[str, Any]:
    """Name the offers that could stand in for a line, the best first."""
    return await views.stand_ins(caller.context, round_id, line_id, limit)


async def _apart(context: ServiceContext, bodies: list[ApartBody]) -> tuple[Apart, ...]:
    """Read schools and employers kept apart, each school by its tenant, as the rounds have it."""
    lineage = await context.successions.lineage()
    return tuple(Apart(lineage.tenant_of(one.urn), one.employer_id) for one in bodies)
