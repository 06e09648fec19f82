"""Gathers what the governor pack is made of: a few reads of the school's own database, and data files."""

from __future__ import annotations

from collections.abc import Sequence

from contracts.vocabulary import BENCHMARKS, Urn, academic_year_of
from services.audit.frameworks import frameworks
from services.audit.governors import governor_prompts
from services.audit.model.days import today_in_england
from services.audit.model.evaluation import Evaluation
from services.audit.model.governor_pack import Duties, PackFacts
from services.audit.model.pack_scores import BenchmarkResult, Evaluated
from services.audit.model.scores import scores_of
from services.audit.store.plan import actions_of
from services.audit.views.evaluations import evaluations_of, standing_of
from services.audit.views.statutory import duties_standing
from services.audit.views.surveys import voice_now
from services.national import national_reference
from services.runtime.context import ServiceContext


async def pack_facts(context: ServiceContext, urn: Urn) -> PackFacts:
    """Read what the pack says today of a school."""
    today = today_in_england(context.clock())
    year = academic_year_of(today)
    standing = await duties_standing(context, urn, year)
    particulars = standing.year.particulars
    latest, previous = latest_two(await evaluations_of(context, urn, None))
    return PackFacts(
        urn=urn,
        made_on=today,
        latest=None if latest is None else evaluated(latest),
        previous=None if previous is None else evaluated(previous),
        duties=Duties(
            academic_year=year,
            particulars=None if particulars is None else particulars.particulars,
            statuses=standing.statuses,
            share=standing.duties,
            missing=standing.missing,
        ),
        national=national_reference(),
        plan=await actions_of(context.school(urn)),
        voice=await voice_now(context, urn),
        prompts=governor_prompts(),
    )


def latest_two(newest_first: Sequence[Evaluation]) -> tuple[Evaluation | None, Evaluation | None]:
    """Pick the latest completed evaluation and the last one of an earlier day.

    A correction of the same day replaces what it corrects, so that is no evaluation before it.
    """
    latest = standing_of(newest_first)
    if latest is None:
        return None, None
    day = latest.submission.completed_on
    earlier = (one for one in newest_first if one.state != "draft" and one.submission.completed_on < day)
    return latest, next(earlier, None)


def evaluated(evaluation: Evaluation) -> Evaluated:
    """Turn a stored evaluation into what the pack shows of it: the one place that knows its shape."""
    submission = evaluation.submission
    framework = frameworks()[submission.framework]
    scores = {score.benchmark: score for score in scores_of(submission.points)}
    results = {
        benchmark: BenchmarkResult(
            percent=scores[benchmark].score_percent if benchmark in scores else None,
            achieved=scores[benchmark].achieved if benchmark in scores else None,
        )
        for benchmark in BENCHMARKS
    }
    return Evaluated(
        completed_on=submission.completed_on,
        academic_year=submission.academic_year,
        framework=submission.framework,
        framework_title=framework.title,
        names={benchmark: framework.benchmarks[benchmark].name for benchmark in BENCHMARKS},
        results=results,
    )
