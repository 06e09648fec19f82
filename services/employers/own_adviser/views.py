"""What an adviser sees of themselves and of their schools; and what a coordinator sees of who said it.

An adviser is shown their own score with a school that is proposed to them, by part, as things stand today.
What would tell of others is left out: any other adviser's score, and whom the school would rather have.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from contracts.vocabulary import Urn
from services.employers.accounts.store import ADVISER_ACCOUNTS, owners_of
from services.employers.advisers.proposals import LASTING
from services.employers.advisers.rules import advising_rules
from services.employers.advisers.store import adviser_versions, find_adviser
from services.employers.advisers.world import World, read_world
from services.employers.advising.adviser import Adviser, AdviserId
from services.employers.advising.match import Match, MatchId
from services.employers.advising.scoring import distance_km, pair_barriers, score
from services.employers.advising.standing import standing_of
from services.employers.own_adviser.commands import require_own_match
from services.employers.own_adviser.standing import NO_SUCH_RECORD, OwnAdviser, subjects_of
from services.employers.recommending.views import recommendations_in
from services.employers.views import schools
from services.employers.views.rounds import employer_names
from services.runtime.context import ServiceContext
from services.runtime.errors import NotFoundError

MOST_CHANGES: Final = 50
"""Of what an adviser said of themselves, in one answer, the latest; the store keeps all."""
_ASKED: Final = ("proposed", "introduced")
"""The states in which an adviser may still say no, and is told how well the two fit."""
_ORDER: Final = {"proposed": 0, "introduced": 1, "active": 2, "paused": 3, "ended": 4}

View = dict[str, Any]


async def records_of(context: ServiceContext, subject: str) -> View:
    """Name the advisers that an account acts for now, in order of their ids."""
    database = context.database()
    ids = await owners_of(database, ADVISER_ACCOUNTS, subject, context.clock())
    found = [await find_adviser(database, AdviserId(identity)) for identity in ids]
    return {
        "advisers": [
            {"adviser_id": one.id, "state": one.state, "since": one.since.isoformat()}
            for one in found
            if one is not None
        ]
    }


async def own_record(own: OwnAdviser) -> View:
    """Show an adviser's own record: what they are, said and were, and every school that they have or had.

    Nothing of how to reach them, which has a route of its own; nor why a coordinator ended the relationship.
    """
    context = own.context
    database = context.database()
    world = await read_world(context, database, context.clock())
    adviser = world.advisers.get(own.adviser_id)
    if adviser is None:
        raise NotFoundError(NO_SUCH_RECORD)
    theirs = await subjects_of(database, adviser.id)
    names = {school.id: school.name for school in await schools(context)}
    versions = [*await adviser_versions(database, adviser.id), adviser]
    mine = [match for match in world.matches if match.adviser == adviser.id]
    return {
        **_about(adviser, theirs),
        "employer": await _employer(context, adviser),
        "history": [
            {"state": step.state, "since": step.since.isoformat(), "by_you": step.mark.by in theirs}
            for step in adviser.history
        ],
        "changes": [
            _without(change, "by") | {"by_you": change["by"] in theirs}
            for change in changes_of(versions, world)
        ],
        "schools": [_school(world, adviser, match, names) for match in sorted(mine, key=_in_order)],
    }


async def own_recommendations(own: OwnAdviser, identity: MatchId) -> View:
    """List the employers that one recommends to a school; raises NotFoundError for another's match."""
    database = own.context.database()
    await require_own_match(database, own, identity)
    theirs = await subjects_of(database, own.adviser_id)
    found = await recommendations_in(own.context, identity)
    names = await employer_names(own.context, {one["employer_id"] for one in found["recommendations"]})
    listed = {school.id: school.name for school in await schools(own.context)}
    return found | {
        "school": listed.get(found["urn"], f"School {found['urn']}"),
        "recommendations": [
            _without(one, "by")
            | {"name": names.get(one["employer_id"], one["employer_id"]), "by_you": one["by"] in theirs}
            for one in found["recommendations"]
        ],
    }


def changes_of(versions: Sequence[Adviser], world: World) -> list[View]:
    """List what was said of an adviser's capacity and conflicts, the latest first: what, when, by whom."""
    found: list[View] = []
    said: tuple[object, ...] | None = None
    for one in versions:
        conflicts = tuple(sorted(map(world.current, one.profile.conflicts)))
        says = (one.profile.capacity_schools, one.profile.hours_a_month, conflicts)
        if says != said:
            found.append(
                {
                    "version": one.version,
                    "at": one.changed.at.isoformat(),
                    "by": one.changed.by,
                    "capacity_schools": one.profile.capacity_schools,
                    "hours_a_month": one.profile.hours_a_month,
                    "conflicts": list(conflicts),
                }
            )
        said = says
    return found[::-1][:MOST_CHANGES]


def fit_of(world: World, adviser: Adviser, match: Match) -> View | None:
    """Say how well the two of a match fit, as if it were not there; None if the school is not listed."""
    school, rules = world.schools.get(match.urn), advising_rules()
    if school is None:
        return None
    others = [one for one in world.matches if one.id != match.id]
    standing = standing_of(others, world.advisers, rules, world.today)
    found = score(adviser, school, standing, rules)
    since, away = standing.waits_since(school), distance_km(adviser.profile.position, school.position)
    return {
        "score": found.total,
        "parts": found.parts,
        "km": None if away is None else round(away),
        "special": school.special,
        "waits_since": None if since is None else since.isoformat(),
        "named_by_you": match.urn in adviser.profile.preferences,
        "in_the_way": [name for name in pair_barriers(adviser, school, standing) if name in LASTING],
    }


def _about(adviser: Adviser, theirs: Collection[str]) -> View:
    profile, trained = adviser.profile, adviser.profile.send_trained_until
    return {
        "adviser_id": adviser.id,
        "version": adviser.version,
        "state": adviser.state,
        "since": adviser.since.isoformat(),
        "paused_by_you": adviser.state == "paused" and adviser.history[-1].mark.by in theirs,
        "seniority": profile.seniority,
        "capacity_schools": profile.capacity_schools,
        "hours_a_month": profile.hours_a_month,
        "remote": profile.remote,
        "travel_km": profile.travel_km,
        "sic_section": profile.sic_section,
        "send_trained_until": None if trained is None else trained.isoformat(),
        "conflicts": list(profile.conflicts),
        "preferences": list(profile.preferences),
        "coordinator": profile.coordinator,
    }


async def _employer(context: ServiceContext, adviser: Adviser) -> str | None:
    identity = adviser.profile.employer_id
    return None if identity is None else (await employer_names(context, [identity])).get(identity)


def _school(world: World, adviser: Adviser, match: Match, names: Mapping[Urn, str]) -> View:
    began = match.began_on
    until = world.today if match.is_open else match.since
    return {
        "match_id": match.id,
        "version": match.version,
        "urn": match.urn,
        "school": names.get(match.urn, f"School {match.urn}"),
        "state": match.state,
        "since": match.since.isoformat(),
        "accepted": sorted(match.accepted),
        "ended_because": match.ended_because,
        "began_on": None if began is None else began.isoformat(),
        "tenure_days": None if began is None else (until - began).days,
        "conflict": match.urn in adviser.profile.conflicts,
        "fit": fit_of(world, adviser, match) if match.state in _ASKED else None,
        "history": [{"state": step.state, "since": step.since.isoformat()} for step in match.history],
    }


def _in_order(match: Match) -> tuple[int, dt.timedelta, str]:
    """What waits for the adviser first, what is over last; of a state the latest first."""
    return _ORDER[match.state], dt.date.max - match.since, match.id


def _without(view: View, name: str) -> View:
    return {key: value for key, value in view.items() if key != name}
