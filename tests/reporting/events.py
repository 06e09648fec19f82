"""Ledger rows for reporting's tests: random but consistent stories of one school."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

from contracts.catalogue import BY_MODEL, decode
from contracts.vocabulary import Payload
from services.reporting.projections import HUB_REPORT
from services.runtime.projection import State

URN = "136500"
YEAR = "2025/26"
Row = dict[str, Any]


def row(event_type: str, **event: Any) -> Row:  # noqa: ANN401 - a payload's fields
    """A ledger row as the store holds it."""
    return {"key": URN, "type": event_type, "value": json.dumps({"urn": URN, "academic_year": YEAR, **event})}


def fold(rows: list[Row]) -> State:
    """Fold rows the way the reader does: what it does not care for passes by."""
    state: State = {}
    folds = {BY_MODEL[model].name: fold for model, fold in HUB_REPORT.on.items()}
    for found in rows:
        payload: Payload = decode(found["type"], found["value"].encode())
        if found["type"] in folds:
            folds[found["type"]](state, payload)
    return state


@st.composite
def activity(draw: st.DrawFn) -> dict[str, Any]:
    """An activity's figures over one or two year groups."""
    groups = draw(st.lists(st.sampled_from([7, 10, 13]), min_size=1, max_size=2, unique=True))
    return {
        "activity_type": "employer_talk",
        "held_on": "2026-01-15",
        "employer_id": "gpg-1",
        "year_groups": [
            {
                "year_group": group,
                "attended": draw(st.integers(0, 200)),
                "absent": draw(st.integers(0, 9)),
                "excused": 0,
                "encounters": draw(st.integers(0, 200)),
                "credits": {"gb5": draw(st.integers(0, 200))},
            }
            for group in groups
        ],
    }


@st.composite
def story(draw: st.DrawFn) -> list[Row]:
    """A roll, then activities that are recorded, corrected and retracted, with coverage after each.

    One that left every count may come back: it was merged into another, and is separated again.
    """
    rows = [
        row(
            "pupils.roll.changed.v1",
            year_groups=[{"year_group": g, "on_roll": draw(st.integers(1, 300))} for g in (7, 10, 13)],
        )
    ]
    standing: dict[str, dict[str, Any]] = {}
    gone: list[str] = []
    for number in range(draw(st.integers(0, 12))):
        choices = ["record", *(["correct", "retract"] if standing else []), *(["return"] if gone else [])]
        action = draw(st.sampled_from(choices))
        coverage = [
            {"year_group": g, "benchmark": "gb5", "reached": draw(st.integers(0, 300))}
            for g in draw(st.sets(st.sampled_from([7, 10, 13])))
        ]
        after = draw(activity())
        if action in {"record", "return"}:
            identity = gone.pop() if action == "return" else f"activity-{number:03d}"
            standing[identity] = after
            told: dict[str, Any] = {"activity": after}
        else:
            identity = draw(st.sampled_from(sorted(standing)))
            told = {"before": standing.pop(identity)}
            if action == "correct":
                standing[identity] = told["after"] = after
            else:
                gone.append(identity)
        name = {"correct": "corrected", "retract": "retracted"}.get(action, "recorded")
        rows.append(row(f"pupils.activity.{name}.v1", activity_id=identity, coverage=coverage, **told))
    return rows


def evaluation(completed_on: str, scores: dict[str, int] | None) -> Row:
    """A completed evaluation."""
    return row(
        "audit.evaluation.completed.v1",
        evaluation_id=f"evaluation-{completed_on}",
        framework="gatsby-2025",
        setting="school",
        completed_on=completed_on,
        scores=None
        if scores is None
        else [{"benchmark": b, "score_percent": s, "achieved": s == 100} for b, s in scores.items()],
    )


def shared(completed_on: str, scores: dict[str, int], *readers: str) -> Row:
    """A completed evaluation that is shared, or shared with others than before."""
    return row(
        "audit.evaluation.shared.v1",
        evaluation_id=f"evaluation-{completed_on}",
        framework="gatsby-2025",
        setting="school",
        completed_on=completed_on,
        shared_with=readers or ["hub_lead"],
        scores=[{"benchmark": b, "score_percent": s, "achieved": s == 100} for b, s in scores.items()],
    )


def unshared(completed_on: str) -> Row:
    """An evaluation that is withdrawn."""
    return row("audit.evaluation.unshared.v1", evaluation_id=f"evaluation-{completed_on}")


def superseded(completed_on: str, by: str) -> Row:
    """An evaluation that another stands instead of."""
    return row(
        "audit.evaluation.superseded.v1",
        evaluation_id=f"evaluation-{completed_on}",
        superseded_by=f"evaluation-{by}",
    )


@st.composite
def audit_story(draw: st.DrawFn) -> list[Row]:
    """Evaluations that are completed, shared, withdrawn and superseded, in any order that can be."""
    rows: list[Row] = []
    days: list[str] = []
    for _ in range(draw(st.integers(0, 10))):
        scores = {"gb1": draw(st.sampled_from([50, 100])), "gb5": draw(st.sampled_from([94, 100]))}
        action = draw(st.sampled_from(["complete", "share", "unshare"])) if days else "complete"
        if action == "complete":
            day = f"2026-0{draw(st.integers(1, 6))}-{10 + len(days)}"
            rows.append(evaluation(day, draw(st.sampled_from([scores, None]))))
            if days:
                rows.append(superseded(days[-1], day))
            days.append(day)
        else:
            day = draw(st.sampled_from(days))
            rows.append(shared(day, scores) if action == "share" else unshared(day))
    return rows
