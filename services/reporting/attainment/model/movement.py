"""What moved between two days, for schools that reported on both: never across a change of framework.

A change of framework is a break in the series (domain rule 4): scores of before and after stand side by side
and nothing is subtracted. What the Hub moved by is of the same schools on both days, so that one that joins
is not taken for progress.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from contracts.vocabulary import BENCHMARKS
from services.reporting.attainment.model.aggregate import Tally, floored, share, tallies
from services.reporting.attainment.model.position import Evaluation, Json, Position
from services.reporting.model.suppression import CONFIDENTIAL, FEWEST_SCHOOLS


def school_movement(before: Evaluation | None, now: Evaluation | None) -> Json | None:
    """Say what moved at one school; None unless it reported on both days."""
    if before is None or now is None:
        return None
    if before.framework != now.framework:
        return {"series_break": True, "framework_before": before.framework, "framework": now.framework}
    scores_before, scores = before.scores or {}, now.scores or {}
    return {
        "series_break": False,
        "points": {
            benchmark: scores[benchmark] - scores_before[benchmark]
            for benchmark in BENCHMARKS
            if benchmark in scores and benchmark in scores_before
        },
        "gained": sorted(now.achieved - before.achieved),
        "lost": sorted(before.achieved - now.achieved),
    }


def hub_movement(since: dt.date, before: Sequence[Position], now: Sequence[Position]) -> Json:
    """Say what moved in the Hub since a day; `before` and `now` are the same schools in the same order."""
    pairs = [
        (was.evaluation, found.evaluation)
        for was, found in zip(before, now, strict=True)
        if was.evaluation is not None and found.evaluation is not None
    ]
    same = [(was, found) for was, found in pairs if was.framework == found.framework]
    tallied = {tally.framework: tally for tally in tallies(found for _, found in same)}
    return {
        "since": since.isoformat(),
        "series_break": len(same) < len(pairs),
        "schools_across_the_break": len(pairs) - len(same),
        "changes": [_change(was, tallied[was.framework]) for was in tallies(was for was, _ in same)],
    }


def _change(was: Tally, now: Tally) -> Json:
    shown = was.schools >= FEWEST_SCHOOLS
    shares = {
        benchmark: _difference(_share(was, benchmark), _share(now, benchmark)) for benchmark in BENCHMARKS
    }
    mean = _difference(floored(was.achievements, was.schools), floored(now.achievements, now.schools))
    # As of one day: a mean beside the other shares would give away the one that is withheld.
    hidden = not shown or CONFIDENTIAL in shares.values()
    return {
        "framework": now.framework,
        "schools": now.schools,
        "achieving_percent_points": shares if shown else dict.fromkeys(BENCHMARKS, CONFIDENTIAL),
        "mean_achieved": CONFIDENTIAL if hidden else mean,
    }


def _share(tally: Tally, benchmark: str) -> float | str:
    """Show a day's share, unless the benchmark applies to one or two schools: then it is theirs."""
    applicable = tally.applicable[benchmark]
    if 0 < applicable < FEWEST_SCHOOLS:
        return CONFIDENTIAL
    return share(tally.achieving[benchmark], applicable)


def _difference(was: float | str, now: float | str) -> float | str:
    if isinstance(was, str) or isinstance(now, str):
        return now if isinstance(now, str) else was
    return round(now - was, 2)
