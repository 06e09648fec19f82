"""Where a school stands: an evaluation compared, the year's snapshots, with whom its scores are shared."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Any, Final

from contracts.audit import BenchmarkScore
from contracts.vocabulary import BENCHMARKS, AcademicYear, Urn
from services.audit.model.comparison import Comparison, compare, previous_of
from services.audit.model.days import today_in_england
from services.audit.model.evaluation import Evaluation
from services.audit.model.scores import achieved_count, scores_of
from services.audit.model.sharing import Sharing
from services.audit.model.snapshot import Snapshot, snapshots
from services.audit.store.sharing import current_sharing, sharing_history
from services.audit.views.evaluations import evaluations_of
from services.national import NationalFigures, national_figures
from services.runtime.context import ServiceContext
from services.runtime.errors import NotFoundError

View = dict[str, Any]
NATIONAL: Final = (
    "Share of schools that achieve the benchmark fully, in per cent. It compares with whether this school "
    "achieves it, never with this school's score, which is a share of points."
)
SERIES_BREAK: Final = (
    "The evaluation before was made against another framework: its questions and bands were others, so no "
    "change can be told."
)


async def comparison(context: ServiceContext, urn: Urn, identity: str) -> View:
    """Compare an evaluation; raises NotFoundError if this school has none of this id."""
    known = await evaluations_of(context, urn, None)
    evaluation = next((found for found in known if found.id == identity), None)
    if evaluation is None:
        raise NotFoundError("This school has no such evaluation.")
    compared = compare(evaluation, previous_of(evaluation, known))
    scores = scores_of(evaluation.submission.points)
    return {
        "evaluation": _evaluation_view(evaluation),
        "previous": None if compared.previous is None else _evaluation_view(compared.previous),
        "series_break": compared.series_break,
        "note": SERIES_BREAK if compared.series_break else None,
        "rules_changed": _rules_changed(compared),
        "changes": [
            {
                "benchmark": change.benchmark,
                "before_percent": None if change.before is None else change.before.score_percent,
                "score_percent": None if change.now is None else change.now.score_percent,
                "change_points": change.points,
                "achieved_before": None if change.before is None else change.before.achieved,
                "achieved": None if change.now is None else change.now.achieved,
            }
            for change in compared.changes
        ],
        "national": {
            "what": NATIONAL,
            "achieved_here": _achieved(scores),
            "figures": [
                _figures_view(figures)
                for figures in national_figures()
                if figures.framework == evaluation.submission.framework
            ],
        },
    }


async def snapshots_of(
    context: ServiceContext, urn: Urn, year: AcademicYear, as_known_at: dt.datetime | None
) -> View:
    """Show the three snapshots of an academic year."""
    known = await evaluations_of(context, urn, year)
    today = today_in_england(context.clock())
    return {
        "academic_year": year,
        "as_known_at": None if as_known_at is None else as_known_at.isoformat(),
        "snapshots": [_snapshot_view(found) for found in snapshots(known, year, today, as_known_at)],
    }


async def sharing(context: ServiceContext, urn: Urn) -> View:
    """Show the decision that holds, and all there were."""
    database = context.school(urn)
    current, history = await asyncio.gather(current_sharing(database), sharing_history(database))
    return {**_sharing_view(current), "history": [_sharing_view(found) for found in history]}


def _rules_changed(compared: Comparison) -> bool:
    previous = compared.previous
    return previous is not None and previous.framework_version != compared.evaluation.framework_version


def _evaluation_view(evaluation: Evaluation) -> View:
    scores = scores_of(evaluation.submission.points)
    return {
        "evaluation_id": evaluation.id,
        "framework": evaluation.submission.framework,
        "framework_version": evaluation.framework_version,
        "completed_on": evaluation.submission.completed_on.isoformat(),
        "achieved_count": achieved_count(scores),
    }


def _achieved(scores: tuple[BenchmarkScore, ...]) -> dict[str, bool | None]:
    by_benchmark = {score.benchmark: score.achieved for score in scores}
    return {benchmark: by_benchmark.get(benchmark) for benchmark in BENCHMARKS}


def _figures_view(figures: NationalFigures) -> View:
    return figures.model_dump(mode="json", exclude={"framework"})


def _snapshot_view(snapshot: Snapshot) -> View:
    evaluation = snapshot.evaluation
    return {
        "term": snapshot.term,
        "on": snapshot.on.isoformat(),
        "status": snapshot.status,
        "restated": snapshot.restated,
        "last_completed_on": (
            None if snapshot.last_completed_on is None else snapshot.last_completed_on.isoformat()
        ),
        "evaluation": None if evaluation is None else _evaluation_view(evaluation),
        "scores": (
            None
            if evaluation is None
            else {s.benchmark: s.score_percent for s in scores_of(evaluation.submission.points)}
        ),
    }


def _sharing_view(found: Sharing) -> View:
    return {
        "version": found.version,
        "shared_with": list(found.shared_with),
        "decided_by": None if found.mark is None else found.mark.by,
        "decided_at": None if found.mark is None else found.mark.at.isoformat(),
    }
