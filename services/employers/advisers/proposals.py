"""Proposing advisers to schools, and everything that is done with a match afterwards."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from contracts.vocabulary import Urn
from services.employers.advisers import store
from services.employers.advisers.commands import (
    NO_SUCH_ADVISER,
    follow_matches,
    mark_of,
    tell,
    the_adviser,
)
from services.employers.advisers.rules import advising_rules
from services.employers.advisers.world import World, read_world
from services.employers.advising.adviser import AT_WORK, Adviser, AdviserId
from services.employers.advising.match import Doing, Match, MatchId, act, propose
from services.employers.advising.scoring import BARRIERS, barriers, pair_barriers
from services.runtime.context import ServiceContext
from services.runtime.errors import ConflictError, FieldProblem, InvalidError, NotFoundError
from services.runtime.mongo import Document
from services.runtime.uow import UnitOfWork

MOST_PROPOSED: Final = 50
"""Proposals in one unit: a coordinator's round twice over (20 institutions each, domain §4)."""
LASTING: Final = ("conflict_of_interest", "send_training_needed")
"""Hard rules that are asked again before two are introduced or work together."""


async def propose_matches(
    unit: UnitOfWork, context: ServiceContext, pairs: Sequence[tuple[AdviserId, Urn]]
) -> Document:
    """Propose advisers to schools, all or none; two who are proposed to each other stay so.

    Raises InvalidError that names the hard rule for each pair that cannot be.
    """
    world = await read_world(context, unit, unit.now)
    made: list[Match] = []
    outcomes: list[Document] = []
    problems: list[FieldProblem] = []
    for place, (adviser, asked) in enumerate(pairs):
        urn = world.current(asked)
        known = next((m for m in world.matches if (m.adviser, m.urn) == (adviser, urn) and m.is_open), None)
        if known is not None and known.state == "proposed":
            outcomes.append(_receipt("unchanged", known))
            continue
        found = _why_not(world, adviser, urn)
        if found:
            problems += [FieldProblem(f"matches.{place}", f"{name}: {text}") for name, text in found]
            continue
        match = propose(MatchId(uuid.uuid4().hex), adviser, urn, world.today, mark_of(unit))
        made.append(match)
        outcomes.append(_receipt("proposed", match))
        # What is proposed here counts for the pairs that follow.
        world = replace(world, matches=(*world.matches, match))
    if problems:
        raise InvalidError("These cannot be proposed to each other; nothing was kept.", tuple(problems))
    if made:
        await store.keep_matches(unit, *made, new=True)
    for match in made:
        tell(unit, match)
    for identity in sorted({match.adviser for match in made}):
        theirs = [match for match in world.matches if match.adviser == identity]
        # As it is stored, with the URNs that it was given.
        await follow_matches(unit, await the_adviser(unit, identity), theirs, world.today)
    return {"matches": outcomes}


async def do_with_match(
    unit: UnitOfWork, context: ServiceContext, identity: MatchId, doing: Doing
) -> Document:
    """Accept, decline, introduce, activate, pause or end; a second time changes nothing."""
    before = await store.find_match(unit, identity)
    if before is None:
        raise NotFoundError("There is no such match.")
    world = await read_world(context, unit, unit.now)
    after = act(before, doing, world.today, mark_of(unit))
    if after is None:
        return _receipt("unchanged", before)
    adviser = await the_adviser(unit, before.adviser)
    if doing.action in {"introduce", "activate"}:
        _require_possible(world, adviser, before)
    await store.keep_matches(unit, after)
    if after.state != before.state:
        tell(unit, after)
    theirs = [match for match in world.matches if match.adviser == adviser.id and match.id != after.id]
    await follow_matches(unit, adviser, [*theirs, after], after.since)
    return _receipt("done", after)


def _why_not(world: World, adviser: AdviserId, urn: Urn) -> list[tuple[str, str]]:
    """Name every hard rule that keeps two apart, and who is not there."""
    if urn not in world.schools:
        return [("no_such_school", "It is no school of the directory.")]
    if adviser not in world.advisers:
        return [("no_such_adviser", NO_SUCH_ADVISER)]
    names = barriers(world.advisers[adviser], world.schools[urn], world.standing(), advising_rules())
    return [(name, BARRIERS[name]) for name in names]


def _require_possible(world: World, adviser: Adviser, match: Match) -> None:
    """Raise ConflictError unless the two may (still) be brought together."""
    if adviser.state not in AT_WORK:
        raise ConflictError(f"The adviser is {adviser.state}. Bring them back to work first.")
    school = world.schools.get(world.current(match.urn))
    if school is None:
        raise ConflictError("The school is not in the directory any more. End the match.")
    standing = world.standing()
    names = [name for name in pair_barriers(world.advisers[adviser.id], school, standing) if name in LASTING]
    if match.state == "paused" and school.need is not None:
        others = len(standing.with_school.get(school.urn, ()))
        names += ["school_has_adviser"] if others >= max(1, school.need.wants) else []
    if names:
        problems = tuple(FieldProblem("match", f"{name}: {BARRIERS[name]}") for name in names)
        raise ConflictError("This match cannot go on.", problems)


def _receipt(outcome: str, match: Match) -> Document:
    return {
        "outcome": outcome,
        "match_id": match.id,
        "adviser_id": match.adviser,
        "urn": match.urn,
        "version": match.version,
        "state": match.state,
        "since": match.since.isoformat(),
        "accepted": sorted(match.accepted),
        "ended_because": match.ended_because,
    }
