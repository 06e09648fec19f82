"""Takes part in an impact review, agrees it, invites peers, and enters what they judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from contracts.vocabulary import AcademicYear, Urn
from services.audit.impact import impact_themes
from services.audit.model.days import today_in_england
from services.audit.model.impact_review import (
    Agreed,
    Agreement,
    Judgement,
    Opinion,
    PeerReview,
    ReviewRole,
    Trio,
    agreed_levels,
    agreement_problems,
    judgement_problems,
    level_problems,
    peer_review_of,
    trio_problems,
)
from services.audit.model.statutory import NOT_YET, refuse_stale
from services.audit.store.impact_reviews import AGREEMENT, TRIO, find_review, keep_review
from services.runtime.errors import ConflictError, FieldProblem, InvalidError
from services.runtime.uow import UnitOfWork
from services.runtime.versions import Mark


@dataclass(frozen=True, slots=True)
class Change:
    """Which academic year's review, and the version of the part that the caller has seen."""

    year: AcademicYear
    seen: int


@dataclass(frozen=True, slots=True)
class Invitation:
    """Whom the school invites, the codes that they get, and the themes that it shares."""

    peers: Sequence[Urn]
    codes: Sequence[str]
    themes: Sequence[str]


async def give_opinion(
    unit: UnitOfWork, change: Change, role: ReviewRole, levels: Mapping[str, int]
) -> Opinion:
    """Say what the caller thinks; it is theirs alone, so nobody else's can be overwritten."""
    _refuse("This opinion cannot be kept.", level_problems(levels, impact_themes().questions))
    review = await find_review(unit, change.year)
    subject = unit.actor.subject
    before = review.opinions.get(subject)
    if before is not None and (before.role, before.levels) == (role, levels):
        return before
    refuse_stale(change.seen, NOT_YET if before is None else before.version)
    after = Opinion(subject, change.seen + 1, role, dict(levels), unit.now)
    changed = replace(review, opinions={**review.opinions, subject: after})
    await keep_review(unit, changed, f"opinion:{subject}", before)
    unit.log_access("impact.opinion_given", f"impact-review/{change.year}")
    return after


async def agree(unit: UnitOfWork, change: Change, agreement: Agreement) -> Agreed:
    """Agree levels with their reasons; the version before is kept, and the same again changes nothing."""
    themes = impact_themes()
    _refuse("This cannot be agreed.", agreement_problems(agreement, themes))
    review = await find_review(unit, change.year)
    before = review.agreed
    if before is not None and before.agreement == agreement:
        return before
    refuse_stale(change.seen, NOT_YET if before is None else before.version)
    after = Agreed(change.seen + 1, themes.version, agreement, _mark(unit))
    await keep_review(unit, replace(review, agreed=after), AGREEMENT, before)
    unit.log_access("impact.agreed", f"impact-review/{change.year}")
    return after


async def invite_peers(unit: UnitOfWork, change: Change, invitation: Invitation) -> Trio:
    """Form the trio; a peer that stays keeps its code. What is judged cannot be taken back.

    Raises ConflictError if a shared theme is not agreed yet, or if a peer or theme with a judgement would go.
    """
    themes = impact_themes()
    problems = trio_problems(unit.urn, invitation.peers, invitation.themes, themes)
    _refuse("This is not a trio.", problems)
    review = await find_review(unit, change.year)
    before = review.trio
    shared = tuple(name for name in themes.names if name in invitation.themes)
    if before is not None and (before.peers, before.themes) == (frozenset(invitation.peers), shared):
        return before
    refuse_stale(change.seen, NOT_YET if before is None else before.version)
    if not themes.questions_of(shared) <= agreed_levels(review).keys():
        raise ConflictError("A theme can be shared once all its questions are agreed. Agree them first.")
    if before is not None and any(one.judgement is not None for one in before.reviews):
        raise ConflictError("A peer has judged already, so the trio and what it sees stay as they are.")
    known = {one.peer: one for one in before.reviews} if before is not None else {}
    reviews = tuple(
        known.get(peer, PeerReview(code, peer))
        for peer, code in zip(invitation.peers, invitation.codes, strict=True)
    )
    after = Trio(change.seen + 1, shared, reviews, _mark(unit))
    await keep_review(unit, replace(review, trio=after), TRIO, before)
    unit.log_access("impact.peers_invited", f"impact-review/{change.year}")
    return after


async def enter_judgement(unit: UnitOfWork, change: Change, code: str, judgement: Judgement) -> PeerReview:
    """Enter what a peer judged, under its code; the version before is kept."""
    review = await find_review(unit, change.year)
    trio, before = peer_review_of(review, code)
    today = today_in_england(unit.now)
    _refuse("This judgement cannot be entered.", judgement_problems(judgement, trio, impact_themes(), today))
    if before.judgement == judgement:
        return before
    refuse_stale(change.seen, before.version)
    after = replace(before, version=change.seen + 1, judgement=judgement, mark=_mark(unit))
    reviews = tuple(after if one.code == code else one for one in trio.reviews)
    kept = before if before.judgement is not None else None
    await keep_review(unit, replace(review, trio=replace(trio, reviews=reviews)), f"peer:{code}", kept)
    unit.log_access("impact.judgement_entered", f"impact-review/{change.year}/{code}")
    return after


def _mark(unit: UnitOfWork) -> Mark:
    return Mark(unit.now, unit.actor.subject)


def _refuse(message: str, problems: Sequence[FieldProblem]) -> None:
    if problems:
        raise InvalidError(message, tuple(problems))
