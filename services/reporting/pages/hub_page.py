"""The Hub on one screen: figures, two heat maps, what moved, how it stands beside England, what to do next.

Filters say which schools are listed. Figures of pupils are protected for the Hub as a whole, so a filter
never adds pupils up anew: a total of some schools could be subtracted from another (ADR 16).
"""

from __future__ import annotations

import asyncio
import datetime as dt
from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import Request, Response
from pydantic import BaseModel, ConfigDict, Field

from contracts.vocabulary import (
    ACADEMIC_YEAR_PATTERN,
    BENCHMARKS,
    CREDITED_BENCHMARKS,
    academic_year_days,
    academic_year_of,
)
from services.areas import ATTRIBUTION
from services.reporting.api import readers_of
from services.reporting.attainment.api import audience_of_caller, the_year
from services.reporting.attainment.model.question import Question
from services.reporting.attainment.model.selection import Dimension
from services.reporting.attainment.model.terms import today_in_england
from services.reporting.attainment.views import read_attainment
from services.reporting.model.suppression import LEGEND
from services.reporting.pages import pages
from services.reporting.pages.asked import asked_of
from services.reporting.pages.gaps import gaps_of
from services.reporting.pages.heat import score_step, step
from services.reporting.pages.live_page import live_address, mark_of
from services.reporting.pages.national_chart import comparisons
from services.reporting.pages.progress import movements, since_snapshot
from services.reporting.pages.wording import BENCHMARK_NAMES, BENCHMARK_SHORT, FRAMEWORKS, SETTINGS, STATUSES
from services.reporting.pages.years import years_to_choose
from services.reporting.reach.model.partnership import adviser_rows, match_rows, quality_rows
from services.reporting.reach.model.world import HUB, Row
from services.reporting.reach.views import read_hub_world
from services.reporting.recounts import last_recount
from services.reporting.store import SCHOOLS
from services.reporting.views import read_hub_report
from services.runtime.permissions import Permission
from services.web.routing import HubVisitor, PageRouter

HUB_TEMPLATE: Final = "reporting/hub.html"
_MOST_LETTERS: Final = 200
"""Of a district's name, as the directory takes it."""

router = PageRouter("reporting", "/reporting", pages)

Name = Annotated[str, Field(max_length=_MOST_LETTERS)]


class HubFilters(BaseModel):
    """What the Hub's page can be asked for."""

    model_config = ConfigDict(extra="forbid")

    academic_year: Annotated[str, Field(pattern=ACADEMIC_YEAR_PATTERN)] | None = None
    setting: Name | None = None
    district: Name | None = None

    def dimensions(self) -> dict[Dimension, str]:
        """Return the filters that choose schools."""
        found: dict[Dimension, str] = {}
        if self.setting is not None:
            found["setting"] = self.setting
        if self.district is not None:
            found["district"] = self.district
        return found


@router.get("/hub", Permission.READ_HUB_REPORT)
async def get_hub_page(caller: HubVisitor, request: Request) -> Response:
    """Show where each school stands."""
    context, asked = caller.context, asked_of(request, HubFilters)
    # Before anything else is read: what moves from here on is told to the page when it listens.
    mark = await mark_of(context)
    year = the_year(context, asked.academic_year)
    today = today_in_england(context.clock())
    question = Question(min(today, academic_year_days(year)[1]), "year", asked.dimensions())
    attainment, report, world, listed, run = await asyncio.gather(
        read_attainment(context, question, audience_of_caller(caller)),
        read_hub_report(context, year, readers_of(caller)),
        read_hub_world(context, year),
        context.database().collection(SCHOOLS).find({}, fields=["setting", "district"]),
        last_recount(context.database(), year),
    )
    chosen = frozenset(row["urn"] for row in attainment["schools"])
    read = _Read(
        report=report,
        attainment=attainment,
        coverage=[school for school in report["schools"] if school["urn"] in chosen],
        advisers=[row for row in adviser_rows(world) if row["school"] in chosen],
        matches=[row for row in match_rows(world) if row["school"] in chosen],
        quality=[row for row in quality_rows(world) if row["school"] in chosen],
    )
    values = {
        **_values(read, question.on),
        "year": year,
        "year_before": academic_year_of(academic_year_days(year)[0] - dt.timedelta(days=1)),
        "is_present": question.on == today,
        "filtered": bool(question.filters),
        "choices": _choices(asked, listed, today, year),
        "run": run,
        "run_is_fresh": run is not None and run.is_fresh(context.clock()),
        "live": live_address(mark) if question.on == today else None,
        "attribution": ATTRIBUTION,
    }
    return pages().page(caller.visit, HUB_TEMPLATE, values)


@dataclass(frozen=True, slots=True)
class _Read:
    """What was read for the page; rows are of the schools chosen."""

    report: dict[str, Any]
    attainment: dict[str, Any]
    coverage: list[dict[str, Any]]
    advisers: list[Row]
    matches: list[Row]
    quality: list[Row]


def _values(read: _Read, on: dt.date) -> dict[str, Any]:
    waiting = sum(_whole(row["waiting"]) for row in read.quality)
    return {
        "report": read.report,
        "attainment": read.attainment,
        "coverage": read.coverage,
        "benchmarks": BENCHMARKS,
        "credited": CREDITED_BENCHMARKS,
        "names": BENCHMARK_NAMES,
        "short": BENCHMARK_SHORT,
        "frameworks": FRAMEWORKS,
        "statuses": STATUSES,
        "on": on,
        "step": step,
        "score_step": score_step,
        "since_snapshot": since_snapshot,
        "figures": _key_figures(read),
        "movements": movements(read.attainment["movement"]),
        "comparisons": comparisons(read.attainment["together"] or ()),
        "gaps": gaps_of(read.report, read.attainment["schools"], read.coverage, read.advisers, read.matches),
        "waiting": waiting,
        "behind": [row for row in read.quality if row["waiting"] or row["parked"] or row["held"] == "yes"],
        "last_activity": max(
            (str(row["last_activity_on"]) for row in read.quality if row["last_activity_on"] != "x"),
            default=None,
        ),
        "legend": LEGEND,
    }


def _key_figures(read: _Read) -> dict[str, Any]:
    with_roll = [school for school in read.coverage if school["on_roll"] != "x"]
    return {
        "schools": len(read.coverage),
        "with_roll": len(with_roll),
        # Rolls and activities are public of each school, so they may be added up for any choice.
        "on_roll": sum(school["on_roll"] for school in with_roll),
        "activities": sum(school["activities"] for school in with_roll),
        "encounters": read.report["totals"]["encounters"],
        "shared": read.attainment["statuses"].get("reported", 0),
        "advised": sum(_whole(row["with_adviser"]) for row in read.advisers if row["school"] != HUB),
    }


def _whole(cell: int | str) -> int:
    return cell if isinstance(cell, int) else 0


def _choices(
    asked: HubFilters, listed: list[dict[str, Any]], today: dt.date, year: str
) -> dict[str, list[dict[str, Any]]]:
    settings = sorted({school["setting"] for school in listed})
    districts = sorted({school["district"] for school in listed})
    known = years_to_choose(today)
    return {
        "academic_year": [
            {"value": one, "text": one, "selected": one == year}
            for one in (known if year in known else [*known, year])
        ],
        "setting": [
            {"value": value, "text": text, "selected": value == (asked.setting or "")}
            for value, text in (("", "All settings"), *((one, SETTINGS.get(one, one)) for one in settings))
        ],
        "district": [
            {"value": value, "text": text, "selected": value == (asked.district or "")}
            for value, text in (("", "All districts"), *((one, one) for one in districts))
        ],
    }
