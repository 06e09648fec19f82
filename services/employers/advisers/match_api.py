"""Routes of needs, rounds, matches, figures and handovers."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import Path, Query

from contracts.vocabulary import URN_PATTERN, Urn
from services.employers.advisers import store
from services.employers.advisers.answers import (
    figures_answer,
    handover_answer,
    match_answer,
    need_answer,
    round_answer,
)
from services.employers.advisers.api import LARGEST_PAGE
from services.employers.advisers.bodies import (
    ID_PATTERN,
    SUBJECT_PATTERN,
    MatchBody,
    NeedBody,
    ProposalsBody,
)
from services.employers.advisers.commands import ADVISERS_KEY, NO_SUCH_ADVISER, mark_of, state_school_need
from services.employers.advisers.proposals import do_with_match, propose_matches
from services.employers.advisers.rules import advising_rules
from services.employers.advisers.world import World, read_world
from services.employers.advising.adviser import AdviserId, today_in_england
from services.employers.advising.figures import figures_of
from services.employers.advising.handover import adviser_leaves, coordinator_leaves
from services.employers.advising.match import MatchId, MatchState
from services.employers.advising.rounds import Parties, propose_round
from services.runtime.errors import FieldProblem, InvalidError, NotFoundError
from services.runtime.permissions import Permission
from services.runtime.routing import AdmittedToHub, SecuredRouter
from services.runtime.uow import UnitOfWork

router = SecuredRouter("employers", "/employers/v1")

Json = dict[str, Any]
Identity = Annotated[str, Path(pattern=ID_PATTERN)]


@router.get("/advisers/needs", Permission.READ_ADVISERS)
async def get_needs(caller: AdmittedToHub) -> Json:
    """List which schools want an adviser, as they said it."""
    world = await _world(caller)
    needs = [school.need for school in world.schools.values() if school.need is not None]
    return {"needs": [need_answer(need) for need in sorted(needs, key=lambda need: need.urn)]}


@router.put("/advisers/needs", Permission.MANAGE_ADVISERS)
async def put_need(caller: AdmittedToHub, body: NeedBody) -> Json:
    """Say what a school wants; the version before is kept."""

    async def work(unit: UnitOfWork) -> Json:
        return await state_school_need(unit, caller.context, body.need(mark_of(unit)), body.version)

    return await caller.context.in_hub(caller.actor, ADVISERS_KEY, work)


@router.post("/advisers/rounds", Permission.READ_ADVISERS)
async def post_round(caller: AdmittedToHub) -> Json:
    """Propose a stable round from what is stored. It stores nothing: post the matches that are wanted."""
    world = await _world(caller)
    parties = Parties(tuple(world.advisers.values()), tuple(world.schools.values()))
    # A fifth of a second for 40 schools and 200 advisers; nobody else waits for it.
    proposed = await asyncio.to_thread(propose_round, parties, world.standing(), advising_rules())
    return round_answer(proposed)


@router.post("/advisers/matches", Permission.MANAGE_ADVISERS)
async def post_matches(caller: AdmittedToHub, body: ProposalsBody) -> Json:
    """Propose advisers to schools, all or none."""

    async def work(unit: UnitOfWork) -> Json:
        pairs = [(AdviserId(one.adviser_id), Urn(one.urn)) for one in body.matches]
        return await propose_matches(unit, caller.context, pairs)

    return await caller.context.in_hub(caller.actor, ADVISERS_KEY, work)


@router.get("/advisers/matches", Permission.READ_ADVISERS)
async def get_matches(
    caller: AdmittedToHub,
    urn: Annotated[str | None, Query(pattern=URN_PATTERN)] = None,
    state: Annotated[MatchState | None, Query()] = None,
    offset: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=LARGEST_PAGE)] = 100,
) -> Json:
    """List matches in order of id, of one school or in one state if that is asked."""
    world = await _world(caller)
    found = [
        match
        for match in world.matches
        if (urn is None or match.urn == world.current(urn)) and (state is None or match.state == state)
    ]
    return {"total": len(found), "matches": [match_answer(one) for one in found[offset : offset + limit]]}


@router.get("/advisers/matches/{match_id}", Permission.READ_ADVISERS)
async def get_match(caller: AdmittedToHub, match_id: Identity) -> Json:
    """Show a match with its history."""
    found = await store.find_match(caller.context.database(), MatchId(match_id))
    if found is None:
        raise NotFoundError("There is no such match.")
    return match_answer(found, with_history=True)


@router.post("/advisers/matches/{match_id}", Permission.MANAGE_ADVISERS)
async def post_match(caller: AdmittedToHub, match_id: Identity, body: MatchBody) -> Json:
    """Accept, decline, introduce, activate, pause or end a match."""

    async def work(unit: UnitOfWork) -> Json:
        doing = body.doing(today_in_england(unit.now))
        return await do_with_match(unit, caller.context, MatchId(match_id), doing)

    return await caller.context.in_hub(caller.actor, ADVISERS_KEY, work)


@router.get("/advisers/figures", Permission.READ_ADVISERS)
async def get_figures(caller: AdmittedToHub) -> Json:
    """Show time to match, tenure, churn, and the schools without an adviser in the order of the queue."""
    world = await _world(caller)
    schools = tuple(world.schools.values())
    return figures_answer(figures_of(schools, world.matches, world.standing(), advising_rules()))


@router.get("/advisers/handover", Permission.READ_ADVISERS)
async def get_handover(
    caller: AdmittedToHub,
    adviser: Annotated[str | None, Query(pattern=ID_PATTERN)] = None,
    coordinator: Annotated[str | None, Query(pattern=SUBJECT_PATTERN)] = None,
) -> Json:
    """Show what the departure of an adviser or a coordinator leaves, a proposal, and the difference."""
    if (adviser is None) == (coordinator is None):
        problem = FieldProblem("adviser", "name either an adviser or a coordinator")
        raise InvalidError("It is not clear who leaves.", (problem,))
    world = await _world(caller)
    if coordinator is not None:
        leaving = await asyncio.to_thread(coordinator_leaves, coordinator, world.known(), advising_rules())
        return handover_answer(leaving)
    leaver = world.advisers.get(AdviserId(adviser or ""))
    if leaver is None:
        raise NotFoundError(NO_SUCH_ADVISER)
    return handover_answer(await asyncio.to_thread(adviser_leaves, leaver, world.known(), advising_rules()))


async def _world(caller: AdmittedToHub) -> World:
    context = caller.context
    return await read_world(context, context.database(), context.clock())
