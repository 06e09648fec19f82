"""What a coordinator does with a round: proposes it, settles lines, and solves it again.

Solving takes its time outside any unit of work. What comes out is stored on condition that the round, and
everybody's answers in it, are still as they were when it was gathered; if somebody answered meanwhile it is
gathered and solved again, a few times. An abandoned solve stores nothing, so the last good plan stays.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from services.employers.commands.changes import mark_of, receipt, refuse, store_change
from services.employers.matching.round import Pair
from services.employers.model.assembly import Settled
from services.employers.model.calendar import term_of, today_in_england
from services.employers.model.match import Match, planned
from services.employers.model.match_round import Round, round_problems, settled_problems
from services.employers.model.solution import digest_of
from services.employers.round_questions import Asked, Solution
from services.employers.solving import solving
from services.employers.store.rounds import MATCHES, ROUNDS, Stored, store_solution, versions_of_round
from services.employers.views.gathering import Gathered, gather
from services.runtime.context import ServiceContext
from services.runtime.errors import ConflictError, NotFoundError
from services.runtime.mongo import Document
from services.runtime.uow import Actor, UnitOfWork
from services.runtime.version_store import find_kept, keep_all
from services.runtime.versions import NOT_YET, Kept, Telling, tell

ROUNDS_KEY: Final = "rounds"
NO_SUCH_ROUND: Final = "There is no such round."
MOST_ATTEMPTS: Final = 3
"""Solves of one request while others keep answering."""


@dataclass(frozen=True, slots=True)
class Solved:
    """What was gathered, and what came out."""

    gathered: Gathered
    solution: Solution


class _AnsweredMeanwhileError(Exception):
    """Somebody's answer came in while the round was being solved."""


async def propose_round(
    context: ServiceContext, actor: Actor, round_id: str, ends_on: dt.date, fairness: int
) -> Document:
    """Gather, solve and store a new round; one of this id that is there already stays as it is."""
    known = await find_kept(context.database(), ROUNDS, round_id)
    if known is not None:
        return receipt(known, None)
    today = today_in_england(context.clock())
    refuse("The round makes no sense.", round_problems(ends_on, today))
    first = Round(today, ends_on, fairness, Settled(), "", "", "")
    solved = await _solve(context, first, None)

    async def work(unit: UnitOfWork) -> Document:
        # Sent twice at once, it was stored while this one was being solved.
        meanwhile = await find_kept(unit, ROUNDS, round_id)
        if meanwhile is not None:
            return receipt(meanwhile, None)
        return await _store(unit, None, Telling(round_id, NOT_YET, first), solved)

    return await context.in_hub(actor, ROUNDS_KEY, work)


async def resolve_round(context: ServiceContext, actor: Actor, round_id: str, seen: int) -> Document:
    """Solve a round again with what is known and settled now, changing as little as is worth it."""
    for _ in range(MOST_ATTEMPTS):
        before = await the_round(context, round_id)
        require_seen(before, seen)
        solved = await _solve(context, before.content, round_id)

        async def work(unit: UnitOfWork, solved: Solved = solved) -> Document:
            now = await find_kept(unit, ROUNDS, round_id)
            if now is None:
                raise NotFoundError(NO_SUCH_ROUND)
            return await _store(unit, now, Telling(round_id, seen, now.content), solved)

        try:
            return await context.in_hub(actor, ROUNDS_KEY, work)
        except _AnsweredMeanwhileError:
            continue
    raise ConflictError("Answers kept coming in while the round was solved. Solve it again in a moment.")


async def settle(
    unit: UnitOfWork, round_id: str, seen: int, change: Callable[[Settled], Settled]
) -> Document:
    """Change what is settled; it counts from the next resolution on."""
    before = await find_kept(unit, ROUNDS, round_id)
    if before is None:
        raise NotFoundError(NO_SUCH_ROUND)
    settled = change(before.content.settled)
    refuse("These contradict each other.", settled_problems(settled))
    after = await store_change(
        unit, ROUNDS, before, Telling(round_id, seen, replace(before.content, settled=settled))
    )
    return receipt(before, after)


async def the_round(context: ServiceContext, round_id: str) -> Kept[Round]:
    """Read a round; raises NotFoundError if there is none."""
    found = await find_kept(context.database(), ROUNDS, round_id)
    if found is None:
        raise NotFoundError(NO_SUCH_ROUND)
    return found


def require_seen(kept: Kept[Round], seen: int) -> None:
    """Raise ConflictError unless the caller has seen the current version: before a solve, not after it."""
    if kept.version != seen:
        raise ConflictError(
            f"This round was changed meanwhile: its version is {kept.version}. Read it again, and send that "
            "version with your change."
        )


async def _solve(context: ServiceContext, content: Round, round_id: str | None) -> Solved:
    gathered = await gather(context, content.window, content.settled, round_id)
    asked = Asked(gathered.content, content.fairness)
    return Solved(gathered, await solving().ask("propose_round", asked))


async def _store(
    unit: UnitOfWork, before: Kept[Round] | None, telling: Telling[Round], solved: Solved
) -> Document:
    """Store a solution and its matches, and tell each school's stream of those that changed."""
    plan, gathered = solved.solution.plan, solved.gathered
    identity = digest_of(f"{gathered.digest}+{plan.digest}".encode())
    content = replace(
        telling.content, solution=identity, inputs_digest=gathered.digest, plan_digest=plan.digest
    )
    after = await store_change(unit, ROUNDS, before, replace(telling, content=content))
    await _store_matches(unit, telling.id, content, solved)
    if after is not None:
        shown = plan.to_json()
        lines = shown.pop("lines")
        parts = {
            f"{line['need']}+{line['offer']}": {"cost": line["cost"], "parts": line["parts"]}
            for line in lines
        }
        stored = Stored(gathered.content, solved.solution.packed, shown, parts, solved.solution.price)
        await store_solution(unit, identity, stored)
    done = receipt(before, after)
    return {**done, "digest": plan.digest, "inputs_digest": gathered.digest, "matches": len(plan.lines)}


async def _store_matches(unit: UnitOfWork, round_id: str, content: Round, solved: Solved) -> None:
    known = solved.gathered.own
    # A version has one content, so nothing else of a thousand matches is read again.
    if await versions_of_round(unit, round_id) != {one: kept.version for one, kept in known.items()}:
        raise _AnsweredMeanwhileError
    lines = solved.solution.plan.lines
    before = {identity: kept.content for identity, kept in known.items()}
    changes = planned(before, lines, _first_matches(round_id, content, solved))
    versions: list[tuple[Kept[Match], Kept[Match] | None]] = []
    for identity, (_, match) in changes.items():
        old = known.get(identity)
        seen = NOT_YET if old is None else old.version
        new = tell(old, Telling(identity, seen, match), mark_of(unit))
        if new is not None:
            versions.append((new, old))
            unit.tell(match.told(identity), key=match.urn)
    await keep_all(unit, MATCHES, versions)


def _first_matches(round_id: str, content: Round, solved: Solved) -> dict[Pair, Match]:
    types = {need.id: need.type for need in solved.gathered.round.needs}
    return {
        line.pair: Match(
            round_id=round_id,
            ends_on=content.ends_on,
            term=term_of(content.ends_on),
            urn=line.urn,
            need_id=line.need_id,
            offer_id=line.offer_id,
            employer_id=line.employer_id,
            type=types[line.need_id],
        )
        for line in solved.solution.plan.lines
    }
