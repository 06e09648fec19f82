"""A school's review of the impact of its careers programme: what each participant thinks, and what is agreed.

Once an academic year several people, each in a role, choose the statement that fits best for every question.
Together they agree a level with a reason; a review by one person alone is refused. What was agreed is kept in
every version.

In a peer review three schools form a trio, and each is reviewed by the other two. No school reads another's
database: the reviewed school names its two peers and gets a code for each. It decides which themes it shares,
and hands over what the code's page shows, nothing else. It enters the peers' judgement itself, under the code
and with the day of the review. That is the smallest design that keeps every school's data with the school: a
way for a peer to write here would need a role at a school that it does not belong to. The price is that a
judgement is what the reviewed school says that its peers said; the record states who entered it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, get_args

from contracts.vocabulary import AcademicYear, Setting, Urn
from services.audit.model.impact_themes import LEVELS, Themes
from services.runtime.errors import FieldProblem, NotFoundError
from services.runtime.versions import Mark

ReviewRole = Literal["careers_leader", "senior_leader", "governor", "senco", "adviser", "teacher"]
"""As whom somebody takes part: the adviser is an Enterprise Adviser or a careers adviser."""
REVIEW_ROLES: Final[tuple[ReviewRole, ...]] = get_args(ReviewRole)
FEWEST_PARTICIPANTS: Final = 2
"""One person's opinion is no leadership review (domain §3: several participants)."""
PEERS: Final = 2
"""A trio: the reviewed school and two more."""
LOWEST_LEVEL: Final = 1


@dataclass(frozen=True, slots=True)
class Fit:
    """The statement that fits best: its level, and why."""

    level: int
    reason: str


@dataclass(frozen=True, slots=True)
class Opinion:
    """What one participant thinks, so far: levels by question."""

    by: str
    version: int
    role: ReviewRole
    levels: Mapping[str, int]
    at: dt.datetime


@dataclass(frozen=True, slots=True)
class Agreement:
    """What the participants agree on, so far; `present` are the roles at the table."""

    setting: Setting
    present: tuple[ReviewRole, ...]
    fits: Mapping[str, Fit]


@dataclass(frozen=True, slots=True)
class Agreed:
    """An agreement as it is kept."""

    version: int
    themes_version: str
    agreement: Agreement
    mark: Mark


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a peer found: on which day, with a trained facilitator or without, and its levels."""

    reviewed_on: dt.date
    facilitated: bool
    fits: Mapping[str, Fit]


@dataclass(frozen=True, slots=True)
class PeerReview:
    """The review by one peer; version 0 has no judgement yet."""

    code: str
    peer: Urn
    version: int = 0
    judgement: Judgement | None = None
    mark: Mark | None = None


@dataclass(frozen=True, slots=True)
class Trio:
    """Who reviews the school, and which themes it shares for it."""

    version: int
    themes: tuple[str, ...]
    reviews: tuple[PeerReview, ...]
    mark: Mark

    @property
    def peers(self) -> frozenset[Urn]:
        """The two peers."""
        return frozenset(review.peer for review in self.reviews)


@dataclass(frozen=True, slots=True)
class ImpactReview:
    """All of one academic year's review."""

    academic_year: AcademicYear
    opinions: Mapping[str, Opinion] = field(default_factory=dict)
    agreed: Agreed | None = None
    trio: Trio | None = None


@dataclass(frozen=True, slots=True)
class ThemeLevel:
    """How far a theme has got: the floored mean of its questions' levels, None until all have one."""

    theme: str
    answered: int
    questions: int
    level: int | None
    lowest: int | None


def level_problems(levels: Mapping[str, int], known: Collection[str]) -> list[FieldProblem]:
    """List unknown questions and levels that are none."""
    problems = []
    for question, level in levels.items():
        if question not in known:
            reason = "has a question that this review does not ask; read its questions first"
            problems.append(FieldProblem("levels", reason))
        elif not LOWEST_LEVEL <= level <= LEVELS:
            reason = f"is not a level; send {LOWEST_LEVEL} to {LEVELS}"
            problems.append(FieldProblem(f"levels.{question}", reason))
    return problems


def agreement_problems(agreement: Agreement, themes: Themes) -> tuple[FieldProblem, ...]:
    """List what makes no sense in an agreement."""
    problems = level_problems(_levels(agreement.fits), themes.questions)
    if len(agreement.present) < FEWEST_PARTICIPANTS:
        reason = f"names fewer than {FEWEST_PARTICIPANTS} participants; a review is made by several people"
        problems.append(FieldProblem("present", reason))
    return tuple(problems)


def trio_problems(
    urn: Urn, peers: Collection[Urn], themes: Collection[str], known: Themes
) -> tuple[FieldProblem, ...]:
    """List what makes no sense in a trio."""
    problems = []
    if len(set(peers)) != PEERS or urn in peers:
        problems.append(FieldProblem("peers", "are not two other schools; send the URN of each once"))
    if not set(themes) <= set(known.names):
        problems.append(FieldProblem("themes", f"has one that is none of {', '.join(known.names)}"))
    return tuple(problems)


def judgement_problems(
    judgement: Judgement, trio: Trio, themes: Themes, today: dt.date
) -> tuple[FieldProblem, ...]:
    """List what makes no sense in a judgement: only what is shared can be judged."""
    problems = level_problems(_levels(judgement.fits), themes.questions_of(trio.themes))
    if judgement.reviewed_on > today:
        problems.append(FieldProblem("reviewed_on", "is in the future; enter a judgement once it was given"))
    return tuple(problems)


def peer_review_of(review: ImpactReview, code: str) -> tuple[Trio, PeerReview]:
    """Find the peer review of a code; raises NotFoundError."""
    if review.trio is not None:
        for one in review.trio.reviews:
            if one.code == code:
                return review.trio, one
    raise NotFoundError("This school has no peer review with this code in this academic year.")


def profile(levels: Mapping[str, int], themes: Themes) -> tuple[ThemeLevel, ...]:
    """Sum up levels by theme; a level is floored, so that no theme seems further than it is."""
    found = []
    for theme in themes.themes:
        given = [levels[question.id] for question in theme.questions if question.id in levels]
        complete = len(given) == len(theme.questions)
        found.append(
            ThemeLevel(
                theme=theme.theme,
                answered=len(given),
                questions=len(theme.questions),
                level=sum(given) // len(given) if complete else None,
                lowest=min(given) if complete else None,
            )
        )
    return tuple(found)


def agreed_levels(review: ImpactReview) -> Mapping[str, int]:
    """Return the levels that are agreed."""
    return {} if review.agreed is None else _levels(review.agreed.agreement.fits)


def changes_since(now: Iterable[ThemeLevel], before: Iterable[ThemeLevel]) -> Mapping[str, int | None]:
    """Say by how much each theme's level has changed; None where either year has none."""
    earlier = {theme.theme: theme.level for theme in before}
    return {theme.theme: _difference(theme.level, earlier.get(theme.theme)) for theme in now}


def _difference(now: int | None, before: int | None) -> int | None:
    return None if now is None or before is None else now - before


def _levels(fits: Mapping[str, Fit]) -> dict[str, int]:
    return {question: fit.level for question, fit in fits.items()}
