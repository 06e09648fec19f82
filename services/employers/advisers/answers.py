"""What callers are shown of advisers, rounds, figures and handovers. Never a contact detail."""

from __future__ import annotations

from typing import Any

from services.employers.advisers.rules import FILE, advising_rules
from services.employers.advising.adviser import Adviser, Step
from services.employers.advising.figures import Figures, Length
from services.employers.advising.handover import Handover
from services.employers.advising.match import Match
from services.employers.advising.rounds import Left, Line, Round
from services.employers.advising.scoring import BARRIERS
from services.employers.advising.standing import Need

Json = dict[str, Any]


def adviser_answer(adviser: Adviser) -> Json:
    """Show an adviser without the history."""
    profile = adviser.profile
    trained = profile.send_trained_until
    return {
        "adviser_id": adviser.id,
        "version": adviser.version,
        "state": adviser.state,
        "since": adviser.since.isoformat(),
        "seniority": profile.seniority,
        "capacity_schools": profile.capacity_schools,
        "hours_a_month": profile.hours_a_month,
        "latitude": None if profile.position is None else profile.position.latitude,
        "longitude": None if profile.position is None else profile.position.longitude,
        "remote": profile.remote,
        "travel_km": profile.travel_km,
        "employer_id": profile.employer_id,
        "sic_section": profile.sic_section,
        "send_trained_until": None if trained is None else trained.isoformat(),
        "conflicts": list(profile.conflicts),
        "preferences": list(profile.preferences),
        "coordinator": profile.coordinator,
    }


def history_answer(history: tuple[Step, ...]) -> list[Json]:
    """Show steps in order: the state, from when, why, and who said so when."""
    return [
        {
            "state": step.state,
            "since": step.since.isoformat(),
            "reason": step.reason,
            "by": step.mark.by,
            "at": step.mark.at.isoformat(),
        }
        for step in history
    ]


def match_answer(match: Match, *, with_history: bool = False) -> Json:
    """Show a match; with its history also who accepted it when, on which side."""
    answer: Json = {
        "match_id": match.id,
        "version": match.version,
        "adviser_id": match.adviser,
        "urn": match.urn,
        "state": match.state,
        "since": match.since.isoformat(),
        "accepted": sorted(match.accepted),
        "ended_because": match.ended_because,
    }
    if not with_history:
        return answer
    said = {side: {"by": mark.by, "at": mark.at.isoformat()} for side, mark in sorted(match.accepted.items())}
    return answer | {"accepted_by": said, "history": history_answer(match.history)}


def need_answer(need: Need) -> Json:
    """Show what a school wants."""
    return {
        "urn": need.urn,
        "version": need.version,
        "wants": need.wants,
        "since": need.since.isoformat(),
        "sectors": list(need.sectors),
        "preferences": list(need.preferences),
        "coordinator": need.coordinator,
    }


def round_answer(proposed: Round) -> Json:
    """Show a round with every reason; `barriers` explains the hard rules that were met."""
    met = {name for left in (*proposed.schools_left, *proposed.advisers_left) for name in left.barriers}
    return {
        "rules": FILE.removesuffix(".json"),
        "matches": [_line_answer(line) for line in proposed.lines],
        "schools_left": [
            {"urn": one.id, **_left_answer(one), "advisers_with_others": list(one.dearer)}
            for one in proposed.schools_left
        ],
        "advisers_left": [
            {
                "adviser_id": one.id,
                "room": one.room,
                **_left_answer(one),
                "schools_with_others": list(one.dearer),
            }
            for one in proposed.advisers_left
        ],
        "barriers": {name: BARRIERS[name] for name in sorted(met)},
        "stable": not proposed.blocking,
    }


def handover_answer(handover: Handover) -> Json:
    """Show what is left behind, the proposal, and the difference."""
    return {
        "advisers": list(handover.advisers),
        "schools": list(handover.schools),
        "matches": [match_answer(match) for match in handover.matches],
        "proposal": round_answer(handover.proposal),
        "changes": [
            {
                "urn": change.urn,
                "before": change.before,
                "before_score": change.before_score,
                "after": change.after,
                "after_score": change.after_score,
                "difference": None
                if change.before_score is None or change.after_score is None
                else change.after_score - change.before_score,
            }
            for change in handover.changes
        ],
    }


def figures_answer(figures: Figures) -> Json:
    """Show the figures of a day."""
    return {
        "schools": figures.schools,
        "with_adviser": figures.with_adviser,
        "time_to_match": _length_answer(figures.time_to_match),
        "tenure": {
            "ended": _length_answer(figures.tenure_ended),
            "running": _length_answer(figures.tenure_running),
        },
        "churn": {
            "from": figures.churn.first_day.isoformat(),
            "window_days": advising_rules().churn.window_days,
            "at_work": figures.churn.at_work,
            "ended": figures.churn.ended,
            "percent": figures.churn.percent,
        },
        "without_adviser": [
            {
                "urn": one.urn,
                "special": one.special,
                "since": one.place.since.isoformat(),
                "days": one.days,
                "band": one.place.band,
            }
            for one in figures.waiting
        ],
    }


def _line_answer(line: Line) -> Json:
    return {
        "urn": line.urn,
        "adviser_id": line.adviser,
        "score": line.score.total,
        "parts": line.score.parts,
        "band": line.place.band,
        "since": line.place.since.isoformat(),
        "rank_for_school": line.rank_for_school,
        "rank_for_adviser": line.rank_for_adviser,
        "named_by_school": line.named_by_school,
        "named_by_adviser": line.named_by_adviser,
    }


def _left_answer(left: Left) -> Json:
    place = left.place
    where = {} if place is None else {"band": place.band, "since": place.since.isoformat()}
    return {**where, "kept_apart_by": dict(sorted(left.barriers.items()))}


def _length_answer(length: Length) -> Json:
    return {"median_days": length.median_days, "of": length.of}
