"""Small values that these tests speak of: advisers, schools and matches of a Hub."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final

from contracts.employers import RelationshipEnd
from contracts.vocabulary import Urn
from services.employers.advisers.rules import advising_rules
from services.employers.advising.adviser import Adviser, AdviserId, Mark, Profile, Step
from services.employers.advising.match import Match, MatchId
from services.employers.advising.standing import Need, SchoolFacts, Standing, standing_of
from services.employers.model.directory import Position

TODAY: Final = dt.date(2026, 6, 15)
LONG_AGO: Final = dt.date(2020, 1, 1)
MARK: Final = Mark(dt.datetime(2026, 6, 15, 10, 0, tzinfo=dt.UTC), "coordinator")
RULES: Final = advising_rules()
POOLE: Final = Position(50.72, -1.98)


def adviser(identity: str = "a1", state: str = "available", **changes: Any) -> Adviser:  # noqa: ANN401
    profile = replace(Profile("director", 1, 8, position=POOLE), **changes)
    return Adviser(AdviserId(identity), 1, profile, (Step(state, LONG_AGO, None, MARK),), MARK)


def school(
    urn: str = "100001",
    *,
    special: bool = False,
    since: dt.date | None = TODAY,
    position: Position | None = POOLE,
    **need: Any,  # noqa: ANN401
) -> SchoolFacts:
    """A school that wants an adviser since a day; `since` None for one that said nothing."""
    wanted = None
    if since is not None:
        wanted = replace(Need(Urn(urn), 1, 1, since, (), (), None, MARK), **need)
    return SchoolFacts(Urn(urn), special, position, wanted)


def match(
    identity: str,
    pair: tuple[str, str],
    *steps: tuple[str, dt.date],
    because: RelationshipEnd | None = None,
) -> Match:
    """A match with its steps; the last one's reason is given."""
    history = tuple(Step(state, day, because if state == "ended" else None, MARK) for state, day in steps)
    return Match(MatchId(identity), 1, AdviserId(pair[0]), Urn(pair[1]), {}, history)


def standing(matches: Iterable[Match] = (), advisers: Iterable[Adviser] = ()) -> Standing:
    return standing_of(matches, {one.id: one for one in advisers}, RULES, TODAY)
