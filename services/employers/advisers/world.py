"""Everything that a round looks at, read once: advisers, schools with their needs, matches, on a day.

A school whose URN changed is one school (rule 13): what is stored under an earlier URN is read as the latest
of its URNs that the directory lists.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from contracts.vocabulary import Urn
from services.employers import views
from services.employers.advisers import store
from services.employers.advisers.rules import advising_rules
from services.employers.advisers.store import Database
from services.employers.advising.adviser import Adviser, AdviserId, today_in_england
from services.employers.advising.handover import Known
from services.employers.advising.match import Match
from services.employers.advising.standing import Need, SchoolFacts, Standing, standing_of
from services.employers.stream import SIGNALS
from services.runtime.context import ServiceContext
from services.runtime.successions import Lineage


@dataclass(frozen=True, slots=True)
class World:
    """What there is on a day; URNs are those of today."""

    advisers: Mapping[AdviserId, Adviser]
    schools: Mapping[Urn, SchoolFacts]
    matches: tuple[Match, ...]
    stored_needs: Mapping[Urn, Need]
    """Needs by today's URN, as they are stored."""
    now_called: Mapping[str, Urn]
    today: dt.date

    def standing(self) -> Standing:
        """Sum up the matches."""
        return standing_of(self.matches, self.advisers, advising_rules(), self.today)

    def known(self) -> Known:
        """Hand everything to the model."""
        return Known(tuple(self.advisers.values()), tuple(self.schools.values()), self.matches, self.today)

    def current(self, urn: str) -> Urn:
        """Today's URN of a school; the same one for what the directory does not list."""
        return self.now_called.get(urn, Urn(urn))


async def read_world(context: ServiceContext, database: Database, now: dt.datetime) -> World:
    """Read everything whole: a Hub has tens of schools and hundreds of advisers."""
    listed = await views.schools(context)
    lineage = await context.successions.lineage()
    now_called = called_today({school.id for school in listed}, lineage)
    advisers = await store.all_advisers(database)
    matches = await store.all_matches(database)
    needs = {}
    for need in sorted(await store.all_needs(database), key=lambda one: now_called.get(one.urn) == one.urn):
        needs[now_called.get(need.urn, need.urn)] = need
    sectors = await _sectors(context, now_called)
    return World(
        advisers={
            one.id: replace(
                one,
                profile=replace(
                    one.profile,
                    conflicts=tuple(now_called.get(urn, urn) for urn in one.profile.conflicts),
                    preferences=tuple(now_called.get(urn, urn) for urn in one.profile.preferences),
                ),
            )
            for one in advisers
        },
        schools={
            school.id: SchoolFacts(
                school.id,
                school.setting == "special",
                school.position,
                replace(needs[school.id], urn=school.id) if school.id in needs else None,
                sectors.get(school.id, ()),
            )
            for school in listed
            if now_called[school.id] == school.id
        },
        matches=tuple(replace(one, urn=now_called.get(one.urn, one.urn)) for one in matches),
        stored_needs=needs,
        now_called=now_called,
        today=today_in_england(now),
    )


async def _sectors(context: ServiceContext, now_called: Mapping[str, Urn]) -> dict[Urn, tuple[str, ...]]:
    """Read which sectors each school's pupils named last; their stream goes by the school's first URN."""
    documents = await (await context.projection(SIGNALS)).find({"service": "pupils"}, fields=["key", "state"])
    found: dict[Urn, tuple[str, ...]] = {}
    for document in documents:
        years = {year: told["sectors"] for year, told in document["state"].items() if told["sectors"]}
        if years:
            found[now_called.get(document["key"], Urn(document["key"]))] = tuple(sorted(years[max(years)]))
    return found


def called_today(listed: Collection[Urn], lineage: Lineage) -> dict[str, Urn]:
    """Map every URN of a chain to the latest of the chain that the directory lists."""
    followers = {before: Urn(after) for after, before in lineage.predecessors.items()}
    found: dict[str, Urn] = {}
    for urn in {*listed, *followers}:
        chain = [urn]
        while (after := followers.get(chain[-1])) is not None:
            chain.append(after)
        found[urn] = next((one for one in reversed(chain) if one in listed), urn)
    return found
