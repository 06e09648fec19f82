"""Recount of attainment: who stood where on each day that counts, from the rows of audit's ledger alone.

Shares nothing with the fold and the views of `reporting` but the names of the figures: terms are spelled out
as text, evaluations are looked through one by one, shares are fractions. Frozen snapshots are recomputed from
the events up to which each was taken, and their hashes from their bytes.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Final

from services.recount.days import academic_year, days_of, first_day_of, last_snapshot, last_year
from services.recount.movement import Reported, count_moved
from services.reporting.attainment.figures import (
    hub_subject,
    movement_figures_of,
    row_figures_of,
    together_figures_of,
)
from services.reporting.attainment.model.position import AUDIENCES
from services.reporting.attainment.model.question import Question
from services.reporting.attainment.model.terms import today_in_england
from services.reporting.attainment.store import SNAPSHOTS
from services.reporting.attainment.views import read_attainment, read_rows
from services.runtime.context import ServiceContext

Figures = dict[str, Any]
Compared = tuple[str, Figures, Figures]
"""Whose figures, as they are published, as they were counted again."""
BENCHMARKS: Final = tuple(f"gb{number}" for number in range(1, 9))
WITHHELD: Final = "c"
FEWEST: Final = 3


@dataclass(slots=True)
class Told:
    """What the ledger says last of one evaluation."""

    place: int
    day: str
    framework: str
    scores: dict[str, int] | None = None
    readers: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Story:
    """A school's rows of the ledger, taken at their last word."""

    evaluations: dict[str, Told] = field(default_factory=dict)
    plans: dict[str, dict[str, int]] = field(default_factory=dict)


def story_of(rows: Iterable[Figures]) -> Story:
    """Read a school's rows in order."""
    story = Story()
    for place, row in enumerate(rows):
        event, kind = json.loads(row["value"]), row["type"].removesuffix(".v1")
        if kind == "audit.plan.progressed":
            story.plans[event["academic_year"]] = event["actions"]
        elif kind == "audit.evaluation.completed":
            told = Told(place, event["completed_on"], event["framework"])
            story.evaluations[event["evaluation_id"]] = told
            if event["scores"] is not None:
                _share(told, event, event.get("shared_with") or ["hub_lead", "enterprise_coordinator"])
        elif kind in {"audit.evaluation.shared", "audit.evaluation.unshared"}:
            known = story.evaluations.get(event["evaluation_id"])
            if known is not None:
                _share(known, event, event.get("shared_with", []))
    return story


def _share(told: Told, event: Figures, readers: Sequence[str]) -> None:
    scores = event.get("scores")
    told.scores = None if scores is None else {one["benchmark"]: one["score_percent"] for one in scores}
    told.readers = set(readers)


def standing(story: Story, on: str, counting: str) -> tuple[str, Told] | None:
    """Look for the evaluation that counts: the latest day, and of one day the one told last."""
    best: tuple[str, Told] | None = None
    for identity, told in story.evaluations.items():
        if first_day_of(on, counting) <= told.day <= on and (
            best is None or (told.day, told.place) > (best[1].day, best[1].place)
        ):
            best = (identity, told)
    return best


def count_row(story: Story, on: str, counting: str) -> Figures:
    """Count one school's figures of a day."""
    prefix = f"attainment.{on}.{counting}"
    days = [told.day for told in story.evaluations.values() if told.day <= on]
    if not days:
        return {}
    figures: Figures = {f"{prefix}.last_completed_on": max(days), f"{prefix}.status": "not_reported"}
    found = standing(story, on, counting)
    if found is not None and found[1].scores is None:
        figures[f"{prefix}.status"] = "not_shared"
    elif found is not None:
        figures |= _scored(found[1], prefix)
        for since, day in (("since_last_snapshot", last_snapshot(on)), ("since_last_year", last_year(on))):
            figures |= _moved(standing(story, day, counting), found[1], f"{prefix}.{since}")
    year = academic_year(on)
    figures |= {f"{prefix}.plan.{s}": number for s, number in story.plans.get(year, {}).items() if number}
    return figures


def _scored(told: Told, prefix: str) -> Figures:
    scores = told.scores or {}
    return {
        f"{prefix}.status": "reported",
        f"{prefix}.framework": told.framework,
        f"{prefix}.achieved_count": len([score for score in scores.values() if score == 100]),  # noqa: PLR2004 - per cent
        **{f"{prefix}.scores.{name}": scores.get(name, "z") for name in BENCHMARKS},
    }


def _moved(before: tuple[str, Told] | None, now: Told, prefix: str) -> Figures:
    if before is None or before[1].scores is None or now.scores is None:
        return {}
    if before[1].framework != now.framework:
        return {f"{prefix}.series_break": True}
    return {
        f"{prefix}.{name}": now.scores[name] - before[1].scores[name]
        for name in BENCHMARKS
        if name in now.scores and name in before[1].scores
    }


def count_together(stories: Iterable[Story], readers: set[str], on: str, counting: str) -> Figures:
    """Count what the schools come to together that share with one of these readers."""
    by_framework: dict[str, list[dict[str, int]]] = {}
    for story in stories:
        found = standing(story, on, counting)
        if found is not None and found[1].scores is not None and found[1].readers & readers:
            by_framework.setdefault(found[1].framework, []).append(found[1].scores)
    figures: Figures = {}
    for framework, schools in by_framework.items():
        figures |= _summed(schools, f"attainment.{on}.{counting}.{framework}")
    return figures


def count_movement(stories: Iterable[Story], readers: set[str], on: str, counting: str) -> Figures:
    """Count what the schools moved by that share with one of these readers on both days."""
    known = list(stories)
    figures: Figures = {}
    for since, day in (("since_last_snapshot", last_snapshot(on)), ("since_last_year", last_year(on))):
        both = [
            (was, now)
            for story in known
            if (was := _reported(story, readers, day, counting)) is not None
            and (now := _reported(story, readers, on, counting)) is not None
        ]
        figures |= count_moved(both, f"attainment.{on}.{counting}.{since}")
    return figures


def _reported(story: Story, readers: set[str], on: str, counting: str) -> Reported | None:
    found = standing(story, on, counting)
    if found is None or found[1].scores is None or not found[1].readers & readers:
        return None
    return found[1].framework, found[1].scores


def _summed(schools: Sequence[Mapping[str, int]], prefix: str) -> Figures:
    figures: Figures = {f"{prefix}.schools": len(schools)}
    hidden = len(schools) < FEWEST
    for name in BENCHMARKS:
        scores = [scores[name] for scores in schools if name in scores]
        full = [score for score in scores if score == 100]  # noqa: PLR2004 - per cent
        few = len(schools) < FEWEST or 0 < len(scores) < FEWEST
        hidden |= few
        percent = math.floor(Fraction(1000 * len(full), len(scores))) / 10 if scores else "z"
        figures[f"{prefix}.{name}.applicable"] = WITHHELD if few else len(scores)
        figures[f"{prefix}.{name}.achieving"] = WITHHELD if few else len(full)
        figures[f"{prefix}.{name}.achieving_percent"] = WITHHELD if few else percent
    achieved = [sum(score == 100 for score in scores.values()) for scores in schools]  # noqa: PLR2004 - per cent
    mean = math.floor(Fraction(100 * sum(achieved), len(schools))) / 100
    figures[f"{prefix}.mean_achieved"] = WITHHELD if hidden else mean
    levels = {
        "all_eight": range(8, 9),
        "six_or_more": range(6, 9),
        "four_or_more": range(4, 9),
        "none": range(1),
    }
    for level, numbers in levels.items():
        figures[f"{prefix}.levels.{level}"] = (
            WITHHELD if hidden else len([number for number in achieved if number in numbers])
        )
    return figures


async def recount_attainment(
    reporting: ServiceContext, rows: Sequence[Figures], tenants: Mapping[str, str], year: str
) -> list[Compared]:
    """Count an academic year's attainment again; `tenants` by the URN that the Hub lists a school under."""
    stories = {urn: story_of(row for row in rows if row["key"] == tenant) for urn, tenant in tenants.items()}
    compared: list[Compared] = []
    for on in days_of(year, today_in_england(reporting.clock())):
        for counting in ("term", "year"):
            question = Question(dt.date.fromisoformat(on), "term" if counting == "term" else "year")
            for row in await read_rows(reporting, question, None):
                counted = count_row(stories.get(row["urn"], Story()), on, counting)
                compared.append((row["urn"], row_figures_of(row, question), counted))
            for audience in AUDIENCES:
                if not audience.is_everyone:
                    view = await read_attainment(reporting, question, audience)
                    prefix, readers = f"attainment.{on}.{counting}", set(audience.readers)
                    published = together_figures_of(view["together"], prefix)
                    published |= movement_figures_of(view["movement"], prefix)
                    counted = count_together(stories.values(), readers, on, counting)
                    counted |= count_movement(stories.values(), readers, on, counting)
                    compared.append((hub_subject(audience.name), published, counted))
    return [*compared, *await _recount_frozen(reporting, rows, year)]


async def _recount_frozen(reporting: ServiceContext, rows: Sequence[Figures], year: str) -> list[Compared]:
    found = await reporting.database().collection(SNAPSHOTS).find({"academic_year": year})
    return [one for document in found for one in recount_snapshot(document, rows)]


def recount_snapshot(document: Mapping[str, Any], rows: Sequence[Figures]) -> Iterator[Compared]:
    """Count a frozen snapshot again from the events that it was taken from."""
    name = f"frozen.{document['_id'].replace(' ', '.')}"
    head = {
        "academic_year": document["academic_year"],
        "entries": [hashlib.sha256(text.encode()).hexdigest() for text in document["texts"]],
        "frozen_at": document["frozen_at"],
        "on": document["on"],
        "term": document["term"],
    }
    digest = hashlib.sha256(json.dumps(head, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
    yield "hub", {f"{name}.digest": document["digest"]}, {f"{name}.digest": digest}
    entries = [json.loads(text) for text in document["texts"]]
    stories: list[Story] = []
    for entry in entries:
        if entry["kind"] == "school":
            of_school = [row for row in rows if row["key"] == entry["tenant"]]
            stories.append(story_of(row for row in of_school if row["sequence"] <= entry["sequence"]))
            yield entry["urn"], _frozen_row(entry, name), _counted_row(stories[-1], document["on"], name)
    for entry in entries:
        if entry["kind"] == "together" and entry["audience"] != "everyone":
            counted = count_together(stories, set(entry["audience"].split("+")), document["on"], "term")
            published = together_figures_of(entry["figures"], f"attainment.{document['on']}.term")
            subject = hub_subject(entry["audience"])
            yield subject, _renamed(published, name), _renamed(counted, name)


def _frozen_row(entry: Mapping[str, Any], name: str) -> Figures:
    figures = {f"{name}.evaluation": entry["evaluation_id"], f"{name}.framework": entry["framework"]}
    figures |= {f"{name}.scores.{benchmark}": score for benchmark, score in (entry["scores"] or {}).items()}
    return figures | {f"{name}.shared_with": ",".join(sorted(entry["shared_with"]))}


def _counted_row(story: Story, on: str, name: str) -> Figures:
    found = standing(story, on, "term")
    told = None if found is None else found[1]
    figures: Figures = {
        f"{name}.evaluation": None if found is None else found[0],
        f"{name}.framework": None if told is None else told.framework,
        f"{name}.shared_with": "" if told is None else ",".join(sorted(told.readers)),
    }
    for benchmark, score in ((told.scores if told else None) or {}).items():
        figures[f"{name}.scores.{benchmark}"] = score
    return figures


def _renamed(figures: Figures, name: str) -> Figures:
    return {f"{name}.{figure.split('.', 3)[3]}": value for figure, value in figures.items()}
