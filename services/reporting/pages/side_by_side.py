"""Figures as they were published and as they were counted again, in words, as far as somebody may see them.

Somebody of the Hub is shown the two numbers only while what they may see now is what was published at the
recount: otherwise the old number could be one that has been withdrawn from them since.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from contracts.vocabulary import BENCHMARKS, AcademicYear
from services.reporting.attainment.figures import Figures, hub_subject
from services.reporting.attainment.model.position import Audience
from services.reporting.attainment.published import published_figures
from services.reporting.pages.wording import FRAMEWORKS, TERMS, benchmark_title
from services.reporting.recounts import Pair, recounted_figures
from services.reporting.views import read_hub_report
from services.runtime.context import ServiceContext
from services.web.words import day

HUB: Final = "hub"
PUBLIC: Final = ("on_roll", "activities")
"""Facts about an institution: shown of every school, and never withheld (ADR 16)."""
_NAMES: Final = {
    "on_roll": "Pupils on roll",
    "activities": "Activities",
    "encounters": "Encounters with employers",
    "achieved_count": "Benchmarks achieved",
    "mean_achieved": "Benchmarks achieved on average",
    "schools": "Schools that share their scores",
    "applicable": "schools to which it applies",
    "achieving": "schools that achieve it",
    "achieving_percent": "schools that achieve it, in per cent",
    "status": "How it stands",
    "last_completed_on": "Last evaluation completed on",
    "framework": "Framework",
    "since_last_snapshot": "moved since the last term snapshot",
    "since_last_year": "moved since a year ago",
    "schools_across_the_break": "schools that reported under another framework then",
    "series_break": "another framework then",
    "scores": "Score",
    "plan": "Actions of the plan",
    "levels": "Schools that achieve",
    "all_eight": "all eight",
    "six_or_more": "six or more",
    "four_or_more": "four or more",
    "none": "none",
    "digest": "Hash of the snapshot",
    "evaluation": "Evaluation",
    "shared_with": "Shared with",
    "term": "evaluations of the term",
    "year": "evaluations of the academic year",
    "year_groups": "Year",
}


@dataclass(frozen=True, slots=True)
class Compared:
    """One figure in words; `agrees` is None where it has moved since, and only what is shown now stands."""

    name: str
    words: str
    published: Any
    recounted: Any
    agrees: bool | None


async def compared_for_hub(
    context: ServiceContext, year: AcademicYear, audience: Audience, urn: str | None
) -> list[Compared]:
    """Set the figures of a school, or of the Hub together, beside their recount, for somebody of the Hub."""
    database = context.database()
    subject = urn or hub_subject(audience.name)
    pairs = await recounted_figures(database, year, subject)
    shown = await published_figures(context, year, audience, subject, pairs)
    public = await recounted_figures(database, year, HUB) if urn is None else pairs
    shown |= await _public_figures(context, year, urn)
    if urn is None:
        shown |= await published_figures(context, year, audience, HUB, public)
    every = {**public, **pairs}
    return [_shown_now(name, every[name], shown[name]) for name in sorted(every) if name in shown]


def compared_for_school(pairs: Mapping[str, Pair]) -> list[Compared]:
    """Set a school's own figures beside their recount, all of them."""
    return [
        Compared(name, words_of(name), p.published, p.recounted, p.published == p.recounted)
        for name, p in sorted(pairs.items())
    ]


async def _public_figures(context: ServiceContext, year: AcademicYear, urn: str | None) -> Figures:
    report = await read_hub_report(context, year, readers=())
    if urn is None:
        return {name: report["totals"][name] for name in PUBLIC}
    for school in report["schools"]:
        if school["urn"] == urn:
            of_groups = {
                f"year_groups.{group['year_group']}.on_roll": group["on_roll"]
                for group in school["year_groups"]
            }
            return {name: school[name] for name in PUBLIC} | of_groups
    return {}


def _shown_now(name: str, pair: Pair, published: object) -> Compared:
    if published != pair.published:
        return Compared(name, words_of(name), published, None, None)
    return Compared(name, words_of(name), published, pair.recounted, pair.published == pair.recounted)


def words_of(name: str) -> str:
    """Say in words what a figure's name means."""
    parts = name.split(".")
    if parts[0] == "attainment":
        when = f"{day(dt.date.fromisoformat(parts[1]))}, {_NAMES[parts[2]]}"
        return f"{_phrase(parts[3:])} ({when})"
    if parts[0] == "frozen":
        return f"{_phrase(parts[3:])} (frozen snapshot, {TERMS[parts[2]].lower()} {parts[1]})"
    if parts[0] == "year_groups":
        return f"Year {parts[1]}: {_phrase(parts[2:])}"
    return _phrase(parts)


def _phrase(parts: list[str]) -> str:
    return ": ".join(_word(part) for part in parts)


def _word(part: str) -> str:
    if part in BENCHMARKS:
        return benchmark_title(part)
    return FRAMEWORKS.get(part) or _NAMES.get(part) or part.replace("_", " ")
