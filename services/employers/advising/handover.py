"""What a departure leaves, and what could come instead: the page that a successor reads first.

When an adviser leaves, their open matches are orphaned. The proposal is a stable round among the orphaned
schools and those without an adviser, and the advisers who stay and have room; all other matches stand. When a
coordinator leaves, no match breaks: the page lists the schools and advisers in their care, the matches of
either, and a round among those of their schools that are without an adviser.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from contracts.vocabulary import Urn
from services.employers.advising.adviser import FIRST_VERSION, Adviser, AdviserId
from services.employers.advising.match import Match
from services.employers.advising.rounds import Parties, Round, propose_round
from services.employers.advising.rules import AdvisingRules
from services.employers.advising.scoring import score
from services.employers.advising.standing import Need, SchoolFacts, Standing, standing_of


@dataclass(frozen=True, slots=True)
class Known:
    """Everything that there is, on a day."""

    advisers: Sequence[Adviser]
    schools: Sequence[SchoolFacts]
    matches: Sequence[Match]
    today: dt.date


@dataclass(frozen=True, slots=True)
class Change:
    """Whom a school had and would have; both scores are of today, without the matches that end."""

    urn: Urn
    before: AdviserId | None
    before_score: int | None
    after: AdviserId | None
    after_score: int | None


@dataclass(frozen=True, slots=True)
class Handover:
    """What is left behind, the proposal, and the difference to how it was."""

    matches: tuple[Match, ...]
    advisers: tuple[AdviserId, ...]
    schools: tuple[Urn, ...]
    proposal: Round
    changes: tuple[Change, ...]


def adviser_leaves(leaver: Adviser, known: Known, rules: AdvisingRules) -> Handover:
    """Say what an adviser's departure leaves, as if it were today."""
    orphaned = _in_order(m for m in known.matches if m.is_open and m.adviser == leaver.id)
    staying = [match for match in known.matches if match not in orphaned]
    standing = standing_of(staying, {one.id: one for one in known.advisers}, rules, known.today)
    orphans = {match.urn: match for match in orphaned}
    schools = [
        _wanting(school, orphans[school.urn], standing) if school.urn in orphans else school
        for school in known.schools
        if school.urn in orphans or standing.waits_since(school) is not None
    ]
    parties = Parties([one for one in known.advisers if one.id != leaver.id], schools)
    proposal = propose_round(parties, standing, rules)
    proposed = {line.urn: line for line in proposal.lines}
    changes = []
    for school in schools:
        line = proposed.get(school.urn)
        had = school.urn in orphans
        if had or line is not None:
            changes.append(
                Change(
                    school.urn,
                    before=leaver.id if had else None,
                    before_score=score(leaver, school, standing, rules).total if had else None,
                    after=None if line is None else line.adviser,
                    after_score=None if line is None else line.score.total,
                )
            )
    return Handover(
        matches=orphaned,
        advisers=(leaver.id,),
        schools=tuple(sorted(orphans)),
        proposal=proposal,
        changes=tuple(sorted(changes, key=lambda change: change.urn)),
    )


def coordinator_leaves(subject: str, known: Known, rules: AdvisingRules) -> Handover:
    """Say what is in a coordinator's care; no match ends with them."""
    advisers = tuple(sorted(one.id for one in known.advisers if one.profile.coordinator == subject))
    schools = [one for one in known.schools if one.need is not None and one.need.coordinator == subject]
    urns = {school.urn for school in schools}
    standing = standing_of(known.matches, {one.id: one for one in known.advisers}, rules, known.today)
    waiting = [school for school in schools if standing.waits_since(school) is not None]
    proposal = propose_round(Parties(known.advisers, waiting), standing, rules)
    return Handover(
        matches=_in_order(m for m in known.matches if m.is_open and (m.urn in urns or m.adviser in advisers)),
        advisers=advisers,
        schools=tuple(sorted(urns)),
        proposal=proposal,
        changes=tuple(
            Change(line.urn, None, None, line.adviser, line.score.total)
            for line in sorted(proposal.lines, key=lambda line: line.urn)
        ),
    )


def _wanting(school: SchoolFacts, orphaned: Match, standing: Standing) -> SchoolFacts:
    """Return an orphaned school as one that wants an adviser in the place of the one who leaves."""
    others = len(standing.with_school.get(school.urn, ()))
    need = school.need
    if need is None:
        mark = orphaned.history[-1].mark
        need = Need(school.urn, FIRST_VERSION, others + 1, standing.today, (), (), None, mark)
    return replace(school, need=replace(need, wants=max(need.wants, others + 1)))


def _in_order(matches: Iterable[Match]) -> tuple[Match, ...]:
    return tuple(sorted(matches, key=lambda match: (match.urn, match.id)))
