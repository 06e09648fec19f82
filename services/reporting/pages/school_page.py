"""A school's own figures, whole: coverage by year group, where it stands on the benchmarks, what moved."""

from __future__ import annotations

from typing import Final

from fastapi import Request, Response

from contracts.vocabulary import BENCHMARKS, CREDITED_BENCHMARKS, academic_year_days
from services.reporting.attainment.api import the_year
from services.reporting.attainment.model.question import Question
from services.reporting.attainment.model.terms import today_in_england
from services.reporting.attainment.snapshot_views import latest_told_to_everyone
from services.reporting.attainment.views import read_own_attainment
from services.reporting.pages import pages
from services.reporting.pages.asked import asked_of
from services.reporting.pages.heat import step
from services.reporting.pages.progress import school_movement
from services.reporting.pages.recount_page import OfYear
from services.reporting.pages.wording import (
    BENCHMARK_NAMES,
    BENCHMARK_SHORT,
    FRAMEWORKS,
    TERMS,
    benchmark_title,
)
from services.reporting.pages.years import years_to_choose
from services.reporting.recounts import last_recount
from services.reporting.views import read_own_report
from services.runtime.permissions import Permission
from services.web.charts import bar_chart
from services.web.routing import PageRouter, SchoolVisitor

SCHOOL_TEMPLATE: Final = "reporting/school.html"

router = PageRouter("reporting", "/reporting/schools/{urn}", pages)


@router.get("", Permission.READ_SCHOOL_REPORT)
async def get_school_page(caller: SchoolVisitor, request: Request) -> Response:
    """Show what the school's records add up to."""
    context = caller.context
    year = the_year(context, asked_of(request, OfYear).academic_year)
    today = today_in_england(context.clock())
    question = Question(min(today, academic_year_days(year)[1]), "year")
    report = await read_own_report(context, caller.urn, year, caller.asked)
    own = await read_own_attainment(context, caller.urn, caller.asked, question)
    run = await last_recount(context.database(), year)
    evaluation = own["evaluation"]
    values = {
        "report": report,
        "own": own,
        "hub": await latest_told_to_everyone(context),
        "chart": None if evaluation is None else _chart(evaluation["scores"]),
        "moved": {name: school_movement(moved) for name, moved in own["movement"].items()},
        "benchmarks": CREDITED_BENCHMARKS,
        "all_benchmarks": BENCHMARKS,
        "names": BENCHMARK_NAMES,
        "short": BENCHMARK_SHORT,
        "frameworks": FRAMEWORKS,
        "terms": TERMS,
        "title_of": benchmark_title,
        "step": step,
        "base": f"/reporting/schools/{caller.asked}",
        "year": year,
        "years": years_to_choose(today),
        "run": run,
        "run_is_fresh": run is not None and run.is_fresh(context.clock()),
    }
    return pages().page(caller.visit, SCHOOL_TEMPLATE, values)


def _chart(scores: dict[str, int | str]) -> object:
    rows = [
        (
            f"{name.upper()} {BENCHMARK_SHORT[name]}",
            score if isinstance(score := scores[name], int) else None,
            f"{score}%" if isinstance(score, int) else "z",
        )
        for name in BENCHMARKS
    ]
    return bar_chart("Our score of each benchmark", rows)
