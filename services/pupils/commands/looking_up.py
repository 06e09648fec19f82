"""What the commands on activities look up before they decide, in as few round trips as it takes."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from functools import cache
from typing import Final

from contracts.vocabulary import AcademicYear, ActivityId, academic_year_of
from services.pupils.model.activity import Activity, Mark, Post
from services.pupils.model.draft import Draft, Identifying, ListedPupil
from services.pupils.model.duplicates import may_be_same
from services.pupils.model.facts import Facts, completed, problems_of, today_in_england
from services.pupils.model.learning import learning_problems
from services.pupils.model.matches import Match
from services.pupils.model.pupil import Pupils
from services.pupils.model.recording import Desk
from services.pupils.model.sheets import Register, Sheet, SheetId, sheet_id
from services.pupils.model.upn import normalised
from services.pupils.rules import credit_rules, la_codes, learning_framework
from services.pupils.store.activity_documents import (
    read_facts,
)
from services.pupils.store.matches import matches_named
from services.pupils.store.reads import (
    activities_of_days,
    find_activities,
    find_pupils,
    find_sheets,
    known_employers,
    sheets_of_years,
)
from services.runtime.context import ServiceContext
from services.runtime.errors import FieldProblem, InvalidError
from services.runtime.uow import UnitOfWork

ACTIVITY_ID_LENGTH: Final = 32
"""Hex digits kept of the keyed digest: 128 bits, so that two activities never share an id by chance."""

UNKNOWN_EMPLOYER: Final = (
    "is not in the Hub's directory: check the id, have the employer listed, or leave it out"
)


def mark_of(unit: UnitOfWork) -> Mark:
    """Say who does something in a unit of work, and when."""
    return Mark(unit.now, unit.actor.subject)


class LookingUp:
    """The look-ups of one unit of work."""

    def __init__(self, unit: UnitOfWork, context: ServiceContext) -> None:
        self.unit = unit
        self.today = today_in_england(unit.now)
        self._context = context
        self.digest = cache(self._digest)

    def _digest(self, upn: str) -> str:
        return self._context.sealer.digest(self.unit.urn, f"upn:{upn}")

    def activity_id(self, identity: str) -> ActivityId:
        """Name an activity by what identifies it; keyed, so that no id can be traced to a reference."""
        digest = self._context.sealer.digest(self.unit.urn, f"activity:{identity}")
        return ActivityId(digest[:ACTIVITY_ID_LENGTH])

    def desk(self, sheets: Iterable[Sheet]) -> Desk:
        """Set up what decisions share."""
        return Desk(self.unit.urn, Register(sheets), credit_rules(), mark_of(self.unit))

    async def naming(self, drafts: Iterable[Draft]) -> Identifying:
        """Look up the pupils whom drafts list."""
        return await self.naming_listed([mention for draft in drafts for mention in draft.listed])

    async def naming_listed(self, listed: Collection[ListedPupil]) -> Identifying:
        """Look up pupils who are listed, by id or by UPN."""
        return await self.naming_of(
            {mention.ref for mention in listed if mention.ref is not None},
            {mention.upn for mention in listed if mention.upn is not None},
        )

    async def naming_of(self, refs: Collection[str], upns: Collection[str]) -> Identifying:
        """Look up pupils by id and by UPN."""
        digests = {self.digest(normalised(upn)) for upn in upns}
        return Identifying(await find_pupils(self.unit, refs, digests), self.digest, la_codes())

    async def employers(self, facts: Iterable[Facts]) -> set[str]:
        """Tell which of the employers that are named the directory has."""
        named = {fact.employer_id for fact in facts if fact.employer_id is not None}
        return await known_employers(self._context.database(), named)

    async def matches(self, facts: Iterable[Facts]) -> dict[str, Match]:
        """Read those of the matches that are named which are the school's."""
        named = {fact.match_id for fact in facts if fact.match_id is not None}
        return await matches_named(self._context.database(), self.unit.urn, named)

    async def sheets_for(self, posts: Collection[Post], pupils: Pupils) -> list[Sheet]:
        """Read the sheets that recording these posts touches, and no other."""
        wanted: set[SheetId] = set()
        tutor_groups: set[tuple[AcademicYear, str]] = set()
        for post in posts:
            year = post.facts.academic_year
            wanted |= {sheet_id(year, year_group) for year_group in post.given.groups.year_groups}
            wanted |= {sheet_id(year, pupils.by_ref[ref].years[year].year_group) for ref in post.given.listed}
            tutor_groups |= {(year, name) for name in post.given.groups.tutor_groups}
        return await find_sheets(self.unit, wanted, tutor_groups)

    async def sheets_of(self, years: Collection[AcademicYear]) -> list[Sheet]:
        """Read every sheet of these academic years: what is recorded may concern pupils on any of them."""
        return await sheets_of_years(self.unit, years)

    async def alike(self, fresh: Sequence[Facts]) -> list[Activity]:
        """Read the recorded activities that fresh posts may repeat: one query, and more only if there are."""
        if not fresh:
            return []
        by_day: dict[tuple[object, str], list[Facts]] = defaultdict(list)
        for facts in fresh:
            by_day[facts.held_on, facts.activity_type].append(facts)
        found = await activities_of_days(self.unit, {facts.held_on for facts in fresh})
        wanted: set[ActivityId] = set()
        for document in found:
            if document["status"] != "recorded":
                continue
            theirs = read_facts(document)
            if any(may_be_same(facts, theirs) for facts in by_day[theirs.held_on, theirs.activity_type]):
                wanted.add(document["_id"])
        return list((await find_activities(self.unit, wanted)).values())

    def checked(self, facts: Facts, by: dt.date | None = None) -> Facts:
        """Complete an activity's facts; raises InvalidError if they do not make sense.

        It must have taken place by a day: today, unless another is given.
        """
        problems = problems_of(facts, credit_rules(), by or self.today)
        problems += learning_problems(facts, learning_framework())
        if problems:
            raise InvalidError("The activity does not make sense.", problems)
        return completed(facts, credit_rules())


def refuse_unknown_employer(facts: Facts, known: Collection[str]) -> None:
    """Raise InvalidError for an employer whom the directory does not have."""
    if facts.employer_id is None or facts.employer_id in known:
        return
    raise InvalidError("The employer is not known.", (FieldProblem("employer_id", UNKNOWN_EMPLOYER),))


def refuse_year_without_roll(facts: Facts, years: Collection[AcademicYear]) -> None:
    """Raise InvalidError for an activity of an academic year that no roll is there for."""
    year = academic_year_of(facts.held_on)
    if year in years:
        return
    raise InvalidError(
        f"No roll of {year} has been imported.", (FieldProblem("held_on", year_without_roll_reason(year)),)
    )


def year_without_roll_reason(year: AcademicYear) -> str:
    """Say why a date cannot be recorded, and what to do."""
    return (
        f"is in {year}, whose roll has not been imported; import it (PUT .../roll?academic_year={year}) first"
    )
